"""Importing a provider's invoice: each line beside the take that it is for. It shows; it books nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from generations import pricing
from generations.choices import Currency
from generations.lifecycle.invoice_columns import BadInvoice
from generations.lifecycle.invoice_file import Line, read_invoice
from generations.lifecycle.record import record
from generations.models import TERMINAL, Attempt, Generation, InvoiceImport, InvoiceLine, ProviderAccount, Status, User

_Verdict = InvoiceLine.Verdict
_NEAR = Decimal("0.0005")
_PLACES = Decimal("0.000001")
_AT_ONCE = 5_000
_COLUMNS = (
    "row",
    "verdict",
    "task_id",
    "happened_at",
    "amount_text",
    "amount",
    "currency",
    "ours",
    "is_quoted",
    "generation_id",
)
_TAKE = ("pk", "status", "quote_json", "provider_cost_json")
_Take = dict[str, Any]


def import_invoice(
    *,
    account: ProviderAccount,
    name: str,
    data: bytes,
    actor: User,
    now: datetime,
    columns: Mapping[str, str] | None = None,
) -> InvoiceImport:
    """Compare an invoice with our takes and keep the result, all of it or nothing. No credits move.

    `columns` names the headings by hand: `task_id`, `amount`, `currency`, `time`. Amounts agree within 0.0005.
    Raises BadInvoice: too large, no CSV, headings that are not known, no line, or the same file once more.
    """
    file = read_invoice(data, account.provider, columns)
    sha256 = hashlib.sha256(data).hexdigest()
    _check_new(account, sha256)
    takes = _takes_of(account, {line.task_id for line in file.lines if line.task_id})
    compared = list(_compare(file.lines, takes))
    times = [line.happened_at for line in file.lines if line.happened_at]
    begin, end = min(times, default=None), max(times, default=None)
    if begin and end:
        compared += _only_ours(account, begin, end, {take["pk"] for take in takes.values()})
    invoice = InvoiceImport(
        account=account,
        name="".join(c for c in name if c.isprintable())[:200] or "invoice.csv",
        sha256=sha256,
        size_bytes=len(data),
        rows=len(file.lines),
        columns_json=dict(file.columns.names or {}),
        period_from=begin,
        period_until=end,
        totals_json=_totals(compared),
        actor=actor,
        imported_at=now,
    )
    _store(invoice, compared)
    return invoice


def _check_new(account: ProviderAccount, sha256: str) -> None:
    known = InvoiceImport.objects.filter(account=account, sha256=sha256).select_related("actor").first()
    if known is not None:
        sentence = _("This file was imported before, at %(time)s by %(who)s. Open that import instead.")
        raise BadInvoice(sentence % {"time": f"{known.imported_at:%Y-%m-%d %H:%M} UTC", "who": known.actor})


def _store(invoice: InvoiceImport, lines: list[InvoiceLine]) -> None:
    try:
        with transaction.atomic():
            invoice.save(force_insert=True)
            _copy(invoice, lines)
            facts = {"invoice": invoice.name, "sha256": invoice.sha256, "rows": str(invoice.rows)}
            record(
                "import_invoice",
                invoice.account,
                now=invoice.imported_at,
                actor_id=invoice.actor_id,
                team_id=None,
                **facts,
            )
    except IntegrityError as error:
        if "invoice_once_per_account" not in str(error):
            raise
        raise BadInvoice(_("This file was imported by somebody else just now.")) from error


def _copy(invoice: InvoiceImport, lines: list[InvoiceLine]) -> None:
    """Store the lines in one stream: a hundred thousand INSERTs would outlast the request."""
    columns = ", ".join(("invoice_id", *_COLUMNS))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {InvoiceLine._meta.db_table} ({columns}) FROM STDIN") as stream,
    ):
        for line in lines:
            stream.write_row((invoice.pk, *(getattr(line, name) for name in _COLUMNS)))


def _takes_of(account: ProviderAccount, task_ids: Iterable[str]) -> dict[str, _Take]:
    """The account's takes by the provider's ids: of their jobs, and of calls that were made for them."""
    found: dict[str, _Take] = {}
    ids = sorted(task_ids)
    for some in (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)):
        rows = Generation.objects.filter(account=account, provider_task_id__in=_listed(some))
        found |= {row["provider_task_id"]: row for row in rows.values("provider_task_id", *_TAKE)}
        rest = [task_id for task_id in some if task_id not in found]
        of_takes = _by_attempts(account, rest)
        for row in Generation.objects.filter(pk__in=of_takes).values(*_TAKE):
            found |= dict.fromkeys(of_takes[row["pk"]], row)
    return found


def _by_attempts(account: ProviderAccount, ids: list[str]) -> dict[int, list[str]]:
    """Which takes made calls that the provider knows under these ids."""
    asked, found = set(ids), defaultdict[int, list[str]](list)
    named = Q(provider_task_id__in=_listed(ids)) | Q(request_id__in=_listed(ids))
    rows = Attempt.objects.filter(named, generation__account=account)
    for pk, *names in rows.values_list("generation_id", "provider_task_id", "request_id"):
        found[pk] += [name for name in names if name in asked]
    return found


def _listed(ids: list[str]) -> RawSQL:
    """Many values as one parameter."""
    return RawSQL("SELECT unnest(%s::text[])", [ids])  # noqa: S611


def _compare(lines: Iterable[Line], takes: Mapping[str, _Take]) -> Iterator[InvoiceLine]:
    seen: set[str] = set()
    for line in lines:
        take = takes.get(line.task_id)
        ours, is_quoted = _ours(take, line.currency) if take else (None, False)
        yield InvoiceLine(
            row=line.row,
            verdict=_judge(line, take, ours, line.task_id in seen),
            task_id=line.task_id[:200],
            happened_at=line.happened_at,
            amount_text=line.amount_text[:60],
            amount=None if line.amount is None else line.amount.quantize(_PLACES),
            currency=(line.currency or line.currency_text)[:20],
            ours=None if ours is None else ours.quantize(_PLACES),
            is_quoted=is_quoted,
            generation_id=take["pk"] if take else None,
        )
        if line.task_id:
            seen.add(line.task_id)


def _judge(line: Line, take: _Take | None, ours: Decimal | None, is_repeated: bool) -> InvoiceLine.Verdict:
    if is_repeated:
        return _Verdict.DUPLICATE
    if line.amount is None:
        return _Verdict.BAD_AMOUNT
    if not line.currency:
        return _Verdict.WRONG_CURRENCY
    if take is None:
        return _Verdict.UNKNOWN_ID
    if ours is None:
        return _Verdict.WRONG_CURRENCY
    return _Verdict.MATCHED if abs(line.amount - ours) <= _NEAR else _Verdict.DIFFERS


def _ours(take: _Take, currency: str) -> tuple[Decimal | None, bool]:
    """What a take cost in a currency, and whether that is only its quote; None where the currencies do not meet."""
    quote, cost = take["quote_json"], take["provider_cost_json"]
    if cost is not None:
        amount = Decimal(cost["amount"])
        if cost["currency"] == currency or not amount:
            return amount, False
        usd = pricing.charged_usd(quote, amount, cost["currency"])
        return (usd if currency == Currency.USD else None), False
    if take["status"] in TERMINAL and take["status"] != Status.DONE:
        return Decimal(0), True  # its hold went back: the books say that it cost nothing
    amount = Decimal(quote["amount"]) * Decimal(quote["units"])
    if currency == quote["currency"]:
        return amount, True
    return (amount * Decimal(quote["usd_per_unit"]) if currency == Currency.USD else None), True


def _only_ours(account: ProviderAccount, begin: datetime, end: datetime, known: set[int]) -> Iterator[InvoiceLine]:
    """Takes that cost something in the invoice's period and are not on it."""
    rows = Generation.objects.filter(account=account, status__in=TERMINAL, provider_task_id__isnull=False)
    rows = rows.annotate(ended=Coalesce("provider_done_at", "finished_at")).filter(ended__gte=begin, ended__lte=end)
    for take in rows.order_by("ended", "pk").values("provider_task_id", "ended", *_TAKE).iterator():
        cost = take["provider_cost_json"]
        currency = cost["currency"] if cost and cost["currency"] in Currency.values else str(Currency.USD)
        ours, is_quoted = _ours(take, currency)
        if take["pk"] in known or not ours:
            continue
        yield InvoiceLine(
            verdict=_Verdict.ONLY_OURS,
            task_id=take["provider_task_id"],
            happened_at=take["ended"],
            currency=currency,
            ours=ours.quantize(_PLACES),
            is_quoted=is_quoted,
            generation_id=take["pk"],
        )


def _totals(lines: Iterable[InvoiceLine]) -> dict[str, Any]:
    """For each verdict: how many lines, and both sides' sums by currency."""
    found: dict[str, Any] = {}
    for line in lines:
        entry = found.setdefault(
            str(line.verdict), {"lines": 0, "invoice": defaultdict(Decimal), "ours": defaultdict(Decimal)}
        )
        entry["lines"] += 1
        if line.amount is not None:
            entry["invoice"][line.currency] += line.amount
        if line.ours is not None:
            entry["ours"][line.currency] += line.ours
    return {
        verdict: {
            "lines": entry["lines"],
            **{side: {name: format(total, "f") for name, total in entry[side].items()} for side in ("invoice", "ours")},
        }
        for verdict, entry in found.items()
    }
