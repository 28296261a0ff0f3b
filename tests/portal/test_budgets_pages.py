"""Budgets in the portal: one of them, making, changing, raising and ending it, and who may."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.choices import Role, Window
from generations.models import AuditEvent, Budget, BudgetRaise, Shot
from tests.make import make_member, make_project, make_team
from tests.portal.conftest import words


@pytest.fixture
def budget(portal):
    return ledger.set_budget(
        team=portal.team, window=Window.MONTH, limit=Decimal(500), now=timezone.now(), project=portal.project
    )


def address(name, budget, *more):
    return reverse(f"portal:{name}", args=[budget.public_id, *more])


def make(portal, client=None, **fields):
    given = {"limit": "500", "window": "month", "soft_marks": "50, 80, 95", "rollover": "", **fields}
    return (client or portal.client).post(reverse("portal:budget_new"), given)


def problem(answer, name):
    return " ".join(answer.context["form"].errors.get(name, []))


def test_a_budget_is_made_from_its_form(portal):
    shot = Shot.objects.create(project=portal.project, code="SH040")
    person = make_member(portal.team)
    answer = make(
        portal,
        limit="1,800.5",
        shot=str(shot.public_id),
        person=str(person.user.pk),
        tier="master",
        window="week",
        rollover="20",
        owner=str(portal.owner.user.pk),
    )

    made = Budget.objects.get()
    assert answer.status_code == 302 and answer["Location"] == address("budget", made)
    assert (made.shot, made.project, made.member, made.tier) == (shot, portal.project, person.user, "master")
    assert (made.limit_credits, made.soft_marks, made.rollover_credits) == (Decimal("1800.5"), [50, 80, 95], 20)
    assert (made.window, made.owner) == ("week", portal.owner.user)
    assert AuditEvent.objects.get(verb="set_budget").actor == portal.owner.user


@pytest.mark.parametrize("limit", ["0", "-5", "1.0001", "1e30", "1e-30"])
def test_an_amount_that_is_none_gets_the_ledgers_sentence_at_its_field(portal, limit):
    answer = make(portal, limit=limit, project=str(portal.project.public_id))

    assert answer.status_code == 422 and "An amount of credits " in problem(answer, "limit")
    assert f'value="{limit}"' in answer.content.decode()
    assert f'value="{portal.project.public_id}" selected' in answer.content.decode()
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("limit", "many", "Write the credits as a number"),
        ("limit", "NaN", "Write the credits as a number"),
        ("limit", "", "Say how many credits."),
        ("rollover", "-1", "An amount of credits must be greater than 0"),
        ("soft_marks", "half", "Write the marks in whole percent"),
        ("project", "nonsense", "This is not in your team any more."),
        ("person", "999999", "This is not in your team any more."),
        ("person", "x", "This is not in your team any more."),
        ("window", "year", "year"),
        ("tier", "x", "x"),
    ],
)
def test_bad_input_is_a_sentence_at_its_field(portal, field, value, sentence):
    answer = make(portal, **{field: value})

    assert answer.status_code == 422 and sentence in problem(answer, field)
    assert not Budget.objects.exists()


def test_soft_marks_that_the_ledger_refuses_are_a_sentence_too(portal):
    assert "Soft marks are at most ten" in words(make(portal, soft_marks="0, 2000"))


def test_a_second_budget_for_the_same_thing_is_refused_with_nothing_lost(portal, budget):
    answer = make(portal, project=str(portal.project.public_id), limit="700")

    assert answer.status_code == 422 and "There is a budget for this and the same window already." in words(answer)
    assert 'value="700"' in answer.content.decode() and Budget.objects.count() == 1


def test_a_shot_of_another_project_is_refused(portal):
    shot = Shot.objects.create(project=make_project(portal.team, name="Zebra"), code="SH1")

    answer = make(portal, shot=str(shot.public_id), project=str(portal.project.public_id))

    assert "SH1 is a shot of Zebra, not of The Last Ferry. Choose one of the two." in problem(answer, "shot")


def test_things_of_another_team_cannot_be_chosen(portal):
    other = make_team()
    project, person = make_project(other), make_member(other)

    assert problem(make(portal, project=str(project.public_id)), "project")
    assert problem(make(portal, person=str(person.user.pk)), "person")
    assert problem(make(portal, owner=str(person.user.pk)), "owner")


def test_a_budget_is_changed_but_not_below_what_is_used(portal, budget):
    portal.take()
    fields = {"limit": "139", "soft_marks": "70", "rollover": "0", "owner": ""}

    too_low = portal.client.post(address("budget_edit", budget), fields)
    assert too_low.status_code == 422 and "140 credits are held or spent in this budget" in problem(too_low, "limit")
    assert 'value="139"' in too_low.content.decode()

    done = portal.client.post(address("budget_edit", budget), {**fields, "limit": "140"})
    budget.refresh_from_db()
    assert done.status_code == 302 and (budget.limit_credits, budget.soft_marks) == (140, [70])


def test_the_form_begins_with_what_is_stored(portal, budget):
    page = portal.client.get(address("budget_edit", budget)).content.decode()

    assert 'value="500"' in page and 'value="80"' in page and "The Last Ferry, per month" in page


def test_ending_asks_first(portal, budget):
    asked = portal.client.get(address("budget_archive", budget))
    assert "will limit nothing any more" in words(asked) and Budget.objects.active().exists()

    portal.client.post(address("budget_archive", budget))

    said = words(portal.client.get(address("budget", budget)))
    assert not Budget.objects.active().exists()
    assert "The Last Ferry has ended: it limits nothing any more." in said and "Raise it by" not in said


def test_the_page_tells_of_figures_periods_raises_and_movements(portal, budget):
    take = portal.take()
    ledger.raise_budget(
        budget, amount=Decimal(30), now=timezone.now(), made_by=portal.owner.user, reason="A slower turn"
    )

    said = words(portal.client.get(address("budget", budget)))

    assert "Left 390 Held 140 Spent 0 Limit 530" in said
    assert f"Of that, 0 is spent and 140 is held for {take.name} ." in said
    assert "+30.00" in said and "“A slower turn”" in said and "in force" in said
    assert "530.00 0.00 140.00 390.00" in said and "−140.00" in said


def test_only_what_counts_in_it_is_listed(portal, budget):
    inside, outside = portal.take(), portal.take(project=make_project(portal.team))

    lines = portal.client.get(address("budget", budget)).context["lines"]

    assert [line.take for line in lines] == [inside] and outside


def test_a_raise_by_hand_ends_where_the_team_is(portal, budget):
    portal.team.time_zone = "Asia/Tokyo"
    portal.team.save()
    Budget.objects.update(window=Window.LIFETIME)
    budget.periods.update(ends_at=None)

    answer = portal.client.post(
        address("budget_raise", budget), {"amount": "1,000", "until": "2099-11-28T18:00", "reason": "Client"}
    )

    made = BudgetRaise.objects.get()
    assert answer.status_code == 302
    assert (made.amount, made.reason, made.made_by) == (1000, "Client", portal.owner.user)
    assert made.ends_at == datetime(2099, 11, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"amount": "0"}, "An amount of credits must be greater than 0"),
        ({"amount": ""}, "Say how many credits."),
        ({"amount": "5", "until": "2020-01-01T00:00"}, "A raise ends in the future."),
        ({"amount": "5", "until": "Friday"}, "Write a day and a time"),
    ],
)
def test_a_raise_that_is_none_keeps_what_was_typed(portal, budget, fields, sentence):
    answer = portal.client.post(address("budget_raise", budget), {"reason": "Because of the client", **fields})

    assert answer.status_code == 422 and sentence in words(answer)
    assert 'value="Because of the client"' in answer.content.decode() and not BudgetRaise.objects.exists()


@pytest.mark.parametrize("until", ["2030-03-31T02:30", "2030-10-27T02:30"])
def test_a_raise_cannot_end_at_a_time_that_the_clocks_leave_out_or_show_twice(portal, budget, until):
    portal.team.time_zone = "Europe/Berlin"
    portal.team.save()

    answer = portal.client.post(address("budget_raise", budget), {"amount": "5", "until": until})

    assert answer.status_code == 422 and "this time is left out or comes twice. Choose one" in words(answer)
    assert not BudgetRaise.objects.exists()


def test_a_raise_is_taken_back_once(portal, budget):
    made = ledger.raise_budget(budget, amount=Decimal(30), now=timezone.now(), made_by=portal.owner.user)

    for _ in range(2):
        portal.client.post(address("raise_end", budget, made.pk))

    assert sorted(BudgetRaise.objects.values_list("amount", flat=True)) == [-30, 30]
    assert ledger.current_period(budget).limit == 500
    other = ledger.set_budget(team=portal.team, window=Window.DAY, limit=Decimal(5), now=timezone.now())
    assert portal.client.post(address("raise_end", other, made.pk)).status_code == 404


def test_past_periods_stay_to_be_read(portal, budget):
    budget.periods.update(starts_at=timezone.now() - timedelta(days=70))
    ledger.refresh_periods(portal.team, now=timezone.now() + timedelta(days=40))

    assert len(portal.client.get(address("budget", budget)).context["past"]) == 2


def test_who_manages_makes_and_who_owns_raises(portal, budget):
    producer = make_member(portal.team, Role.PRODUCER)
    client = portal.sign_in(producer)
    pages = [address("budget_edit", budget), address("budget_archive", budget), reverse("portal:budget_new")]

    assert [client.get(page).status_code for page in pages] == [403, 403, 403]
    assert client.post(address("budget_raise", budget), {"amount": "5"}).status_code == 403
    Budget.objects.update(owner=producer.user)
    assert "Raise it by" in words(client.get(address("budget", budget)))
    assert client.post(address("budget_raise", budget), {"amount": "5"}).status_code == 302
    admin = portal.as_a(Role.BUDGET_ADMIN)
    assert [admin.get(page).status_code for page in pages] == [200, 200, 200]


def test_who_sees_no_credits_sees_only_their_own(portal, budget):
    reviewer = make_member(portal.team, Role.REVIEWER)
    client = portal.sign_in(reviewer)
    own = ledger.set_budget(
        team=portal.team, window=Window.WEEK, limit=Decimal(70), now=timezone.now(), member=reviewer.user
    )

    said = words(client.get(reverse("portal:budgets")))
    page = client.get(address("budget", own))

    assert "70 left of 70" in said and "The Last Ferry" not in said
    assert page.status_code == 200 and "What counts in it" not in words(page)
    assert client.get(address("budget", budget)).status_code == 404


def test_another_team_sees_nothing(portal, stranger, budget):
    made = ledger.raise_budget(budget, amount=Decimal(30), now=timezone.now(), made_by=portal.owner.user)
    for name in ("budget", "budget_edit", "budget_archive"):
        assert stranger.get(address(name, budget)).status_code == 404
    assert stranger.post(address("budget_raise", budget), {"amount": "5"}).status_code == 404
    assert stranger.post(address("raise_end", budget, made.pk)).status_code == 404
