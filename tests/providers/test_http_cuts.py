"""Where `Unreachable` ends and `Uncertain` begins, on real sockets: the line that paid calls hang on."""

import httpx
import pytest

from generations.providers import Garbled, Http, Misconfigured, Uncertain, Unreachable
from tests.providers import sockets
from tests.providers.sockets import Server, unused_port

HEADERS = {"Authorization": "Key kid:super-secret-value"}

AFTER_CONNECTING = [
    # what the server does, the error of a read; the error of a submit is Uncertain in each case
    (sockets.closed_at_once, Unreachable),
    (sockets.closed_after_reading, Unreachable),
    (sockets.reset, Unreachable),
    (sockets.half_an_answer, Unreachable),
    (sockets.silence, Unreachable),
    (sockets.trickle, Unreachable),
    (sockets.garbage, Garbled),
    (sockets.bad_chunks, Garbled),
    (sockets.bad_gzip, Garbled),
    (sockets.huge_header, Garbled),
    (sockets.endless_body, Garbled),
]


def make_http(**facts):
    return Http(submit_timeout_seconds=0.2, read_timeout_seconds=0.2, connect_timeout_seconds=0.2, **facts)


def name(value):
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("behave", "_read_error"), AFTER_CONNECTING, ids=name)
async def test_a_submit_is_uncertain_once_the_connection_was_made(behave, _read_error):
    async with Server(behave) as server, make_http() as http:
        with pytest.raises(Uncertain) as caught:
            await http.submit("POST", server.url, provider="fal", headers=HEADERS, json={"prompt": "fox"})

    assert server.connections == 1
    assert server.posts == (0 if behave is sockets.closed_at_once else 1)
    assert "super-secret-value" not in f"{caught.value!r} {caught.value.data}"


@pytest.mark.parametrize(("behave", "read_error"), AFTER_CONNECTING, ids=name)
async def test_a_read_can_always_be_tried_again(behave, read_error):
    async with Server(behave) as server, make_http() as http:
        with pytest.raises(read_error) as caught:
            await http.read("GET", server.url, provider="fal", headers=HEADERS)

    assert caught.value.retry.value == "later"
    assert server.connections <= 2  # aiohttp asks a GET once more where the connection was dropped


@pytest.mark.parametrize("call", ["submit", "read"])
async def test_a_refused_connection_is_unreachable(call):
    async with make_http() as http:
        with pytest.raises(Unreachable):
            url = f"http://127.0.0.1:{unused_port()}/"
            await getattr(http, call)("POST", url, provider="fal", headers=HEADERS, json={})


@pytest.mark.parametrize("call", ["submit", "read"])
async def test_a_server_without_tls_never_sees_the_request(call):
    async with Server(sockets.no_tls) as server, make_http() as http:
        with pytest.raises(Unreachable):
            url = server.url.replace("http://", "https://")
            await getattr(http, call)("POST", url, provider="fal", headers=HEADERS, json={})

    assert server.posts == 0


@pytest.mark.parametrize("call", ["submit", "read"])
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "", "http://127.0.0.1:99999999/"])
async def test_an_address_that_is_none_is_misconfigured(call, url):
    async with make_http() as http:
        with pytest.raises(Misconfigured):
            await getattr(http, call)("POST", url, provider="fal", headers=HEADERS)


@pytest.mark.parametrize("call", ["submit", "read"])
@pytest.mark.parametrize("key", ["Key abc\r\nX-Evil: 1", "Key abc“def", "Key "])
async def test_a_key_that_cannot_be_sent_is_misconfigured_and_not_repeated_to_anyone(call, key):
    async with Server(sockets.polite) as server, make_http() as http:
        with pytest.raises(Misconfigured) as caught:
            await getattr(http, call)("POST", server.url, provider="fal", headers={"Authorization": key}, json={})

    assert server.connections == 0
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("x"), Unreachable),
        (httpx.ConnectTimeout("x"), Unreachable),
        (httpx.PoolTimeout("x"), Unreachable),
        (httpx.ReadError("x"), Uncertain),
        (httpx.ReadTimeout("x"), Uncertain),
        (httpx.WriteError("x"), Uncertain),
        (httpx.WriteTimeout("x"), Uncertain),
        (httpx.CloseError("x"), Uncertain),
        (httpx.RemoteProtocolError("x"), Uncertain),
        (httpx.LocalProtocolError("x"), Uncertain),
        (httpx.DecodingError("x"), Uncertain),
        (ConnectionResetError("x"), Uncertain),
    ],
)
async def test_every_error_of_the_library_has_its_class_on_a_submit(error, expected):
    def fail(request):
        raise error

    async with Http(submit_transport=httpx.MockTransport(fail)) as http:
        with pytest.raises(expected):
            await http.submit("POST", "https://queue.fal.run/x", provider="fal", headers=HEADERS, json={})
