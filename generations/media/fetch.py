"""Bring a file home from a link that is hostile until it has been checked.

The address that was checked is the address that is dialled, with the original name in the Host header and in TLS, so
that a name cannot point elsewhere a moment later. Proxies, cookies and stored passwords of the environment are not
used. The work is asynchronous inside because one deadline then covers name, handshake, headers and every trickled byte.
No message of ours holds more of a link than its host: the rest is often a signature.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from ssl import SSLContext

import httpx
from django.utils.translation import gettext as _

from generations.media import guard
from generations.media.errors import DownloadFailed, DownloadGone
from generations.media.guard import Origin, Resolver
from generations.media.sink import Fetched, FetchLimits, Sink

REDIRECTS_MAX = 5
TransportFactory = Callable[[], httpx.AsyncBaseTransport]

_STEP_SECONDS = 15.0  # for a connection, and for silence between two reads
_GONE = frozenset((403, 404, 410))
_MOVED = frozenset((301, 302, 303, 307, 308))
_PORTS = {"https": 443, "http": 80}


def fetch(
    url: str,
    *,
    into: Path,
    limits: FetchLimits,
    exempt_origin: str = "",
    resolver: Resolver | None = None,
    transport_factory: TransportFactory | None = None,
) -> Fetched:
    """Download a file into the folder `into` and return it; on any error nothing is left there.

    `exempt_origin` is the sandbox's scheme, host and port: the only one that may be plain http, private, or on another
    port; an outside host cannot redirect to it. `resolver` and `transport_factory` replace the system's DNS and
    network; a factory is called once per hop, and the transport is closed after it.
    Raises UnsafeURL, TooLarge, NotAVideo (or NotAnImage where only images are allowed), DownloadGone, DownloadFailed.
    Must not be called from a running event loop.
    """
    start = _read_url(url)
    journey = _Journey(_exempt(start, exempt_origin), resolver or guard.resolve, transport_factory or _transport)
    sink = Sink(into, limits)
    try:
        return asyncio.run(journey.download(start, sink, limits.max_seconds))
    except BaseException:
        sink.discard()
        raise


class _Journey:
    """One download over its redirects."""

    def __init__(self, exempt: Origin | None, resolver: Resolver, transport_factory: TransportFactory) -> None:
        self._exempt = exempt
        self._resolver = resolver
        self._transport_factory = transport_factory

    async def download(self, url: httpx.URL, sink: Sink, max_seconds: float) -> Fetched:
        try:
            async with asyncio.timeout(max_seconds):
                await self._follow(url, sink)
        except TimeoutError:
            raise DownloadFailed(
                _("The download took longer than %(limit)s seconds. It will be tried again.") % {"limit": max_seconds},
                data={"max_seconds": max_seconds},
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # `from None`: the library's own words may hold the link.
            raise _failed(type(error).__name__) from None
        return sink.finish()

    async def _follow(self, url: httpx.URL, sink: Sink) -> None:
        for _hop in range(REDIRECTS_MAX + 1):
            onward = await self._hop(url, sink)
            if onward is None:
                return
            url = onward
        raise _failed("too many redirects")

    async def _hop(self, url: httpx.URL, sink: Sink) -> httpx.URL | None:
        """Ask one host: its body goes into the sink, or the link it points on to is returned."""
        async with self._transport_factory() as transport:
            response = await self._dial(transport, url)
            try:
                if response.status_code in _MOVED:
                    return _onward(url, response)
                _check_answer(response)
                sink.expect(_length(response))
                async for chunk in _raw(response):
                    sink.write(chunk)
            finally:
                await response.aclose()
        return None

    async def _dial(self, transport: httpx.AsyncBaseTransport, url: httpx.URL) -> httpx.Response:
        """The answer from the first address that takes a connection."""
        # The transport itself and not a client: a client logs the whole link, and keeps cookies over redirects.
        for address in self._addresses(url):
            try:
                return await transport.handle_async_request(_request(url, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                reason = type(error).__name__
        raise _failed(reason)

    def _addresses(self, url: httpx.URL) -> list[str]:
        if url.userinfo:
            raise guard.unsafe(_("The link to the file holds a user name, so it was not followed."))
        origin = _origin(url)
        return [origin.host] if origin == self._exempt else guard.checked_addresses(origin, self._resolver)


def _read_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host:
        raise guard.unsafe(_("The link to the file cannot be read, so it was not followed."))
    return url


def _origin(url: httpx.URL) -> Origin:
    return Origin(url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS.get(url.scheme, 0))


def _exempt(start: httpx.URL, exempt_origin: str) -> Origin | None:
    """The exempt origin where the journey begins there: an outside host must not lead us to it."""
    if not exempt_origin:
        return None
    exempt = _origin(httpx.URL(exempt_origin))
    return exempt if _origin(start) == exempt else None


def _request(url: httpx.URL, address: str) -> httpx.Request:
    headers = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", "User-Agent": "kling-site"}
    extensions = {
        "timeout": dict.fromkeys(("connect", "read", "write", "pool"), _STEP_SECONDS),
        "sni_hostname": url.raw_host.decode("ascii"),
    }
    return httpx.Request("GET", url.copy_with(host=address, fragment=None), headers=headers, extensions=extensions)


def _onward(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    location = response.headers.get("location", "")
    if not location:
        raise _failed("redirect without a target", response.status_code)
    return _read_url(str(url.join(location)))


def _check_answer(response: httpx.Response) -> None:
    status = response.status_code
    if status in _GONE:
        raise DownloadGone(
            _("The provider no longer serves the file (%(status)s): its link has expired.") % {"status": status},
            data={"status": status},
        )
    if status != httpx.codes.OK:
        raise _failed("status", status)
    # We asked for none. A compressed answer could be small here and endless when unpacked.
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise _failed("compressed answer", status)


def _length(response: httpx.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _failed(reason: str, status: int | None = None) -> DownloadFailed:
    words = f"{reason}, {status}" if status else reason
    return DownloadFailed(
        _("The file could not be downloaded (%(reason)s). It will be tried again.") % {"reason": words},
        data={"reason": reason, "status": status},
    )


@cache
def _tls() -> SSLContext:
    return httpx.create_ssl_context()


def _transport() -> httpx.AsyncBaseTransport:
    return httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False)


async def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it came over the wire, never unpacked."""
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("The transport must answer with an asynchronous stream.")
    async for chunk in response.stream:
        yield chunk
