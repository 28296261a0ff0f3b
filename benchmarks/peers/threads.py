"""How often something can be done in a second, by so many threads, each with a database connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connection


def per_second(call: Callable[[int], object], *, threads: int, seconds: float) -> float:
    """Calls per second over all threads. `call` gets a number that no other call gets. Re-raises what it raises."""
    begin, counts, errors = threading.Event(), [0] * threads, []
    end = [0.0]

    def work(thread: int) -> None:
        try:
            call(thread)  # connects, and fills the caches
            begin.wait()
            while time.perf_counter() < end[0]:
                counts[thread] += 1
                call(threads * counts[thread] + thread)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    time.sleep(0.5)
    started = time.perf_counter()
    end[0] = started + seconds
    begin.set()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
    return sum(counts) / (time.perf_counter() - started)
