"""The whole catalog as lines for a terminal, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from generations.catalog import words
from generations.catalog.book import Catalog
from generations.catalog.matrix import Fact, Row, matrix

WIDTH = 120
_INDENT = " " * 12


def facts(catalog: Catalog, on: date) -> dict[str, Any]:
    """Everything, each fact with its source and the day on which it was read, with the prices of a day."""
    rows = [row.as_json() for row in matrix(catalog, on)]
    return {"on": on.isoformat(), **_general(catalog), "rows": rows}


def lines(catalog: Catalog, on: date) -> Iterator[str]:
    """The same as text, with numbered sources at the end."""
    yield from _text(catalog, list(matrix(catalog, on)))


def _general(book: Catalog) -> dict[str, Any]:
    source = book.sources["kling_unit"]
    units = {"kling_unit_usd": book.kling_unit_usd, "kling_image_unit_usd": book.kling_image_unit_usd}
    placeholders = {per: f"{amount:f}" for per, amount in book.sandbox_usd_per_unit.items()}
    return {
        **{name: Fact(f"{usd:f}", source, book.read_on).as_json() for name, usd in units.items()},
        "sandbox_placeholders_usd": Fact(placeholders, "placeholders of our own", book.read_on).as_json(),
        "retention_days": {
            provider: Fact(days, book.sources[provider], book.read_on).as_json()
            for provider, days in book.retention_days.items()
        },
        "lists": {name: item.model_dump(mode="json", exclude_defaults=True) for name, item in book.lists.items()},
    }


def _text(book: Catalog, rows: list[Row]) -> Iterator[str]:
    numbers = _numbered(rows)
    head = ""
    for row in rows:
        title = f"{row.model.slug} · {row.capability.label} · {row.tier.label} ({row.tier.value})"
        if title != head:
            yield from (["", title] if head else [title])
            yield from _wrapped("", _said_of_model(row, numbers))
            yield from _wrapped(
                "", f"limits: {words.limits(row.facts['limits'].value)} {_mark(row, 'limits', numbers)}"
            )
        head = title
        yield from _of_route(row, numbers)
    yield from ("", "Sources")
    for (source, read_on), number in numbers.items():
        yield from _wrapped(f"[{number}]", f"{source}; read on {read_on}.")
    yield from _closing(book)


def _closing(book: Catalog) -> Iterator[str]:
    for item in book.lists.values():
        more = "open" if item.is_open else "closed"
        yield from ("", *_wrapped("", f"{item.name} ({more}, {len(item.choices)}): {item.source}."))
        yield from _wrapped("", ", ".join(choice.id for choice in item.choices))
    units = f"One Kling unit is {book.kling_unit_usd} US dollars, one image unit {book.kling_image_unit_usd}"
    yield from ("", *_wrapped("", f"{units}: {book.sources['kling_unit']}."))
    named = ", ".join(f"{usd} per {per.replace('_', ' ')}" for per, usd in book.sandbox_usd_per_unit.items())
    yield from _wrapped("", f"The sandbox counts these US dollars where a price is unknown: {named}.")


def _numbered(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    seen = dict.fromkeys((fact.source, fact.read_on.isoformat()) for row in rows for fact in row.facts.values())
    return {key: number for number, key in enumerate(seen, 1)}


def _mark(row: Row, name: str, numbers: dict[tuple[str, str], int]) -> str:
    fact = row.facts[name]
    return f"[{numbers[fact.source, fact.read_on.isoformat()]}]"


def _said_of_model(row: Row, numbers: dict[tuple[str, str], int]) -> str:
    renders = row.facts["render_seconds"].value
    usually = "unknown" if renders == "unknown" else f"{renders} s"
    return (
        f"{words.shape(row.facts)} {_mark(row, 'durations_seconds', numbers)}, "
        f"renders in {usually} {_mark(row, 'render_seconds', numbers)}"
    )


def _of_route(row: Row, numbers: dict[tuple[str, str], int]) -> Iterator[str]:
    if row.route is None:
        yield from _wrapped("-", "No route offers this.")
    else:
        facts = row.facts
        yield from _wrapped(row.route.provider.value, f"{facts['endpoint'].value} {_mark(row, 'endpoint', numbers)}")
        yield from _wrapped("", f"ratios: {', '.join(facts['aspect_ratios'].value) or 'from the image'}")
        yield from _wrapped("", f"carries: {words.options(facts['options'].value)}")
        if here := words.limits(facts["limits_here"].value):
            yield from _wrapped("", f"limits here: {here}")
        if facts["requires"].value:
            yield from _wrapped("", f"requires: {', '.join(facts['requires'].value)}")
        for name, fact in facts.items():
            if name.startswith("price"):
                line = f"{words.price_name(name)}: {words.price(fact.value)} {_mark(row, name, numbers)}"
                yield from _wrapped("", line)
    for note in row.notes:
        yield from _wrapped("", f"note: {note}")


def _wrapped(label: str, text: str) -> list[str]:
    first = f"  {label:<10}"
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=_INDENT, break_on_hyphens=False)
