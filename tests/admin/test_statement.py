"""The list of movements is a statement: filtered, summed, and the same rows as a file."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from generations import ledger, lifecycle, reports
from generations.models import CreditLot, Generation, Movement, Status
from tests.make import make_generation, make_member, make_team

LIST = "admin:generations_movement_changelist"
CSV = "admin:generations_movement_csv"


def listed(client, **filters):
    return list(client.get(reverse(LIST), filters).context["cl"].queryset)


def file(client, **filters):
    """The rows of the CSV file, by its headings."""
    answer = client.get(reverse(CSV), filters)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def finish(take, charged):
    Generation.objects.filter(pk=take.pk).update(
        status=Status.DONE, finished_at=timezone.now(), charged_credits=charged
    )
    ledger.settle(generation=take, charged=Decimal(charged), now=timezone.now())


def test_movements_are_found_by_kind_team_time_and_budget(cockpit, member, take):
    other = make_member(make_team(credits=Decimal(7)))
    budget = ledger.set_budget(team=member.team, window="week", limit=Decimal(500), now=timezone.now())
    counted = make_generation(member)
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()

    assert [row.kind for row in listed(cockpit, team__id__exact=member.team.pk)] == ["hold", "hold", "grant"]
    assert [row.team for row in listed(cockpit, kind__exact="grant")] == [other.team, member.team]
    assert [row.generation for row in listed(cockpit, budget=budget.pk)] == [counted]
    assert listed(cockpit, happened_at__gte=tomorrow) == []
    assert listed(cockpit, budget="0") == listed(cockpit, budget="x")


def test_a_budget_is_offered_for_the_team_that_is_chosen(cockpit, member, take):
    budget = ledger.set_budget(team=member.team, window="week", limit=Decimal(500), now=timezone.now())

    def offered(**filters):
        specs = cockpit.get(reverse(LIST), filters).context["cl"].filter_specs
        return [value for spec in specs if spec.title == "budget" for value, _label in spec.lookup_choices]

    assert offered() == []
    assert offered(team__id__exact=member.team.pk) == [str(budget.pk)]
    assert offered(budget=budget.pk) == [str(budget.pk)]


def test_the_list_sums_what_it_shows(cockpit, member, take):
    finish(take, 20)

    page = cockpit.get(reverse(LIST), {"team__id__exact": member.team.pk})

    assert page.context["sums"] == {
        "count": 3,
        "credits": "1,280",
        "accounts": [("Available", "+980"), ("Spent", "+20"), ("Granted", "-1,000")],
    }
    assert "3 movements of 1,280 credits" in page.content.decode()


def test_all_teams_together_are_not_summed(cockpit, take):
    page = cockpit.get(reverse(LIST))

    assert page.context["sums"] is None
    assert "Sums are shown for a team or a budget" in page.content.decode()


def test_too_many_rows_are_not_summed(cockpit, member, take, monkeypatch):
    monkeypatch.setattr("generations.admin.statement._SUMMED_AT_MOST", 1)

    assert cockpit.get(reverse(LIST), {"team__id__exact": member.team.pk}).context["sums"] is None


def test_the_file_has_the_rows_of_the_list(cockpit, member, take):
    make_member(make_team(credits=Decimal(7)))
    finish(take, 20)

    capture, hold, _grant = file(cockpit, team__id__exact=member.team.pk)

    assert (hold["Kind"], hold["Available"], hold["Held"], hold["Spent"]) == ("Hold", "-140.000", "140.000", "")
    assert (capture["Credits"], capture["Spent"], capture["Available after"]) == ("140.000", "20.000", "980.000")
    assert (capture["Take"], capture["Ends hold"]) == (take.name, hold["Movement"])
    assert [row["Kind"] for row in file(cockpit, kind__exact="capture")] == [capture["Kind"]]


def test_the_page_leads_to_the_file_of_the_same_filters(cockpit, take):
    page = cockpit.get(reverse(LIST), {"kind__exact": "hold"})

    assert page.context["csv_url"] == reverse(CSV) + "?kind__exact=hold"
    assert f'href="{reverse(CSV)}?kind__exact=hold"' in page.content.decode()


def test_a_formula_in_a_reason_is_text_in_the_file(cockpit, member, operator):
    facts = {"key": "formula", "now": timezone.now(), "actor": operator}
    lifecycle.grant_credits(team=member.team, amount=Decimal(1), reason="=cmd|' /C calc'!A0", **facts)

    assert file(cockpit)[0]["Reason"] == "'=cmd|' /C calc'!A0"


def test_the_file_asks_no_more_for_more_rows(cockpit, member, take):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            file(cockpit)
        return len(captured)

    queries()
    few = queries()
    for _ in range(4):
        make_generation(member)

    assert queries() <= few


def test_a_filter_that_is_none_leads_back_to_the_list(cockpit, take):
    answer = cockpit.get(reverse(CSV), {"team__id__exact": "nobody"})

    assert (answer.status_code, answer["location"]) == (302, reverse(LIST) + "?e=1")


def test_the_file_is_for_who_may_see_movements(client, operator, take):
    operator.is_superuser = False
    operator.save()
    client.force_login(operator)
    assert client.get(reverse(CSV)).status_code == 403

    operator.user_permissions.set(Permission.objects.filter(codename="view_movement"))
    assert client.get(reverse(CSV)).status_code == 200


# Holds by age


def test_open_holds_come_oldest_first_with_their_takes_and_their_end(cockpit, member, take):
    younger = make_generation(member)
    finish(make_generation(member), 140)

    page = cockpit.get(reverse(LIST), {"open": "yes"})

    assert [row.generation for row in page.context["cl"].queryset] == [take, younger]
    assert page.context["sums"]["credits"] == "280"
    shown = page.content.decode()
    assert take.get_status_display() in shown
    assert date_format(localtime(lifecycle.end_of_hold(take)), "DATETIME_FORMAT") in shown


def figures(client):
    return {str(item["label"]): item for item in client.get(reverse("admin:index")).context["figures"]}


def test_the_overview_says_what_is_held_and_for_how_long(cockpit, member):
    before = figures(cockpit)
    assert (before["Credits held"]["value"], before["Oldest hold"]["value"]) == ("0", "–")

    make_generation(member)
    make_generation(member)

    after = figures(cockpit)
    assert after["Credits held"]["value"] == "280"
    assert after["Oldest hold"]["value"] == "0\xa0minutes"
    assert after["Oldest hold"]["url"] == reverse(LIST) + "?open=yes"


def test_the_overview_counts_overruns_and_teams_in_shortfall(cockpit, take):
    finish(take, 140)
    Generation.objects.filter(pk=take.pk).update(charged_credits=Decimal("145.5"))
    facts = {"key": "more", "now": timezone.now(), "generation": take}
    ledger.overrun(amount=Decimal("5.5"), **facts)
    reports.roll_up(now=timezone.now())

    found = figures(cockpit)

    assert (found["Overruns in 30 days, in credits"]["value"], found["Teams in shortfall"]["value"]) == ("5.5", 1)
    assert found["Overruns in 30 days, in credits"]["is_urgent"]
    listed_there = cockpit.get(found["Overruns in 30 days, in credits"]["url"]).context["cl"].queryset
    assert list(listed_there) == list(Movement.objects.filter(kind="overrun"))


def test_a_link_to_one_team_shows_no_other_team(cockpit, member):
    stranger = make_team()

    for model in ("movement", "creditlot"):
        url = reverse(f"admin:generations_{model}_changelist")
        rows = cockpit.get(url, {"team__id__exact": stranger.pk}).context["cl"].queryset
        assert list(rows) == [], "the only team that has any is another one"


def test_lots_are_listed_with_what_is_left_of_them_now(cockpit, member):
    soon = timezone.now() + timedelta(days=3)
    facts = {"team": member.team, "amount": Decimal(200), "now": timezone.now(), "expires_at": soon}
    lot = CreditLot.objects.get(movement=ledger.grant(key="soon", **facts).movement_id)
    make_generation(member)

    page = cockpit.get(reverse("admin:generations_creditlot_changelist"), {"team__id__exact": member.team.pk})

    assert [(row.amount, row.left_now) for row in page.context["cl"].result_list] == [(200, 60), (1000, 1000)]
    shown = cockpit.get(reverse("admin:generations_creditlot_change", args=[lot.pk])).content.decode()
    assert ">60<" in re.sub(r"\s", "", shown)
