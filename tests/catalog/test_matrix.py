"""A walk over the whole matrix: what the two files allow is accepted, everything else is refused."""

from itertools import chain, combinations, product

import pytest

from generations import catalog
from generations.choices import Capability
from tests.catalog.recipes import make, problems

ROUTES = catalog.load().routes
OPTIONS = ("negative_prompt", "guidance", "aspect_ratio", "end_frame", "end_frame_alone", "brush", "camera")
SECONDS = (1, 4, 5, 6, 10, 15, None)
EXCLUSIVE = {"end_frame", "brush", "camera"}


def allowed(route, ability, options, seconds):
    """Read straight from the files' values, in other words than the rules'."""
    only_for = {
        "end_frame": ability.end_frame,
        "end_frame_alone": ability.end_frame,
        "brush": ability.brush,
        "camera": ability.camera.durations if ability.camera else (),
    }
    if seconds not in ability.durations or not set(options) <= route.takes:
        return False
    if "aspect_ratio" in options and "9:16" not in ability.aspect_ratios:
        return False
    if len(EXCLUSIVE & {"end_frame" if name == "end_frame_alone" else name for name in options}) > 1:
        return False
    if route.capability == Capability.TEXT_TO_VIDEO and {"end_frame", "end_frame_alone", "brush"} & set(options):
        return False
    return all(seconds in only_for.get(name, ability.durations) for name in options)


def some_options():
    """None, each alone, every pair, and all that a prompt can carry."""
    return chain([()], combinations(OPTIONS, 1), combinations(OPTIONS, 2), [OPTIONS[:3]])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_a_route_makes_exactly_what_the_files_say(route):
    ability = catalog.load().model(route.model).find_ability(route.capability, route.tier)
    accepted = 0
    for options, seconds in product(some_options(), SECONDS):
        wanted = allowed(route, ability, options, seconds)
        found = problems(route, make(route, *options, duration_seconds=seconds))
        assert (not found) == wanted, (options, seconds, found)
        accepted += wanted
    assert accepted >= len(ability.durations)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_a_route_takes_exactly_its_ratios(route):
    ability = catalog.load().model(route.model).find_ability(route.capability, route.tier)
    known = set(ability.aspect_ratios) if "aspect_ratio" in route.takes else set()

    for ratio in ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9"):
        assert (not problems(route, make(route, aspect_ratio=ratio))) == (ratio in known), ratio


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_a_route_needs_a_prompt_only_where_it_says_so(route):
    assert bool(problems(route, make(route, prompt=""))) == ("prompt" in route.requires)
