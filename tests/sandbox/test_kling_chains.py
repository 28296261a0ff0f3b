"""Calls that build on earlier ones: extensions, lip-sync in one step and in two, the editor's session, speech."""

from types import SimpleNamespace

import httpx
import pytest

from generations.sandbox import products
from generations.sandbox.kling_auth import KlingError
from generations.sandbox.kling_chain import source_of
from tests.sandbox.conftest import FalClient, KlingClient, bare64, film, picture, speech
from tests.sandbox_server import running_sandbox

VIDEO = "/v1/videos"
SOUND = bare64(speech(4))


@pytest.fixture(scope="module")
def film_url(sandbox):
    return FalClient(sandbox).upload(film(5), "film.mp4", "video/mp4")


def video_of(kling, **body):
    return kling.finish(kling.start(**body))["task_result"]["videos"][0]


def test_an_extension_is_longer_names_its_parent_and_can_be_extended_again(kling):
    first = video_of(kling)

    second = kling.made(f"{VIDEO}/video-extend", video_id=first["id"], prompt="further")
    video = second["task_result"]["videos"][0]
    third = kling.made(f"{VIDEO}/video-extend", video_id=video["id"])

    assert second["task_info"]["parent_video"]["id"] == first["id"]
    assert [float(one["duration"]) for one in (first, video, third["task_result"]["videos"][0])] == [5, 10, 15]
    assert second["final_unit_deduction"] == third["final_unit_deduction"] == "1"


@pytest.mark.parametrize(
    ("body", "units"),
    [
        ({"model_name": "kling-v1-6"}, "2"),
        ({"model_name": "kling-v1", "mode": "pro"}, "3.5"),
        ({"model_name": "kling-v2-master"}, "10"),
    ],
)
def test_an_extension_costs_by_the_model_of_its_source(kling, body, units):
    source = video_of(kling, **body)

    assert kling.made(f"{VIDEO}/video-extend", video_id=source["id"])["final_unit_deduction"] == units


def test_a_film_is_extended_only_by_its_owner_and_only_of_models_that_can_be(sandbox, kling):
    mine, newer = video_of(kling), video_of(kling, model_name="kling-v2-5-turbo")

    refused = [
        KlingClient(sandbox).post(f"{VIDEO}/video-extend", video_id=mine["id"]),
        kling.post(f"{VIDEO}/video-extend", video_id=newer["id"]),
        kling.post(f"{VIDEO}/video-extend", video_id="nothing"),
        kling.post(f"{VIDEO}/video-extend"),
    ]

    assert [reply.json()["code"] for reply in refused] == [1201] * 4


@pytest.mark.parametrize(("seconds", "is_taken"), [(175, True), (176, False), (180, False)])
def test_three_minutes_are_the_end(seconds, is_taken):
    film = SimpleNamespace(path=lambda key: f"films/{key}")
    source = SimpleNamespace(
        provider="kling",
        account="me",
        done_at=None,
        films=["a.mp4"],
        outputs=[""],
        output_url="",
        seconds=seconds,
        model="kling-v1",
        tier="std",
        extra={},
    )
    world = SimpleNamespace(made={"id": source}, studio=film)
    body = {"video_id": "id"}
    checked = products.check(products.find("kling", f"{VIDEO}/video-extend"), body)

    if is_taken:
        assert source_of(world, "me", checked, body).seconds == 180
    else:
        with pytest.raises(KlingError, match="longer than 180 seconds"):
            source_of(world, "me", checked, body)


def test_an_old_film_cannot_be_built_on(tmp_path):
    with running_sandbox(tmp_path) as sandbox:
        kling = KlingClient(sandbox)
        video = video_of(kling)
        sandbox.control(result_seconds=0.001)

        assert kling.post(f"{VIDEO}/video-extend", video_id=video["id"]).json()["code"] == 1201
        assert sandbox.http.get(video["url"]).status_code == 403


@pytest.mark.parametrize(
    "sound",
    [
        {"mode": "text2video", "text": "Hello there.", "voice_id": "oversea_male1", "voice_language": "en"},
        {"mode": "audio2video", "audio_type": "file", "audio_file": SOUND},
    ],
)
def test_lip_sync_takes_text_or_a_sound_for_a_film_of_either_origin(kling, film_url, sound):
    by_url = kling.made(f"{VIDEO}/lip-sync", input={"video_url": film_url, **sound})
    by_id = kling.made(f"{VIDEO}/lip-sync", input={"video_id": video_of(kling, duration="10")["id"], **sound})

    assert [one["final_unit_deduction"] for one in (by_url, by_id)] == ["0.5", "1"]
    assert float(by_url["task_result"]["videos"][0]["duration"]) == 5
    assert "parent_video" in by_id["task_info"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"mode": "text2video", "text": "Hello"},
        {"mode": "text2video", "text": "x" * 121, "voice_id": "oversea_male1"},
        {"mode": "text2video", "text": "Hello", "voice_id": "nobody"},
        {"mode": "text2video", "text": "Hello", "voice_id": "oversea_male1", "voice_speed": 2.1},
        {"mode": "audio2video"},
        {"mode": "audio2video", "audio_type": "url", "audio_file": SOUND},
        {"mode": "text2video", "text": "Hello", "voice_id": "oversea_male1", "video_id": "both"},
    ],
)
def test_lip_sync_refuses(kling, film_url, given):
    assert kling.post(f"{VIDEO}/lip-sync", input={"video_url": film_url, **given}).json()["code"] == 1201


