"""The credits page: what explains each number, the budgets with their meters, the lots, and who asks for more."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import ledger, lifecycle
from generations.choices import Role, Window
from generations.models import Generation, Shot
from tests.make import make_member, make_project
from tests.portal.conftest import Portal, words


def credits(client, **query):
    return client.get(reverse("portal:credits"), query)


def budget(portal, limit=500, window=Window.MONTH, **facts):
    return ledger.set_budget(team=portal.team, window=window, limit=Decimal(limit), now=timezone.now(), **facts)


def sentences(answer):
    return ["".join(part.text for part in parts) for parts in answer.context["explained"].sentences]


def test_every_figure_leads_to_its_explanation_without_a_script(portal):
    take = portal.take()
    page = credits(portal.client).content.decode()

    for about in ("available", "held", "spent", "given"):
        assert f'href="?explain={about}#why"' in page
    assert sentences(credits(portal.client, explain="held"))[0].startswith(f"140 are held for {take.name} since ")
    assert sentences(credits(portal.client, explain="spent")) == [
        "Nothing was spent yet: a take is charged when it ends."
    ]
    assert sentences(credits(portal.client, explain="nonsense")) == sentences(credits(portal.client))


def test_a_take_in_a_sentence_is_a_link(portal):
    take = portal.take()

    page = credits(portal.client, explain="held").content.decode()

    assert f'<a class="link" href="/takes/{take.public_id}/?tab=cost">{take.name}</a>' in page


def test_with_budgets_the_page_says_what_one_can_start_where_the_last_take_was(portal):
    shot = Shot.objects.create(project=portal.project, code="SH040")
    budget(portal, 400, shot=shot)
    take = portal.take()
    Generation.objects.filter(pk=take.pk).update(shot=shot)

    said = sentences(credits(portal.client))

    assert said[0] == "You can start a take of up to 400 credits for SH040 now."
    assert said[1] == f"The smallest of two limits decides: SH040 has 400 left and {portal.team.name} 860."


def test_another_place_and_tier_can_be_asked_about(portal):
    budget(portal, 300, project=portal.project)
    budget(portal, 90, project=portal.project, tier="master")
    other = make_project(portal.team, name="Zebra")

    def first(**query):
        return sentences(credits(portal.client, explain="here", **query))[0]

    assert "up to 300 credits for The Last Ferry" in first(place=portal.project.public_id)
    assert "up to 90 credits for The Last Ferry" in first(place=portal.project.public_id, tier="master")
    assert "up to 1,000 credits for Zebra" in first(place=other.public_id)
    assert f"up to 1,000 credits for {portal.team.name}" in first(place="")
    assert f"up to 1,000 credits for {portal.team.name}" in first(place="../../x", tier="x")


def test_who_cannot_start_takes_is_told_of_the_purse(portal):
    budget(portal, 300, project=portal.project)

    assert "That leaves 1,000 to order with." in sentences(credits(portal.as_a(Role.BUDGET_ADMIN)))


def test_budgets_show_what_is_left_their_marks_and_their_raises(portal):
    jonas = make_member(portal.team)
    jonas.user.name = "Jonas"
    jonas.user.save()
    now = timezone.now()
    film = budget(portal, 500, project=portal.project)
    until = now + timedelta(hours=1)
    ledger.raise_budget(film, amount=Decimal(100), now=now, made_by=jonas.user, until=until)
    budget(portal, 160, member=portal.owner.user)
    budget(portal, 140, Window.LIFETIME, tier="master")
    portal.take()

    answer = credits(portal.client)
    said = words(answer)

    assert {row.budget.name: row.state for row in answer.context["rows"]} == {
        "The Last Ferry": "",
        str(portal.owner.user): "soft",
        "Hero takes": "hard",
    }
    assert "460 left of 600" in said and "includes +100 from Jonas until " in said
    assert "Over soft mark" in said and "Hard limit reached" in said and "Does not reset" in said
    page = answer.content.decode()
    assert 'aria-label="0 spent and 140 held of 160 (soft marks at 80%)"' in page


def test_many_raises_of_one_budget_are_said_as_their_sum(portal):
    film = budget(portal, 500, project=portal.project)
    for amount in ("100", "0.5", "20"):
        ledger.raise_budget(film, amount=Decimal(amount), now=timezone.now(), made_by=portal.owner.user)

    said = words(credits(portal.client))

    assert "620.5 left of 620.5" in said and "includes +120.5 from 3 raises" in said
    assert "includes +100 from" not in said


def test_the_filter_of_budgets_is_in_the_address(portal):
    budget(portal, project=portal.project)
    budget(portal, member=portal.owner.user)

    def names(**query):
        return [row.budget.name for row in credits(portal.client, **query).context["rows"]]

    assert names(budgets="projects") == ["The Last Ferry"]
    assert names(budgets="people") == [str(portal.owner.user)]
    assert len(names()) == len(names(budgets="nonsense")) == 2


def test_the_teams_own_budget_is_the_meter(portal):
    budget(portal, 900, rollover=Decimal(50))

    said = words(credits(portal.client))

    assert "The team's budget per month" in said and "900 left of 900" in said


def test_the_teams_budget_stays_the_meter_whatever_is_filtered(portal):
    budget(portal, 900)

    assert credits(portal.client, budgets="people").context["team_row"].limit == 900


def test_a_window_that_is_over_is_brought_up_to_date(portal):
    found = budget(portal, 500, Window.DAY, project=portal.project)
    portal.take()
    yesterday = timezone.now() - timedelta(days=1)
    found.periods.update(starts_at=yesterday, ends_at=yesterday + timedelta(hours=1), changes_at=yesterday)

    row = credits(portal.client).context["rows"][0]

    assert row.left == 500 and found.periods.count() == 2


def test_lots_say_what_is_left_and_when_it_expires(portal):
    ends = timezone.now() + timedelta(days=9)
    ledger.grant(team=portal.team, amount=Decimal(200), key="pack", now=timezone.now(), expires_at=ends, reason="Pack")
    portal.take()

    answer = credits(portal.client)

    assert [item.remaining for item in answer.context["lots"]] == [60, 1000]
    said = words(answer)
    assert ledger.order_sentence() in said and "Does not expire" in said
    assert f"Expires {ledger.short_time(ends, portal.team.time_zone)} Pack" in said


def test_a_hold_says_by_when_it_is_released(portal):
    take = portal.take()

    answer = credits(portal.client)

    assert [hold.ends_at for hold in answer.context["holds"]] == [lifecycle.end_of_hold(take)]
    assert "released by" in words(answer)


def test_all_holds_are_a_link_away(db):
    portal = Portal(credits=5000)
    for _ in range(10):
        portal.take()

    assert len(credits(portal.client).context["holds"]) == 8
    assert "All 10 holds" in words(credits(portal.client))
    assert len(credits(portal.client, holds="all").context["holds"]) == 10


def test_more_budgets_are_not_more_queries(portal, django_assert_max_num_queries):
    for number in range(2):
        budget(portal, 500, project=make_project(portal.team, name=f"Film {number}"))
    with django_assert_max_num_queries(60) as few:
        credits(portal.client)
    for number in range(8):
        budget(portal, 500, project=make_project(portal.team, name=f"More {number}"))

    with django_assert_max_num_queries(len(few)):
        credits(portal.client)


@pytest.mark.parametrize("theirs", [True, False])
def test_the_side_bar_shows_the_tightest_own_budget_before_the_team(portal, theirs):
    person = portal.owner if theirs else make_member(portal.team)
    budget(portal, 600, member=person.user)
    budget(portal, 200, Window.WEEK, member=person.user)
    portal.take()

    said = words(portal.client.get(reverse("portal:library")))

    assert ("My week 60 left Resets Monday" in said) == theirs
    assert ("Credits 860 left" in said) != theirs


def test_who_sees_no_credits_sees_their_own_budget_there(portal):
    viewer = make_member(portal.team, Role.VIEWER)
    client = portal.sign_in(viewer)
    assert "left" not in words(client.get(reverse("portal:library")))
    budget(portal, 600, member=viewer.user)

    said = words(client.get(reverse("portal:library")))

    assert "My month 600 left" in said and "Budgets" in said
    assert client.get(reverse("portal:credits")).status_code == 403


def test_a_new_take_renews_the_own_budget_in_the_side_bar(portal):
    budget(portal, 600, member=portal.owner.user)

    answer = portal.order(**portal.form())

    left = ledger.plain(600 - portal.takes.get().hold_credits)
    assert answer.status_code == 200 and f"My month {left} left" in words(answer)
