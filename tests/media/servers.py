"""Real sockets for download tests: one answer per path, over HTTP, or over TLS with an authority of our own."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

OK = b"HTTP/1.1 200 OK\r\n"


class Server:
    """Answers each connection with what `answers` holds for its path: bytes, or a function of the socket."""

    def __init__(self, answers, context=None):
        self.answers = answers
        self.context = context
        self.requests = []
        self.connections = 0
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while not self._stop.is_set():
            with contextlib.suppress(OSError):
                connection, _address = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with contextlib.suppress(OSError), connection:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096) or b"\r\n\r\n"
            self.requests.append(request.decode())
            path = request.split(b" ")[1].decode().partition("?")[0]
            answer = self.answers[path]
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)
            connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._stop.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)


def whole(body, *headers):
    """A complete answer with its length."""
    return OK + "".join(f"{line}\r\n" for line in headers).encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def status(code, *headers):
    return (
        f"HTTP/1.1 {code} X\r\n".encode()
        + "".join(f"{line}\r\n" for line in headers).encode()
        + b"Content-Length: 0\r\n\r\n"
    )


def trickle(head, byte, pause=0.02, seconds=3):
    """Send a head and then byte after byte, with little pauses, until the other side goes."""

    def send(connection):
        connection.sendall(head)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            connection.sendall(byte)
            time.sleep(pause)

    return send


class Authority:
    """A certificate authority that lives in a folder for one test run."""

    def __init__(self, folder):
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
        self.path = folder / "authority.pem"
        certificate = self._sign(self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_context(self, host):
        """TLS for a server that is `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            name = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        certificate = self._sign(subject, key.public_key(), x509.SubjectAlternativeName([name]))
        pem = self.folder / f"{host}.pem"
        pem.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def client_context(self):
        """TLS for a client that trusts this authority and nobody else."""
        return ssl.create_default_context(cafile=str(self.path))

    def _sign(self, subject, public_key, extension):
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )
