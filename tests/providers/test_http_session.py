"""What a session keeps between calls, and what it writes down about them."""

import json

import httpx
import pytest

from generations.providers import Http, Unreachable
from tests.providers import sockets
from tests.providers.sockets import Server, unused_port

HEADERS = {"Authorization": "Key kid:super-secret-value"}


async def test_reads_share_a_connection_and_submits_never_do():
    async with Server(sockets.polite) as server, Http() as http:
        for _ in range(3):
            await http.read("GET", server.url, provider="fal", headers=HEADERS)
        assert server.connections == 1

        for _ in range(3):
            await http.submit("POST", server.url, provider="fal", headers=HEADERS, json={})
        assert server.connections == 4


async def test_no_cookie_travels_from_one_account_to_another():
    async with Server(sockets.polite) as server, Http() as http:
        url = server.url.replace("127.0.0.1", "localhost")  # aiohttp keeps no cookies of bare addresses anyway
        for _ in range(2):
            await http.read("GET", url, provider="fal", headers=HEADERS)
            await http.submit("POST", url, provider="fal", headers=HEADERS, json={})

    assert server.received.lower().count(b"host: localhost") == 4
    assert b"cookie" not in server.received.lower()


@pytest.mark.parametrize("call", ["submit", "read"])
async def test_a_redirect_is_an_answer_and_is_not_followed(call):
    async with Server(sockets.redirect) as server, Http() as http:
        reply = await getattr(http, call)("POST", server.url, provider="fal", headers=HEADERS, json={})

    assert reply.status == 307
    assert server.connections == 1


async def test_no_proxy_of_the_environment_is_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")

    async with Server(sockets.polite) as server, Http() as http:
        await http.read("GET", server.url, provider="fal", headers=HEADERS)
        await http.submit("POST", server.url, provider="fal", headers=HEADERS, json={})

    assert server.connections == 2


async def test_a_large_body_gets_the_time_that_a_slow_line_needs():
    request = httpx.Request("POST", "http://127.0.0.1/", content=b"x" * 2_500_000)

    async with Http(submit_timeout_seconds=25, connect_timeout_seconds=5) as http:
        assert http._submits.deadline_seconds(request) == 5 + 5 + 25 + 10


async def test_every_call_is_written_down_without_query_headers_or_body():
    exchanges = []
    async with Server(sockets.polite) as server, Http(record=exchanges.append) as http:
        await http.submit("POST", server.url, provider="fal", headers=HEADERS, json={"prompt": "fox"})

    (exchange,) = exchanges
    assert (exchange.method, exchange.status_code, exchange.excerpt) == ("POST", 200, "")
    assert exchange.url == f"http://127.0.0.1:{server.port}/path"
    assert "super-secret" not in repr(exchange)
    assert "fox" not in repr(exchange)


async def test_a_call_that_failed_is_written_down_too():
    exchanges = []
    url = f"http://127.0.0.1:{unused_port()}/x?key=1"
    async with Http(record=exchanges.append) as http:
        with pytest.raises(Unreachable):
            await http.read("GET", url, provider="fal", headers=HEADERS)

    (exchange,) = exchanges
    assert exchange.status_code is None
    assert exchange.excerpt.startswith("Connect")
    assert "key=1" not in exchange.url


async def test_an_error_reply_is_written_down_with_a_redacted_excerpt():
    exchanges = []
    echo = {"detail": "bad", "got": HEADERS["Authorization"], "image": "QUJD" * 100}
    transport = httpx.MockTransport(lambda request: httpx.Response(500, json=echo, headers={"x-fal-request-id": "r1"}))

    async with Http(submit_transport=transport, record=exchanges.append) as http:
        reply = await http.submit("POST", "https://queue.fal.run/x", provider="fal", headers=HEADERS, json={})

    assert exchanges[0].request_id == "r1"
    assert json.loads(exchanges[0].excerpt) == {"detail": "bad", "got": "Key [removed]", "image": "[removed]"}
    assert "super-secret" not in repr(reply)
