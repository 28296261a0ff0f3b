"""Kling's calls before a submit: identify-face and init-selection. docs/providers.md 3.3, 3.6."""

import json
from decimal import Decimal

import httpx
import pytest

from generations import providers
from generations.catalog import Crop, Edit, Mark, Spot
from generations.choices import InputRole
from generations.providers import Cost, Misconfigured, Operation, Prepared, Rejected, Uncertain, Unreachable
from tests.providers.make import Wire, make_account, recorded
from tests.providers.make_kling import OUR_ID, TASK, VIDEO_ID, VIDEO_URL, call, encoded, find, kling_task, submitted

R = InputRole
FACE = find("kling-lip-sync-face", "lip_sync")
EDITOR = find("kling-v1-6", "multi_elements", "pro")
SESSION = "847570360458960960"
FIVE_CENTS = {"amount": "0.05", "currency": "kling_unit"}
MARKS = (
    Mark(frame=0, spots=(Spot(x=Decimal("0.25"), y=Decimal("0.75")), Spot(x=Decimal(0), y=Decimal(1)))),
    Mark(frame=48, spots=(Spot(x=Decimal("0.5"), y=Decimal("0.5")),)),
)


def lip_sync(folder, **facts):
    return kling_task(FACE, folder, R.SOURCE_VIDEO, R.AUDIO, **facts)


def swap(folder, **facts):
    facts = {"edit": Edit(kind="swap", marks=MARKS), "prompt": "Swap the fox", "duration_seconds": 5} | facts
    return kling_task(EDITOR, folder, R.SOURCE_VIDEO, R.REFERENCE_IMAGE, **facts)


async def begin(task, *answers):
    wire = Wire(*(recorded("kling", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(make_account("kling"), http)
        return await adapter.begin(await adapter.prepare(task)), wire


def sent(wire):
    return [(item.url.path, json.loads(item.content)) for item in wire.requests]


def test_only_two_products_have_a_call_before_their_submit(tmp_path):
    adapter = providers.get(make_account("kling"), None)
    plain = kling_task(find("kling-lip-sync", "lip_sync"), tmp_path, R.SOURCE_VIDEO, R.AUDIO)

    assert adapter.begins_with(lip_sync(tmp_path)) == "identify-face"
    assert adapter.begins_with(swap(tmp_path)) == "init-selection"
    assert adapter.begins_with(plain) == ""


# lip-sync by face


@pytest.mark.parametrize(("face", "expected"), [(None, "1"), (0, "0"), (1, "1")])
async def test_the_face_that_is_seen_longest_speaks_unless_another_is_chosen(tmp_path, face, expected):
    prepared, wire = await begin(lip_sync(tmp_path, face=face), "faces")

    assert prepared.session == {"session_id": SESSION, "face_id": expected, "charged": FIVE_CENTS}
    assert sent(wire) == [("/v1/videos/identify-face", {"video_url": VIDEO_URL})]


async def test_a_video_that_kling_holds_is_named_by_its_id(tmp_path):
    _, wire = await begin(lip_sync(tmp_path, video_id=VIDEO_ID, video_url=""), "faces")

    assert sent(wire) == [("/v1/videos/identify-face", {"video_id": VIDEO_ID})]


async def test_the_session_can_be_stored_and_the_submit_made_from_it(tmp_path):
    crop = Crop(start_ms=500, end_ms=4_500, insert_ms=1_000, volume=Decimal("1.5"), source_volume=Decimal(0))
    task = lip_sync(tmp_path, crop=crop)
    prepared, _ = await begin(task, "faces")

    body, operation, _ = await submitted(task, "accepted", session=json.loads(json.dumps(prepared.session)))

    assert body == {
        "session_id": SESSION,
        "face_choose": [
            {
                "face_id": "1",
                "sound_file": encoded(R.AUDIO),
                "sound_start_time": 500,
                "sound_end_time": 4_500,
                "sound_insert_time": 1_000,
                "sound_volume": 1.5,
                "original_audio_volume": 0.0,
            }
        ],
        "external_task_id": OUR_ID,
    }
    assert operation == Operation(TASK, {"charged": FIVE_CENTS}, "CjMT7WdPwbcAAAAAABcnew")


@pytest.mark.parametrize(
    ("facts", "span"),
    [
        ({}, (0, 8_000, 0)),  # a sound of 9.5 s over a video of 8 s
        ({"crop": Crop(insert_ms=3_000)}, (0, 5_000, 3_000)),
        ({"crop": Crop(start_ms=4_000)}, (4_000, 9_500, 0)),
        ({"sound_seconds": Decimal(5)}, (0, 5_000, 0)),
    ],
)
async def test_without_an_end_the_sound_is_used_as_far_as_it_fits(tmp_path, facts, span):
    body, _, _ = await submitted(lip_sync(tmp_path, **facts), "accepted", session={"session_id": "s", "face_id": "0"})

    (chosen,) = body["face_choose"]
    assert tuple(chosen[f"sound_{name}_time"] for name in ("start", "end", "insert")) == span


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"sound_seconds": None}, "length of this sound is not known"),
        ({"sound_seconds": Decimal("1.9")}, "at least 2 s"),
        ({"crop": Crop(start_ms=8_000)}, "at least 2 s"),
    ],
)
async def test_a_sound_that_kling_would_refuse_costs_no_call(tmp_path, facts, words):
    with pytest.raises(Rejected) as caught:
        await begin(lip_sync(tmp_path, **facts))

    assert words in caught.value.public
    assert caught.value.charged.amount == 0


