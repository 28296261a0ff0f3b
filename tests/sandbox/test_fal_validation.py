import pytest

from tests.sandbox.conftest import I2V, T2V, bare64, picture

BRUSH = "fal-ai/kling-video/v1.5/pro/image-to-video"
CAMERA = "fal-ai/kling-video/v1/standard/text-to-video"
IMAGE = "data:image/png;base64," + bare64(picture())


@pytest.mark.parametrize(
    ("endpoint", "body", "kind", "loc"),
    [
        (T2V, {"prompt": ...}, "missing", ["body", "prompt"]),
        (I2V, {}, "missing", ["body", "image_url"]),
        (T2V, {"prompt": 5}, "value_error", ["body", "prompt"]),
        (T2V, {"prompt": "x" * 2501}, "sequence_too_long", ["body", "prompt"]),
        (T2V, {"duration": "7"}, "one_of", ["body", "duration"]),
        (T2V, {"duration": 5}, "one_of", ["body", "duration"]),
        (T2V, {"aspect_ratio": "21:9"}, "one_of", ["body", "aspect_ratio"]),
        (T2V, {"cfg_scale": 1.1}, "less_than_equal", ["body", "cfg_scale"]),
        (T2V, {"cfg_scale": -0.1}, "greater_than_equal", ["body", "cfg_scale"]),
        (T2V, {"cfg_scale": "0.5"}, "value_error", ["body", "cfg_scale"]),
        (I2V, {"image_url": "photo.png"}, "value_error", ["body", "image_url"]),
        (CAMERA, {"camera_control": "zoom_in"}, "one_of", ["body", "camera_control"]),
        (
            BRUSH,
            {"image_url": IMAGE, "dynamic_masks": [{"mask_url": IMAGE, "trajectories": [{"x": 1, "y": 1}]}]},
            "sequence_too_short",
            ["body", "dynamic_masks", 0, "trajectories"],
        ),
    ],
)
def test_a_body_that_does_not_fit_the_schema_is_422_with_a_detail_list(fal, endpoint, body, kind, loc):
    before = fal.sandbox.state()["tasks"]

    reply = fal.submit(endpoint, **body)

    assert reply.status_code == 422
    problem = reply.json()["detail"][0]
    assert (problem["type"], problem["loc"]) == (kind, loc)
    assert problem["msg"]
    assert fal.sandbox.state()["tasks"] == before


def test_a_body_that_is_not_json_is_422(fal):
    reply = fal.sandbox.http.post(f"/fal/{T2V}", content=b"{", headers=fal.headers)

    assert reply.status_code == 422


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("http://169.254.169.254/photo.png", "file_download_error"),
        ("https://example.com/photo.png", "file_download_error"),
        ("data:image/png;base64," + bare64(b"not a picture"), "image_load_error"),
        ("data:image/png;base64," + bare64(picture()[:400]), "image_load_error"),
        ("data:image/png;base64," + bare64(picture(1000, 399)), "value_error"),
        ("data:image/gif;base64," + bare64(picture(kind="GIF")), "unsupported_image_format"),
    ],
)
def test_a_picture_that_cannot_be_used_ends_the_task_with_fals_word_for_it(fal, image, kind):
    task_id = fal.start(I2V, image_url=image)
    fal.finish(task_id)

    reply = fal.result(task_id)

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["type"] == kind


def test_a_picture_above_ten_megabytes_is_too_large(fal):
    url = fal.upload(picture() + b"\0" * 10_000_000)
    task_id = fal.start(I2V, image_url=url)
    fal.finish(task_id)

    assert fal.result(task_id).json()["detail"][0]["type"] == "file_too_large"


def test_fields_an_endpoint_does_not_know_are_ignored_and_noted_in_the_bill(fal):
    task_id = fal.start(I2V, image_url=IMAGE, aspect_ratio="21:9", tail_image_url="x", mode="pro")

    row = fal.sandbox.wait_for(task_id)

    assert row["state"] == "done"
    assert row["ignored"] == ["aspect_ratio", "mode", "tail_image_url"]


def test_masks_and_end_frames_are_taken_where_the_endpoint_has_them(fal):
    masks = [{"mask_url": IMAGE, "trajectories": [{"x": 1, "y": 1}, {"x": 9, "y": 9}]}]

    brushed = fal.start(BRUSH, image_url=IMAGE, static_mask_url=IMAGE, dynamic_masks=masks)
    ended = fal.start("fal-ai/kling-video/v2.1/pro/image-to-video", image_url=IMAGE, tail_image_url=IMAGE)

    assert [fal.sandbox.wait_for(task_id)["state"] for task_id in (brushed, ended)] == ["done", "done"]
