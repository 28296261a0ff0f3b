"""Stored files on their way to a browser: ranges, validators, and the headers that keep them private."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from django.core.files.storage import FileSystemStorage, default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header, parse_etags

from generations import access, media
from generations.models import Asset, Blob

_BLOCK_BYTES = 1 << 18
_PRIVATE = "private, max-age=3600"
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


class Span(NamedTuple):
    """Bytes from `first` to `last`, both included."""

    first: int
    last: int


class Content(Protocol):
    """Stored bytes: a blob's row, or what names a copy."""

    @property
    def storage_key(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def media_type(self) -> str: ...


class Unsatisfiable(Exception):
    """The asked range lies outside the file."""


def blob_of(asset: Asset, kind: str) -> Blob:
    """The bytes behind an address of a medium. Raises access.Missing."""
    found = {"original": asset.blob, "poster": asset.poster, "preview": asset.preview}.get(kind)
    if found is None:
        raise access.Missing
    return found


def serve(request: HttpRequest, blob: Blob, name: str) -> HttpResponseBase:
    """The blob for a browser: whole, in part, or the word that what it has is still good. Raises access.Missing."""
    etag = f'"{blob.sha256}"'
    if not isinstance(default_storage, FileSystemStorage):
        return _headed(HttpResponseRedirect(default_storage.url(blob.storage_key)), etag)
    if media.store.local_path(blob.storage_key) is None:
        raise access.Missing
    if _is_known(request.headers.get("If-None-Match", ""), etag):
        return _headed(HttpResponse(status=304), etag)
    return _headed(_stream(request, blob, blob.size_bytes, name), etag)


def serve_in_public(request: HttpRequest, content: Content, name: str) -> HttpResponseBase:
    """The file for somebody without a session, from whatever storage it lies in. Raises access.Missing."""
    try:
        size = media.store.size(content.storage_key)
    except FileNotFoundError as error:
        raise access.Missing from error
    return _headed(_stream(request, content, size, name), f'"{content.sha256}"', "no-store")


def _stream(request: HttpRequest, content: Content, size: int, name: str) -> HttpResponseBase:
    try:
        span = find_span(request.headers.get("Range", ""), size)
    except Unsatisfiable:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    etag = f'"{content.sha256}"'
    if request.headers.get("If-Range", etag) != etag:
        span = None
    return _answer(request, content, size, span, name)


def find_span(header: str, size_bytes: int) -> Span | None:
    """What a Range header asks for; None where it asks for the whole file, or for what we need not give in parts."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        span = Span(max(0, size_bytes - int(last)), size_bytes - 1)
        if int(last) == 0:
            raise Unsatisfiable
        return span
    if last and int(last) < int(first):
        return None
    if int(first) >= size_bytes:
        raise Unsatisfiable
    return Span(int(first), min(int(last or size_bytes), size_bytes - 1))


def _is_known(header: str, etag: str) -> bool:
    """Whether the browser has these bytes; a proxy may have weakened the validator, which changes nothing here."""
    known = [item.removeprefix("W/") for item in parse_etags(header)]
    return etag in known or known == ["*"]


def _answer(request: HttpRequest, content: Content, size: int, span: Span | None, name: str) -> HttpResponseBase:
    first, last = span or Span(0, size - 1)
    known = content.media_type in media.EXTENSIONS
    content_type = content.media_type if known else "application/octet-stream"
    response: HttpResponse | StreamingHttpResponse
    if request.method == "HEAD":
        response = HttpResponse(content_type=content_type)
    else:
        response = StreamingHttpResponse(_read(content.storage_key, first, last), content_type=content_type)
    response.status_code = 206 if span else 200
    if span:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    response["Accept-Ranges"] = "bytes"
    filename = f"{name}.{media.EXTENSIONS[content.media_type]}" if known else name
    response["Content-Disposition"] = content_disposition_header(not known, filename) or "inline"
    return response


def _read(key: str, first: int, last: int) -> Iterator[bytes]:
    with media.store.open(key) as file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (block := file.read(min(_BLOCK_BYTES, left))):
            left -= len(block)
            yield block


def _headed(response: HttpResponseBase, etag: str, cache: str = _PRIVATE) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = cache
    response["X-Content-Type-Options"] = "nosniff"
    # Nothing in a stored file may run, whatever its bytes are.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if cache == _PRIVATE:
        patch_vary_headers(response, ["Cookie"])
    return response
