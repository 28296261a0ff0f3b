"""The films are real: probed with PyAV, compared with what was sent."""

import io
import time

import av
import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from tests.sandbox.conftest import I2V, PHOTOS, FalClient, KlingClient, bare64, film, picture
from tests.sandbox_server import running_sandbox


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    with running_sandbox(tmp_path_factory.mktemp("real"), render="real") as running:
        yield running


def film_of(studio, task_id):
    row = studio.wait_for(task_id, seconds=60)
    assert row["state"] == "done"
    return studio.http.get(row["output_url"]).content


def probe(data):
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_image() for frame in container.decode(stream)]
        return stream, frames, float(stream.duration * stream.time_base)


def likeness(one, other):
    size = (320, round(320 * one.height / one.width))
    grey = [np.asarray(image.convert("L").resize(size)) for image in (one, other)]
    return structural_similarity(*grey)


@pytest.mark.parametrize("name", ["rocket.jpg", "chelsea.png"])
def test_frame_0_is_the_photograph_that_was_sent_and_no_other(studio, name):
    fal = FalClient(studio)
    url = fal.upload((PHOTOS / name).read_bytes(), name)
    photos = {other: Image.open(PHOTOS / other) for other in ("rocket.jpg", "chelsea.png")}

    _, frames, _ = probe(film_of(studio, fal.start(I2V, image_url=url)))

    assert likeness(photos[name], frames[0]) >= 0.95
    assert all(likeness(photo, frames[0]) < 0.5 for other, photo in photos.items() if other != name)
    assert likeness(frames[0], frames[-1]) < 0.8


def test_an_image_to_video_film_has_the_asked_length_size_and_codec(studio):
    fal = FalClient(studio)
    url = fal.upload((PHOTOS / "rocket.jpg").read_bytes())

    stream, frames, seconds = probe(film_of(studio, fal.start(I2V, image_url=url)))

    context = stream.codec_context
    assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    assert (len(frames), seconds, float(stream.average_rate)) == (120, 5.0, 24.0)
    assert (context.width, context.height) == (1080, 720)  # 640x427 with a short side of 720, both even


def test_1080p_and_thirty_frames_come_from_the_table_of_products(studio):
    kling = KlingClient(studio)
    image = bare64(picture(300, 400))

    task_id = kling.start("image2video", model_name="kling-v1-6", mode="pro", image=image)
    stream, frames, seconds = probe(film_of(studio, task_id))

    assert (stream.codec_context.width, stream.codec_context.height) == (1080, 1440)
    assert (len(frames), seconds, float(stream.average_rate)) == (150, 5.0, 30.0)


@pytest.mark.parametrize(("ratio", "size"), [("16:9", (1280, 720)), ("9:16", (720, 1280)), ("1:1", (720, 720))])
def test_a_drawn_scene_has_the_asked_shape(studio, ratio, size):
    task_id = FalClient(studio).start(prompt="hills at dusk", aspect_ratio=ratio)

    stream, frames, _ = probe(film_of(studio, task_id))

    assert (stream.codec_context.width, stream.codec_context.height) == size
    assert len(frames) == 120
    assert likeness(frames[0], frames[-1]) < 0.999


def test_the_end_frame_is_where_the_film_arrives(studio):
    kling = KlingClient(studio)
    first, last = (PHOTOS / name for name in ("rocket.jpg", "chelsea.png"))

    task_id = kling.start(
        "image2video",
        model_name="kling-v1",
        image=bare64(first.read_bytes()),
        image_tail=bare64(last.read_bytes()),
    )
    _, frames, _ = probe(film_of(studio, task_id))

    assert likeness(Image.open(first), frames[0]) >= 0.95
    assert likeness(Image.open(last), frames[-1]) >= 0.8


def test_the_index_is_at_the_front_and_the_file_says_what_it_is(studio):
    data = film_of(studio, FalClient(studio).start(prompt="hills"))

    assert data.index(b"moov") < data.index(b"mdat")
    assert b"sandbox" in data


