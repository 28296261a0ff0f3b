"""What each report says about a small studio whose figures can be added up by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from generations import ledger, reports
from generations.choices import Window
from generations.models import Generation
from tests.make import make_account, make_member, make_project, make_user
from tests.reports.takes import NOON, QUOTE, Takes, cells

LATER = NOON + timedelta(hours=3)


@pytest.fixture
def studio(takes):
    """Two projects: in one a keeper of 5 seconds after two tries; in the other one failure and what nobody decided."""
    shot = takes.shot("SH010")
    takes.take("100", shot=shot, at=NOON - timedelta(days=1))
    takes.rejected = takes.take("40", shot=shot)
    takes.keeper = takes.take("140", shot=shot)
    takes.decide(takes.rejected, "rejected")
    takes.decide(takes.keeper, "approved")
    takes.other = make_project(takes.team, name="Fjord Rail")
    takes.second = make_member(takes.team, user=make_user(name="Mei Tanaka"))
    facts = {"project": takes.other, "created_by": takes.second.user, "model": "kling-v1-6", "tier": "std"}
    takes.take("20", status="failed", **facts)
    takes.take("0", status="canceled", **facts)
    takes.take("60", **facts)
    return takes


def run(takes, slug, now=LATER, **params):
    return reports.REPORTS[slug].run(takes.filters(now=now, **params), now=now)


def test_spend_is_by_day_and_project_with_every_day_in_it(studio):
    sheet = run(studio, "spend", **{"from": "2025-11-18", "to": "2025-11-20"})

    assert [str(column.label) for column in sheet.columns] == ["Day", "The Last Ferry", "Fjord Rail", "Spent"]
    assert [tuple(map(str, row)) for row in sheet.rows] == [
        ("2025-11-18", "0.000", "0.000", "0.000"),
        ("2025-11-19", "100.000", "0.000", "100.000"),
        ("2025-11-20", "180.000", "80.000", "260.000"),
    ]
    assert tuple(map(str, sheet.totals)) == ("Together", "280.000", "80.000", "360.000")
    assert sheet.chart.labels == ("18 Nov", "19 Nov", "20 Nov")
    assert [series.label for series in sheet.chart.series] == ["The Last Ferry", "Fjord Rail"]
    assert sheet.chart.series[0].values == (Decimal(0), Decimal(100), Decimal(180))
    assert sheet.counted_until == LATER


@pytest.mark.parametrize(
    ("step", "first", "rows"),
    [
        ("week", "2025-11-12", [("2025-11-12", "0.000"), ("2025-11-17", "360.000")]),
        ("month", "2025-10-12", [("2025-10-12", "0.000"), ("2025-11-01", "360.000")]),
    ],
)
def test_spend_is_the_same_by_week_and_by_month(studio, step, first, rows):
    sheet = run(studio, "spend", **{"from": first, "to": "2025-11-20", "step": step})

    assert cells(sheet, "from", "spent") == rows


def test_many_projects_become_others_in_the_table_and_sooner_in_the_chart(takes):
    for number in range(22):
        takes.take(str(100 - number), project=make_project(takes.team, name=f"Film {number:02}"))

    sheet = run(takes, "spend", **{"from": "2025-11-20", "to": "2025-11-20"})

    assert len(sheet.columns) == 23
    assert str(sheet.columns[-2].label) == "Other"
    assert cells(sheet, "other", "spent") == [("159.000", "1969.000")]
    assert [series.label for series in sheet.chart.series] == [*(f"Film {n:02}" for n in range(5)), "Other"]
    assert sum(series.values[0] for series in sheet.chart.series) == Decimal(1969)


def test_spend_says_what_was_beyond_the_hold_and_what_came_back(studio):
    ledger.overrun(generation=studio.keeper, amount=Decimal("12.5"), key="late", now=NOON)

    sheet = run(studio, "spend")

    assert sheet.totals[-1] == Decimal("372.5")
    assert "12.500 credits were charged beyond what was held; 0.000 were given back" in sheet.notes[1]


def test_keepers_have_their_price_per_second_and_per_shot(studio):
    sheet = run(studio, "keepers")

    keys = ("name", "takes", "approved", "approved_share", "tries", "approved_seconds", "per_approved_second")
    assert cells(sheet, *keys) == [
        ("The Last Ferry", "3", "1", "33.3", "3.00", "5.000", "56.000"),
        ("Fjord Rail", "2", "0", "0.0", "None", "0.000", "None"),
    ]
    assert cells(sheet, "shots", "per_shot", "waste_share", "spent") == [
        ("1", "280.000", "50.0", "280.000"),
        ("0", "None", "100.0", "80.000"),
    ]
    totals = dict(zip([column.key for column in sheet.columns], sheet.totals, strict=True))
    assert (totals["takes"], totals["per_approved_second"], totals["shots"]) == (5, Decimal(72), 1)
    assert sheet.chart.labels == ("The Last Ferry",)


def test_a_project_shows_its_shots(studio):
    sheet = run(studio, "keepers", by="shot", project=str(studio.project.public_id))

    assert cells(sheet, "name", "takes", "approved", "spent") == [("SH010", "3", "1", "280.000")]
    assert sheet.rows[0][0].kind == "shot"
    with pytest.raises(reports.BadFilter, match="Choose one"):
        run(studio, "keepers", by="shot")


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("member", ["Mei Tanaka"]),
        ("model", ["Kling 1.6"]),
        ("tier", ["Draft"]),
        ("capability", ["Text to video"]),
    ],
)
def test_a_report_can_be_divided_and_filtered_by_everything(studio, by, names):
    sheet = run(studio, "keepers", by=by, project=str(studio.other.public_id))

    assert [str(row[0]) for row in sheet.rows] == names
    assert run(studio, "keepers", **{"tier": "std", by: sheet.rows[0][0].id}, by=by).rows == sheet.rows


def test_a_model_that_the_catalog_has_lost_speaks_for_itself(takes):
    takes.take("100", model="kling-v0-old")

    assert [str(row[0]) for row in run(takes, "keepers", by="model").rows] == ["kling-v0-old"]


def test_waste_has_its_reasons(studio):
    sheet = run(studio, "waste")

    assert cells(sheet, "name", "takes", "waste", "waste_share") == [
        ("Failed or canceled, but charged", "2", "20.000", "5.6"),
        ("Rejected", "1", "40.000", "11.1"),
        ("Changes requested", "0", "0.000", "0.0"),
        ("Superseded", "1", "100.000", "27.8"),
        ("Not reviewed", "1", "60.000", "16.7"),
    ]
    assert tuple(map(str, sheet.totals)) == ("Together", "5", "220.000", "61.1")


def test_waste_can_be_divided_too(studio):
    sheet = run(studio, "waste", by="project")

    assert cells(sheet, "name", "failed", "rejected", "superseded", "unreviewed", "waste") == [
        ("The Last Ferry", "0.000", "40.000", "100.000", "0.000", "140.000"),
        ("Fjord Rail", "20.000", "0.000", "0.000", "60.000", "80.000"),
    ]


def test_providers_have_success_times_and_drift(takes):
    fal, slow = takes.account, make_account(takes.team, "wavespeed", label="WaveSpeed")
    takes.take("28", held="28", cost={"amount": "0.28", "currency": "usd"}, account=fal)
    takes.take("0", held="28", status="failed", account=fal, cost={"amount": "0", "currency": "usd"})
    takes.take("30", held="28", cost={"amount": "0.308", "currency": "usd"}, account=slow, quote_json=QUOTE)
    unclear = takes.take("0", held="28", account=slow, seconds=0, status="failed")
    Generation.objects.filter(pk=unclear.pk).update(status="uncertain", finished_at=None)

    sheet = run(takes, "providers")

    assert cells(sheet, "name", "takes", "done_share", "failed", "unclear", "compared", "drift") == [
        (fal.label, "2", "50.0", "1", "0", "1", "0.0"),
        ("WaveSpeed", "1", "100.0", "0", "1", "1", "10.0"),
    ]
    waits = [Decimal(text) for row in cells(sheet, "wait_p50", "wait_p95") for text in row]
    renders = [Decimal(text) for row in cells(sheet, "render_p50", "render_p95") for text in row]
    assert all(abs(wait / 100 - 1) < Decimal("0.092") for wait in waits)
    assert all(abs(render / 60 - 1) < Decimal("0.092") for render in renders)
    assert cells(sheet, "per_second")[0] == ("5.600",)


def test_percentiles_are_of_all_days_together(takes):
    for number in range(20):
        take = takes.take("28", held="28", at=NOON - timedelta(days=number % 4))
        minutes = 60 if number >= 18 else 1
        Generation.objects.filter(pk=take.pk).update(created_at=take.created_at)
        end = NOON - timedelta(days=number % 4)
        Generation.objects.filter(pk=take.pk).update(created_at=end - timedelta(minutes=minutes))

    (p50, p95) = cells(run(takes, "providers"), "wait_p50", "wait_p95")[0]

    assert abs(Decimal(p50) / 60 - 1) < Decimal("0.092")
    assert abs(Decimal(p95) / 3600 - 1) < Decimal("0.092")


def test_a_budget_has_a_forecast_to_the_end_of_its_window(takes):
    now = datetime(2025, 11, 16, tzinfo=UTC)
    start = datetime(2025, 11, 1, tzinfo=UTC)
    budget = ledger.set_budget(team=takes.team, window=Window.MONTH, limit=Decimal(1000), now=start)
    type(budget).objects.filter(pk=budget.pk).update(created_at=start)
    takes.take("300", held="300", at=start + timedelta(days=3))
    held = takes.take("0", held="50", at=start + timedelta(days=3))
    assert held.hold_credits == Decimal(50)

    sheet = run(takes, "budgets", now=now)

    keys = ("name", "limit", "spent", "held", "left", "used_share", "forecast", "forecast_share", "resets")
    assert cells(sheet, *keys) == [
        (takes.team.name, "1000.000", "300.000", "0.000", "700.000", "30.0", "600.000", "60.0", "2025-12-01")
    ]


def test_a_forecast_is_not_made_too_early_nor_for_ever(takes):
    start = datetime(2025, 11, 1, tzinfo=UTC)
    for window in (Window.MONTH, Window.LIFETIME):
        budget = ledger.set_budget(team=takes.team, window=window, limit=Decimal(1000), now=start)
        type(budget).objects.filter(pk=budget.pk).update(created_at=start)

    sheet = run(takes, "budgets", now=start + timedelta(days=1))

    assert cells(sheet, "forecast") == [("None",), ("None",)]


def test_lots_say_what_is_left_and_until_when(takes):
    until = NOON + timedelta(days=30)
    ledger.grant(team=takes.team, amount=Decimal(500), key="lot", now=NOON, expires_at=until, reason="Autumn")
    takes.take("140")

    sheet = run(takes, "lots")

    assert cells(sheet, "reason", "amount", "used", "left", "expires") == [
        ("Autumn", "500.000", "140.000", "360.000", "2025-12-20"),
        ("", "100000.000", "0.000", "100000.000", "None"),
    ]
    assert sheet.chart.labels == ("December 2025", "Does not expire")
    assert sheet.totals[5] == Decimal(100_360)


def test_headlines_compare_with_the_days_before(studio):
    studio.take("90", at=NOON - timedelta(days=2))
    filters = studio.filters(**{"from": "2025-11-19", "to": "2025-11-20"})

    found = {each.key: each for each in reports.headlines(filters, now=LATER)}

    assert list(found) == ["spent", "per_approved_second", "approved_share", "tries"]
    spent = found["spent"]
    assert (spent.value, spent.before, spent.change_percent) == (Decimal(360), Decimal(90), Decimal("300.0"))
    assert (found["per_approved_second"].value, found["per_approved_second"].before) == (Decimal(72), None)
    assert (found["approved_share"].value, found["approved_share"].change_percent) == (Decimal(20), Decimal(20))
    assert (found["tries"].value, found["tries"].change_percent) == (Decimal(5), None)


def test_the_options_are_what_the_team_ever_paid_for(studio):
    studio.roll_up()

    options = reports.options(studio.team)

    assert [str(name) for name in options.projects] == ["Fjord Rail", "The Last Ferry"]
    assert [name.id for name in options.tiers] == ["std", "master"]
    assert options.accounts[0].id == str(studio.account.public_id)


def test_one_team_sees_nothing_of_another(studio):
    stranger = Takes()

    for slug in ("spend", "keepers", "waste", "providers"):
        sheet = run(stranger, slug)
        assert not any(isinstance(cell, Decimal) and cell for row in sheet.rows for cell in row), slug
    assert all(not each.value for each in reports.headlines(stranger.filters(), now=LATER))


@pytest.mark.parametrize("slug", reports.REPORTS)
def test_a_report_without_anything_is_empty_and_whole(takes, slug):
    sheet = run(takes, slug)

    assert all(len(row) == len(sheet.columns) for row in sheet.rows)
    assert len(sheet.totals) in (0, len(sheet.columns))
    assert str(reports.REPORTS[slug].title) == sheet.title


def test_a_report_that_cannot_be_divided_so_says_by_what_it_can(takes):
    with pytest.raises(reports.BadFilter) as refused:
        run(takes, "spend", by="reason")

    assert refused.value.public.startswith("This report cannot be divided by “Reason”. Choose one of: Project, Member,")


def test_months_and_days_around_them_add_up_to_all_days(takes):
    first = date(2025, 1, 1)
    for number in range(0, 330, 11):
        takes.take("10", at=NOON - timedelta(days=number))
    takes.roll_up()

    for begin, end in [(first, date(2025, 11, 20)), (date(2025, 1, 17), date(2025, 10, 3)), (first, first)]:
        days = [(NOON - timedelta(days=number)).date() for number in range(0, 330, 11)]
        expected = 10 * sum(begin <= day <= end for day in days)
        for step in ("week", "month"):
            span = {"from": begin.isoformat(), "to": end.isoformat(), "step": step}
            assert run(takes, "spend", **span).totals[-1] == expected
        assert run(takes, "keepers", **{"from": begin.isoformat(), "to": end.isoformat()}).totals[-1] == expected
