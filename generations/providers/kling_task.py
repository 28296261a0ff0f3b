"""How a task of the official API stands, read from either shape: docs/providers.md 3.9."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from generations.providers.kling_cost import Purse, read_billing, read_deduction, with_begun
from generations.providers.kling_outputs import legacy_outputs, new_outputs
from generations.providers.reply import Reply, read_task_id
from generations.providers.types import JSON, Cost, Failed, Finished, Operation, Output, Pending

# A refusal by moderation comes as words only: no code stands beside them. The first is the one seen live.
_MODERATED = re.compile(
    r"risk[ -]?control|sensitive|moderation|violat|prohibited|content (?:policy|security|safety)|风控|敏感|违规|违禁",
    re.IGNORECASE,
)


class Standing(NamedTuple):
    """A task as a reply shows it. `our_id` is empty where it carries none; `state` is None where it cannot be read."""

    task_id: str | None
    our_id: str
    state: Pending | Finished | Failed | None
    cost: Cost | None


def read_legacy_task(reply: Reply, data: Mapping[str, JSON], request_id: str, purse: Purse) -> Standing:
    """The task of an answer of the older API."""
    info = data.get("task_info")
    cost = read_deduction(data, purse)
    # The reason is the task's own; the envelope's `message` only says that the lookup went well.
    state = _state(
        data.get("task_status"),
        legacy_outputs(data),
        cost,
        reply.clean(data.get("task_status_msg")),
        request_id,
    )
    our_id = info.get("external_task_id") if isinstance(info, dict) else None
    return Standing(read_task_id(data.get("task_id")), _name(our_id), state, cost)


def read_new_task(reply: Reply, item: Mapping[str, JSON], request_id: str, purse: Purse) -> Standing:
    """One task of an answer of the newer API."""
    cost = read_billing(item.get("billing"), purse)
    state = _state(item.get("status"), new_outputs(item), cost, reply.clean(item.get("message")), request_id)
    return Standing(read_task_id(item.get("id")), _name(item.get("external_id")), state, cost)


def settled(standing: Standing | None, operation: Operation) -> Pending | Finished | Failed | None:
    """What became of an operation, with what the call before its submit was charged; None where nobody can tell."""
    state, begun = standing.state if standing else None, operation.state.get("charged")
    if isinstance(state, Finished):
        return replace(state, cost=with_begun(state.cost, begun))
    if isinstance(state, Failed):
        return replace(state, charged=with_begun(state.charged, begun))
    return state


def _state(
    status: JSON, outputs: tuple[Output, ...], cost: Cost | None, reason: str, request_id: str
) -> Pending | Finished | Failed | None:
    if status in ("submitted", "processing"):
        return Pending(rendering=status == "processing")
    if status in ("succeed", "succeeded"):  # the older word, and the newer one
        return Finished(outputs, cost, request_id) if outputs else None
    if status == "failed":
        # That failures are free is hearsay (3.9, and row 18 of 9): unknown unless a deduction, be it 0, is reported.
        return Failed("failed", reason, cost, moderated=bool(_MODERATED.search(reason)), request_id=request_id)
    return None


def _name(value: JSON) -> str:
    return value if isinstance(value, str) else ""
