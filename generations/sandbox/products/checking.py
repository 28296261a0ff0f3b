"""A body against a product: its faults, and the facts that the rest of the sandbox needs from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from generations.sandbox.products.fields import faults_of
from generations.sandbox.products.product import MEDIA, Case, Checked, Fault, Field, Loc, Product, Sent


def check(product: Product, body: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> Checked:
    """Look at a body. `faults` is empty where the product takes it.

    `facts` are known from elsewhere (the source of an extension), for the product's cases to ask about.
    """
    found = Checked(product, facts=dict(facts or {}), ignored=tuple(sorted(body.keys() - product.fields)))
    walk = _Walk(product, found)
    walk.object(product.fields, body, (), top=True)
    walk.lengths()
    if not found.faults:
        cases = [case for case in product.cases if _holds(case, found.facts)]
        found.settings = dict(product.settings)
        for case in cases:
            found.settings |= case.settings
        walk.rules()
        for case in cases:
            walk.case(case)
    return found


class _Walk:
    """One pass over one body. `sent` names are those the body really has; `facts` includes defaults."""

    def __init__(self, product: Product, found: Checked) -> None:
        self.product = product
        self.found = found
        self.present: dict[str, Loc] = {}
        self.specs: dict[str, Field] = {}
        self.shots: list[float] = []

    # Fields

    def object(self, fields: Mapping[str, Field], body: Mapping[str, Any], loc: Loc, *, top: bool) -> None:
        """All fields of an object; `top` where their names are facts of the body, not of one item of a list."""
        for name, field in fields.items():
            value = body.get(name)
            if value is None or (value == "" and self.product.blank):
                self.absent(field, (*loc, name), top=top)
            else:
                self.value(field, value, (*loc, name), top=top)

    def absent(self, field: Field, loc: Loc, *, top: bool) -> None:
        if field.required:
            self.found.faults.append(Fault(loc, "missing"))
        if top:
            self.specs[_dotted(loc)] = field
            if field.default is not None:
                self.fact(field, field.default, loc)
            if field.type == "object" and not field.required:
                for name, part in field.fields.items():
                    self.absent(replace(part, required=False), (*loc, name), top=True)

    def value(self, field: Field, value: Any, loc: Loc, *, top: bool) -> None:
        faults = list(faults_of(field, value, loc, self.product.forms.get(field.type, ())))
        self.found.faults += faults
        if top:
            self.present[_dotted(loc)] = loc
            self.specs[_dotted(loc)] = field
        if any(fault.kind == "type" for fault in faults):
            return
        if top:
            self.fact(field, value, loc)
        elif field.gives:
            self.gives(field.gives, value, inside=True)
        if field.type in MEDIA:
            self.found.sent.append(Sent(loc, field, value))
        elif field.type == "object":
            self.object(field.fields, value, loc, top=top)
        elif field.type == "list" and field.item is not None:
            for number, item in enumerate(value):
                self.value(field.item, item, (*loc, number), top=False)
        elif field.type == "parts":
            self.parts(field, value, loc)

    def parts(self, field: Field, value: list[Any], loc: Loc) -> None:
        """A list of objects, each of a kind that its `type` names; each kind is a fact of its own."""
        counts: dict[str, int] = {}
        for number, item in enumerate(value):
            kind = item.get("type") if isinstance(item, dict) else None
            if not isinstance(kind, str) or kind not in field.fields:
                self.found.faults.append(Fault((*loc, number, "type"), "part", tuple(field.fields), kind))
                continue
            part, name = field.fields[kind], f"{_dotted(loc)}.{kind}"
            counts[kind] = counts.get(kind, 0) + 1
            if part.max is not None and counts[kind] > part.max:
                self.found.faults.append(Fault((*loc, number), "too_many", part.max, kind))
            self.present[name], self.specs[name] = (*loc, number), part
            self.found.facts[name] = item
            self.object(part.fields, item, (*loc, number), top=False)

    def fact(self, field: Field, value: Any, loc: Loc) -> None:
        self.found.facts[_dotted(loc)] = value
        if field.gives and field.type not in MEDIA:
            self.gives(field.gives, value, inside=False)

    def gives(self, what: str, value: Any, *, inside: bool) -> None:
        """Note what a field gives. Lengths inside a list are those of shots, and add up."""
        number = what in ("seconds", "count")
        try:
            value = float(value) if number else value
        except (TypeError, ValueError):
            return  # the fault is noted already
        if inside and what == "seconds":
            self.shots.append(value)
        elif inside and what == "prompt":
            before = self.found.given.get("prompt")
            self.found.given["prompt"] = f"{before} {value}" if before else value
        else:
            self.found.given[what] = value

    def lengths(self) -> None:
        if not self.shots:
            return
        whole, asked = sum(self.shots), self.found.given.get("seconds")
        if self.product.settings.get("shots") == "match" and asked != whole:
            self.found.faults.append(Fault(("multi_prompt",), "shots", asked, whole))
        self.found.given["seconds"] = whole

    # Rules

    def rules(self) -> None:
        for groups in self.product.apart:
            used = [group for group in groups if any(name in self.present for name in group)]
            if len(used) > 1:
                self.fault((used[1][0],), "apart", tuple("/".join(group) for group in groups))
        for names in self.product.either:
            if not any(name in self.present for name in names):
                self.fault((names[0],), "either", names)
        for names in self.product.one_of:
            count = sum(name in self.present for name in names)
            if count != 1:
                self.fault((names[0],), "both" if count else "either", names)

        if "area" in self.found.settings:
            self.area(self.found.settings["area"])

    def area(self, rule: Mapping[str, Any]) -> None:
        """A picture that grows by shares of its sides may become only so many times as large."""
        width, height = (
            1 + sum(self.found.facts.get(name, 0) for name in names) for names in (rule["across"], rule["down"])
        )
        if width * height > rule["max"]:
            self.fault((rule["across"][0],), "area", rule["max"])

    def case(self, case: Case) -> None:
        for name in case.forbid:
            if name in self.present:
                self.fault((name,), "unsupported", case.note or case.when)
        for name in case.require:
            if name not in self.present:
                self.fault((name,), "missing", case.note or None)
        for name, limits in case.narrow.items():
            if name in self.present:
                self.narrow(name, limits)

    def narrow(self, name: str, limits: Mapping[str, Any]) -> None:
        """Look at a value again with tighter limits; a file's limits wait until it is read."""
        field, loc = self.specs[name], self.present[name]
        if field.type in MEDIA:
            tight = replace(field, media={**field.media, **limits})
            self.found.sent = [replace(item, field=tight) if item.loc == loc else item for item in self.found.sent]
            return
        changes: dict[str, Any] = {key: tuple(item) if key == "of" else item for key, item in limits.items()}
        tight = replace(field, **changes)
        self.found.faults += faults_of(tight, self.found.facts.get(name), loc, ())

    def fault(self, names: tuple[str, ...], kind: str, limit: Any) -> None:
        loc: Loc = self.present.get(names[0]) or tuple(names[0].split("."))
        self.found.faults.append(Fault(loc, kind, limit))


def _holds(case: Case, facts: Mapping[str, Any]) -> bool:
    for name, wanted in case.when.items():
        value = facts.get(name)
        if wanted == "*" or wanted == "-":
            fits = (value is not None) == (wanted == "*")
        else:
            fits = value in wanted if isinstance(wanted, list) else value == wanted
        if not fits:
            return False
    return True


def _dotted(loc: Loc) -> str:
    return ".".join(str(part) for part in loc)
