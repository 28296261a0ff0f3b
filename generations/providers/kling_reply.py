"""What the official API's answers say: the envelope, its codes, and how a task stands. docs/providers.md 3.9, 3.10."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from generations.choices import Currency, MediaKind
from generations.providers.errors import Busy, Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.refusal import class_of_read, class_of_submit
from generations.providers.reply import Reply, is_web_url, plain, read_amount
from generations.providers.types import JSON, Cost, Failed, Finished, Output, Pending

OUTPUT_LIFE = timedelta(days=30)
BAD_VALUE = 1201  # also the answer to an external id that was used before
_MODERATED = frozenset({1300, 1301})
_ABSENT = frozenset({BAD_VALUE, 1202, 1203})

# HTTP 429 stands for "wait" and for "your units are gone"; only the code tells them apart.
_ACCOUNT = frozenset({1000, 1001, 1002, 1003, 1004, 1100, 1101, 1102, 1103, 1304})
_WAIT = frozenset({1302, 1303})
_REFUSED = frozenset({1200, BAD_VALUE, 1202, 1203}) | _MODERATED
# 5001 is maintenance, but nothing says that it is found before the task is made.
_BROKEN = frozenset({5000, 5001, 5002})


class Envelope(NamedTuple):
    """`{code, message, request_id, data}`. `code` is None where the body is no envelope."""

    code: int | None
    message: str
    request_id: str
    data: Mapping[str, JSON]

    @property
    def is_moderation(self) -> bool:
        return self.code in _MODERATED


def read_envelope(reply: Reply) -> Envelope:
    """The envelope of a reply, with empty parts where it has none."""
    body = reply.object
    code, data = body.get("code"), body.get("data")
    return Envelope(
        code if isinstance(code, int) and not isinstance(code, bool) else None,
        reply.clean(body.get("message")),
        reply.clean(body.get("request_id"), 128),
        data if isinstance(data, dict) else {},
    )


def class_of_refused_submit(reply: Reply, code: int | None) -> type[ProviderError]:
    """The error class of a submit that was not taken: by the code, by HTTP only where there is no known code."""
    if code in _BROKEN:
        return Uncertain
    if code in _WAIT:
        return Busy
    if code in _ACCOUNT:
        return Misconfigured
    return Rejected if code in _REFUSED else class_of_submit(reply.status)


def class_of_refused_read(reply: Reply, code: int | None) -> type[ProviderError]:
    """The error class of a read that was not answered."""
    if code in _WAIT:
        return Busy
    if code in _ACCOUNT:
        return Misconfigured
    return Garbled if code in _REFUSED | _BROKEN else class_of_read(reply.status)


def is_absent(reply: Reply, code: int | None) -> bool:
    """Whether a lookup found no such task. 1201 counts: some paths answer an unknown id as a bad value."""
    return code in _ABSENT or (code is None and reply.status == 404)


def read_task(reply: Reply, envelope: Envelope) -> Pending | Finished | Failed | None:
    """How a task stands, or None where that cannot be read."""
    data = envelope.data
    status = data.get("task_status")
    if status in ("submitted", "processing"):
        return Pending(rendering=status == "processing")
    if status in ("succeed", "succeeded"):  # the legacy word, and the newer one
        outputs = _outputs(data)
        return Finished(outputs, _cost(data), envelope.request_id) if outputs else None
    if status == "failed":
        # The reason is the task's; `message` only says that the lookup went well. No code comes with it, so whether it
        # was moderation is not known. That failures are free is hearsay (docs/providers.md 3.9 and row 18 of 9):
        # charged is unknown unless a deduction, be it 0, is reported.
        reason = reply.clean(data.get("task_status_msg"))
        return Failed("failed", reason, _cost(data), request_id=envelope.request_id)
    return None


def _outputs(data: Mapping[str, JSON]) -> tuple[Output, ...]:
    result = data.get("task_result")
    videos = result.get("videos") if isinstance(result, dict) else None
    found = [video for video in videos if isinstance(video, dict)] if isinstance(videos, list) else []
    expires_at = _expiry(data.get("updated_at"))
    return tuple(
        Output(video["url"], MediaKind.VIDEO, provider_id=_text(video.get("id")), expires_at=expires_at)
        for video in found
        if is_web_url(video.get("url"))
    )


def _expiry(updated_at_ms: JSON) -> datetime | None:
    """Thirty days after the task's last change, which was its end."""
    if not isinstance(updated_at_ms, int) or not 0 < updated_at_ms < 10**13:
        return None
    return datetime.fromtimestamp(updated_at_ms / 1000, UTC) + OUTPUT_LIFE


def _cost(data: Mapping[str, JSON]) -> Cost | None:
    units = read_amount(data.get("final_unit_deduction"))
    return None if units is None else Cost(units, Currency.KLING_UNIT.value)


def _text(value: JSON) -> str:
    return plain(str(value), 128) if isinstance(value, str | int) else ""
