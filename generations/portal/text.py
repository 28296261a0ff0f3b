"""Text from outside: what can be stored of it, and the identifiers it may hold."""

from __future__ import annotations

import re
from uuid import UUID

BROKEN = "\N{REPLACEMENT CHARACTER}"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


def storable(text: str) -> str:
    """The text with `BROKEN` in place of what no database column can hold: NUL and halves of surrogate pairs."""
    return _UNSTORABLE.sub(BROKEN, text)


def lines(text: str) -> str:
    """Storable text with one kind of line end, so that a browser's CRLF is not counted twice."""
    return storable(text).replace("\r\n", "\n").replace("\r", "\n")


def find_uuid(text: str | None) -> UUID | None:
    """The UUID that a text is, or None."""
    return UUID(text) if text and _UUID.fullmatch(text) else None


def find_whole_number(text: str) -> int | None:
    """A small whole number, or None."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,4}", text, re.ASCII) else None
