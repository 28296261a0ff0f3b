"""Asking for more in a budget: answered once, by who may, in time; from the portal or from a mail."""

import re
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone

from generations import access, ledger, lifecycle
from generations.choices import Role, Window
from generations.errors import LimitReached, NotAllowed
from generations.models import AuditEvent, BudgetRequest, Mail
from tests.make import make_member, make_project, make_team, make_user

NOW = timezone.now()


class Cast:
    """A team with a monthly project budget of 1,000: Ana makes takes, Ben owns the budget, Cleo owns the team."""

    def __init__(self):
        self.team = make_team(credits=5000)
        self.ana = make_member(self.team, Role.CREATOR, user=make_user(name="Ana"))
        self.ben = make_member(self.team, Role.PRODUCER, user=make_user(name="Ben"))
        self.cleo = make_member(self.team, Role.OWNER, user=make_user(name="Cleo"))
        self.project = make_project(self.team, name="The Last Ferry")
        self.budget = ledger.set_budget(
            team=self.team,
            project=self.project,
            window=Window.MONTH,
            limit=Decimal(1000),
            owner=self.ben.user,
            now=NOW,
        )

    @property
    def period(self):
        return ledger.current_period(self.budget)

    def ask(self, member=None, *, now=NOW, **facts):
        wanted = {"amount": Decimal(300), "until": None, "note": "Shot 14 needs another light.", **facts}
        return lifecycle.ask_for_budget(member=member or self.ana, budget=self.budget, now=now, **wanted)

    def decide(self, request, by=None, *, approve=True, now=NOW, **facts):
        return lifecycle.decide_budget_request(request=request, by=by or self.ben, approve=approve, now=now, **facts)

    def mails_to(self, member):
        return [(mail.subject, mail.text) for mail in Mail.objects.filter(to=member.user).order_by("pk")]


@pytest.fixture
def cast(db):
    return Cast()


def test_those_who_may_raise_it_are_mailed_each_with_a_link_of_their_own(cast, settings):
    settings.PUBLIC_URL = "https://kling.example.com"
    request = cast.ask()

    (to_ben,), (to_cleo,) = cast.mails_to(cast.ben), cast.mails_to(cast.cleo)
    assert cast.mails_to(cast.ana) == []
    assert to_ben[0] == "Ana asks for 300 credits: The Last Ferry, per month"
    assert "Shot 14 needs another light." in to_ben[1]
    assert "0 of 1,000 credits are held or spent. It resets on" in to_ben[1]
    tokens = [re.search(r"^https://kling.example.com/r/(.+)/$", text, re.MULTILINE)[1] for _, text in (to_ben, to_cleo)]
    assert [lifecycle.read_decision_token(token, NOW) for token in tokens] == [
        (request, cast.ben),
        (request, cast.cleo),
    ]


def test_who_asks_is_mailed_only_where_nobody_else_may(cast):
    cast.ask(cast.ben)
    assert (cast.mails_to(cast.ben), len(cast.mails_to(cast.cleo))) == ([], 1)

    alone = Cast()
    alone.ben.membership.delete()
    alone.ask(alone.cleo)

    assert len(alone.mails_to(alone.cleo)) == 1


def test_an_approval_raises_the_budget_and_names_its_request(cast):
    request = cast.ask()

    cast.decide(request, answer="Use it well.")

    made = request.raise_made
    assert (cast.period.limit, made.amount, made.made_by, made.reason) == (1300, 300, cast.ben.user, request.note)
    assert made.ends_at == cast.period.ends_at == request.decided_until
    assert (request.status, request.decided_by, request.decided_amount) == ("approved", cast.ben.user, 300)
    ((subject, text),) = cast.mails_to(cast.ana)
    assert subject == "Approved: 300 credits more in The Last Ferry, per month"
    assert "Ben approved 300 credits more" in text and "Use it well." in text
    asked, approved = AuditEvent.objects.filter(target_kind="budget_request").order_by("pk")
    assert (asked.verb, asked.actor) == ("ask_for_budget", cast.ana.user)
    assert (approved.verb, approved.actor, approved.facts["amount"]) == (
        "approve_budget_request",
        cast.ben.user,
        "300.000",
    )


def test_an_approval_may_change_the_amount_and_the_end(cast):
    request, until = cast.ask(), min(NOW + timedelta(minutes=5), cast.period.ends_at)

    cast.decide(request, amount=Decimal("50.5"), until=until)

    assert (cast.period.limit, request.decided_amount, request.decided_until) == (Decimal("1050.5"), 50.5, until)
    ((subject, text),) = cast.mails_to(cast.ana)
    assert "50.5" in subject and "You asked for 300." in text
    ledger.refresh_periods(cast.team, now=until)
    assert cast.period.limit == 1000


