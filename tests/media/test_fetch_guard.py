"""Where a download may go: the public internet over https, checked on every hop, dialled as checked."""

import httpx
import pytest

from generations import media
from generations.media.guard import is_public
from tests.media.servers import status, whole
from tests.media.test_fetch import limits

PUBLIC = "93.184.215.14"
PUBLIC_V6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
FORBIDDEN = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "not an address",
]


class Wire:
    """Stands in for the network: records what is dialled and answers by host and path."""

    def __init__(self, answers):
        self.answers = answers
        self.requests = []

    def __call__(self):
        return httpx.MockTransport(self._answer)

    def _answer(self, request):
        self.requests.append(request)
        answer = self.answers[request.headers["host"] + request.url.path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def fetch(url, tmp_path, wire, addresses=(PUBLIC,), **options):
    try:
        return media.fetch(
            url,
            into=tmp_path,
            limits=limits(),
            resolver=lambda host, port: addresses,
            transport_factory=wire,
            **options,
        )
    finally:
        if any(path.stat().st_size == 0 for path in tmp_path.iterdir()):
            pytest.fail("An empty file was left behind.")


def assert_unsafe(url, tmp_path, wire, **options):
    with pytest.raises(media.UnsafeURL) as caught:
        fetch(url, tmp_path, wire, **options)
    assert list(tmp_path.iterdir()) == []
    assert "administrators" in caught.value.public
    return caught.value


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_never_dialled(tmp_path, address):
    wire = Wire({"cdn.example/a": httpx.Response(200)})

    assert_unsafe("https://cdn.example/a", tmp_path, wire, addresses=[address])

    assert wire.requests == []


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_V6, "64:ff9b::8.8.8.8"])
def test_a_public_address_is_dialled_with_the_name_for_host_and_tls(tmp_path, clip, address):
    wire = Wire({"cdn.example/a": httpx.Response(200, content=clip)})

    fetch("https://cdn.example/a?sign=1", tmp_path, wire, addresses=[address])

    request = wire.requests[0]
    assert request.url.host == str(httpx.URL("https://x").copy_with(host=address).host)
    assert request.url.query == b"sign=1"
    assert request.headers["host"] == "cdn.example"
    assert request.extensions["sni_hostname"] == "cdn.example"


@pytest.mark.parametrize("addresses", [(PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), (PUBLIC, "::1")])
def test_one_private_address_among_public_ones_is_enough_to_refuse(tmp_path, addresses):
    wire = Wire({"cdn.example/a": httpx.Response(200)})

    assert_unsafe("https://cdn.example/a", tmp_path, wire, addresses=addresses)

    assert wire.requests == []


def test_a_name_is_resolved_once_per_hop_so_that_it_cannot_change_its_mind(tmp_path, clip):
    asked = []

    def resolver(host, port):
        asked.append((host, port))
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    wire = Wire({"cdn.example/a": httpx.Response(200, content=clip)})

    media.fetch("https://cdn.example/a", into=tmp_path, limits=limits(), resolver=resolver, transport_factory=wire)

    assert asked == [("cdn.example", 443)]
    assert wire.requests[0].url.host == PUBLIC


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/a",
        "http://cdn.example:443/a",
        "ftp://cdn.example/a",
        "file:///etc/passwd",
        "https://cdn.example:8443/a",
        "https://user:pass@cdn.example/a",
        "https://user@cdn.example/a",
        "https:///a",
        "/a",
        "",
        "https://cdn.example:99999999/a",
        "https://exa mple\n/a",
    ],
)
def test_only_plain_https_links_are_followed(tmp_path, url):
    error = assert_unsafe(url, tmp_path, Wire({"cdn.example/a": httpx.Response(200)}))

    assert "pass" not in str(error)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_private_host_is_refused_by_the_systems_own_resolver_too(tmp_path, host):
    wire = Wire({})

    with pytest.raises((media.UnsafeURL, media.DownloadFailed)):
        media.fetch(f"https://{host}/a", into=tmp_path, limits=limits(), transport_factory=wire)

    assert wire.requests == []


@pytest.mark.parametrize(
    "location",
    ["http://cdn.example/b", "https://cdn.example:444/b", "https://u:p@cdn.example/b", "https://inner.example/b"],
)
def test_every_hop_is_guarded(tmp_path, location):
    wire = Wire({"cdn.example/a": httpx.Response(302, headers={"location": location})})

    with pytest.raises(media.UnsafeURL):
        media.fetch(
            "https://cdn.example/a",
            into=tmp_path,
            limits=limits(),
            resolver=lambda host, port: ["10.0.0.1"] if host == "inner.example" else [PUBLIC],
            transport_factory=wire,
        )

    assert len(wire.requests) == 1


def test_a_redirect_to_another_public_host_is_followed_under_its_own_name(tmp_path, clip):
    wire = Wire(
        {
            "a.example/a": httpx.Response(307, headers={"location": "//b.example/b#part"}),
            "b.example/b": httpx.Response(200, content=clip),
        }
    )

    fetch("https://a.example/a", tmp_path, wire)

    assert [request.headers["host"] for request in wire.requests] == ["a.example", "b.example"]


def test_the_next_address_is_tried_where_one_takes_no_connection(tmp_path, clip):
    dialled = []

    def answer(request):
        dialled.append(request.url.host)
        if len(dialled) == 1:
            raise httpx.ConnectError("no route")
        return httpx.Response(200, content=clip)

    fetch("https://cdn.example/a", tmp_path, lambda: httpx.MockTransport(answer), addresses=[PUBLIC_V6, PUBLIC])

    assert dialled == [PUBLIC_V6, PUBLIC]


def test_an_unknown_host_may_be_tried_again(tmp_path):
    def resolver(host, port):
        raise OSError("unknown")

    with pytest.raises(media.DownloadFailed, match="cdn.example"):
        media.fetch("https://cdn.example/a", into=tmp_path, limits=limits(), resolver=resolver)


def test_the_exempt_origin_is_exact(serve, clip, tmp_path):
    server = serve({"/a": whole(clip)})
    other = serve({"/a": whole(clip)})

    for url in (f"{other.origin}/a", f"http://localhost:{server.port}/a", f"https://127.0.0.1:{server.port}/a"):
        with pytest.raises(media.UnsafeURL):
            media.fetch(url, into=tmp_path, limits=limits(), exempt_origin=server.origin)
    with pytest.raises(media.UnsafeURL):
        media.fetch(f"{server.origin}/a", into=tmp_path, limits=limits())

    assert (server.connections, other.connections) == (0, 0)


def test_the_exempt_origin_cannot_send_us_elsewhere_inside(serve, tmp_path):
    inner = serve({"/b": whole(b"secret")})
    server = serve({"/a": status(302, f"Location: {inner.origin}/b")})

    with pytest.raises(media.UnsafeURL):
        media.fetch(f"{server.origin}/a", into=tmp_path, limits=limits(), exempt_origin=server.origin)

    assert inner.connections == 0


def test_an_outside_host_cannot_send_us_to_the_exempt_origin(tmp_path):
    wire = Wire({"cdn.example/a": httpx.Response(302, headers={"location": "http://127.0.0.1:8100/b"})})

    assert_unsafe("https://cdn.example/a", tmp_path, wire, exempt_origin="http://127.0.0.1:8100")

    assert len(wire.requests) == 1


def test_what_is_public_is_public():
    assert all(is_public(address) for address in (PUBLIC, PUBLIC_V6, "1.1.1.1", "2a00:1450:4001::1"))
