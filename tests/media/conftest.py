import struct

import pytest

from tests.media.servers import Authority, Server
from tests.media_files import make_video


def _fixed(value):
    return struct.pack(">i", round(value * 65536))


@pytest.fixture
def wide_profile():
    """A minimal ICC profile of Display P3's primaries with a gamma of 2.2, written tag by tag."""
    columns = {b"rXYZ": (0.5151, 0.2412, -0.0011), b"gXYZ": (0.2920, 0.6922, 0.0419), b"bXYZ": (0.1571, 0.0666, 0.7841)}
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags = {name: b"XYZ \0\0\0\0" + b"".join(map(_fixed, column)) for name, column in columns.items()}
    tags[b"wtpt"] = b"XYZ \0\0\0\0" + b"".join(map(_fixed, (0.9642, 1.0, 0.8249)))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    directory, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        directory += name + struct.pack(">II", 132 + 12 * len(tags) + len(bodies), len(body))
        bodies += body
    header = struct.pack(
        ">I4sI4s4s4s", 132 + 12 * len(tags) + len(bodies), b"\0" * 4, 0x04000000, b"mntr", b"RGB ", b"XYZ "
    )
    header += bytes(12) + b"acsp" + bytes(28) + b"".join(map(_fixed, (0.9642, 1.0, 0.8249)))
    return header.ljust(128, b"\0") + directory + bodies


@pytest.fixture
def serve():
    """Start servers that end with the test: `serve({"/a": answer})`."""
    started = []

    def start(answers, context=None):
        started.append(Server(answers, context))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """The bytes of a real one-second MP4."""
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4").read_bytes()
