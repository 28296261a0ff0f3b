"""A provider's reply as adapters read it, and the two things done to every foreign text before it is shown or stored:
credentials and blobs are taken out, and what a database or a page could choke on is made plain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, urlsplit

from generations.providers.types import JSON

EXCERPT_MAX_CHARS = 500
REASON_MAX_CHARS = 1_000
URL_MAX_CHARS = 2_000
REDACTED_MAX_CHARS = 8_000  # patterns on a hostile megabyte would hold up every other poll
SECRET_MIN_CHARS = 6  # shorter strings are no secrets, and removing them would shred the text
REMOVED = "[removed]"

_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}")
_REQUEST_ID_HEADERS = ("x-fal-request-id", "x-request-id")
_SLASH = r"(?:\\?/|%2F)"
_PATTERNS = (
    # Our own addresses that nobody may guess: of webhooks, and of inputs.
    (re.compile(rf"({_SLASH}callbacks{_SLASH}\w+{_SLASH})[0-9a-f-]{{36}}[^\s\"'<>]*", re.IGNORECASE), rf"\1{REMOVED}"),
    (re.compile(rf"({_SLASH}inputs{_SLASH})[0-9a-f]{{32}}\.[^\s\"'<>]*", re.IGNORECASE), rf"\1{REMOVED}"),
    # Authorization values, JSON web tokens, JSON fields that name a credential, signed queries, base64 blobs.
    (re.compile(r"\b(Bearer|Basic|Key)\s+(?=\S*[\d:=]|\S{20})[\w.~+/=:-]{6,}", re.IGNORECASE), rf"\1 {REMOVED}"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), REMOVED),
    (
        re.compile(r'("(?:\w*token|\w*secret|password|authorization|(?:api|access|secret)_?key)"\s*:\s*)"[^"]*"', re.I),
        rf'\1"{REMOVED}"',
    ),
    (re.compile(r"(https?:[^\s\"'<>?]*)\?[^\s\"'<>]*", re.IGNORECASE), rf"\1?{REMOVED}"),
    (re.compile(r"[A-Za-z0-9+/_-]{80,}={0,2}"), REMOVED),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the given secrets, bearer and key tokens, query strings of URLs, and base64 blobs.

    At most REDACTED_MAX_CHARS of it: the rest is dropped.
    """
    for secret in sorted(_with_parts(secrets), key=len, reverse=True):
        text = text.replace(secret, REMOVED)
    text = text[:REDACTED_MAX_CHARS]
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _with_parts(secrets: Iterable[str]) -> set[str]:
    """Each secret, the halves of an `id:secret` pair, and the ways in which JSON and URLs spell them."""
    whole = {secret.strip() for secret in secrets}
    parts = whole | {part for secret in whole for part in secret.split(":")}
    spelt = {
        form
        for part in parts
        for form in (part, json.dumps(part)[1:-1], part.replace("/", r"\/"), quote(part, safe=""))
    }
    return {form for form in spelt if len(form) >= SECRET_MIN_CHARS}


def is_sendable(value: str) -> bool:
    """Whether a text can be the value of a header as it stands."""
    return value.isascii() and value.isprintable() and value == value.strip()


def plain(text: str, max_chars: int = REASON_MAX_CHARS) -> str:
    """The text on one line, without control characters and lone surrogates (PostgreSQL refuses both), shortened."""
    valid = text.encode("utf-8", "replace").decode("utf-8")
    printable = valid if valid.isprintable() else "".join(char if char.isprintable() else " " for char in valid)
    line = " ".join(printable.split())
    return line if len(line) <= max_chars else line[: max_chars - 1] + "…"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whatever its status. `headers` have names in lower case; `json` is None where the body is no JSON."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    json: JSON | None = field(repr=False)
    text: str = field(repr=False, default="")
    secrets: tuple[str, ...] = field(repr=False, default=())

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def object(self) -> Mapping[str, JSON]:
        """The body where it is a JSON object, otherwise an empty one."""
        return self.json if isinstance(self.json, dict) else {}

    @property
    def request_id(self) -> str:
        """The provider's own id for this call, or empty."""
        found = next((self.headers[name] for name in _REQUEST_ID_HEADERS if name in self.headers), "")
        return plain(found, 128)

    @property
    def text_excerpt(self) -> str:
        """The beginning of the body, redacted."""
        return self.clean(self.text, EXCERPT_MAX_CHARS)

    def clean(self, text: JSON, max_chars: int = REASON_MAX_CHARS) -> str:
        """A piece of the body as plain text that is safe to show and to store; empty where it is no text."""
        return plain(redact(text, self.secrets), max_chars) if isinstance(text, str) else ""


def read_body(body: bytes) -> tuple[JSON | None, str]:
    """The body as JSON (None where it is none) and as text."""
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text), text
    except (ValueError, RecursionError):  # a reply nested thousands of levels deep is no reply
        return None, text


def read_task_id(value: JSON) -> str | None:
    """A task id that may stand in a path and in a row, or None."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and _TASK_ID.fullmatch(text) else None


def read_amount(value: JSON) -> Decimal | None:
    """An amount that was sent as text or number, or None where it is neither or cannot be one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < 1_000_000 else None


def read_retry_after(headers: Mapping[str, str], *names: str) -> float | None:
    """How many seconds the provider asks to wait, from the first header that gives a number, or None."""
    for name in names:
        amount = read_amount(headers.get(name))
        if amount is not None:
            return float(amount)
    return None


def is_web_url(value: JSON) -> bool:
    """Whether a value is an http or https URL with a host; nothing is said about where it leads."""
    if not isinstance(value, str) or len(value) > URL_MAX_CHARS or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