def test_a_decline_changes_nothing_but_the_request(cast):
    request = cast.ask()

    cast.decide(request, cast.cleo, approve=False, answer="Not this month.")

    assert (request.status, request.decided_amount, cast.period.limit) == ("declined", None, 1000)
    ((subject, text),) = cast.mails_to(cast.ana)
    assert subject.startswith("Declined: 300") and "Cleo declined" in text and "Not this month." in text


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-5), Decimal("0.0001"), Decimal("NaN")])
def test_an_amount_that_is_none_is_refused_from_both_sides(cast, amount):
    with pytest.raises(ledger.BadAmount):
        cast.ask(amount=amount)
    assert not BudgetRequest.objects.exists()

    request = cast.ask()
    with pytest.raises(ledger.BadAmount):
        cast.decide(request, amount=amount)

    request.refresh_from_db()
    assert (request.status, cast.period.limit) == ("open", 1000)


def test_an_end_after_the_window_is_refused_with_the_windows_end(cast):
    end = ledger.local_time(cast.period.ends_at, cast.team.time_zone)
    late = cast.period.ends_at + timedelta(seconds=1)
    request = cast.ask(cast.cleo)

    for act in (lambda: cast.ask(until=late), lambda: cast.decide(request, until=late)):
        with pytest.raises(lifecycle.BadBudgetRequest, match=f"begins anew on {end}"):
            act()
    with pytest.raises(lifecycle.BadBudgetRequest, match="is over"):
        cast.ask(until=NOW)

    assert (BudgetRequest.objects.count(), cast.period.limit) == (1, 1000)


def test_a_note_has_a_limit(cast):
    with pytest.raises(LimitReached, match="at most 500 characters; this one has 501"):
        cast.ask(note="x" * 501)


def test_one_person_has_one_open_request_for_a_budget(cast):
    first = cast.ask()

    with pytest.raises(lifecycle.BadBudgetRequest, match="You have asked for 300 credits more in this budget already"):
        cast.ask(amount=Decimal(10))

    cast.ask(cast.cleo)
    lifecycle.withdraw_budget_request(request=first, by=cast.ana, now=NOW)
    assert cast.ask(amount=Decimal(10)).status == "open"


def test_a_budget_that_one_does_not_see_does_not_exist(cast):
    stranger = make_member(make_team())
    viewer = make_member(cast.team, Role.VIEWER)
    for member in (stranger, viewer):
        with pytest.raises(access.Missing):
            cast.ask(member)


def test_who_owns_a_budget_answers_also_without_a_look_at_the_credits(cast):
    rita = make_member(cast.team, Role.REVIEWER, user=make_user(name="Rita"))
    type(cast.budget).objects.filter(pk=cast.budget.pk).update(owner=rita.user)
    cast.budget.refresh_from_db()
    request = cast.ask()

    assert access.get_budget(rita, cast.budget.public_id) == cast.budget
    assert cast.decide(request, rita).status == "approved"
    assert len(cast.mails_to(rita)) == 1


def test_nothing_is_asked_of_a_budget_that_has_ended(cast):
    request = cast.ask(cast.cleo)
    ledger.archive_budget(cast.budget, now=NOW)

    with pytest.raises(lifecycle.BadBudgetRequest, match="has ended"):
        cast.ask()
    with pytest.raises(ledger.BadBudget):
        cast.decide(request)
    assert cast.decide(request, approve=False).status == "declined"


def test_who_may_not_raise_the_budget_may_not_answer_not_even_their_own(cast):
    request = cast.ask()
    other_owner = make_member(make_team())

    for member in (cast.ana, other_owner):
        with pytest.raises(NotAllowed, match="Ben or Cleo can"):
            cast.decide(request, member)

    own = cast.ask(cast.ben)
    assert cast.decide(own, cast.ben).status == "approved"


def test_the_second_answer_is_told_who_was_first(cast):
    request = cast.ask()
    cast.decide(request)

    with pytest.raises(lifecycle.RequestClosed, match="Ben approved this request on .*, with 300 credits"):
        cast.decide(request, cast.cleo, approve=False)

    assert cast.period.limit == 1300


def test_only_who_asked_withdraws_and_only_while_it_is_open(cast):
    request = cast.ask()
    with pytest.raises(NotAllowed, match="Only Ana"):
        lifecycle.withdraw_budget_request(request=request, by=cast.ben, now=NOW)

    lifecycle.withdraw_budget_request(request=request, by=cast.ana, now=NOW)

    assert request.status == "withdrawn"
    with pytest.raises(lifecycle.RequestClosed, match="Ana withdrew"):
        cast.decide(request)
    with pytest.raises(lifecycle.RequestClosed):
        lifecycle.withdraw_budget_request(request=request, by=cast.ana, now=NOW)


