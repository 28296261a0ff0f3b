"""The checked address is dialled, and the certificate must still be that of the name. Against a real TLS server."""

import ssl

import httpx
import pytest

from generations import media
from generations.media import guard
from tests.media.servers import whole
from tests.media.test_fetch import limits


@pytest.fixture
def fetch_from(authority, tmp_path, monkeypatch):
    """Fetch https://HOST/a while the name resolves to a local server on another port.

    Only two things differ from a real download: loopback counts as public, and 443 is led to the server's port.
    """

    def run(host, server):
        monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")

        class ToThePort(httpx.AsyncHTTPTransport):
            async def handle_async_request(self, request):
                request.url = request.url.copy_with(port=server.port)
                return await super().handle_async_request(request)

        return media.fetch(
            f"https://{host}/a",
            into=tmp_path,
            limits=limits(),
            resolver=lambda name, port: ["127.0.0.1"],
            transport_factory=lambda: ToThePort(verify=authority.client_context(), trust_env=False),
        )

    return run


def test_a_certificate_for_the_name_is_accepted_though_an_address_is_dialled(fetch_from, authority, serve, clip):
    asked = []
    context = authority.server_context("cdn.example")
    context.sni_callback = lambda connection, name, context: asked.append(name)
    server = serve({"/a": whole(clip)}, context)

    fetched = fetch_from("cdn.example", server)

    assert fetched.size_bytes == len(clip)
    assert asked == ["cdn.example"]
    assert "Host: cdn.example\r\n" in server.requests[0]


@pytest.mark.parametrize("owner", ["other.example", "127.0.0.1"])
def test_a_certificate_for_anything_else_is_refused(fetch_from, authority, serve, clip, owner, tmp_path):
    server = serve({"/a": whole(clip)}, authority.server_context(owner))

    with pytest.raises(media.DownloadFailed):
        fetch_from("cdn.example", server)

    assert server.requests == []
    assert list(tmp_path.iterdir()) == []


def test_the_real_transport_verifies_certificates():
    from importlib import import_module

    context = import_module("generations.media.fetch")._tls()

    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
