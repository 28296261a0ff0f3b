"""The clock's minute: every team's new takes are counted, and what fails is not hidden."""

import pytest

from generations import jobs
from generations.models import SpendDay
from tests.reports.takes import Takes


@pytest.mark.django_db(transaction=True)
def test_the_job_counts_every_team(commits):
    for team in (Takes(), Takes()):
        team.take("28", held="28")

    jobs.roll_up()
    jobs.roll_up()

    assert sum(cell.spent for cell in SpendDay.objects.all()) == 56_000
