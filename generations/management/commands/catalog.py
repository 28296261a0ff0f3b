"""`manage.py catalog`: what can be made where, for how much, and who says so."""

from __future__ import annotations

import json
import textwrap
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from generations import catalog

WIDTH = 120
_INDENT = " " * 10


class Command(BaseCommand):
    help = "Prints every model, capability, tier and route, with options, prices, sources and notes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="every fact with its source and the day it was read")

    def handle(self, *args: Any, **options: Any) -> None:
        book, today = catalog.load(), timezone.localdate()
        rows = list(catalog.matrix(book, today))
        if options["json"]:
            facts = {"on": today.isoformat(), **_general(book), "rows": [row.as_json() for row in rows]}
            self.stdout.write(json.dumps(facts, indent=2))
            return
        for line in _text(book, rows):
            self.stdout.write(line)


def _general(book: catalog.Catalog) -> dict[str, Any]:
    unit = catalog.Fact(f"{book.kling_unit_usd:f}", book.sources["kling_unit"], book.read_on)
    placeholders = {per: f"{amount:f}" for per, amount in book.sandbox_usd_per_unit.items()}
    sandbox = catalog.Fact(placeholders, "placeholders of our own", book.read_on)
    return {"kling_unit_usd": unit.as_json(), "sandbox_placeholders_usd": sandbox.as_json()}


def _text(book: catalog.Catalog, rows: list[catalog.Row]) -> Iterator[str]:
    numbers = _numbered(rows)
    head = ""
    for row in rows:
        title = f"{row.model.slug} · {row.capability.label} · {row.tier.label} ({row.tier.value})"
        if title != head:
            yield from (["", title] if head else [title])
            yield from _wrapped("", _said_of_model(row, numbers))
        head = title
        yield from _of_route(row, numbers)
    yield from ("", "Sources")
    for (source, read_on), number in numbers.items():
        yield from _wrapped(f"[{number}]", f"{source}; read on {read_on}.")
    unit = f"One Kling unit is {book.kling_unit_usd} US dollars: {book.sources['kling_unit']}."
    placeholder = book.sandbox_usd_per_unit["second"]
    sandbox = f"The sandbox counts {placeholder} US dollars a second where a price is unknown."
    yield from ("", *_wrapped("", unit), *_wrapped("", sandbox))


def _numbered(rows: Iterable[catalog.Row]) -> dict[tuple[str, str], int]:
    seen = dict.fromkeys((fact.source, fact.read_on.isoformat()) for row in rows for fact in row.facts.values())
    return {key: number for number, key in enumerate(seen, 1)}


def _mark(row: catalog.Row, name: str, numbers: dict[tuple[str, str], int]) -> str:
    fact = row.facts[name]
    return f"[{numbers[fact.source, fact.read_on.isoformat()]}]"


def _said_of_model(row: catalog.Row, numbers: dict[tuple[str, str], int]) -> str:
    facts = row.facts
    resolution = "resolution unknown" if facts["resolution"].value == "unknown" else facts["resolution"].value
    shape = f"{_seconds(facts['durations_seconds'].value)}, {resolution}, {facts['fps'].value} fps"
    renders = facts["render_seconds"].value
    usually = "unknown" if renders == "unknown" else f"{renders} s"
    return (
        f"{shape} {_mark(row, 'durations_seconds', numbers)}, "
        f"renders in {usually} {_mark(row, 'render_seconds', numbers)}"
    )


def _of_route(row: catalog.Row, numbers: dict[tuple[str, str], int]) -> Iterator[str]:
    if row.provider is None:
        yield from _wrapped("-", "No route offers this.")
    else:
        facts = row.facts
        yield from _wrapped(row.provider.value, f"{facts['endpoint'].value} {_mark(row, 'endpoint', numbers)}")
        yield from _wrapped("", f"ratios: {', '.join(facts['aspect_ratios'].value) or 'from the image'}")
        yield from _wrapped("", f"carries: {_options(facts['options'].value)}")
        if facts["requires"].value:
            yield from _wrapped("", f"requires: {', '.join(facts['requires'].value)}")
        yield from _wrapped("", f"price: {_price(facts['price'].value)} {_mark(row, 'price', numbers)}")
    for note in row.notes:
        yield from _wrapped("", f"note: {note}")


def _options(options: dict[str, dict[str, Any]]) -> str:
    named = []
    for name, terms in options.items():
        some = f" ({_seconds(terms['durations_seconds'])})" if "durations_seconds" in terms else ""
        named.append(f"{name.replace('_', ' ')}{some}")
    return ", ".join(named) or "no option"


def _price(value: Any) -> str:
    if value == "unknown" or value["amount"] == "unknown":
        return "unknown"
    return f"{value['amount']} {value['currency'].replace('_', ' ')} per {value['per']} from {value['valid_from']}"


def _seconds(values: Iterable[int]) -> str:
    return " or ".join(str(value) for value in values) + " s"


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {label:<8}", subsequent_indent=_INDENT)
