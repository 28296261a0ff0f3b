import pytest
from django.db import connection

from tests.ledger.books import Books

KEPT = (
    ("generations_movement", "movement_is_not_truncated"),
    ("generations_entry", "entry_is_not_truncated"),
)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """A transactional test ends with TRUNCATE, which the books refuse to everyone; only the test runner may."""
    flush = connection.ops.sql_flush

    def sql_flush(*args, **options):
        statements = flush(*args, **options)
        off = [f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in KEPT]
        on = [f"ALTER TABLE {table} ENABLE TRIGGER {trigger}" for table, trigger in KEPT]
        return [*off, *statements, *on] if statements else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", sql_flush)
        yield


@pytest.fixture
def books(db):
    """A team with empty books."""
    return Books()
