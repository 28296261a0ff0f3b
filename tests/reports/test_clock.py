"""The clock's minute: every team's new takes are counted, and what fails is not hidden."""

from datetime import UTC, date, datetime

import pytest

from generations import jobs
from generations.models import SpendDay, Team
from tests.reports.takes import Takes


@pytest.mark.django_db(transaction=True)
def test_the_job_counts_every_team(commits):
    for team in (Takes(), Takes()):
        team.take("28", held="28")

    jobs.roll_up()
    jobs.roll_up()

    assert sum(cell.spent for cell in SpendDay.objects.all()) == 56_000


@pytest.mark.django_db(transaction=True)
def test_the_job_counts_a_team_anew_that_changes_its_time_zone(commits):
    takes = Takes()
    takes.take(at=datetime(2025, 11, 20, 12, tzinfo=UTC))
    jobs.roll_up()
    Team.objects.filter(pk=takes.team.pk).update(time_zone="Pacific/Auckland")

    jobs.roll_up()

    assert {cell.day for cell in SpendDay.objects.all()} == {date(2025, 11, 21)}
