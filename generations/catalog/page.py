"""The catalog as a page of the documents: docs/catalog.md is this text, and a test keeps it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from generations.catalog import words
from generations.catalog.book import Catalog
from generations.catalog.matrix import Fact, Row, matrix

_HEAD = """# The catalog

Written by `manage.py catalog --docs` from the files in `generations/catalog/`: do not edit it here. The facts behind
it, and the doubts, are in [providers.md](providers.md), whose sections the sources name. Prices are those in force on
{on}. Numbers in brackets are sources, listed at the end. `manage.py catalog --json` has the same with the source and
the day of every fact.
"""


def page(catalog: Catalog) -> str:
    """The whole page, with the prices of the day on which the catalog was read: so it changes with the files alone."""
    rows = list(matrix(catalog, catalog.read_on))
    sources = _numbered(rows)
    lines = [_HEAD.format(on=catalog.read_on)]
    for model, found in groupby(rows, key=lambda row: row.model):
        lines += ["", f"## {model.label} (`{model.slug}`)", *_of_model(list(found), sources)]
    lines += ["", "## Lists", *_lists(catalog), "", "## Units", *_units(catalog), "", "## Sources"]
    lines += [f"{number}. {source}; read on {day}" for (source, day), number in sources.items()]
    return "\n".join(lines) + "\n"


def _numbered(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    seen = dict.fromkeys((fact.source, fact.read_on.isoformat()) for row in rows for fact in row.facts.values())
    return {key: number for number, key in enumerate(seen, 1)}


def _of_model(rows: list[Row], sources: dict[tuple[str, str], int]) -> Iterator[str]:
    yield from ("", "| makes | tier | result | limits |", "|---|---|---|---|")
    for _, same in groupby(rows, key=lambda row: (row.capability, row.tier)):
        row = next(iter(same))
        limits = words.limits(row.facts["limits"].value)
        yield _line(row.capability.label, row.tier, words.shape(row.facts), f"{limits} {_mark(row, 'limits', sources)}")
    yield from ("", "| route | endpoint | carries | ratios | price |", "|---|---|---|---|---|")
    for row in rows:
        if row.route:
            yield _route(row, sources)
    notes = dict.fromkeys(note for row in rows for note in row.notes)
    yield from ([""] if notes else [])
    yield from (f"- {note}" for note in notes)


def _route(row: Row, sources: dict[tuple[str, str], int]) -> str:
    facts, route = row.facts, row.route
    assert route is not None
    name = ":".join(part for part in (route.provider, route.capability, route.tier, route.api, route.form) if part)
    carries = words.options(facts["options"].value)
    here = words.limits(facts["limits_here"].value)
    needs = ", ".join(name.replace("_", " ") for name in facts["requires"].value)
    more = [f"here: {here}"] if here else []
    more += [f"needs: {needs}"] if needs else []
    prices = "; ".join(
        f"{words.price_name(name).removeprefix('price').strip()} {words.price(fact.value)} {_of(fact, sources)}".strip()
        for name, fact in facts.items()
        if name.startswith("price")
    )
    ratios = ", ".join(facts["aspect_ratios"].value) or "-"
    return _line(
        name, f"`{route.endpoint}` {_mark(row, 'endpoint', sources)}", "; ".join([carries, *more]), ratios, prices
    )


def _lists(catalog: Catalog) -> Iterator[str]:
    for item in catalog.lists.values():
        more = "more are sent as they are" if item.is_open else "no other is taken"
        yield from ("", f"**{item.name}**: {len(item.choices)}, {more}. {item.source}; read on {item.read_on}.", "")
        yield (
            ", ".join(
                f"`{choice.id}`"
                + (f" ({choice.label})" if choice.label else "")
                + (" for two" if choice.images == 2 else "")
                + (f", retired {choice.retired_on}" if choice.retired_on else "")
                for choice in item.choices
            )
            + "."
        )


def _units(catalog: Catalog) -> Iterator[str]:
    source = catalog.sources["kling_unit"]
    units = f"One Kling unit is {catalog.kling_unit_usd} US dollars, one image unit {catalog.kling_image_unit_usd}"
    yield f"- {units}: {source}."
    placeholders = ", ".join(f"{usd} per {per.replace('_', ' ')}" for per, usd in catalog.sandbox_usd_per_unit.items())
    yield f"- The sandbox counts, where a price is unknown, in US dollars: {placeholders}. Placeholders of our own."
    kept = ", ".join(f"{provider} {days} days" for provider, days in catalog.retention_days.items())
    yield f"- Results are kept at least: {kept}; an account may say otherwise."


def _mark(row: Row, name: str, sources: dict[tuple[str, str], int]) -> str:
    return _of(row.facts[name], sources)


def _of(fact: Fact, sources: dict[tuple[str, str], int]) -> str:
    return f"[{sources[fact.source, fact.read_on.isoformat()]}]"


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