@pytest.mark.parametrize(
    ("face", "situation", "words"),
    [(None, "faces_none", "no face"), (2, "faces", "no face 3"), (0, "faces_none", "no face")],
)
async def test_a_video_without_the_face_is_refused_at_the_cost_of_looking(tmp_path, face, situation, words):
    with pytest.raises(Rejected) as caught:
        await begin(lip_sync(tmp_path, face=face), situation)

    assert words in caught.value.public
    assert caught.value.charged == Cost(Decimal("0.05"), "kling_unit")


# what the first call cost


async def follow_begun(*answers):
    state = {"charged": FIVE_CENTS}
    outcome, _ = await call("follow", *answers, operation=Operation(TASK, state), route=FACE)
    return outcome


async def test_what_looking_cost_is_part_of_what_the_take_cost():
    finished, free, unknown = [await follow_begun(item) for item in ("succeed", "failed_free", "failed")]

    assert finished.cost == Cost(Decimal("10.05"), "kling_unit")
    assert free.charged == Cost(Decimal("0.05"), "kling_unit")
    assert unknown.charged is None


async def test_a_submit_that_is_refused_after_looking_has_cost_the_look(tmp_path):
    session = {"session_id": "s", "face_id": "0", "charged": FIVE_CENTS}

    with pytest.raises(Rejected) as caught:
        await submitted(lip_sync(tmp_path), "1301", session=session)

    assert caught.value.charged == Cost(Decimal("0.05"), "kling_unit")


async def test_a_double_that_cannot_be_looked_up_is_uncertain_and_a_bad_value_is_refused(tmp_path):
    session = {"session_id": "s", "face_id": "0"}

    with pytest.raises(Uncertain):
        await submitted(lip_sync(tmp_path), "1201_exists", session=session)
    with pytest.raises(Rejected):
        await submitted(lip_sync(tmp_path), "1201", session=session)


async def test_a_submit_without_its_session_never_leaves(tmp_path):
    with pytest.raises(KeyError):
        await submitted(lip_sync(tmp_path))


# answers to the first call


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("1301", Rejected),
        ("1201", Rejected),
        ("1102", Misconfigured),
        ("5002", Uncertain),
        ("html", Uncertain),
        ("session_missing", Uncertain),
        (httpx.ReadError("cut"), Uncertain),
        (httpx.ConnectError("refused"), Unreachable),
    ],
)
async def test_the_first_call_fails_as_a_submit_does(tmp_path, answer, expected):
    with pytest.raises(expected):
        await begin(lip_sync(tmp_path), answer)


