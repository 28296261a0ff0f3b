"""Reports by e-mail: when they are due, what they say, and that each comes exactly once."""

import threading
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import connection, transaction

from generations import reports
from generations.choices import Role
from generations.models import Mail, Membership, ReportSubscription
from tests.make import make_member, make_project
from tests.reports.takes import NOON, Takes

Cadence = ReportSubscription.Cadence
MONDAY = datetime(2025, 11, 24, 7, tzinfo=UTC)


def alone(_step):
    return nullcontext()


def wish(takes, *, slug="spend", cadence=Cadence.WEEKLY, hour=7, member=None, now=NOON, **params):
    return reports.subscribe(
        member or takes.member, report=reports.REPORTS[slug], params=params, cadence=cadence, hour=hour, now=now
    )


def send(now=MONDAY):
    return reports.send_subscriptions(now, alone)


@pytest.mark.parametrize(
    ("zone", "cadence", "now", "next_at"),
    [
        ("UTC", Cadence.WEEKLY, NOON, MONDAY),
        ("UTC", Cadence.WEEKLY, MONDAY, MONDAY + timedelta(days=7)),
        ("UTC", Cadence.WEEKLY, MONDAY - timedelta(seconds=1), MONDAY),
        ("UTC", Cadence.MONTHLY, NOON, datetime(2025, 12, 1, 7, tzinfo=UTC)),
        ("Europe/Berlin", Cadence.WEEKLY, NOON, datetime(2025, 11, 24, 6, tzinfo=UTC)),
        ("Pacific/Auckland", Cadence.WEEKLY, NOON, datetime(2025, 11, 23, 18, tzinfo=UTC)),
        # The clocks change between two Mondays: it stays seven o'clock.
        ("Europe/Berlin", Cadence.WEEKLY, datetime(2026, 3, 23, 7, tzinfo=UTC), datetime(2026, 3, 30, 5, tzinfo=UTC)),
    ],
)
def test_it_is_due_at_the_teams_own_hour(db, zone, cadence, now, next_at):
    assert wish(Takes(time_zone=zone), cadence=cadence, now=now).next_at == next_at