def test_the_same_prompt_draws_the_same_scene_and_another_one_another(studio):
    fal = FalClient(studio)

    one, same, other = (film_of(studio, fal.start(prompt=text)) for text in ("a", "a [render 1s]", "b"))

    assert one == same
    assert one != other


def test_ranges_of_a_film_can_be_asked_for(studio):
    fal = FalClient(studio)
    row = studio.wait_for(fal.start(prompt="a"), seconds=60)

    part = studio.http.get(row["output_url"], headers={"Range": "bytes=4-7"})

    assert (part.status_code, part.content) == (206, b"ftyp")


def test_polls_are_answered_while_a_film_is_rendered(studio):
    fal = FalClient(studio)
    url = fal.upload(picture(900, 600, "JPEG"), "big.jpg")
    task_id = fal.start(I2V, image_url=url)

    slowest, polls = 0.0, 0
    while fal.status(task_id).json()["status"] != "COMPLETED":
        before = time.monotonic()
        fal.status(task_id)
        slowest, polls = max(slowest, time.monotonic() - before), polls + 1

    assert polls > 5
    assert slowest < 1.0


def test_an_extension_goes_on_where_its_source_ended(studio):
    kling = KlingClient(studio)
    source = kling.finish(kling.start(prompt="hills at dusk"))["task_result"]["videos"][0]

    data = kling.made("/v1/videos/video-extend", video_id=source["id"])
    _, before, _ = probe(studio.http.get(source["url"]).content)
    _, after, seconds = probe(studio.http.get(data["task_result"]["videos"][0]["url"]).content)

    assert seconds == 10.0
    assert likeness(before[60], after[60]) > 0.9
    assert likeness(before[-1], after[len(before)]) > 0.9
    assert likeness(after[len(before)], after[-1]) < 0.98


def test_lip_sync_hands_back_the_film_that_was_sent(studio):
    data = film(3, (1280, 720))
    url = FalClient(studio).upload(data, "film.mp4", "video/mp4")
    given = {"video_url": url, "mode": "text2video", "text": "Hello", "voice_id": "oversea_male1"}

    made = KlingClient(studio).made("/v1/videos/lip-sync", input=given)

    assert studio.http.get(made["task_result"]["videos"][0]["url"]).content == data


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"aspect_ratio": "21:9", "resolution": "1k"}, (2390, 1024)),
        ({"aspect_ratio": "1:1", "resolution": "2k"}, (2048, 2048)),
        ({"aspect_ratio": "3:4"}, (1024, 1366)),
    ],
)
def test_pictures_have_the_asked_shape_and_size(studio, body, size):
    made = KlingClient(studio).made("/v1/images/generations", prompt="hills at dusk", n=2, **body)

    files = [studio.http.get(image["url"]).content for image in made["task_result"]["images"]]
    images = [Image.open(io.BytesIO(data)) for data in files]
    assert [(image.format, image.size) for image in images] == [("PNG", size)] * 2
    assert files[0] != files[1]


@pytest.mark.parametrize(("form", "kind"), [("jpeg", "JPEG"), ("webp", "WEBP"), ("png", "PNG")])
def test_fals_pictures_come_in_the_asked_format(studio, form, kind):
    fal = FalClient(studio)

    data = film_of(studio, fal.start("fal-ai/kling-image/v3/text-to-image", prompt="hills", output_format=form))

    assert Image.open(io.BytesIO(data)).format == kind


@pytest.mark.parametrize("kind", ["mp3", "wav"])
def test_sounds_are_as_long_as_asked_and_not_silent(studio, kind):
    made = KlingClient(studio).made("/v1/audio/text-to-audio", prompt="waves", duration=3.5)

    data = studio.http.get(made["task_result"]["audios"][0][f"url_{kind}"]).content
    with av.open(io.BytesIO(data)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        seconds = float(container.duration / av.time_base)
    assert abs(seconds - 3.5) < 0.1
    assert max(float(np.abs(frame).max()) for frame in frames) > 0
