"""WaveSpeedAI's two-step upload: a ticket that names where the bytes go, then the bytes. docs/providers.md 4.2, 8.4."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import NamedTuple

from generations.providers.foreign_url import is_allowed
from generations.providers.reply import is_sendable, is_web_url
from generations.providers.types import JSON, InputFile

UPLOAD_MAX_BYTES = 200_000_000
HEADERS_MAX = 20
# The second step goes to a store that WaveSpeed chooses: our key stays out, and so does what belongs to the connection.
_NEVER = frozenset({"authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"})


class Ticket(NamedTuple):
    """Where the bytes go, with which headers, and where the file can be read afterwards."""

    url: str
    headers: Mapping[str, str]
    download_url: str


def request_for(file: InputFile) -> dict[str, JSON]:
    """What asks for a ticket. The name says nothing but the file's role."""
    extension = mimetypes.guess_extension(file.media_type) or ""
    return {"filename": f"{file.role}{extension}", "size": file.size_bytes, "content_type": file.media_type}


def read_ticket(data: Mapping[str, JSON], origin: str) -> Ticket | None:
    """The ticket, or None where it is none, or where it sends us to a place that no file of ours may go to."""
    upload, download_url = data.get("upload"), data.get("download_url")
    if not isinstance(upload, dict) or not is_web_url(download_url):
        return None
    method, url = upload.get("method"), upload.get("url")
    if not isinstance(method, str) or method.upper() != "PUT" or not is_allowed(url, origin):
        return None
    return Ticket(str(url), _headers(upload.get("headers")), str(download_url))


def _headers(named: JSON) -> dict[str, str]:
    listed = list(named.items())[:HEADERS_MAX] if isinstance(named, dict) else []
    return {
        name: value
        for name, value in listed
        if isinstance(value, str) and is_sendable(value) and is_sendable(name) and name.lower() not in _NEVER
    }
