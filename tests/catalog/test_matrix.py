"""A walk over the whole matrix: what the files allow is accepted, everything else is refused."""

from itertools import combinations, groupby

import pytest

from generations import catalog
from generations.choices import Capability
from tests.catalog.recipes import OPTIONS, find_ability, make, problems


def group(route):
    return f"{route.provider}:{route.model}"


ROUTES = catalog.load().routes
# One test for all routes of a model on a provider: there are hundreds of routes.
GROUPS = {key: list(found) for key, found in groupby(sorted(ROUTES, key=group), key=group)}
each_group = pytest.mark.parametrize("group", GROUPS)
SECONDS = (1, 2, 3, 4, 5, 6, 10, 11, 15, 16, None)
CONTROLS = {"end_frame", "end_frame_alone", "brush", "camera"}
# What belongs to a capability and is therefore no option there.
OF_ITSELF = {
    "source_video": {"extend", "lip_sync", "multi_elements", "motion_control", "video_edit", "video_reference"}
    | {"video_to_audio"},
    "audio": {"avatar"},
    "speech": {"text_to_speech"},
    "reference_images": {"effect"},
}
# What is given anyway, so that naming it changes nothing.
GIVEN_ANYWAY = {"reference_images": {"reference_to_video", "multi_elements", "image_to_image"}}


def lengths_with(ability, option):
    only_for = {
        "end_frame": ability.end_frame,
        "end_frame_alone": ability.end_frame,
        "brush": ability.brush,
        "camera": ability.camera.durations if ability.camera else (),
    }
    return only_for.get(option, ability.durations)


def lengths_of(route, ability, options):
    options = set(options) | route.requires
    from_start = route.durations_from_start and not {"end_frame", "end_frame_alone"} & set(options)
    return set(route.durations_from_start) if from_start else set(route.durations or ability.durations)


def allowed(route, ability, options, seconds):
    """Read straight from the files' values, in other words than the rules'."""
    options = (*options, *(route.requires & {"end_frame"}))
    capability = route.capability.value
    if any(option not in route.takes and capability not in OF_ITSELF.get(option, ()) for option in options):
        return False
    options = (*options, *(option for option in ("end_frame",) if option in route.requires))
    if ability.durations:
        lengths = lengths_of(route, ability, options)
        if seconds not in lengths and not (seconds is None and capability == "video_edit"):
            return False
        if any(seconds not in lengths_with(ability, option) for option in CONTROLS & set(options)):
            return False
    elif seconds is not None:
        return False
    if len({option.removesuffix("_alone") for option in CONTROLS & set(options)}) > 1:
        return False
    used = {option.removesuffix("_alone") for option in options} | ({"sound"} if "voices" in options else set())
    if any(len(used & set(group)) > 1 for group in ability.never_together):
        return False
    is_by_sound = capability == "lip_sync" and "audio" in options
    return not (is_by_sound and used & {"speech", "voice_speed", "voice_language"})


@each_group
def test_a_route_takes_exactly_the_options_that_the_files_say(group):
    for route in GROUPS[group]:
        ability, accepted = find_ability(route), 0
        for option in OPTIONS:
            if route.capability in GIVEN_ANYWAY.get(option, ()) or (option, route.capability) == ("audio", "lip_sync"):
                continue
            recipe = make(route, option)
            wanted = allowed(route, ability, (option,), recipe.duration_seconds)
            found = problems(route, recipe)
            assert (not found) == wanted, (route.key, option, found)
            accepted += wanted
        assert accepted >= len(route.takes - {"reference_images", "audio"})


@each_group
def test_options_go_together_unless_the_files_say_otherwise(group):
    for route in GROUPS[group]:
        ability = find_ability(route)
        for pair in combinations(sorted(route.takes), 2):
            recipe = make(route, *pair)
            wanted = allowed(route, ability, pair, recipe.duration_seconds)
            found = problems(route, recipe)
            assert (not found) == wanted, (route.key, pair, found)


@each_group
def test_a_route_makes_exactly_its_lengths(group):
    for route in GROUPS[group]:
        ability, accepted = find_ability(route), 0
        for option in (None, *sorted(route.takes & (CONTROLS | {"shots", "aspect_ratio"}))):
            options = (option,) if option else ()
            for seconds in SECONDS:
                if option == "shots" and seconds is not None and not 1 < seconds < 16:
                    continue
                wanted = allowed(route, ability, options, seconds)
                found = problems(route, make(route, *options, duration_seconds=seconds))
                assert (not found) == wanted, (route.key, option, seconds, found)
                accepted += wanted
        assert accepted


@each_group
def test_a_route_takes_exactly_its_ratios(group):
    for route in GROUPS[group]:
        known = (
            set(route.aspect_ratios or find_ability(route).aspect_ratios) if "aspect_ratio" in route.takes else set()
        )

        for ratio in ("auto", "16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9"):
            assert (not problems(route, make(route, aspect_ratio=ratio))) == (ratio in known), (route.key, ratio)


@each_group
def test_a_route_needs_a_prompt_only_where_it_says_so(group):
    for route in GROUPS[group]:
        assert bool(problems(route, make(route, prompt=""))) == ("prompt" in route.requires), route.key


@each_group
def test_a_prompt_may_be_as_long_as_model_and_route_say(group):
    for route in GROUPS[group]:
        most = min(find_ability(route).prompt_max, route.prompt_max or 3_072)

        assert not problems(route, make(route, prompt="x" * most)), route.key
        if most < 3_072:
            assert problems(route, make(route, prompt="x" * (most + 1))).keys() == {"prompt"}, route.key


@each_group
def test_the_route_that_is_found_for_a_recipe_is_one_that_can_make_it(group):
    for route in GROUPS[group]:
        book, recipe = catalog.load(), make(route)
        found = book.find_route(route.provider, recipe)

        assert not book.problems(recipe, found), route.key
        assert (found.model, found.capability, found.tier) == (route.model, route.capability, route.tier)


def test_every_capability_has_a_route():
    assert {route.capability for route in ROUTES} == set(Capability)