async def test_an_answer_that_opens_no_session_is_uncertain(tmp_path):
    with pytest.raises(Uncertain):
        await begin(swap(tmp_path), "session_missing")


# multi-elements


async def test_each_marked_frame_is_selected_in_the_session(tmp_path):
    prepared, wire = await begin(swap(tmp_path), "selection_begun", "selection_added", "selection_added")

    assert prepared.session == {"session_id": SESSION, "charged": {"amount": "0", "currency": "kling_unit"}}
    root = "/v1/videos/multi-elements"
    assert sent(wire) == [
        (f"{root}/init-selection", {"video_url": VIDEO_URL}),
        (
            f"{root}/add-selection",
            {"session_id": SESSION, "frame_index": 0, "points": [{"x": 0.25, "y": 0.75}, {"x": 0.0, "y": 1.0}]},
        ),
        (f"{root}/add-selection", {"session_id": SESSION, "frame_index": 48, "points": [{"x": 0.5, "y": 0.5}]}),
    ]


async def test_the_edit_is_made_in_the_session_with_its_image(tmp_path):
    body, _, _ = await submitted(swap(tmp_path), "accepted", session={"session_id": SESSION})

    assert body == EDITOR.wire | {
        "session_id": SESSION,
        "edit_mode": "swap",
        "image_list": [{"image": encoded(R.REFERENCE_IMAGE)}],
        "prompt": "Swap the fox",
        "duration": "5",
        "external_task_id": OUR_ID,
    }


async def test_an_addition_without_marks_is_one_call(tmp_path):
    prepared, wire = await begin(swap(tmp_path, edit=Edit(kind="addition")), "selection_begun")

    assert prepared.session["session_id"] == SESSION
    assert len(wire.requests) == 1


async def test_a_video_or_a_mark_that_kling_cannot_read_is_refused(tmp_path):
    with pytest.raises(Rejected) as video:
        await begin(swap(tmp_path), "selection_refused")
    with pytest.raises(Rejected) as mark:
        await begin(swap(tmp_path), "selection_begun", "selection_added", "selection_refused")

    assert "code 3" in video.value.public
    assert "frame 48" in mark.value.public


async def test_a_mark_that_is_refused_outright_says_what_was_charged_before(tmp_path):
    begun = recorded("kling", "selection_begun").json()
    begun["data"]["final_unit_deduction"] = "0.1"

    with pytest.raises(Rejected) as caught:
        await begin(swap(tmp_path), httpx.Response(200, json=begun), "1301")

    assert caught.value.charged == Cost(Decimal("0.1"), "kling_unit")
    assert caught.value.moderated


async def test_a_prepared_task_without_a_session_is_left_as_it_was(tmp_path):
    task = lip_sync(tmp_path)
    prepared, _ = await call("prepare", task=task)

    begun, _ = await call("begin", "faces", prepared=prepared)

    assert begun == Prepared(task, prepared.references, begun.session)
    assert prepared.session == {}


@pytest.mark.parametrize(("external_id", "is_ours"), [(OUR_ID, True), ("somebody-else", False), ("", True)])
async def test_a_named_lip_sync_is_ours_unless_it_carries_another_id(external_id, is_ours):
    answer = recorded("kling", "processing").json()
    answer["data"]["task_info"] = {"external_task_id": external_id}
    facts = {"operation": Operation(TASK), "our_id": OUR_ID, "route": FACE}

    said, _ = await call("confirm", httpx.Response(200, json=answer), **facts)

    assert said is is_ours


@pytest.mark.parametrize("answer", ["1303", "1102", httpx.ConnectError("refused")])
async def test_a_session_that_has_cost_is_never_opened_a_second_time(tmp_path, answer):
    begun = recorded("kling", "selection_begun").json()
    begun["data"]["final_unit_deduction"] = "0.1"

    with pytest.raises(Rejected) as caught:
        await begin(swap(tmp_path), httpx.Response(200, json=begun), answer)

    assert caught.value.charged == Cost(Decimal("0.1"), "kling_unit")