def test_an_approval_after_expiry_is_refused_before_and_after_the_clock_has_seen_it(cast):
    until = min(NOW + timedelta(hours=1), cast.period.ends_at)
    request = cast.ask(until=until)
    assert request.expires_at == until

    for _ in range(2):
        with pytest.raises(lifecycle.RequestClosed, match="expired on"):
            cast.decide(request, now=until)
        lifecycle.expire_budget_requests(until)

    request.refresh_from_db()
    assert (request.status, cast.period.limit) == ("expired", 1000)
    ((subject, _),) = cast.mails_to(cast.ana)
    assert subject.startswith("Expired: 300")


def test_a_request_waits_for_seven_days_at_most(db):
    cast = Cast()
    cast.budget = ledger.set_budget(team=cast.team, window=Window.LIFETIME, limit=Decimal(10), now=NOW)

    request = cast.ask()
    lifecycle.expire_budget_requests(NOW + timedelta(days=7, seconds=-1))
    assert BudgetRequest.objects.get().status == "open"
    again = cast.ask(now=NOW + timedelta(days=7))

    request.refresh_from_db()
    assert (request.expires_at - NOW, request.status, again.status) == (timedelta(days=7), "expired", "open")


def test_two_approvers_at_once_raise_it_once(commits):
    cast, outcomes, ready = Cast(), [], threading.Barrier(2)
    request = cast.ask()

    def answer(member):
        ready.wait()
        try:
            outcomes.append(cast.decide(BudgetRequest.objects.get(pk=request.pk), member).status)
        except lifecycle.RequestClosed as refusal:
            outcomes.append(refusal.public)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=[member]) for member in (cast.ben, cast.cleo)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first, second = sorted(outcomes, key=len)
    who = BudgetRequest.objects.get().decided_by
    assert first == "approved" and second.startswith(f"{who} approved this request on ")
    assert (cast.period.limit, cast.budget.raises.count(), list(ledger.check_books())) == (1300, 1, [])


def test_reading_a_link_decides_nothing(cast):
    request = cast.ask()
    token = lifecycle.decision_token(request, cast.ben.user)

    for _ in range(2):
        found, member = lifecycle.read_decision_token(token, NOW)
        assert (found.status, member) == ("open", cast.ben)

    cast.decide(found, member)
    assert cast.period.limit == 1300


def test_a_stale_link_says_what_happened(cast):
    request = cast.ask()
    token = lifecycle.decision_token(request, cast.ben.user)
    with pytest.raises(lifecycle.RequestClosed, match="expired"):
        lifecycle.read_decision_token(token, request.expires_at)

    cast.decide(request, cast.cleo, approve=False)

    with pytest.raises(lifecycle.RequestClosed, match="Cleo declined"):
        lifecycle.read_decision_token(token, NOW)


def test_a_link_is_no_better_than_the_person_it_was_for(cast):
    request = cast.ask()
    for_ana = lifecycle.decision_token(request, cast.ana.user)
    with pytest.raises(lifecycle.BadLink, match="Ana may not answer"):
        lifecycle.read_decision_token(for_ana, NOW)

    for_ben = lifecycle.decision_token(request, cast.ben.user)
    cast.ben.membership.delete()
    with pytest.raises(lifecycle.BadLink, match="no longer in the team"):
        lifecycle.read_decision_token(for_ben, NOW)

    for_cleo = lifecycle.decision_token(request, cast.cleo.user)
    type(cast.cleo.user).objects.filter(pk=cast.cleo.user.pk).update(is_active=False)
    with pytest.raises(lifecycle.BadLink):
        lifecycle.read_decision_token(for_cleo, NOW)


def test_a_link_that_was_changed_or_made_elsewhere_is_refused(cast):
    request = cast.ask()
    token = lifecycle.decision_token(request, cast.ben.user)
    elsewhere = signing.dumps([request.public_id.hex, cast.ben.user.pk], salt="another purpose")

    for wrong in (token[:-1], token + "x", "", elsewhere):
        with pytest.raises(lifecycle.BadLink, match="not complete"):
            lifecycle.read_decision_token(wrong, NOW)


def test_a_link_ends_after_seven_days_whatever_its_request_says(cast, monkeypatch):
    request = cast.ask()
    token = lifecycle.decision_token(request, cast.ben.user)
    BudgetRequest.objects.update(expires_at=NOW + timedelta(days=30))
    late = timezone.now().timestamp() + 7 * 24 * 3600 + 5

    monkeypatch.setattr(signing.time, "time", lambda: late)

    with pytest.raises(lifecycle.BadLink, match="more than 7 days old"):
        lifecycle.read_decision_token(token, NOW)
