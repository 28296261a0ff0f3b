"""Servers on real sockets that misbehave in one named way each."""

import asyncio
import contextlib
import socket
import struct

PATIENCE_SECONDS = 2


class Server:
    """Counts connections and keeps what arrived; `behave(reader, writer, server)` decides what is answered."""

    def __init__(self, behave):
        self.behave = behave
        self.connections = 0
        self.received = b""
        self.over = asyncio.Event()
        self.tasks = set()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/path?signature=hidden"
        return self

    async def __aexit__(self, *error):
        self.over.set()
        self.server.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self.connections += 1
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self.behave(reader, writer, self)
        writer.close()

    async def read_request(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        self.received += head + await reader.readexactly(int(lengths[0]) if lengths else 0)

    async def wait(self):
        """Until the test is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), PATIENCE_SECONDS)

    @property
    def posts(self):
        return self.received.count(b"POST ")


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answering(raw, *, keep_open=False):
    async def behave(reader, writer, server):
        await server.read_request(reader)
        writer.write(raw)
        await writer.drain()
        if keep_open:
            await server.wait()

    return behave


async def closed_at_once(reader, writer, server):
    return


async def closed_after_reading(reader, writer, server):
    await server.read_request(reader)


async def reset(reader, writer, server):
    await server.read_request(reader)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def silence(reader, writer, server):
    await server.read_request(reader)
    await server.wait()


async def endless_body(reader, writer, server):
    await server.read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.over.is_set():
        writer.write(b"x" * 65_536)
        await writer.drain()


async def trickle(reader, writer, server):
    await server.read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.over.is_set():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


half_an_answer = _answering(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"request_id":')
garbage = _answering(b"\x00\x01\x02 no HTTP at all\r\n\r\n")
bad_chunks = _answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nabc\r\n", keep_open=True)
bad_gzip = _answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", keep_open=True)
huge_header = _answering(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n", keep_open=True)
no_tls = _answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def polite(reader, writer, server):
    """Answers every request on a connection, sets a cookie, and never closes by itself."""
    while True:
        await server.read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=other-account; Path=/\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()


redirect = _answering(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
