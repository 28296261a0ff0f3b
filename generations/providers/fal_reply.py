"""What fal's answers say: both shapes of its errors, and what a completed request came to. docs/providers.md 2.4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from generations.choices import MediaKind
from generations.providers.reply import REASON_MAX_CHARS, Reply, is_web_url, plain, read_amount
from generations.providers.types import JSON, Cost, Failed, Finished, ListPrice, Output

PROBLEMS_MAX = 20
OUTPUTS_MAX = 20
NOTHING_CHARGED = Cost(Decimal(0), "fal_unit")
# fal's own failures, answered with 5xx: it never charges for those.
_NEVER_CHARGED = frozenset(
    {
        "request_timeout",
        "startup_timeout",
        "runner_scheduling_failure",
        "runner_connection_timeout",
        "runner_disconnected",
        "runner_connection_refused",
        "runner_connection_error",
        "runner_incomplete_response",
        "runner_server_error",
        "internal_error",
        "internal_server_error",
        "generation_timeout",
        "downstream_service_unavailable",
    }
)


class Problem(NamedTuple):
    """Why fal did not do it: its word for machines, its words for people, and whether it was moderation."""

    code: str
    reason: str
    moderated: bool


def read_problem(reply: Reply) -> Problem:
    """The problem in either of fal's shapes; fields that are not there stay empty."""
    detail = reply.object.get("detail")
    if isinstance(detail, list):
        entries = [entry for entry in detail[:PROBLEMS_MAX] if isinstance(entry, dict)]
        types = [reply.clean(entry.get("type"), 100) for entry in entries]
        reason = " ".join(dict.fromkeys(filter(None, (_sentence(reply, entry) for entry in entries))))
        code = next(filter(None, types), "")
        return Problem(code, plain(reason, REASON_MAX_CHARS), "content_policy_violation" in types)
    kind = reply.object.get("error_type") or reply.headers.get("x-fal-error-type")
    code = reply.clean(kind, 100)
    return Problem(code, reply.clean(detail), code == "content_policy_violation")


def _sentence(reply: Reply, entry: Mapping[str, JSON]) -> str:
    """The provider's words, with the name of the field they are about; `body` says nothing to anyone."""
    words = reply.clean(entry.get("msg"))
    where = entry.get("loc")
    names = [str(part) for part in where if part != "body"] if isinstance(where, list) else []
    return f"{reply.clean('.'.join(names), 60)}: {words}" if names and words else words


def read_outcome(result: Reply, status: Reply) -> Finished | Failed | None:
    """What a completed request came to, or None where neither answer says.

    The result decides; the status speaks where the result cannot. A gateway's 502 to 504, or a 400 that may only mean
    "not ready yet", ends nothing by itself: the take may well exist.
    """
    if result.is_success:
        return _finished(result)
    problem = read_problem(result)
    is_list = isinstance(result.object.get("detail"), list)
    if result.status == 422 or (result.status in (400, 500) and is_list):
        free = result.status >= 500
        return _failed(result, problem, free)
    error = status.object.get("error")
    if not error:
        return None
    code = status.clean(status.object.get("error_type"), 100) or problem.code
    reason = status.clean(error) or problem.reason
    return _failed(result, Problem(code, reason, code == "content_policy_violation"), code in _NEVER_CHARGED)


def _finished(result: Reply) -> Finished | None:
    outputs = tuple(_outputs(result))
    return Finished(outputs, _billed(result), result.request_id) if outputs else None


def _outputs(result: Reply) -> Iterator[Output]:
    """Every file of a result: `video`, `image` or `audio`, or a list of `images`."""
    images = result.object.get("images")
    named = [(kind, result.object.get(kind.value)) for kind in (MediaKind.VIDEO, MediaKind.IMAGE, MediaKind.AUDIO)]
    listed = [(MediaKind.IMAGE, image) for image in images[:OUTPUTS_MAX]] if isinstance(images, list) else []
    for kind, file in [*named, *listed]:
        if isinstance(file, dict) and is_web_url(file.get("url")):
            yield Output(file["url"], kind, media_type=result.clean(file.get("content_type"), 100))


def _failed(result: Reply, problem: Problem, is_free: bool) -> Failed:
    # A 422 may be charged if a runner has worked on it; only the header tells. Without it, nobody knows.
    charged = NOTHING_CHARGED if is_free else _billed(result)
    code = problem.code or f"http_{result.status}"
    return Failed(code, problem.reason, charged, problem.moderated, result.request_id)


def _billed(result: Reply) -> Cost | None:
    units = read_amount(result.headers.get("x-fal-billable-units"))
    return None if units is None else Cost(units, "fal_unit")


def read_price(reply: Reply, endpoint: str) -> ListPrice | None:
    """The list price of an endpoint, or None where the answer names none: docs/providers.md 2.2."""
    prices = reply.object.get("prices")
    for price in prices if isinstance(prices, list) else []:
        if isinstance(price, dict) and price.get("endpoint_id") == endpoint:
            amount = read_amount(price.get("unit_price"))
            currency, unit = reply.clean(price.get("currency"), 12).lower(), reply.clean(price.get("unit"), 40)
            return None if amount is None else ListPrice(amount, currency, unit)
    return None
