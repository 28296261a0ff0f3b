import pytest

from tests.sandbox.conftest import bare64, picture

IMAGE = bare64(picture())
OTHER_RATIO = bare64(picture(300, 300))
PATH = [{"x": 1, "y": 1}, {"x": 9, "y": 9}]
MASKS = [{"mask": IMAGE, "trajectories": PATH}]
ZOOM = {"type": "simple", "config": {"zoom": 5}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"prompt": ...}, 1201),
        ({"prompt": "x" * 2501}, 1201),
        ({"negative_prompt": "x" * 2501}, 1201),
        ({"prompt": 5}, 1200),
        ({"duration": 5}, 1200),
        ({"duration": "7"}, 1201),
        ({"aspect_ratio": "21:9"}, 1201),
        ({"mode": "professional"}, 1201),
        ({"cfg_scale": 1.5}, 1201),
        ({"cfg_scale": "0.5"}, 1200),
        ({"model_name": "kling-v2-master", "cfg_scale": 0.5}, 1201),
        ({"model_name": "kling-v2-master", "mode": "std"}, 1201),
        ({"model_name": "kling-v2-1-master", "mode": "std"}, 1201),
        ({"model_name": "kling-v2-1"}, 1201),
        ({"model_name": "kling-v9"}, 1203),
        ({"camera_control": {"type": "zoom_in"}}, 1201),
        ({"camera_control": {"type": "simple"}}, 1201),
        ({"camera_control": {"type": "simple", "config": {"zoom": 11}}}, 1201),
        ({"camera_control": {"type": "simple", "config": {"zoom": 1, "pan": 1}}}, 1201),
        ({"camera_control": {"type": "down_back", "config": {"zoom": 1}}}, 1201),
        ({"camera_control": ZOOM, "duration": "10"}, 1201),
        ({"camera_control": ZOOM, "mode": "pro"}, 1201),
        ({"model_name": "kling-v1-6", "camera_control": ZOOM}, 1201),
    ],
)
def test_text_to_video_refuses(kling, body, code):
    reply = kling.create(**body)

    assert (reply.status_code, reply.json()["code"]) == (404 if code == 1203 else 400, code)
    assert reply.json()["message"]
    assert kling.list().json()["data"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 1201),
        ({"image": 5}, 1200),
        ({"image": "data:image/png;base64," + IMAGE}, 1201),
        ({"image": "not base64"}, 1201),
        ({"image": "https://example.com/a.png"}, 1201),
        ({"image": bare64(b"not a picture")}, 1201),
        ({"image": bare64(picture(299, 400))}, 1201),
        ({"image": bare64(picture(1000, 399))}, 1201),
        ({"image": bare64(picture(kind="GIF"))}, 1201),
        ({"image": bare64(picture() + b"\0" * 10_000_000)}, 1201),
        ({"image": IMAGE, "image_tail": IMAGE, "duration": "10"}, 1201),
        ({"image": IMAGE, "image_tail": IMAGE, "model_name": "kling-v2-1-master"}, 1201),
        ({"image": IMAGE, "image_tail": IMAGE, "model_name": "kling-v2-1", "mode": "std"}, 1201),
        ({"image": IMAGE, "image_tail": IMAGE, "static_mask": IMAGE}, 1201),
        ({"image": IMAGE, "image_tail": IMAGE, "camera_control": ZOOM}, 1201),
        ({"image": IMAGE, "static_mask": IMAGE, "camera_control": ZOOM}, 1201),
        ({"image": IMAGE, "static_mask": IMAGE, "model_name": "kling-v1-6"}, 1201),
        ({"image": IMAGE, "static_mask": OTHER_RATIO}, 1201),
        ({"image": IMAGE, "static_mask": bare64(picture(800, 600)), "dynamic_masks": MASKS}, 1201),
        ({"image": IMAGE, "dynamic_masks": MASKS * 7}, 1201),
        ({"image": IMAGE, "dynamic_masks": [{"mask": IMAGE, "trajectories": PATH[:1]}]}, 1201),
        ({"image": IMAGE, "dynamic_masks": [{"mask": IMAGE, "trajectories": [[1, 2], [3, 4]]}]}, 1201),
        ({"image": IMAGE, "dynamic_masks": {}}, 1200),
    ],
)
def test_image_to_video_refuses(kling, body, code):
    reply = kling.create("image2video", **body)

    assert (reply.status_code, reply.json()["code"]) == (400, code), reply.text
    assert kling.list("image2video").json()["data"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"image": IMAGE, "cfg_scale": 0.3, "negative_prompt": "blur"},
        {"image": IMAGE, "static_mask": IMAGE, "dynamic_masks": MASKS},
        {"image": IMAGE, "camera_control": ZOOM},
        {"image": IMAGE, "camera_control": {"type": "down_back"}},
        {"image_tail": IMAGE},
        {"image": IMAGE, "image_tail": IMAGE, "model_name": "kling-v2-1", "mode": "pro", "duration": "10"},
        {"image": IMAGE, "model_name": "kling-v2-master"},
        {"image": IMAGE, "model_name": "kling-v2-1-master", "mode": "pro"},
        {"image": IMAGE, "model_name": ..., "model": "kling-v1"},
    ],
)
def test_image_to_video_takes(kling, body):
    task_id = kling.start("image2video", **body)

    assert kling.finish(task_id, "image2video")["task_status"] == "succeed"


def test_a_body_that_is_not_json_is_1200(kling):
    reply = kling.sandbox.http.post("/kling/v1/videos/text2video", content=b"[]", headers=kling.headers)

    assert (reply.status_code, reply.json()["code"]) == (400, 1200)


def test_fields_the_api_does_not_know_are_noted_in_the_bill(kling):
    task_id = kling.start(aspect="16:9", image_url="x")

    row = next(row for row in kling.sandbox.bill() if row["task_id"] == task_id)

    assert row["ignored"] == ["aspect", "image_url"]
