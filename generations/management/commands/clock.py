"""`manage.py clock`: the clock: due rows every two seconds, the books every minute, stray files every hour."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from generations import queue


class Command(BaseCommand):
    help = "Enqueues the tick until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        queue.run_clock(
            {
                "generations.jobs.tick": int(settings.LIFECYCLE["tick_seconds"]),
                "generations.jobs.tend_books": int(settings.LIFECYCLE["tend_books_seconds"]),
                "generations.jobs.send_reports": int(settings.LIFECYCLE["send_reports_seconds"]),
                "generations.jobs.roll_up": int(settings.LIFECYCLE["roll_up_seconds"]),
                "generations.jobs.look_for_proof": 600,
                "generations.jobs.sweep": int(settings.LIFECYCLE["sweep_seconds"]),
                "generations.jobs.read_balances": int(settings.LIFECYCLE["balance_seconds"]),
                "generations.jobs.warn_of_packs": int(settings.LIFECYCLE["balance_seconds"]),
                "generations.jobs.check_drift": int(settings.LIFECYCLE["watch_prices_seconds"]),
            }
        )
