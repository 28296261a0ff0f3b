import pytest

from tests.ledger.books import Books


@pytest.fixture
def books(db):
    """A team with empty books."""
    return Books()
