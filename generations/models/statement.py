"""Statements that are run at every submit: prepared once per connection, so that the server plans them once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def fetch(sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement, through this thread's connection and transaction. Raises django.db's errors.

    The values are bound by the server: write a cast wherever it could not tell a type.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, arguments, prepare=True)
        return cursor.fetchall()
