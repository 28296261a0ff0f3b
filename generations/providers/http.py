"""The only place that speaks HTTP to a provider.

Two transports. Reads keep their connections and go through aiohttp, which is an order of magnitude faster under
hundreds of polls. Paid submits go through httpx's own transport and never reuse a connection: a kept-alive connection
that the server closed in between would end in a ReadError, a needless `uncertain`; and the aiohttp transport reports a
connection cut after sending like one that was never made. `Unreachable` against `Uncertain` hangs on that difference.

No submit is repeated (aiohttp itself asks a GET or PUT once more where the server dropped the connection), no redirect
is followed, no cookie is kept (accounts share the clients), no proxy is taken from the environment.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from django.utils.translation import gettext as _
from httpx_aiohttp import AiohttpTransport

from generations.choices import Provider
from generations.providers.errors import Garbled, Misconfigured, ProviderError, Uncertain, Unreachable
from generations.providers.reply import Reply, is_sendable, plain, read_body
from generations.providers.types import JSON, Exchange

READ_CONNECTIONS_MAX = 200
SUBMIT_CONNECTIONS_MAX = 100
KEEPALIVE_SECONDS = 20.0
REPLY_MAX_BYTES = 1_000_000
UPLOAD_MIN_BYTES_PER_SECOND = 250_000  # how slow our own line may be before a large body counts as stuck


class _ReplyTooLong(Exception):
    """The body went over REPLY_MAX_BYTES."""


_NEVER_VALID = (httpx.UnsupportedProtocol, httpx.InvalidURL)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_UNREADABLE = (
    httpx.DecodingError,
    httpx.RemoteProtocolError,
    aiohttp.ClientResponseError,
    aiohttp.ClientPayloadError,
    HttpProcessingError,
    _ReplyTooLong,
)
# The aiohttp transport (0.2.0) lets some of aiohttp's own errors through; OSError includes the deadline's TimeoutError.
# UnicodeError: a host name that cannot be one.
_CAUGHT = (
    httpx.HTTPError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    UnicodeError,
    _ReplyTooLong,
)


def _class_of_submit_error(error: Exception) -> type[ProviderError]:
    if isinstance(error, _NEVER_VALID):
        return Misconfigured
    return Unreachable if isinstance(error, _NEVER_SENT) else Uncertain


def _class_of_read_error(error: Exception) -> type[ProviderError]:
    if isinstance(error, (*_NEVER_VALID, UnicodeError)):
        return Misconfigured
    return Garbled if isinstance(error, _UNREADABLE) else Unreachable


@dataclass(frozen=True, slots=True)
class _Lane:
    """One client, how long it waits for an answer, and what its errors mean."""

    client: httpx.AsyncClient
    transport: httpx.AsyncBaseTransport
    timeout: httpx.Timeout
    class_of: Callable[[Exception], type[ProviderError]]

    def deadline_seconds(self, request: httpx.Request) -> float:
        """The limit on the whole call, so that a reply that trickles in for ever ends too."""
        parts = (self.timeout.pool, self.timeout.connect, self.timeout.read)
        return sum(part or 0 for part in parts) + len(request.content) / UPLOAD_MIN_BYTES_PER_SECOND


class Http:
    """A session with the providers, for one event loop: `async with Http() as http`.

    `record` is called once for every call, also for one that failed; it must not block and must not raise.
    The transports are replaced in tests only.
    """

    def __init__(
        self,
        *,
        read_transport: httpx.AsyncBaseTransport | None = None,
        submit_transport: httpx.AsyncBaseTransport | None = None,
        record: Callable[[Exchange], None] | None = None,
        submit_timeout_seconds: float = 25,
        read_timeout_seconds: float = 15,
        connect_timeout_seconds: float = 5,
    ) -> None:
        connect = connect_timeout_seconds
        self._record = record
        read_transport = read_transport or _read_transport()
        submit_transport = submit_transport or _submit_transport()
        self._reads = _Lane(
            client=_client(read_transport),
            transport=read_transport,
            # Waiting for a free connection is no fault of the provider: give it as long as an answer.
            timeout=httpx.Timeout(read_timeout_seconds, connect=connect, pool=read_timeout_seconds),
            class_of=_class_of_read_error,
        )
        self._submits = _Lane(
            client=_client(submit_transport),
            transport=submit_transport,
            timeout=httpx.Timeout(submit_timeout_seconds, connect=connect, pool=connect),
            class_of=_class_of_submit_error,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._reads.client.aclose()
        await self._submits.client.aclose()

    async def read(
        self,
        method: str,
        url: str,
        *,
        provider: str,
        headers: Mapping[str, str],
        json: JSON = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
    ) -> Reply:
        """Make a free, repeatable call and return the answer, whatever its status.

        `secrets` are taken out of every excerpt; what the Authorization header carries always is.
        Raises Unreachable, Garbled (no HTTP, cut short in the wrong place, over 1 MB) or Misconfigured (no such URL).
        """
        body = {"json": json, "content": content, "params": params}
        return await self._call(self._reads, method, url, provider, headers, body, secrets)

    async def submit(
        self,
        method: str,
        url: str,
        *,
        provider: str,
        headers: Mapping[str, str],
        json: JSON = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
    ) -> Reply:
        """Make a paid call once, on a connection of its own, and return the answer, whatever its status.

        Raises Unreachable only if no byte of the request can have arrived, Misconfigured for a URL or a header that
        cannot be sent, and Uncertain for everything else that keeps the answer from us.
        """
        body = {"json": json, "content": content, "params": params}
        return await self._call(self._submits, method, url, provider, headers, body, secrets)

    async def _call(
        self,
        lane: _Lane,
        method: str,
        url: str,
        provider: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any],
        secrets: Iterable[str],
    ) -> Reply:
        _check_headers(headers, provider)
        hidden = (*secrets, headers.get("Authorization", "").partition(" ")[2])
        started = time.monotonic()
        outcome = await _send(lane, method, url, headers, body, hidden)
        if self._record:
            self._record(_exchange(method, url, outcome, started))
        # Raised here and not where it was caught, so that no traceback leads to a request with its headers.
        if isinstance(outcome, Exception):
            raise _failure(lane.class_of(outcome), outcome, provider)
        return outcome


async def _send(
    lane: _Lane,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
    secrets: tuple[str, ...],
) -> Reply | Exception:
    """The answer, or the error that kept it from us."""
    try:
        request = lane.client.build_request(method, url, headers=headers, timeout=lane.timeout, **body)
        if (request.url.port or 0) > 65_535:
            return httpx.InvalidURL("No such port.")  # the libraries end in an ExceptionGroup here
        async with asyncio.timeout(lane.deadline_seconds(request)):
            # Not `client.send`: its redirects, cookies and hooks are refused anyway, and took a sixth of a poll's CPU.
            response = await lane.transport.handle_async_request(request)
            try:
                content = await _read_limited(response)
            finally:
                await response.aclose()
    except _CAUGHT as error:
        return error
    parsed, text = read_body(content)
    return Reply(response.status_code, dict(response.headers), parsed, text, secrets)


async def _read_limited(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > REPLY_MAX_BYTES:
            raise _ReplyTooLong
    return bytes(body)


def _exchange(method: str, url: str, outcome: Reply | Exception, started: float) -> Exchange:
    duration_ms = round((time.monotonic() - started) * 1000)
    where = plain(url.partition("?")[0], 500)
    if isinstance(outcome, Exception):
        return Exchange(method, where, None, duration_ms, excerpt=type(outcome).__name__.strip("_"))
    is_plain_success = outcome.is_success and outcome.json is not None
    excerpt = "" if is_plain_success else outcome.text_excerpt
    return Exchange(method, where, outcome.status, duration_ms, outcome.request_id, excerpt)


def _check_headers(headers: Mapping[str, str], provider: str) -> None:
    # A pasted key with a line break or a curly quote: the libraries would quote it in their own error.
    if not all(is_sendable(value) for value in headers.values()):
        sentence = _("The key of this %(provider)s account has a character that cannot be sent. Paste the key again.")
        raise Misconfigured(sentence % {"provider": _label(provider)}, provider=provider)


def _failure(kind: type[ProviderError], error: Exception, provider: str) -> ProviderError:
    sentences = {
        Unreachable: _("%(provider)s could not be reached. We will try again."),
        Uncertain: _("%(provider)s did not answer after the request was sent, so it may be making the take."),
        Garbled: _("%(provider)s sent an answer that cannot be read. We will ask again."),
        Misconfigured: _("The address of this %(provider)s account is not valid. An administrator must correct it."),
    }
    sentence = sentences[kind] % {"provider": _label(provider)}
    return kind(sentence, provider=provider, excerpt=type(error).__name__.strip("_"))


def _label(provider: str) -> str:
    return str(Provider(provider).label) if provider in Provider.values else provider


def _client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "kling-site"},
        follow_redirects=False,
        trust_env=False,
    )


def _submit_transport() -> httpx.AsyncBaseTransport:
    limits = httpx.Limits(max_connections=SUBMIT_CONNECTIONS_MAX, max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(verify=_tls(), limits=limits, retries=0, trust_env=False)


def _read_transport() -> httpx.AsyncBaseTransport:
    return AiohttpTransport(verify=_tls(), trust_env=False, client=_aiohttp_session)


def _aiohttp_session() -> aiohttp.ClientSession:
    """Made on the first call, inside the event loop: our own, because the transport's would keep cookies."""
    connector = aiohttp.TCPConnector(limit=READ_CONNECTIONS_MAX, keepalive_timeout=KEEPALIVE_SECONDS, ssl=_tls())
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


@cache
def _tls() -> ssl.SSLContext:
    # Loading the certificate authorities takes tens of milliseconds; every session shares one context.
    return httpx.create_ssl_context(trust_env=False)
