"""The story of one budget, from the grant to the refund: after each step the balance, and what the page says of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations import ledger, lifecycle
from generations.choices import Role, Window
from generations.models import Generation, Movement, Shot
from tests.ledger.books import Books, differences
from tests.make import make_member, make_user
from tests.portal.conftest import words

D = Decimal
WEDNESDAY = datetime(2026, 11, 18, 9, tzinfo=UTC)
FRIDAY = WEDNESDAY + timedelta(days=2)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


class Story:
    """A team, its producer Jonas, its maker Ana, the shot SH040, and the pages that Jonas looks at."""

    def __init__(self):
        self.books = Books()
        self.team, self.now = self.books.team, WEDNESDAY
        self.jonas = make_member(self.team, Role.BUDGET_ADMIN, user=make_user(name="Jonas Weber"))
        self.ana = make_member(self.team, Role.CREATOR, user=make_user(name="Ana Ruiz"))
        self.books.project.name = "The Last Ferry"
        self.books.project.save()
        self.books.member.user.name = "Olga Owner"
        self.books.member.user.save()
        self.shot = Shot.objects.create(project=self.books.project, code="SH040")
        self.client = Client()
        self.client.force_login(self.jonas.user)

    def order(self, credits):
        """Ana orders a take for the shot; it is there with its hold, or not at all."""
        take = self.books.take(credits)
        Generation.objects.filter(pk=take.pk).update(shot=self.shot, created_by=self.ana.user)
        take = Generation.objects.get(pk=take.pk)
        try:
            ledger.hold(team=self.team, amount=D(credits), generation=take, now=self.now, actor=self.ana.user)
        except ledger.BudgetExceeded:
            take.delete()
            raise
        return take

    def limit_shot(self, credits):
        return ledger.set_budget(
            team=self.team,
            window=Window.LIFETIME,
            limit=D(credits),
            now=self.now,
            shot=self.shot,
            owner=self.jonas.user,
        )

    def wait_until(self, moment):
        """What the clock does meanwhile."""
        self.now = moment
        ledger.bring_up_to_date(self.team, now=moment)

    def balance(self):
        return self.books.balances()

    def told(self, budget=None):
        """The explanation of what the team has, or of a budget; the page says every sentence of it."""
        said = [str(sentence) for sentence in ledger.explain(self.team, now=self.now, budget=budget)]
        address = reverse("portal:budget", args=[budget.public_id]) if budget else reverse("portal:credits")
        page = squeezed(words(self.client.get(address)))
        assert [sentence for sentence in said if squeezed(sentence) not in page] == []
        return said


def squeezed(text):
    """Without spaces: a link in a sentence must not matter."""
    return "".join(text.split())


@pytest.fixture
def story(db, monkeypatch):
    told = Story()
    monkeypatch.setattr(timezone, "now", lambda: told.now)
    return told


SPENT_IN_ORDER = (
    "Credits that expire soonest are spent first; of those that expire together, those with the lower priority, then "
    "the older ones."
)
RAISED = "Jonas Weber raised it by 100 on 18 November 2026, until Friday 20 November, 09:00. “The client wants a hero.”"
GIVEN = "SH040 in The Last Ferry was given 150 in all."
NO_RESET = "It does not reset. Jonas Weber or Olga Owner can raise it."


def expire_next(credits):
    return f"The next to expire are {credits} credits, on Tuesday 1 December, 00:00, unless they are used."


def test_the_story_of_a_budget(story):
    # Jonas grants a thousand credits for November.
    story.books.grant("1000", actor=story.jonas.user, reason="November", expires_at=DECEMBER)
    assert story.balance() == {"available": "1,000", "given": "1,000"}
    assert story.told() == [
        "1,000 credits were given so far.",
        "That leaves 1,000 to order with.",
        SPENT_IN_ORDER,
        expire_next("1,000"),
    ]

    # The shot SH040 gets 150 of them, and Ana makes a draft for 28.
    budget = story.limit_shot("150")
    draft = story.order("28")
    story.books.settle(draft, "28")
    assert story.balance() == {"available": "972", "spent": "28", "given": "1,000"}
    assert story.told(budget) == [
        "SH040 in The Last Ferry has 122 left of 150.",
        GIVEN,
        "Of that, 28 is spent and nothing is held.",
        NO_RESET,
    ]

    # A hero for 140 is refused: the team has enough, the shot has not.
    with pytest.raises(ledger.BudgetExceeded) as refusal:
        story.order("140")
    assert refusal.value.public == (
        "The budget “SH040 in The Last Ferry, in all” has 122 credits left and this take needs 140. "
        "It does not reset. Jonas Weber or Olga Owner can raise it."
    )
    assert story.balance() == {"available": "972", "spent": "28", "given": "1,000"}

    # Ana asks for a hundred more until Friday; nothing changes before somebody answers.
    request = lifecycle.ask_for_budget(
        member=story.ana, budget=budget, amount=D(100), until=FRIDAY, note="The client wants a hero.", now=story.now
    )
    assert story.told(budget)[0] == "SH040 in The Last Ferry has 122 left of 150."

    # Jonas says yes: the limit is higher, no credits have moved.
    lifecycle.decide_budget_request(request=request, by=story.jonas, approve=True, now=story.now)
    assert story.balance() == {"available": "972", "spent": "28", "given": "1,000"}
    assert story.told(budget) == [
        "SH040 in The Last Ferry has 222 left of 250.",
        GIVEN,
        RAISED,
        "Of that, 28 is spent and nothing is held.",
        NO_RESET,
    ]

    # The hero is ordered; its 140 are held.
    hero = story.order("140")
    assert story.balance() == {"available": "832", "held": "140", "spent": "28", "given": "1,000"}
    assert story.told() == [
        "1,000 credits were given so far.",
        "28 were spent on takes that ended.",
        f"140 are held for 1 take under way: {hero.name}.",
        "That leaves 832 to order with.",
        SPENT_IN_ORDER,
        expire_next("832"),
    ]
    assert story.told(budget) == [
        "SH040 in The Last Ferry has 82 left of 250.",
        GIVEN,
        RAISED,
        f"Of that, 28 is spent and 140 is held for {hero.name}.",
        "As that take finishes, up to 140 is spent. Whatever fails comes back at once.",
        NO_RESET,
    ]

    # It costs 98; 42 come back in the same movement.
    story.books.settle(hero, "98", reason="Stored.")
    assert story.books.lines()[-1] == ("capture", "98", "Held", "Spent, Available")
    assert story.balance() == {"available": "874", "spent": "126", "given": "1,000"}
    assert story.told(budget)[0] == "SH040 in The Last Ferry has 124 left of 250."

    # On Friday the raise ends by itself.
    story.wait_until(FRIDAY)
    assert story.told(budget) == [
        "SH040 in The Last Ferry has 24 left of 150.",
        GIVEN,
        "Of that, 126 is spent and nothing is held.",
        NO_RESET,
    ]

    # With November what was not used expires.
    story.wait_until(DECEMBER)
    assert story.books.lines()[-1] == ("expire", "874", "Available", "Expired")
    assert story.balance() == {"spent": "126", "given": "1,000", "expired": "874"}
    assert story.told() == [
        "1,000 credits were given so far.",
        "126 were spent on takes that ended.",
        "874 expired unused.",
        "That leaves 0 to order with.",
    ]

    # The provider pays the hero back, and a correction gives it to the team, to the shot's budget and to the take.
    captured = Movement.objects.get(generation=hero, kind="capture")
    reason = "The provider paid it back."
    ledger.reverse(movement=captured, key="refund", now=story.now, actor=story.jonas.user, reason=reason)
    assert story.books.lines()[-1] == ("reversal", "98", "Spent", "Available")
    assert story.balance() == {"available": "98", "spent": "28", "given": "1,000", "expired": "874"}
    assert story.told(budget)[0] == "SH040 in The Last Ferry has 122 left of 150."
    assert Generation.objects.get(pk=hero.pk).charged_credits == 0
    assert differences() == []
