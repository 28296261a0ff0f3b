"""What is known about an unclear take, in sentences for the person who has to decide."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from generations.lifecycle.look_up import SUBMIT, How
from generations.models import Attempt, Generation


def what_is_known(generation: Generation, attempt: Attempt | None) -> list[str]:
    """The facts, the most telling first. `attempt` is the newest one."""
    if attempt is None:
        return [_("Nothing was sent.")]
    said = [_how_it_left(generation, attempt), *_hints(attempt), *_looked(attempt)]
    if attempt.step != SUBMIT:
        said.append(_("It is the call “%(step)s” before the job itself.") % {"step": attempt.step})
    if generation.cancel_requested_at:
        said.append(_("Somebody has asked to stop it."))
    return said


def _how_it_left(generation: Generation, attempt: Attempt) -> str:
    facts = {"account": generation.account.label, "task": generation.provider_task_id}
    if attempt.sent_at is None:
        return _("Nothing was sent.")
    if generation.provider_task_id:
        return _("%(account)s took it as job %(task)s and has not brought it to an end.") % facts
    status = attempt.evidence.get("status")
    if status:
        return _("It was sent; %(account)s answered %(status)s, which does not say whether it took it.") % {
            **facts,
            "status": status,
        }
    return _("It was sent to %(account)s, and no answer came.") % facts


def _hints(attempt: Attempt) -> list[str]:
    said = []
    if hint := attempt.evidence.get("hint_task_id"):
        said.append(_("A webhook named job %(task)s; it is not confirmed yet.") % {"task": hint})
    if refused := attempt.evidence.get("refused_hint"):
        said.append(_("A webhook named job %(task)s, which is not this take.") % {"task": refused})
    return said


def _looked(attempt: Attempt) -> list[str]:
    lookups = attempt.evidence.get("lookups", [])
    return [spell_lookup(lookups[-1])] if lookups else [_("It has not been looked up yet.")]


def spell_lookup(facts: dict[str, Any]) -> str:
    """One lookup of an attempt's evidence as a sentence."""
    how = facts.get("how")
    if facts.get("error"):
        return _("The provider could not answer: %(why)s") % {"why": facts.get("why") or facts["error"]}
    if facts.get("held_elsewhere"):
        return _("Job %(task)s was found, but another take holds it.") % {"task": facts["held_elsewhere"]}
    if how == How.HINT:
        return _("The job %(task)s that a webhook named is not this take.") % {"task": facts.get("task_id", "")}
    if how == How.HISTORY:
        free = facts.get("free") or []
        if not free:
            return _("The provider's history shows no job that could be this take.")
        return _("The provider's history shows jobs that could be this take: %(jobs)s.") % {"jobs": ", ".join(free)}
    return _("The provider does not find our own number.")
