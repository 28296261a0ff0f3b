"""Calls that start together on PostgreSQL connections of their own, and a look at who waits for whom."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections

PATIENCE_SECONDS = 15


def at_once(*calls):
    """Every call's result, or what it raised, in the calls' order. All start together."""
    start = threading.Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            start.wait(PATIENCE_SECONDS)
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def my_pid():
    """The database's number for this thread's connection."""
    connection.ensure_connection()
    return connection.connection.info.backend_pid


def wait_for_one_behind(pid):
    """Until another connection waits for a lock that the one with this number has, or wants first."""
    sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
    end = time.monotonic() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(sql, [pid])
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise TimeoutError(f"Nobody waits for connection {pid}.")
