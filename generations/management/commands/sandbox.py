"""`manage.py sandbox`: play the providers on this machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations import sandbox


class Command(BaseCommand):
    help = "Plays fal and the official Kling API on this machine, with real films and a bill of its own, at no cost."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute; the sandbox has no database

    def add_arguments(self, parser: CommandParser) -> None:
        sandbox.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Sandbox on http://{options['host']}:{options['port']}/, data in {options['data']}")
        try:
            sandbox.serve(options)
        except (sandbox.CannotServe, sandbox.DataDirInUse) as problem:
            raise CommandError(str(problem)) from problem