CHOSEN = {"sound_start_time": 0, "sound_end_time": 3000, "sound_insert_time": 1000}


def session_of(kling, film_url):
    return kling.post(f"{VIDEO}/identify-face", video_url=film_url).json()["data"]


def test_faces_are_found_at_once_and_then_spoken_with(kling, film_url):
    found = session_of(kling, film_url)
    face = found["face_data"][0]

    chosen = {"face_id": face["face_id"], "sound_file": SOUND, **CHOSEN}
    data = kling.made(f"{VIDEO}/advanced-lip-sync", session_id=found["session_id"], face_choose=[chosen])

    assert (face["start_time"], face["end_time"]) == (0, 5000)
    assert kling.sandbox.http.get(face["face_image"]).headers["content-type"] == "image/png"
    assert data["final_unit_deduction"] == "0.5"
    rows = [row for row in kling.sandbox.bill() if row["task_id"] in (found["session_id"], data["task_id"])]
    assert [row["billed"]["amount"] for row in rows] == ["0.05", "0.5"]


@pytest.mark.parametrize(
    "change",
    [
        {"face_id": "99"},
        {"sound_end_time": 1999},
        {"sound_insert_time": 3001},
        {"sound_file": None},
        {"audio_id": "nothing", "sound_file": None},
        {"audio_id": "both"},
        {"sound_volume": 2.1},
        {"sound_start_time": None},
    ],
)
def test_advanced_lip_sync_refuses(kling, film_url, change):
    found = session_of(kling, film_url)
    chosen = {"face_id": found["face_data"][0]["face_id"], "sound_file": SOUND, **CHOSEN, **change}

    reply = kling.post(f"{VIDEO}/advanced-lip-sync", session_id=found["session_id"], face_choose=[chosen])

    assert reply.json()["code"] == 1201, reply.text


def test_a_session_belongs_to_one_account_and_one_product(sandbox, kling, film_url):
    found = session_of(kling, film_url)
    chosen = [{"face_id": "0", "sound_file": SOUND, **CHOSEN}]

    for client, session in ((KlingClient(sandbox), found["session_id"]), (kling, "nothing")):
        reply = client.post(f"{VIDEO}/advanced-lip-sync", session_id=session, face_choose=chosen)
        assert reply.json()["code"] == 1201
    body = {"session_id": found["session_id"], "edit_mode": "removal", "prompt": "the boat"}
    assert kling.post(f"{VIDEO}/multi-elements", **body).json()["code"] == 1201


def test_the_editor_opens_selects_and_edits(kling, film_url):
    editor = f"{VIDEO}/multi-elements"
    opened = kling.post(f"{editor}/init-selection", video_url=film_url).json()["data"]
    body = {"session_id": opened["session_id"], "edit_mode": "removal", "prompt": "delete the boat"}
    point = {"session_id": opened["session_id"], "frame_index": 3, "points": [{"x": 0.5, "y": 0.5}]}

    too_early = kling.post(editor, **body)
    selected = kling.post(f"{editor}/add-selection", **point).json()["data"]
    shown = kling.post(f"{editor}/preview-selection", session_id=opened["session_id"]).json()
    data = kling.made(editor, **body)

    assert (opened["status"], opened["original_duration"], opened["total_frame"]) == (0, 5000, 120)
    assert (opened["width"], opened["height"], opened["normalized_video"]) == (1280, 720, film_url)
    assert selected["res"]["frame_index"] == 3 and selected["res"]["rle_mask_list"][0]["rle_mask"]["size"] == [
        720,
        1280,
    ]
    assert shown["code"] == 0
    assert too_early.json()["code"] == 1201
    assert data["final_unit_deduction"] == "3"


