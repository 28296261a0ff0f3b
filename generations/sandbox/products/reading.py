"""The tables of products, read once. Adding a model means adding lines to a table."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from generations.sandbox.products.product import MEDIA, Case, Field, Price, Product

FOLDER = Path(__file__).resolve().parent
PROVIDERS = {
    "fal.toml": "fal",
    "kling.toml": "kling",
    "kling_new.toml": "kling",
    "wavespeed.toml": "wavespeed",
    "gateway.toml": "gateway",
}
RULES = ("when", "forbid", "require", "narrow", "note")
PLACED = ("path", "paths", "prefix", "makes", "with", "fields", "cases", "case", "apart", "either", "one_of")
PLAIN = ("required", "default", "min", "max", "gives", "single")

Row = dict[str, Any]


class BadTable(Exception):
    """A table of products contradicts itself; the message names the file and the entry."""


@cache
def load() -> dict[str, dict[str, Product]]:
    """All products: provider -> path -> product. Raises BadTable."""
    book: dict[str, dict[str, Product]] = {}
    for name, provider in PROVIDERS.items():
        table = tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
        for product in read(table, provider, name):
            known = book.setdefault(provider, {})
            if product.path in known:
                raise BadTable(f"{name}: {product.path} is there twice.")
            known[product.path] = product
    return book


def find(provider: str, path: str) -> Product | None:
    """The product of a provider at a path, or None."""
    return load().get(provider, {}).get(path)


def models(provider: str) -> frozenset[str]:
    """Every model name that any product of a provider takes in its body."""
    return frozenset(
        value
        for product in load().get(provider, {}).values()
        for field in product.fields.values()
        if field.gives == "model"
        for value in field.of
    )


def read(table: Row, provider: str, name: str) -> Iterable[Product]:
    """The products of one table. Raises BadTable."""
    reader = _Reader(table, provider, name)
    for row in table.get("product", ()):
        for path in row.get("paths") or [row["path"]]:
            yield reader.product(path, row)


class _Reader:
    def __init__(self, table: Row, provider: str, name: str) -> None:
        self.table = table
        self.provider = provider
        self.name = name
        self.kinds: Row = table.get("kinds", {})
        self.groups: Row = table.get("groups", {})
        self.units = {unit: Decimal(value) for unit, value in table.get("units", {}).items()}
        self.forms = {kind: tuple(table.get("forms", {}).get(kind, ("url",))) for kind in MEDIA}

    def product(self, path: str, row: Row) -> Product:
        fields: Row = {}
        for group in row.get("with", ()):
            fields |= self.groups[group]
        fields |= row.get("fields", {})
        cases = [case for name in row.get("cases", ()) for case in self.table["cases"][name]]
        makes = row.get("makes", "mp4")
        return Product(
            provider=self.provider,
            path=str(row.get("prefix", self.table.get("prefix", ""))) + path,
            makes=(makes,) if isinstance(makes, str) else tuple(makes),
            fields={name: self.field(value, path) for name, value in fields.items()},
            cases=tuple(self.case(case) for case in [*cases, *row.get("case", ())]),
            apart=tuple(tuple(tuple(group) for group in groups) for groups in row.get("apart", ())),
            either=tuple(tuple(group) for group in row.get("either", ())),
            one_of=tuple(tuple(group) for group in row.get("one_of", ())),
            settings=self.settings({key: value for key, value in row.items() if key not in PLACED}),
            forms=self.forms,
            units=self.units,
            blank=bool(self.table.get("blank_is_absent")),
        )

    def field(self, value: Any, path: str) -> Field:
        """A field from its row, or from the name of a kind; `!` at the name's end makes it required."""
        if isinstance(value, str):
            name, needed = value.rstrip("!"), value.endswith("!")
            if name not in self.kinds:
                raise BadTable(f"{self.name}: {path} names the kind {name!r}, which there is not.")
            return self.field({**self.kinds[name], **({"required": True} if needed else {})}, path)
        if "kind" in value:
            value = {**self.kinds[value["kind"]], **{key: item for key, item in value.items() if key != "kind"}}
        kind = value["type"]
        known = {name: value[name] for name in PLAIN if name in value}
        if kind in MEDIA:
            limits = self.table.get("media", {}).get(kind, {})
            own = {key: item for key, item in value.items() if key not in (*PLAIN, "type")}
            return Field(kind, **known, media={**limits, **own})
        return Field(
            kind,
            **known,
            of=tuple(value.get("of", ())),
            fields={name: self.field(item, path) for name, item in value.get("fields", {}).items()},
            item=self.field(value["item"], path) if "item" in value else None,
        )

    def case(self, row: Row) -> Case:
        return Case(
            when=row["when"],
            forbid=tuple(row.get("forbid", ())),
            require=tuple(row.get("require", ())),
            narrow=row.get("narrow", {}),
            settings=self.settings({key: value for key, value in row.items() if key not in RULES}),
            note=row.get("note", ""),
        )

    def settings(self, row: Mapping[str, Any]) -> Row:
        price = row.get("price")
        return {**row, "price": self.price(price)} if price is not None else dict(row)

    def price(self, row: Row) -> Price:
        default = {**self.table.get("price", {}), **row}
        return Price(
            per=default.get("per", "second"),
            amount=Decimal(str(default["amount"])),
            unit=default.get("unit", ""),
            step=default.get("step", 1),
            guess=default.get("guess", False),
        )
