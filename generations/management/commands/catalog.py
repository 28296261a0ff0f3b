"""`manage.py catalog`: what can be made where, for how much, and who says so."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone, translation

from generations import catalog


class Command(BaseCommand):
    help = "Prints every model, capability, tier and route, with options, limits, prices, sources and notes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="every fact with its source and the day it was read")
        parser.add_argument("--docs", action="store_true", help="write docs/catalog.md anew")

    def handle(self, *args: Any, **options: Any) -> None:
        book, today = catalog.load(), timezone.localdate()
        if options["docs"]:
            path = settings.BASE_DIR / "docs" / "catalog.md"
            with translation.override("en"):
                path.write_text(catalog.page(book), encoding="utf-8")
            self.stdout.write(f"Written: {path.relative_to(settings.BASE_DIR)}")
        elif options["json"]:
            self.stdout.write(json.dumps(catalog.facts(book, today), indent=2))
        else:
            for line in catalog.lines(book, today):
                self.stdout.write(line)
