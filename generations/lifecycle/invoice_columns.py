"""Which column of an invoice is what, by its heading. A heading may also say the currency of its amounts.

No provider publishes how its export is laid out; these are the names that their APIs and dashboards use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from generations.choices import Currency, Provider
from generations.errors import Refused


class BadInvoice(Refused):
    """The file cannot be imported; nothing of it was."""

    code = "bad_invoice"


FIELDS = ("task_id", "amount", "currency", "time")
_GENERIC: Mapping[str, tuple[str, ...]] = {
    "task_id": ("request_id", "task_id", "prediction_id", "job_id", "generation_id", "id"),
    "amount": ("amount", "cost", "charge", "charged", "price", "total", "amount_usd", "cost_usd", "price_usd", "usd"),
    "currency": ("currency", "unit", "charge_type"),
    "time": ("time", "timestamp", "created_at", "happened_at", "date", "datetime", "created", "finished_at"),
}
# What goes before the generic names, by provider.
_OWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    Provider.FAL: {
        "task_id": ("request_id",),
        "amount": ("total_cost", "cost_usd"),
        "time": ("started_at", "ended_at"),
    },
    Provider.KLING: {
        "task_id": ("task_id", "external_task_id"),
        "amount": ("final_unit_deduction", "unit_deduction", "units", "units_deducted", "quota"),
        "currency": ("package_type", "charge_type"),
        "time": ("deduction_time", "create_time"),
    },
    Provider.WAVESPEED: {"task_id": ("prediction_id", "id"), "amount": ("price", "amount"), "time": ("created_at",)},
}
_SAYS_CURRENCY = {
    "amount_usd": Currency.USD,
    "cost_usd": Currency.USD,
    "price_usd": Currency.USD,
    "usd": Currency.USD,
    "final_unit_deduction": Currency.KLING_UNIT,
    "unit_deduction": Currency.KLING_UNIT,
    "units": Currency.KLING_UNIT,
    "units_deducted": Currency.KLING_UNIT,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each part of a line is. `currency` is None where the heading of the amounts says it: `only_currency`."""

    task_id: int
    amount: int
    time: int
    currency: int | None
    only_currency: str = ""
    names: Mapping[str, str] | None = None


def find_columns(header: Sequence[str], provider: str, given: Mapping[str, str] | None = None) -> Columns:
    """The columns of a file, by its headings; `given` names them by hand. Raises BadInvoice, with what was found."""
    words = [_word(name) for name in header]
    for name in (given or {}).values():
        if _word(name) not in words:
            raise BadInvoice(_("There is no column “%(name)s”. %(found)s") % {"name": name, "found": _found(header)})
    places = {field: _place(words, field, provider, given or {}) for field in FIELDS}
    amount = places["amount"]
    says = _SAYS_CURRENCY.get(words[amount], "") if amount is not None else ""
    missing = [field for field in FIELDS if places[field] is None and not (field == "currency" and says)]
    task_id, time = places["task_id"], places["time"]
    if missing or task_id is None or amount is None or time is None:
        sentence = _("The file has no column for: %(missing)s. %(found)s Needed are, for example: %(needed)s.")
        needed = "; ".join(f"{_label(field)} ({', '.join(_names(field, provider)[:4])})" for field in FIELDS)
        facts = {"missing": ", ".join(map(_label, missing)), "found": _found(header), "needed": needed}
        raise BadInvoice(sentence % facts)
    currency = places["currency"]
    names = {field: header[place].strip() for field, place in places.items() if place is not None}
    return Columns(task_id, amount, time, currency, str(says) if currency is None else "", names)


def _place(words: Sequence[str], field: str, provider: str, given: Mapping[str, str]) -> int | None:
    names = [_word(given[field])] if field in given else _names(field, provider)
    return next((words.index(name) for name in names if name in words), None)


def _names(field: str, provider: str) -> list[str]:
    return [*dict.fromkeys((*_OWN.get(provider, {}).get(field, ()), *_GENERIC[field]))]


def _word(heading: str) -> str:
    """A heading as the tables have it: `Cost (USD)` is `cost_usd`."""
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")


def _found(header: Sequence[str]) -> str:
    return _("Found: %(names)s.") % {"names": ", ".join(name.strip()[:40] or "–" for name in header[:20])}


def _label(field: str) -> str:
    return {
        "task_id": _("request or task id"),
        "amount": _("amount"),
        "currency": _("currency"),
        "time": _("time"),
    }[field]
