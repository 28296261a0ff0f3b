"""Takes that wait for a person: what is known of each, the evidence behind it, and the results that may be lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from generations import access, lifecycle
from generations.models import Attempt, CallbackReceipt, Generation, ProviderCall, Status

_MOST = 200
WAITS = Q(status=Status.UNCERTAIN) | Q(status=Status.INGESTING, at_risk_at__isnull=False)
"""What stands on the page: not confirmed, or made and perhaps lost."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """One take that is not confirmed, with its newest attempt. `seen` is what a decision about it names."""

    take: Generation
    attempt: Attempt | None
    known: list[str]

    @property
    def since(self) -> datetime:
        return (self.attempt.sent_at if self.attempt else None) or self.take.changed_at

    @property
    def seen(self) -> int:
        return self.attempt.number if self.attempt else 0

    @property
    def asks_by_itself(self) -> bool:
        return self.take.due_at is not None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was sent, answered, heard and asked, oldest first."""

    attempts: list[dict[str, Any]]
    calls: list[ProviderCall]
    receipts: list[CallbackReceipt]
    lookups: list[dict[str, Any]]


def unclear_takes(member: access.Member) -> list[Unclear]:
    """The team's takes that are not confirmed, the oldest first."""
    takes = access.generations_for(member).filter(status=Status.UNCERTAIN)
    return [unclear(take) for take in _with_attempts(takes).order_by("pk")[:_MOST]]


def results_at_risk(member: access.Member) -> list[Generation]:
    """The team's takes whose results may be lost, the most urgent first."""
    takes = access.generations_for(member).filter(status=Status.INGESTING, at_risk_at__isnull=False)
    return list(takes.select_related("account", "project").order_by("results_expire_at", "pk")[:_MOST])


def late_takes(member: access.Member) -> list[Generation]:
    """The team's takes that had ended without a job, and of which the provider has spoken since; the newest first."""
    takes = lifecycle.heard_of_late(access.generations_for(member))
    return list(takes.select_related("account", "project").order_by("-pk")[:_MOST])


def unclear(take: Generation) -> Unclear:
    """A take with what is known about it."""
    attempts = sorted(take.attempts.all(), key=lambda attempt: attempt.number)
    attempt = attempts[-1] if attempts else None
    return Unclear(take, attempt, lifecycle.what_is_known(take, attempt))


def evidence_of(take: Generation) -> Evidence:
    """What there is about a take, for the person who decides. Nothing in it is a secret."""
    attempts = list(take.attempts.order_by("number"))
    return Evidence(
        attempts=[_attempt(attempt) for attempt in attempts],
        calls=list(take.calls.order_by("pk")),
        receipts=list(CallbackReceipt.objects.filter(generation=take).order_by("pk")),
        lookups=[line for attempt in attempts for line in _lookups(attempt)],
    )


def _with_attempts(takes: Any) -> Any:
    newest = Attempt.objects.order_by("number")
    return takes.select_related("account", "project", "created_by", "team").prefetch_related(
        Prefetch("attempts", queryset=newest)
    )


def _attempt(attempt: Attempt) -> dict[str, Any]:
    answer = [attempt.evidence.get("status"), attempt.evidence.get("error"), attempt.evidence.get("excerpt")]
    return {
        "row": attempt,
        "outcome": attempt.get_outcome_display() if attempt.outcome else _("Not confirmed"),
        "request_id": attempt.request_id or attempt.evidence.get("request_id") or "",
        "answer": " · ".join(str(part) for part in answer if part),
    }


def _lookups(attempt: Attempt) -> Iterable[dict[str, Any]]:
    for facts in attempt.evidence.get("lookups", []):
        yield {
            "at": parse_datetime(facts.get("at", "")),
            "number": attempt.number,
            "how": _HOW.get(facts.get("how", ""), str)(),
            "text": lifecycle.spell_lookup(facts),
        }


_HOW = {
    "hint": lambda: _("The job that a webhook named"),
    "our_id": lambda: _("By our own number"),
    "history": lambda: _("In the provider's history"),
}
