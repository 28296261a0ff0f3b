"""Tests whose code works on several connections: everything is really committed, and swept away afterwards.

The flush of a transactional test takes a quarter of a second, and the books refuse it; this takes milliseconds.
"""

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission", "django_migrations", "django_site"}
WRITTEN_ONCE = ("generations_movement", "generations_entry", "generations_budgetraise", "generations_purse")


@pytest.fixture(scope="session", autouse=True)
def swept():
    # For every transactional test, whichever a worker begins with.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty())
        yield


@pytest.fixture
def commits(swept, transactional_db):
    """A database that threads share."""


def empty():
    """Delete every row. Only a test may do that to the books."""
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        cursor.execute(";".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in WRITTEN_ONCE))
        cursor.execute(";".join(f'DELETE FROM "{table}"' for table in tables))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(";".join(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in WRITTEN_ONCE))
