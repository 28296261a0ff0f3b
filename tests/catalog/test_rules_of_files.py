"""Rules about input files: which roles, how many, how long and large, and who still holds them."""

from decimal import Decimal

import pytest

from generations.catalog import FileFacts
from tests.catalog.recipes import FIRST, IMAGE, LAST, SOUND, VIDEO, find_route, make, problems

OMNI = find_route("kling:kling-o1:reference_to_video:std")
FAL_OMNI = find_route("fal:kling-o1:reference_to_video:std")
EDIT = find_route("fal:kling-o1:video_edit:std")
OMNI3 = find_route("kling:kling-v3-omni:video_edit:std")
FAL_OMNI3 = find_route("fal:kling-v3-omni:video_edit:std")
MULTI = find_route("kling:kling-v1-6:reference_to_video:std")
EDITOR = find_route("kling:kling-v1-6:multi_elements:std")
EXTEND = find_route("kling:kling-v1-6:extend:std")
LIP_SYNC = find_route("kling:kling-lip-sync:lip_sync:std")
AVATAR = find_route("kling:kling-avatar:avatar:std")
TRY_ON = find_route("fal:kolors-try-on-v1-5:try_on:std")
O1_IMAGE = find_route("kling:kling-o1:image_to_video:std")
FAL_O1_IMAGE = find_route("fal:kling-o1:image_to_video:std")
CLIP = {"role": "source_video", "sha256": VIDEO}


def images(count, role="reference_image"):
    return [{"role": role, "sha256": f"{number:064x}"} for number in range(count)]


def element(count, group):
    return [{"role": "element_image", "sha256": f"{group}{number:063x}", "group": group} for number in range(count)]


@pytest.mark.parametrize(
    ("route", "inputs", "field", "sentence"),
    [
        (AVATAR, [{"role": "audio", "sha256": SOUND}], "character", "Kling avatar needs “Character” here. Add it."),
        (MULTI, [], "reference_image", "Kling 1.6 needs “Reference image” here. Add it."),
        (MULTI, images(5), "reference_image", "Kling 1.6 takes at most 4 of “Reference image”; these are 5."),
        (OMNI, [], "reference_image", "Add an image or an element that the video should show."),
        (OMNI, images(8), "reference_image", "Kling O1 takes at most 7 of “Reference image”; these are 8."),
        (
            EDIT,
            [CLIP, *images(3), *element(2, 0), *element(2, 1)],
            "reference_image",
            "Kling O1 takes at most 4 images and elements together; these are 5.",
        ),
        (
            FAL_OMNI,
            element(1, 0),
            "element_image",
            "An element needs a frontal image and 1 to 3 further ones; one of them has 1 in all.",
        ),
        (
            FAL_OMNI,
            element(5, 0),
            "element_image",
            "An element needs a frontal image and 1 to 3 further ones; one of them has 5 in all.",
        ),
        (
            EXTEND,
            [CLIP, {"role": "first_frame", "sha256": FIRST}],
            "first_frame",
            "Kling 1.6 takes no start image here. Remove it.",
        ),
        (EXTEND, [CLIP, {"role": "person", "sha256": IMAGE}], "person", "Kling 1.6 takes no “Person” here. Remove it."),
        (
            find_route("fal:kling-v3:motion_control:std"),
            [CLIP, {"role": "character", "sha256": IMAGE}, *element(2, 0), *element(2, 1)],
            "element_image",
            "Kling 3.0 takes at most 1 elements; these are 2.",
        ),
    ],
)
def test_a_rule_about_files_says_what_is_wrong(route, inputs, field, sentence):
    assert problems(route, make(route, inputs=inputs)) == {field: sentence}


def test_too_many_elements_of_the_library_are_refused():
    route = find_route("kling:kling-v3:image_to_video:std")

    assert problems(route, make(route, element_ids=["1", "2", "3"])) == {}
    assert problems(route, make(route, element_ids=["1", "2", "3", "4"])) == {
        "element_ids": "Kling 3.0 takes at most 3 elements; these are 4."
    }


@pytest.mark.parametrize(
    ("route", "inputs"),
    [
        (MULTI, images(4)),
        (OMNI, images(7)),
        (EDIT, [CLIP, *images(2), *element(2, 0), *element(4, 1)]),
        (FAL_OMNI, [*element(4, 0), *element(2, 1)]),
        (TRY_ON, [{"role": "person", "sha256": IMAGE}, {"role": "garment", "sha256": FIRST}]),
    ],
)
def test_as_many_files_as_there_may_be_pass(route, inputs):
    assert problems(route, make(route, inputs=inputs)) == {}


VIDEO_FACTS = {"seconds": Decimal("4.2"), "width": 1_280, "height": 720, "size_bytes": 9_000_000}


