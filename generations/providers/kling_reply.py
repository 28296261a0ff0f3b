"""What the official API's answers say around a task: the envelope and its codes. docs/providers.md 3.9, 3.10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from generations.providers.errors import Busy, Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.refusal import class_of_read, class_of_submit
from generations.providers.reply import Reply
from generations.providers.types import JSON

BAD_VALUE = 1201  # also the answer to an external id that was used before
_MODERATED = frozenset({1300, 1301})
_ABSENT = frozenset({BAD_VALUE, 1202, 1203})
_UNKNOWN_ID = frozenset({BAD_VALUE, 1203})

# HTTP 429 stands for "wait" and for "your units are gone"; only the code tells them apart.
_ACCOUNT = frozenset({1000, 1001, 1002, 1003, 1004, 1100, 1101, 1102, 1103, 1304})
_WAIT = frozenset({1302, 1303})
_REFUSED = frozenset({1200, BAD_VALUE, 1202, 1203}) | _MODERATED
# 5001 is maintenance, but nothing says that it is found before the task is made.
_BROKEN = frozenset({5000, 5001, 5002})


class Answer(NamedTuple):
    """A reply with its envelope."""

    reply: Reply
    envelope: Envelope

    @property
    def is_success(self) -> bool:
        return self.reply.is_success and self.envelope.code == 0


class Envelope(NamedTuple):
    """`{code, message, request_id, data}`. `code` is None where the body is no envelope.

    The newer API answers a query with a list: `items`, None where there is none.
    """

    code: int | None
    message: str
    request_id: str
    data: Mapping[str, JSON]
    items: tuple[Mapping[str, JSON], ...] | None = None

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
        # A list with anything else in it is not read at all: what is left of it could pass for an absence.
        tuple(data) if isinstance(data, list) and all(isinstance(item, dict) for item in data) else None,
    )


def class_of_refused_submit(reply: Reply, code: int | None) -> type[ProviderError]:
    """The error class of a submit that was not taken: by the code, by HTTP only where there is no known code."""
    if code in _BROKEN or code == 0:  # a success that HTTP contradicts
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
    """Whether a lookup of the older API found no such task. 1201 counts: some paths answer an unknown id so."""
    return code in _ABSENT or (code is None and reply.status == 404)


def is_unknown_id(code: int | None) -> bool:
    """Whether a lookup of the newer API says that it knows no such id: "data [] or a not-found 1201" (3.4)."""
    return code in _UNKNOWN_ID
