from __future__ import annotations

import base64
import io
import json
import threading
import time
import uuid
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from tests.sandbox_server import RunningSandbox, running_sandbox

PHOTOS = Path(__file__).resolve().parents[1] / "photos"
I2V = "fal-ai/kling-video/v2/master/image-to-video"
T2V = "fal-ai/kling-video/v2/master/text-to-video"


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """One fast sandbox for all tests that need nothing special; each test has an account of its own."""
    with running_sandbox(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture
def fal(sandbox):
    return FalClient(sandbox)


@pytest.fixture
def kling(sandbox):
    return KlingClient(sandbox)


@pytest.fixture
def hooks():
    receiver = Receiver()
    yield receiver
    receiver.close()


class FalClient:
    """What a caller of fal does, by hand, with a key of its own."""

    def __init__(self, sandbox: RunningSandbox, key: str = "") -> None:
        self.sandbox = sandbox
        self.key = key or f"{uuid.uuid4()}:secret"
        self.headers = {"Authorization": f"Key {self.key}"}

    def upload(self, data: bytes, name: str = "photo.jpg", media_type: str = "image/jpeg") -> str:
        token = self.sandbox.http.post(
            "/fal-rest/storage/auth/token?storage_type=fal-cdn-v3", json={}, headers=self.headers
        ).json()
        headers = {"Authorization": f"{token['token_type']} {token['token']}", "X-Fal-File-Name": name}
        reply = self.sandbox.http.post(
            f"{token['base_url']}/files/upload", content=data, headers={**headers, "Content-Type": media_type}
        )
        assert reply.status_code == 200, reply.text
        return reply.json()["access_url"]

    def submit(self, endpoint: str = T2V, *, hook: str = "", fault: str = "", **body) -> httpx.Response:
        body = {"prompt": "a boat", **body}
        return self.sandbox.http.post(
            f"/fal/{endpoint}",
            params={"fal_webhook": hook} if hook else {},
            json={name: value for name, value in body.items() if value is not ...},
            headers={**self.headers, **({"X-Sandbox-Fault": fault} if fault else {})},
        )

    def start(self, endpoint: str = T2V, **body) -> str:
        reply = self.submit(endpoint, **body)
        assert reply.status_code == 200, reply.text
        return reply.json()["request_id"]

    def status(self, task_id: str, **params) -> httpx.Response:
        url = f"/fal/fal-ai/kling-video/requests/{task_id}/status"
        return self.sandbox.http.get(url, params=params, headers=self.headers)

    def result(self, task_id: str) -> httpx.Response:
        return self.sandbox.http.get(f"/fal/fal-ai/kling-video/requests/{task_id}", headers=self.headers)

    def cancel(self, task_id: str) -> httpx.Response:
        return self.sandbox.http.put(f"/fal/fal-ai/kling-video/requests/{task_id}/cancel", headers=self.headers)

    def finish(self, task_id: str) -> httpx.Response:
        """The status once it says COMPLETED."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            reply = self.status(task_id)
            if reply.json()["status"] == "COMPLETED":
                return reply
            time.sleep(0.02)
        raise AssertionError(f"Still {reply.text}")


class KlingClient:
    """What a caller of the official API does, by hand, with an API key of its own."""

    def __init__(self, sandbox: RunningSandbox, token: str = "") -> None:
        self.sandbox = sandbox
        self.headers = {"Authorization": f"Bearer {token or uuid.uuid4().hex}"}

    def create(self, kind: str = "text2video", *, fault: str = "", **body) -> httpx.Response:
        body = {"model_name": "kling-v1", "prompt": "a boat", **body}
        return self.sandbox.http.post(
            f"/kling/v1/videos/{kind}",
            json={name: value for name, value in body.items() if value is not ...},
            headers={**self.headers, **({"X-Sandbox-Fault": fault} if fault else {})},
        )

    def start(self, kind: str = "text2video", **body) -> str:
        reply = self.create(kind, **body)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]["task_id"]

    def post(self, path: str, **body) -> httpx.Response:
        """Any path, with only the fields that are given."""
        return self.sandbox.http.post(f"/kling{path}", json=body, headers=self.headers)

    def get(self, path: str, **params) -> httpx.Response:
        return self.sandbox.http.get(f"/kling{path}", params=params, headers=self.headers)

    def made(self, path: str, **body) -> dict:
        """The data of a task of any path, once it has ended well."""
        reply = self.post(path, **body)
        assert reply.status_code == 200, reply.text
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            data = self.get(f"{path}/{reply.json()['data']['task_id']}").json()["data"]
            if data["task_status"] in ("succeed", "failed"):
                assert data["task_status"] == "succeed", data
                return data
            time.sleep(0.02)
        raise AssertionError(f"Still {data}")

    def query(self, task_id: str, kind: str = "text2video") -> httpx.Response:
        return self.sandbox.http.get(f"/kling/v1/videos/{kind}/{task_id}", headers=self.headers)

    def list(self, kind: str = "text2video", **params) -> httpx.Response:
        return self.sandbox.http.get(f"/kling/v1/videos/{kind}", params=params, headers=self.headers)

    def finish(self, task_id: str, kind: str = "text2video") -> dict:
        """The task's data once it has ended."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            data = self.query(task_id, kind).json()["data"]
            if data["task_status"] in ("succeed", "failed"):
                return data
            time.sleep(0.02)
        raise AssertionError(f"Still {data}")


class Receiver:
    """A web server that keeps every webhook; `answers` are the statuses it gives, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        keep = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                keep.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(keep.answers.pop(0) if keep.answers else 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?job=7"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def wait(self, count: int = 1, seconds: float = 15) -> list[dict]:
        deadline = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.got) >= count, f"{len(self.got)} of {count} webhooks came"
        return [json.loads(body) for _, body in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def picture(width: int = 400, height: int = 300, kind: str = "PNG", mode: str = "RGB") -> bytes:
    """A plain picture as a file."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(file, kind)
    return file.getvalue()


def bare64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def film(seconds: float = 5, size: tuple[int, int] = (1280, 720), fps: int = 8) -> bytes:
    """A plain film with a sound track, as MP4."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "40"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * fps)):
            shade = np.full((size[1], size[0], 3), number * 2 % 256, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def speech(seconds: float = 5) -> bytes:
    """A hum as WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes((np.sin(np.arange(round(seconds * 8000)) / 9) * 3000).astype(np.int16).tobytes())
    return file.getvalue()
