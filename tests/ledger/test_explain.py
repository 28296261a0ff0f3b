"""Every number explains itself: a story in sentences, and after each act what the page says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger
from generations.choices import Role, Window
from generations.ledger import About
from generations.models import Generation, Movement, Shot
from tests.make import make_member, make_project, make_user

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Story:
    """The Last Ferry on 20 November: a team with 21,000 credits, budgets of every kind, takes for shot SH040."""

    def __init__(self, books):
        self.books, self.team = books, books.team
        self.team.time_zone = "Europe/Stockholm"
        self.team.save()
        self.jonas = make_member(books.team, Role.PRODUCER, user=make_user(name="Jonas Weber")).user
        self.ana = books.member.user
        self.ana.name = "Ana Ruiz"
        self.ana.save()
        self.film = make_project(self.team, name="The Last Ferry")
        self.shot = Shot.objects.create(project=self.film, code="SH040")
        ledger.grant(
            team=self.team, amount=Decimal(21000), key="november", now=NOW, actor=self.jonas, reason="November"
        )

    def budget(self, limit, window=Window.MONTH, **facts):
        facts.setdefault("owner", self.jonas)
        return ledger.set_budget(team=self.team, window=window, limit=Decimal(limit), now=NOW, **facts)

    def hold(self, credits):
        take = self.books.take(credits)
        Generation.objects.filter(pk=take.pk).update(project=self.film, shot=self.shot)
        take.refresh_from_db()
        ledger.hold(team=self.team, amount=Decimal(credits), generation=take, now=NOW, actor=self.ana)
        return take

    def settle(self, take, charged):
        self.books.close(take, Decimal(charged))
        ledger.settle(generation=take, charged=Decimal(charged), now=NOW)

    def explain(self, **what):
        return [str(sentence) for sentence in ledger.explain(self.team, now=NOW, **what)]

    def explain_place(self):
        scopes = ledger.scopes_of(project=self.film.pk, shot=self.shot.pk, member=self.ana.pk, tier="std")
        return ledger.explain(self.team, now=NOW, scopes=scopes, place="SH040")


@pytest.fixture
def story(books):
    return Story(books)


def test_a_member_is_told_what_they_may_start_and_which_limit_decides(story):
    story.budget(1800, Window.LIFETIME, shot=story.shot)
    story.budget(6000, project=story.film)
    story.budget(5000, member=story.ana)
    story.settle(story.hold(528), 528)
    first, second = story.hold(300), story.hold(208)

    said = [str(sentence) for sentence in story.explain_place()]

    assert said == [
        "You can start a take of up to 764 credits for SH040 now.",
        "The smallest of four limits decides: SH040 has 764 left, your month 3,964, The Last Ferry 4,964 and "
        "Harbour 19,964.",
        "SH040 was given 1,800 in all.",
        f"Of that, 528 is spent and 508 is held for {first.name} and {second.name}.",
        "As those 2 finish, up to 508 is spent. Whatever fails comes back at once.",
        "SH040 does not reset. Your month and The Last Ferry reset on Tuesday 1 December, 00:00. "
        "Jonas Weber or Ana Ruiz can raise any of them.",
    ]


def test_a_sentence_leads_to_what_it_names(story):
    budget = story.budget(1800, shot=story.shot)
    take = story.hold(300)

    sentences = story.explain_place()

    assert [take] in [sentence.takes for sentence in sentences]
    assert budget in sentences[1].budgets
    for sentence in sentences:
        assert all(link.words in sentence.text for link in sentence.links)


def test_without_a_budget_the_teams_credits_decide(story):
    assert [str(sentence) for sentence in story.explain_place()][:2] == [
        "You can start a take of up to 21,000 credits for SH040 now.",
        "Only what the team has limits it: Harbour has 21,000 left.",
    ]


def test_two_windows_of_one_thing_are_told_apart(story):
    story.budget(6000, project=story.film)
    story.budget(900, Window.WEEK, project=story.film)

    assert "The Last Ferry per week has 900 left, The Last Ferry per month 6,000" in str(story.explain_place()[1])


def test_a_limit_that_is_used_up_is_said(story):
    story.budget(300, shot=story.shot)
    story.hold(300)

    assert str(story.explain_place()[0]) == "You cannot start a take for SH040 now: a limit is used up."


def test_a_budget_tells_of_its_raise_and_what_rolled_over(story):
    budget = story.budget(1000, project=story.film, rollover=Decimal(200))
    december = datetime(2026, 12, 2, tzinfo=UTC)
    ledger.bring_up_to_date(story.team, now=december)
    until = datetime(2026, 12, 9, 17, tzinfo=UTC)
    ledger.raise_budget(
        budget, amount=Decimal(500), now=december, made_by=story.jonas, until=until, reason="Client wants it slower"
    )

    said = [str(sentence) for sentence in ledger.explain(story.team, budget=budget, now=december)]

    assert said == [
        "The Last Ferry has 1,700 left of 1,700.",
        "The Last Ferry was given 1,000 per month.",
        "200 that the period before did not use rolled over.",
        "Jonas Weber raised it by 500 on 2 December 2026, until Wednesday 9 December, 18:00. “Client wants it slower”",
        "Nothing of that is spent or held.",
        "It resets on Friday 1 January, 00:00. Jonas Weber or Ana Ruiz can raise it.",
    ]


def test_a_raise_that_was_taken_back_is_not_told(story):
    budget = story.budget(1000, project=story.film)
    made = ledger.raise_budget(budget, amount=Decimal(500), now=NOW, made_by=story.jonas)
    later = NOW + timedelta(hours=1)
    ledger.end_raise(made, now=later, made_by=story.jonas)

    said = " ".join(map(str, ledger.explain(story.team, budget=budget, now=later)))

    assert "raised it" not in said and "1,000 left of 1,000" in said


def test_an_overrun_is_told_in_budget_and_purse(story):
    budget = story.budget(100, project=story.film)
    take = story.hold(100)
    story.settle(take, 100)
    ledger.overrun(generation=take, amount=Decimal(30), key="late", now=NOW)

    of_budget, of_team = story.explain(budget=budget), story.explain(about=About.SHORTFALL)

    assert "Providers charged 30 more than was held, which counts too." in " ".join(of_budget)
    assert "That is 30 over the limit: nothing more is held in it until it has room again." in of_budget
    assert of_team[0].startswith(f"{take.name} cost 30 more than was held for it (entry ")
    assert "30 of that is not covered yet." in of_team[1]
    assert "must be covered first" in str(story.explain_place()[0])


def test_the_balance_adds_up_in_words(story):
    story.settle(story.hold(100), 40)
    take = story.hold(60)
    ledger.expire(team=story.team, amount=Decimal(900), key="gone", now=NOW)

    assert story.explain() == [
        "21,000 credits were given so far.",
        "40 were spent on takes that ended.",
        f"60 are held for 1 take under way: {take.name}.",
        "900 expired unused.",
        "That leaves 20,000 to order with.",
    ]


def test_what_was_given_names_who_when_and_what_is_left(story):
    ends = datetime(2026, 12, 31, 23, tzinfo=UTC)
    ledger.grant(
        team=story.team, amount=Decimal(500), key="pack", now=NOW, kind=Movement.Kind.PURCHASE, expires_at=ends
    )
    story.hold(200)

    bought, given, total, order, expires = story.explain(about=About.GIVEN)

    assert bought.startswith("500 were bought on 20 November 2026 (entry ")
    assert bought.endswith("300 of them are left and expire on Friday 1 January, 00:00.")
    assert given.startswith("Jonas Weber gave 21,000 on 20 November 2026 “November” (entry ")
    assert given.endswith("21,000 of them are left and do not expire.")
    assert total == "Together 21,500 credits were given."
    assert order == ledger.order_sentence()
    assert expires.startswith("The next to expire are 300 credits, on Friday 1 January, 00:00")


def test_held_and_spent_name_their_takes(story):
    done, held = story.hold(100), story.hold(60)
    story.settle(done, 40)

    of_held, of_spent = story.explain(about=About.HELD), story.explain(about=About.SPENT)

    assert of_held[0] == f"60 are held for {held.name} since Friday 20 November, 10:00."
    assert of_spent[1].startswith(f"{done.name} cost 40; 60 of what was held came back (entry ")


def test_a_refund_and_a_grant_taken_back_are_told(story):
    done = story.hold(100)
    story.settle(done, 100)
    capture = Movement.objects.get(kind="capture")
    ledger.reverse(movement=capture, key="r", now=NOW, actor=story.jonas, reason="Black frames")
    extra = ledger.grant(team=story.team, amount=Decimal(7), key="typo", now=NOW, actor=story.jonas)
    wrong = Movement.objects.get(pk=extra.movement_id)
    ledger.reverse(movement=wrong, key="r2", now=NOW, actor=story.jonas, reason="Typo")
    again = story.hold(50)
    story.settle(again, 50)

    assert f"100 of what {done.name} cost were given back" in " ".join(story.explain(about=About.SPENT))
    assert "They were taken back." in story.explain(about=About.GIVEN)[0]
    assert "Together 21,000 credits were given." in story.explain(about=About.GIVEN)


@pytest.mark.parametrize("about", About)
def test_a_new_team_has_an_explanation_of_everything(books, about):
    assert ledger.explain(books.team, about=about, now=timezone.now())


def test_expired_credits_name_their_movement(story):
    ledger.expire(team=story.team, amount=Decimal(5), key="e", now=NOW, reason="End of the year.")

    said = story.explain(about=About.EXPIRED)

    assert said[0].startswith("5 credits expired on 20 November 2026 (entry ") and "End of the year." in said[0]
