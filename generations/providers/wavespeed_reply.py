"""What WaveSpeedAI's answers say: the envelope, its two kinds of code, and how a prediction stands.

Facts: docs/providers.md 4.3 and 4.4. A prediction that failed is answered with HTTP 200 and code 200 all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from generations.choices import Capability, Currency, MediaKind
from generations.providers.errors import Garbled, ProviderError, Rejected, Uncertain
from generations.providers.refusal import class_of_read, class_of_submit
from generations.providers.reply import Reply, is_web_url
from generations.providers.types import JSON, Cost, Failed, Finished, Output, Pending

OUTPUTS_MAX = 20
# A task that failed is refunded within three hours (docs/providers.md 4.3).
NOTHING_CHARGED = Cost(Decimal(0), Currency.USD.value)

_MODERATION = 1200
_REFUSED = frozenset({_MODERATION, 1400, 1401, 1402, 1403, 1405})
_BROKEN = frozenset({5000, 5003, 5004})
_CODES = _REFUSED | _BROKEN

_PENDING = {"created": False, "processing": True}
_FAILED = frozenset({"failed", "cancelled", "timeout", "deleted"})
_SUFFIXES = {
    MediaKind.VIDEO: (".mp4", ".mov", ".webm"),
    MediaKind.AUDIO: (".mp3", ".wav", ".m4a", ".aac"),
    MediaKind.IMAGE: (".png", ".jpg", ".jpeg", ".webp"),
}
_AUDIO = frozenset({Capability.TEXT_TO_SPEECH, Capability.TEXT_TO_AUDIO})
_IMAGE = frozenset({Capability.TEXT_TO_IMAGE, Capability.IMAGE_TO_IMAGE, Capability.EXPAND_IMAGE, Capability.TRY_ON})


class Envelope(NamedTuple):
    """`{code, message, data}`: `code` is one of WaveSpeed's own, `http` what the body says of HTTP, or None."""

    code: int | None
    http: int | None
    message: str
    data: Mapping[str, JSON]

    @property
    def is_success(self) -> bool:
        return self.http in (None, 0, 200) and self.code is None

    @property
    def is_moderation(self) -> bool:
        return self.code == _MODERATION


def read_envelope(reply: Reply) -> Envelope:
    """The envelope of a reply, with empty parts where it has none."""
    body = reply.object
    data = body.get("data")
    inner: Mapping[str, JSON] = data if isinstance(data, dict) else {}
    named = [value for value in (inner.get("code"), body.get("error_code"), body.get("code")) if _is_code(value)]
    words = (body.get("message"), inner.get("error"), body.get("error"))
    spoken = (reply.clean(value) for value in words if value != "success")
    return Envelope(
        code=next((value for value in named if value in _CODES), None),
        http=body.get("code") if _is_code(body.get("code")) and body.get("code") not in _CODES else None,
        message=next(filter(None, spoken), ""),
        data=inner,
    )


def _is_code(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def class_of_refused_submit(reply: Reply, envelope: Envelope) -> type[ProviderError]:
    """The error class of a submit that was not taken: by WaveSpeed's code, and by HTTP where it gives none."""
    if envelope.code in _BROKEN:
        return Uncertain
    if envelope.code in _REFUSED and not reply.status >= 500:
        return Rejected
    return class_of_submit(_status(reply, envelope))


def class_of_refused_read(reply: Reply, envelope: Envelope) -> type[ProviderError]:
    """The error class of a read that was not answered."""
    return Garbled if envelope.code is not None else class_of_read(_status(reply, envelope))


def _status(reply: Reply, envelope: Envelope) -> int:
    """What HTTP says, or, where that is a success, what the body says of it."""
    if reply.is_success and envelope.http is not None and 400 <= envelope.http < 600:
        return envelope.http
    return reply.status


def read_prediction(reply: Reply, envelope: Envelope, capability: Capability) -> Pending | Finished | Failed | None:
    """How a prediction stands, or None where that cannot be read."""
    data = envelope.data
    status = data.get("status")
    if not isinstance(status, str):
        return None
    if status in _PENDING:
        return Pending(rendering=_PENDING[status])
    if status == "completed":
        outputs = _outputs(data, kind_of(capability))
        if outputs:
            return Finished(outputs, request_id=reply.request_id)
        return _failed(reply, envelope, status, None) if _is_nsfw(data) else None
    if status in _FAILED:
        # Of a record that was deleted, a task that was cancelled or one that took too long, nobody says what it cost.
        return _failed(reply, envelope, status, NOTHING_CHARGED if status == "failed" else None)
    return None


def kind_of(capability: Capability) -> MediaKind:
    """What the outputs of a capability are."""
    if capability in _AUDIO:
        return MediaKind.AUDIO
    return MediaKind.IMAGE if capability in _IMAGE else MediaKind.VIDEO


def _failed(reply: Reply, envelope: Envelope, status: str, charged: Cost | None) -> Failed:
    data = envelope.data
    inner = data.get("code")
    code = str(inner) if _is_code(inner) and inner else status
    moderated = inner == _MODERATION or _is_nsfw(data)
    return Failed(code, reply.clean(data.get("error")), charged, moderated, reply.request_id)


def _is_nsfw(data: Mapping[str, JSON]) -> bool:
    flags = data.get("has_nsfw_contents")
    return isinstance(flags, list) and any(flag is True for flag in flags)


def _outputs(data: Mapping[str, JSON], kind: MediaKind) -> tuple[Output, ...]:
    listed = data.get("outputs")
    entries = listed[:OUTPUTS_MAX] if isinstance(listed, list) else []
    urls = [entry.get("url") if isinstance(entry, dict) else entry for entry in entries]
    return tuple(Output(str(url), _kind_of_file(str(url)) or kind) for url in urls if is_web_url(url))


def _kind_of_file(url: str) -> MediaKind | None:
    """What a file is by its name: a video with a new sound may come as both."""
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)
