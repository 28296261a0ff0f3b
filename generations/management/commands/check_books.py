"""`manage.py check_books`: prove every balance, hold and counter; exit code 1 where something does not add up."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from generations import ledger, reports


class Command(BaseCommand):
    help = "Proves the books from their entries. Exit code 0: everything adds up; 1: something does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = reports.prove()
        self.stdout.write(_as_json(found) if options["json"] else "\n".join(_lines(found)))
        count = sum(map(len, found.values()))
        if count:
            raise CommandError(
                f"The books do not add up: {count} {'difference' if count == 1 else 'differences'}.", returncode=1
            )


def _lines(found: dict[str, list[ledger.Difference]]) -> Iterator[str]:
    for name, differences in found.items():
        yield f"{name:<24} {'adds up' if not differences else f'{len(differences)} wrong'}"
        yield from (f"  {difference}" for difference in differences)


def _as_json(found: dict[str, list[ledger.Difference]]) -> str:
    proofs = {
        name: [{"where": item.where, "said": item.said, "is": item.is_, "sentence": str(item)} for item in differences]
        for name, differences in found.items()
    }
    return json.dumps({"adds_up": not any(found.values()), "proofs": proofs}, indent=2)
