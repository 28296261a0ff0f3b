"""What happened to a take, as plain sentences in order of time: its events, its paid calls, what providers answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.models import Attempt, Generation, GenerationEvent, ProviderCall, Status

_SENTENCES = {
    Status.AWAITING_APPROVAL: gettext_lazy("It waits for approval."),
    Status.QUEUED: gettext_lazy("It went back in line; nothing was taken by the provider."),
    Status.SUBMITTING: gettext_lazy("Its turn came: it is being sent to %(account)s."),
    Status.RUNNING: gettext_lazy("%(account)s took it and renders it."),
    Status.INGESTING: gettext_lazy("%(account)s is done; the file is copied into our storage and checked."),
    Status.DONE: gettext_lazy("The take is stored."),
    Status.FAILED: gettext_lazy("The take failed."),
    Status.CANCELED: gettext_lazy("The take was canceled."),
    Status.UNCERTAIN: gettext_lazy("It is not confirmed whether %(account)s took it. It will not be sent twice."),
    "cancel_requested": gettext_lazy("Somebody asked to stop it."),
    "input_changed": gettext_lazy("An image was prepared for sending; the original stays as it is."),
    "late_answer": gettext_lazy("A late answer came in."),
    "follow_failed": gettext_lazy("%(account)s could not be asked how it stands; it is asked again."),
    "ingest_failed": gettext_lazy("The file could not be brought home yet; it is tried again."),
    "links_renewed": gettext_lazy("The links to the file were dead; %(account)s gave new ones."),
    "links_not_renewed": gettext_lazy("The links to the file are dead, and %(account)s gave no new ones."),
    "moved": gettext_lazy("It moved to another route; nothing had been taken on the old one."),
    "stays": gettext_lazy("It looked for another route and stays in line here."),
    "recovered": gettext_lazy("A person found that %(account)s had made it after all."),
    "result_at_risk": gettext_lazy("The result may be lost; the team's producers and owners were told."),
    "gate_passed": gettext_lazy("It met an approval gate of the project and was let through."),
    "asked_at_end": gettext_lazy("The time of its hold was over, and %(account)s was asked once more."),
    "reviewed": gettext_lazy("It was reviewed."),
    "waits_for_person": gettext_lazy("A producer, an owner or an administrator has to decide."),
}
_AFTER_A_YES = gettext_lazy("It was approved and went in line.")
_TONES = {
    Status.DONE: "ok",
    Status.FAILED: "bad",
    Status.UNCERTAIN: "warn",
    "late_answer": "warn",
    "stays": "warn",
    "follow_failed": "warn",
    "ingest_failed": "warn",
    "links_not_renewed": "warn",
    "result_at_risk": "warn",
    "waits_for_person": "warn",
}
_OUTCOMES = {
    Attempt.Outcome.ACCEPTED: gettext_lazy("Attempt %(n)s: %(account)s took the order."),
    Attempt.Outcome.NOT_SENT: gettext_lazy("Attempt %(n)s: nothing was sent."),
    Attempt.Outcome.BUSY: gettext_lazy("Attempt %(n)s: %(account)s was busy and asked to wait."),
    Attempt.Outcome.REJECTED: gettext_lazy("Attempt %(n)s: %(account)s refused the order."),
    Attempt.Outcome.UNCERTAIN: gettext_lazy("Attempt %(n)s: no answer that can be relied on."),
    Attempt.Outcome.FOUND: gettext_lazy("Attempt %(n)s: the order was found at %(account)s."),
    Attempt.Outcome.ABSENT: gettext_lazy("Attempt %(n)s: %(account)s does not have the order."),
    Attempt.Outcome.GIVEN_UP: gettext_lazy("Attempt %(n)s: a person gave it up."),
}
_STEP_OUTCOMES = {
    Attempt.Outcome.ACCEPTED: gettext_lazy("Attempt %(n)s: %(account)s answered the preparation (%(step)s)."),
    Attempt.Outcome.REJECTED: gettext_lazy("Attempt %(n)s: %(account)s refused the preparation (%(step)s)."),
    Attempt.Outcome.UNCERTAIN: gettext_lazy("Attempt %(n)s: no answer to the preparation (%(step)s)."),
}
_OUTCOME_TONES = {"accepted": "ok", "found": "ok", "rejected": "bad", "uncertain": "warn", "busy": "warn"}


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    text: str
    detail: str = ""
    status: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    lines: list[Line]
    task_id: str
    words: str


def activity_of(take: Generation) -> Activity:
    """The activity of a take, oldest first."""
    events = list(take.events.order_by("pk"))
    where = partial(_account_at, take, [event for event in events if event.kind == "moved"])
    ordered = _("%(person)s ordered the take on %(account)s.")
    lines = [Line(take.created_at, ordered % {"person": take.created_by, "account": where(take.created_at)})]
    lines += [
        _event(event, where(event.happened_at), before=before.kind if before else "")
        for before, event in zip([None, *events], events, strict=False)
    ]
    for attempt in take.attempts.order_by("number"):
        lines += _attempt(attempt, where(attempt.opened_at))
    lines += [_call(call) for call in take.calls.order_by("pk")]
    lines.sort(key=lambda line: line.at)
    return Activity(lines, take.provider_task_id or "", take.failure_provider_words)


def _account_at(take: Generation, moves: list[GenerationEvent], at: datetime) -> str:
    """The account's name at a time: a take that has moved was elsewhere before."""
    left = next((move for move in moves if at < move.happened_at), None)
    return str(left.facts["from"]) if left else take.account.label


def _event(event: GenerationEvent, account: str, before: str) -> Line:
    is_approval = (before, event.kind) == (Status.AWAITING_APPROVAL, Status.QUEUED)
    sentence = _AFTER_A_YES if is_approval else _SENTENCES.get(event.kind)
    status = str(Status(event.kind).label) if event.kind in Status.values else ""
    text = str(sentence) % {"account": account} if sentence else event.kind.replace("_", " ")
    return Line(event.happened_at, text, event.note, status, _TONES.get(event.kind, ""))


def _attempt(attempt: Attempt, account: str) -> Iterator[Line]:
    facts = {"n": attempt.number, "account": account, "step": attempt.step}
    outcomes, left = _OUTCOMES, _("Attempt %(n)s: the order left for %(account)s.")
    if attempt.step != "submit":
        outcomes = {**_OUTCOMES, **_STEP_OUTCOMES}
        left = _("Attempt %(n)s: the preparation (%(step)s) left for %(account)s; the order follows it.")
    if attempt.sent_at:
        yield Line(attempt.sent_at, left % facts)
    if attempt.closed_at:
        request = _("request %(id)s") % {"id": attempt.request_id} if attempt.request_id else ""
        tone = _OUTCOME_TONES.get(attempt.outcome, "")
        text = str(outcomes[Attempt.Outcome(attempt.outcome)]) % facts
        yield Line(attempt.closed_at, text, request, str(attempt.get_outcome_display()), tone)


def _call(call: ProviderCall) -> Line:
    detail = _("%(url)s, %(ms)s ms") % {"url": f"{call.method} {call.url}", "ms": f"{call.duration_ms:,}"}
    code = call.status_code
    status = str(code) if code else _("no answer")
    tone = "ok" if code and code < 400 else "bad" if code else "warn"
    return Line(call.happened_at, _("A call to the provider."), detail, status, tone)
