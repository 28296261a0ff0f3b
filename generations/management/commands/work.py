"""`manage.py work QUEUE …`: an RQ worker for these queues."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from generations import queue


class Command(BaseCommand):
    help = "Works on queues until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queues", nargs="+", choices=queue.QUEUES)

    def handle(self, *args: Any, **options: Any) -> None:
        queue.run_worker(options["queues"])