def test_an_hour_that_a_change_of_the_clocks_leaves_out_comes_all_the_same(db):
    row = wish(Takes(time_zone="Europe/Berlin"), hour=2, cadence=Cadence.MONTHLY)
    row.cadence = Cadence.WEEKLY

    assert row._at(date(2026, 3, 29), __import__("zoneinfo").ZoneInfo("Europe/Berlin")) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("cadence", "at", "first", "last"),
    [
        (Cadence.WEEKLY, MONDAY, date(2025, 11, 17), date(2025, 11, 23)),
        (Cadence.MONTHLY, datetime(2026, 1, 1, 7, tzinfo=UTC), date(2025, 12, 1), date(2025, 12, 31)),
        (Cadence.MONTHLY, datetime(2026, 3, 1, 7, tzinfo=UTC), date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_it_is_about_the_week_or_month_that_has_just_ended(takes, cadence, at, first, last):
    assert wish(takes, cadence=cadence).period_at(at) == (first, last)


def test_nothing_leaves_before_its_time(takes):
    wish(takes)

    assert send(MONDAY - timedelta(seconds=1)) == 0
    assert not Mail.objects.exists()


def test_the_mail_has_the_figures_the_file_and_a_way_to_stop(takes, settings):
    settings.PUBLIC_URL = "https://films.example"
    takes.take("140")
    takes.take("35", at=datetime(2025, 11, 10, tzinfo=UTC))
    row = wish(takes)

    assert send() == 1

    mail = Mail.objects.get()
    assert mail.to == takes.member.user
    assert mail.subject == f"Spend over time, 17–23 November 2025: {takes.team.name}"
    assert "Spent: 140 (300% more than before)" in mail.text
    assert "https://films.example/reports/spend/?from=2025-11-17&to=2025-11-23" in mail.text
    assert f"https://films.example/reports/stop/{reports.stop_token(row)}/" in mail.text
    assert mail.attachment_name == f"spend-{takes.team.slug}-20251117-20251123.xlsx"
    book = ZipFile(BytesIO(bytes(mail.attachment)))
    assert b"17\xe2\x80\x9323 November 2025" in book.read("xl/worksheets/sheet2.xml")


@pytest.mark.parametrize("slug", list(reports.REPORTS))
def test_every_report_can_be_mailed(takes, slug):
    takes.take("140")
    wish(takes, slug=slug)

    assert send() == 1
    assert "Stop it:" in Mail.objects.get().text


def test_a_month_of_days_is_told_as_their_sum(takes):
    takes.take("140", at=datetime(2025, 11, 3, tzinfo=UTC))
    wish(takes, cadence=Cadence.MONTHLY)

    send(datetime(2025, 12, 1, 7, tzinfo=UTC))

    text = Mail.objects.get().text
    assert "Together: The Last Ferry 140, Spent 140" in text and "All 30 rows are in the attached file." in text
    assert "- 3 Nov 2025" not in text


def test_it_is_narrowed_as_its_page_was(takes):
    takes.take("140")
    other = make_project(takes.team, name="Aster autumn looks")
    takes.take("35", project=other)
    wish(takes, project=str(other.public_id))

    send()

    text = Mail.objects.get().text
    assert "Project: Aster autumn looks" in text and "Spent: 35" in text


def test_it_comes_once_and_then_a_week_later(takes):
    row = wish(takes)

    assert (send(), send(), send(MONDAY + timedelta(days=6))) == (1, 0, 0)
    row.refresh_from_db()
    assert (row.next_at, row.last_sent_at) == (MONDAY + timedelta(days=7), MONDAY)
    assert send(MONDAY + timedelta(days=7)) == 1
    assert Mail.objects.count() == 2


def test_weeks_without_a_clock_are_made_up_for_one_by_one(takes):
    wish(takes)
    later = MONDAY + timedelta(days=15)

    assert [send(later) for _round in range(4)] == [1, 1, 1, 0]
    subjects = list(Mail.objects.order_by("pk").values_list("subject", flat=True))
    assert [subject.split(": ")[0] for subject in subjects] == [
        "Spend over time, 17–23 November 2025",
        "Spend over time, 24–30 November 2025",
        "Spend over time, 1–7 December 2025",
    ]


def test_what_was_stopped_does_not_come(takes):
    assert reports.stop_subscription(wish(takes))

    assert send() == 0


def test_who_has_left_gets_nothing_and_it_is_over(takes):
    member = make_member(takes.team, Role.PRODUCER)
    row = wish(takes, member=member)
    Membership.objects.filter(user=member.user).delete()

    assert send() == 0
    row.refresh_from_db()
    assert not row.is_active and not Mail.objects.exists()


def test_who_may_not_see_reports_any_more_gets_nothing(takes):
    member = make_member(takes.team, Role.PRODUCER)
    row = wish(takes, member=member)
    Membership.objects.filter(user=member.user).update(roles=[Role.CREATOR])

    assert send() == 0
    row.refresh_from_db()
    assert not row.is_active


def test_who_is_not_active_gets_nothing(takes):
    member = make_member(takes.team, Role.PRODUCER)
    wish(takes, member=member)
    member.user.is_active = False
    member.user.save()

    assert send() == 0 and not Mail.objects.exists()


def test_a_report_that_cannot_be_made_any_more_says_so_once(takes):
    row = wish(takes)
    ReportSubscription.objects.filter(pk=row.pk).update(report="gossip")

    assert (send(), send(MONDAY + timedelta(days=7))) == (1, 0)
    mail = Mail.objects.get()
    assert "There is no such report any more." in mail.text and mail.attachment is None


def test_what_goes_wrong_with_one_does_not_stop_the_next(takes, monkeypatch):
    wish(takes)
    wish(takes, slug="waste")
    seen = []

    @contextmanager
    def apart(step):
        try:
            yield
        except RuntimeError:
            seen.append(step)

    def broken(_filters, _now):
        raise RuntimeError

    monkeypatch.setattr(
        type(reports.REPORTS["spend"]),
        "run",
        lambda report, filters, *, now: broken(filters, now) if report.slug == "spend" else report.build(filters, now),
    )

    assert reports.send_subscriptions(MONDAY, apart) == 1
    assert len(seen) == 1 and Mail.objects.get().subject.startswith("Waste by reason")
    assert ReportSubscription.objects.filter(report="spend", is_active=True, next_at=MONDAY).exists()


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_send_one_mail():
    wish(Takes())
    start = threading.Barrier(4)
    sent = []

    def clock():
        try:
            start.wait()
            sent.append(send())
        finally:
            connection.close()

    clocks = [threading.Thread(target=clock) for _number in range(4)]
    for each in clocks:
        each.start()
    for each in clocks:
        each.join()

    assert sorted(sent) == [0, 0, 0, 1]
    assert Mail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_before_the_commit_leaves_it_due():
    row = wish(Takes())

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert send() == 1
        raise ZeroDivisionError

    assert not Mail.objects.exists()
    row.refresh_from_db()
    assert row.next_at == MONDAY
    assert send() == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_wish():
    takes = Takes()
    start = threading.Barrier(4)

    def press():
        try:
            start.wait()
            wish(takes)
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _number in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert ReportSubscription.objects.count() == 1
