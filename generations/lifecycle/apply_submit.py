"""What came of a submit, written down: which answer ends a take, which puts it back in line, which leaves it open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import providers
from generations.errors import PortalError, Retry
from generations.lifecycle.at_once import answered_at_once
from generations.lifecycle.circuit import is_trouble, note_accepted, note_trouble
from generations.lifecycle.claim import Claim, Result
from generations.lifecycle.outcomes import accepted, again, failed, make_uncertain
from generations.lifecycle.timing import retry_seconds
from generations.models import Attempt, Generation, ProviderAccount

_Outcome = Attempt.Outcome


def apply_submit(result: Result) -> None:
    """Write down what came of a submit."""
    for note in result.notes:
        result.claim.generation.log("input_changed", note)
    if isinstance(result.answer, providers.Operation):
        accepted(result.claim.generation, result.claim.attempt_id, result.answer, _Outcome.ACCEPTED)
        note_accepted(result.claim.account)
    elif isinstance(result.answer, providers.Finished):
        answered_at_once(result.claim.generation, result.claim.attempt_id, result.answer)
        note_accepted(result.claim.account)
    elif result.error is not None:
        _refused(result)
    else:
        _not_sent(result.claim)


def _not_sent(claim: Claim) -> None:
    """The lease was lost, or a cancel came, before anything left. Whoever closed the attempt meanwhile went on."""
    with transaction.atomic():
        if Attempt.objects.get(pk=claim.attempt_id).close(_Outcome.NOT_SENT):
            again(claim.generation, seconds=0, tries=claim.generation.tries, waiting_for="")


def _refused(result: Result) -> None:
    error, generation = result.error, result.claim.generation
    if isinstance(error, providers.Busy):
        _wait_for_a_place(result, error)
    elif error is not None and is_trouble(error):
        _wait_for_the_account(result, error)
    elif _is_final(error) or (not result.was_sent and error is not None and error.retry == Retry.NEVER):
        _fail(result, error)
    elif not result.was_sent:
        _again_later(result, error)
    else:
        # It was sent, and we do not know what became of it. The attempt stays open: nothing is submitted again.
        with transaction.atomic():
            # Locked, because a webhook may be putting its hint into the evidence.
            attempt = Attempt.objects.select_for_update(no_key=True).get(pk=result.claim.attempt_id)
            if attempt.closed_at is None:
                Attempt.objects.filter(pk=attempt.pk).update(evidence={**attempt.evidence, **_evidence(error)})
                make_uncertain(generation, error.public if error else "")


def _is_final(error: PortalError | None) -> bool:
    return isinstance(error, providers.Rejected | providers.UnsupportedOption | providers.Misconfigured)


def _fail(result: Result, error: PortalError | None, public: str = "") -> None:
    assert error is not None
    charged = error.charged if isinstance(error, providers.Rejected) else None
    generation = result.claim.generation
    with transaction.atomic():
        attempt = Attempt.objects.get(pk=result.claim.attempt_id)
        request_id = str(error.data.get("request_id", ""))[:120]
        # An attempt that somebody else closed is fenced off: the take may be out again under another one.
        if not attempt.close(_outcome(result), request_id=request_id, evidence=_evidence(error)):
            return
        public = public or public_sentence(error, result.claim.account)
        failed(generation, error.code, public, _words(error), charged)


def _outcome(result: Result) -> Attempt.Outcome:
    """How the attempt of a take ends that certainly was not taken."""
    if isinstance(result.error, providers.Busy):
        return _Outcome.BUSY
    answered = result.was_sent and not isinstance(result.error, providers.Unreachable)
    return _Outcome.REJECTED if answered else _Outcome.NOT_SENT


def _wait_for_a_place(result: Result, error: providers.Busy) -> None:
    """A full provider is no failure: the take waits, but not for ever."""
    claim = result.claim
    since = Now() - timedelta(seconds=settings.LIFECYCLE["busy_give_up_seconds"])
    if claim.generation.attempts.filter(outcome=_Outcome.BUSY, opened_at__lt=since).exists():
        sentence = _(
            "%(account)s had no free place for this take for a day. Nothing was charged. Choose another route, or try "
            "again later."
        )
        _fail(result, error, sentence % {"account": claim.account.label})
        return
    seconds = retry_seconds(claim.generation.tries + 1, error.retry_after_seconds)
    _back_in_line(result, seconds)
    # The others on this account would hear the same.
    ProviderAccount.objects.filter(pk=claim.account.pk).update(not_before=Now() + timedelta(seconds=min(seconds, 5)))


def _wait_for_the_account(result: Result, error: PortalError) -> None:
    """Nothing was taken, and not because of this take: it waits until the account's circuit has decided.

    A take that goes on meeting this, although the account was found to be in order in between, fails in the end.
    """
    is_config = isinstance(error, providers.Misconfigured)
    most = settings.LIFECYCLE["misconfigured_tries" if is_config else "submit_tries"]
    if _failures(result.claim.generation, error.code) + 1 >= most:
        _fail(result, error)
    else:
        _back_in_line(result, retry_seconds(result.claim.generation.tries + 1))
    note_trouble(result.claim.account, error)


def _again_later(result: Result, error: PortalError | None) -> None:
    generation = result.claim.generation
    if error and _failures(generation, error.code) + 1 >= settings.LIFECYCLE["submit_tries"]:
        _fail(result, error)
    else:
        _back_in_line(result, retry_seconds(generation.tries + 1))


def _failures(generation: Generation, code: str) -> int:
    """How often a take has met an error so far. Waiting for a free place is none."""
    return generation.attempts.filter(evidence__error=code).count()


def _back_in_line(result: Result, seconds: float) -> None:
    error, generation = result.error, result.claim.generation
    with transaction.atomic():
        if Attempt.objects.get(pk=result.claim.attempt_id).close(_outcome(result), evidence=_evidence(error)):
            again(generation, seconds=seconds, tries=generation.tries + 1, waiting_for=error.public if error else "")


def public_sentence(error: PortalError, account: ProviderAccount) -> str:
    """What the person who made the take is told: the provider's reason, what it cost, what to do."""
    if isinstance(error, providers.Misconfigured):
        sentence = _(
            "%(account)s cannot be used: %(why)s Nothing was charged. Choose another route, or ask the administrator."
        )
        return sentence % {"account": account.label, "why": error.public}
    return error.public


def _words(error: PortalError) -> str:
    return str(error.data.get("excerpt", ""))


def _evidence(error: PortalError | None) -> dict[str, Any]:
    return {"error": error.code, **error.data} if error else {}
