import pytest

from tests.reports.takes import Takes


@pytest.fixture
def takes(db):
    """A team whose takes end as a test says."""
    return Takes()
