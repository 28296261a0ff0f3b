"""Where inputs may come from: the sandbox's own stores and results, the request itself, and this machine."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from generations.sandbox.inputs import InputStore
from tests.media_files import make_image
from tests.sandbox.conftest import film, picture


@pytest.fixture
def portal():
    """A web server of this machine that hands out one picture and one film, as the portal does by signed addresses."""
    files = {"/a.png?token=1": picture(), "/a.mp4?token=1": film(5)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            data = files.get(self.path)
            self.send_response(200 if data else 404)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_signed_address_of_the_portal_is_fetched(kling, portal):
    still = kling.made("/v1/videos/image2video", image=f"{portal}/a.png?token=1", prompt="a boat")
    moved = kling.made(
        "/v1/videos/motion-control",
        image_url=f"{portal}/a.png?token=1",
        video_url=f"{portal}/a.mp4?token=1",
        character_orientation="video",
        mode="std",
    )

    assert still["task_status"] == "succeed"
    assert float(moved["task_result"]["videos"][0]["duration"]) == 5


@pytest.mark.parametrize("address", ["{portal}/a.png?token=2", "http://127.0.0.1:1/a.png", "http://10.0.0.1/a.png"])
def test_an_address_that_gives_no_file_is_refused(kling, portal, address):
    reply = kling.create("image2video", image=address.format(portal=portal))

    assert (reply.status_code, reply.json()["code"]) == (400, 1201)


def test_a_result_is_an_input_of_the_next_call_and_of_another_provider(kling, fal):
    image = kling.made("/v1/images/generations", prompt="a boat")["task_result"]["images"][0]["url"]

    film_of = kling.made("/v1/videos/image2video", image=image)["task_result"]["videos"][0]
    task_id = fal.start("fal-ai/kling-video/v2/master/image-to-video", image_url=image)

    assert fal.sandbox.wait_for(task_id)["state"] == "done"
    assert film_of["url"] != image


def test_a_film_is_not_a_picture_and_a_picture_not_a_sound(kling, portal):
    film_as_picture = kling.create("image2video", image=f"{portal}/a.mp4?token=1")
    picture_as_film = kling.post("/v1/audio/video-to-audio", video_url=f"{portal}/a.png?token=1")

    assert film_as_picture.json()["code"] == picture_as_film.json()["code"] == 1201


def test_the_same_file_may_come_many_times_at_once(tmp_path, monkeypatch):
    same = make_image(tmp_path / "same.png", (400, 400)).read_bytes()
    store, write = InputStore(tmp_path / "data", ()), Path.write_bytes

    def slowly(path, data):
        write(path, data)
        time.sleep(0.05)

    monkeypatch.setattr(Path, "write_bytes", slowly)
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: store.keep(same, "image", {}), range(8)))

    assert {item.path.read_bytes() for item in kept} == {same}