def test_selections_can_be_taken_back(kling, film_url):
    editor = f"{VIDEO}/multi-elements"
    session = kling.post(f"{editor}/init-selection", video_url=film_url).json()["data"]["session_id"]
    point = {"session_id": session, "frame_index": 3, "points": [{"x": 0.5, "y": 0.5}]}
    swap = {
        "session_id": session,
        "edit_mode": "swap",
        "prompt": "a ship",
        "image_list": [{"image": bare64(picture())}],
    }

    for action, extra in (("delete", point), ("clear", {"session_id": session})):
        kling.post(f"{editor}/add-selection", **point)
        kling.post(f"{editor}/{action}-selection", **extra)
        assert kling.post(editor, **swap).json()["code"] == 1201
    kling.post(f"{editor}/add-selection", **point)
    assert kling.made(editor, mode="pro", **swap)["final_unit_deduction"] == "5"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("add", {"frame_index": 120, "points": [{"x": 0.5, "y": 0.5}]}),
        ("add", {"frame_index": 1, "points": [{"x": 1.5, "y": 0.5}]}),
        ("add", {"frame_index": 1, "points": [{"x": 0.5, "y": 0.5}] * 11}),
        ("add", {"frame_index": 1, "points": []}),
    ],
)
def test_a_selection_has_bounds(kling, film_url, action, body):
    session = kling.post(f"{VIDEO}/multi-elements/init-selection", video_url=film_url).json()["data"]["session_id"]

    reply = kling.post(f"{VIDEO}/multi-elements/{action}-selection", session_id=session, **body)

    assert reply.json()["code"] == 1201


def test_the_editor_takes_only_films_of_two_to_five_or_seven_to_ten_seconds(kling, fal):
    url = fal.upload(film(6, (1280, 720), 4), "six.mp4", "video/mp4")

    assert kling.post(f"{VIDEO}/multi-elements/init-selection", video_url=url).json()["code"] == 1201


@pytest.mark.parametrize(
    ("mode", "images", "code"),
    [("addition", 2, 0), ("addition", 3, 1201), ("swap", 2, 1201), ("swap", 0, 1201), ("removal", 1, 1201)],
)
def test_each_edit_takes_its_number_of_pictures(kling, film_url, mode, images, code):
    editor = f"{VIDEO}/multi-elements"
    session = kling.post(f"{editor}/init-selection", video_url=film_url).json()["data"]["session_id"]
    kling.post(f"{editor}/add-selection", session_id=session, frame_index=1, points=[{"x": 0.5, "y": 0.5}])
    rows = {"image_list": [{"image": bare64(picture())}] * images} if images else {}

    reply = kling.post(editor, session_id=session, edit_mode=mode, prompt="a ship", **rows)

    assert reply.json()["code"] == code


def test_speech_answers_with_its_sound_and_has_no_query(kling):
    body = {"text": "A boat at dawn.", "voice_id": "genshin_vindi2", "voice_language": "en", "voice_speed": 0.8}

    data = kling.post("/v1/audio/tts", **body).json()["data"]

    sound = data["task_result"]["audios"][0]
    assert data["task_status"] == "succeed"
    assert kling.sandbox.http.get(sound["url"]).headers["content-type"] == "audio/mpeg"
    assert kling.get(f"/v1/audio/tts/{data['task_id']}").status_code == 404
    row = kling.sandbox.wait_for(data["task_id"])
    assert (row["billed"]["amount"], row["billed"]["unit"]) == ("0.05", "kling_unit")


def test_speech_of_a_voice_that_is_not_in_its_own_list_is_refused(kling):
    reply = kling.post("/v1/audio/tts", text="Hello", voice_id="829826751244537879", voice_language="en")

    assert (reply.json()["code"], reply.json()["message"]) == (1201, "Voice id not found")


def test_a_picture_is_recognised_at_once(kling):
    data = kling.post(f"{VIDEO}/image-recognize", image=bare64(picture())).json()["data"]

    assert {row["type"] for row in data["task_result"]["images"]} >= {"head_seg", "object_seg"}


def test_a_lost_reply_of_a_call_without_an_id_is_a_lost_result_that_was_billed(kling, film_url):
    kling.sandbox.control(fault="lost reply", provider="kling")
    before = len(kling.sandbox.bill())
    with pytest.raises(httpx.RemoteProtocolError):
        session_of(kling, film_url)

    row = kling.sandbox.bill()[-1]
    assert len(kling.sandbox.bill()) - before == 1
    assert (row["billed"]["amount"], row["state"]) == ("0.05", "done")


def test_the_voices_and_elements_that_everybody_has_can_be_listed(kling):
    voices = kling.get("/v1/general/presets-voices", pageSize=1000).json()["data"]
    elements = kling.get("/v1/general/advanced-presets-elements").json()["data"]

    assert all(row["task_result"]["voices"][0]["voice_id"] for row in voices) and voices
    assert all(row["task_result"]["elements"][0]["element_id"] for row in elements) and elements
    assert kling.get("/v1/general/presets-voices", pageSize=1001).json()["code"] == 1201
    assert kling.sandbox.http.get("/kling/v1/general/presets-voices").status_code == 401