@pytest.mark.parametrize(
    ("route", "facts", "sentence"),
    [
        (EDIT, {"seconds": Decimal("2.9")}, "For “Video to work on” Kling O1 takes 3 to 10.05 s; this one has 2.9 s."),
        (EDIT, {"seconds": Decimal("11")}, "For “Video to work on” Kling O1 takes 3 to 10.05 s; this one has 11 s."),
        (
            EDIT,
            {"width": 700},
            "For “Video to work on” Kling O1 takes sides of 720 to 2160 pixels; this one has 700 × 720.",
        ),
        (
            EDIT,
            {"width": 2_161},
            "For “Video to work on” Kling O1 takes sides of 720 to 2160 pixels; this one has 2161 × 720.",
        ),
        (
            EDIT,
            {"size_bytes": 200_100_000},
            "For “Video to work on” Kling O1 takes at most 200 MB; this one has 200.1 MB.",
        ),
        (OMNI3, {"seconds": Decimal("15.6")}, "takes 3 to 15.5 s; this one has 15.6 s."),
        (FAL_OMNI3, {"seconds": Decimal("12")}, "takes 3 to 10.05 s; this one has 12 s."),
        (
            EDITOR,
            {"seconds": Decimal("6")},
            "For “Video to work on” Kling 1.6 takes nothing between 5 and 7 s; this one has 6 s.",
        ),
        (LIP_SYNC, {"seconds": Decimal("61")}, "For “Video to work on” Kling lip-sync takes 2 to 60 s"),
    ],
)
def test_a_file_over_a_limit_is_refused_with_the_limit_and_what_it_has(route, facts, sentence):
    files = {VIDEO: FileFacts(**{**VIDEO_FACTS, **facts})}
    found = problems(route, make(route), files=files)

    assert found.keys() == {"source_video"}
    assert sentence in found["source_video"]


@pytest.mark.parametrize(
    ("route", "facts"),
    [
        (EDIT, {}),
        (EDIT, {"seconds": Decimal("10.05")}),
        (EDIT, {"seconds": None, "width": None, "size_bytes": None}),
        (OMNI3, {"seconds": Decimal("12")}),
        (LIP_SYNC, {"seconds": Decimal("60")}),
        (EDITOR, {"seconds": Decimal("5")}),
        (EDITOR, {"seconds": Decimal("7")}),
    ],
)
def test_a_file_within_the_limits_or_of_unknown_size_passes(route, facts):
    assert problems(route, make(route), files={VIDEO: FileFacts(**{**VIDEO_FACTS, **facts})}) == {}


def test_a_video_that_the_account_did_not_make_cannot_be_extended():
    recipe = make(EXTEND)
    refused = {
        "source_video": (
            "Kling official works only on videos that it made on this account in the last 30 days. Choose such a take."
        )
    }

    def of(ids):
        return problems(EXTEND, recipe, files={VIDEO: FileFacts(provider_ids=ids)}, account_id=7)

    assert of({7: "v-1"}) == {}
    assert of({8: "v-1"}) == refused
    assert of({}) == refused
    assert problems(EXTEND, recipe) == {}


@pytest.mark.parametrize(("seconds", "passes"), [(3, False), (5, True), (7, False), (10, True)])
def test_the_official_o1_makes_5_or_10_seconds_from_a_start_image_alone(seconds, passes):
    found = problems(O1_IMAGE, make(O1_IMAGE, duration_seconds=seconds))

    assert (found == {}) == passes
    assert problems(O1_IMAGE, make(O1_IMAGE, "end_frame", duration_seconds=seconds)) == {}
    assert problems(FAL_O1_IMAGE, make(FAL_O1_IMAGE, duration_seconds=seconds)) == {}
    if not passes:
        sentence = f"From a start image alone Kling official makes 5 s or 10 s, not {seconds} s."
        assert found == {"duration_seconds": sentence}


def test_an_end_frame_may_be_required_by_a_route():
    route = O1_IMAGE.model_copy(update={"requires": frozenset({"end_frame"})})

    assert problems(route, make(O1_IMAGE)) == {
        "last_frame": "Kling official needs an end frame on this route. Add a JPG or PNG."
    }
    assert (
        problems(route, make(O1_IMAGE, inputs=[*images(1, "first_frame"), {"role": "last_frame", "sha256": LAST}]))
        == {}
    )


@pytest.mark.parametrize(
    ("made_by", "words"),
    [
        ((EXTEND.model, str(EXTEND.tier)), None),
        (("kling-v9", str(EXTEND.tier)), "extended by the model that made it: kling-v9"),
        ((EXTEND.model, "master"), "Hero. Choose that one."),
    ],
)
def test_a_film_is_extended_and_billed_as_what_it_was_made_with(made_by, words):
    facts = FileFacts(provider_ids={7: "123"}, made_by={7: made_by})

    found = problems(EXTEND, make(EXTEND), files={VIDEO: facts}, account_id=7)

    assert (words in found["model"]) if words else "model" not in found
