"""Recipes for a route, with the named optional parts."""

from generations import catalog
from generations.catalog import Recipe

FIRST, LAST, STATIC, DYNAMIC = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)
PATH = [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
BRUSH = [{"role": "static_mask", "sha256": STATIC}, {"role": "dynamic_mask", "sha256": DYNAMIC, "trajectory": PATH}]
PARTS = {
    "negative_prompt": {"negative_prompt": "blur"},
    "guidance": {"guidance": "0.7"},
    "aspect_ratio": {"aspect_ratio": "9:16"},
    "camera": {"camera": {"move": "simple", "axis": "zoom", "amount": 4}},
}


def find_route(key):
    return next(route for route in catalog.load().routes if route.key == key)


def make(route, *options, **facts):
    """A recipe that a route could make, but for the named options and what `facts` say."""
    values = {
        "capability": route.capability,
        "model": route.model,
        "tier": route.tier,
        "prompt": "A cat turns its head",
        "duration_seconds": 5,
        "inputs": list(_inputs(route, options)),
    }
    for option in options:
        values |= PARTS.get(option, {})
    return Recipe.model_validate(values | facts)


def _inputs(route, options):
    if route.capability == "image_to_video" and "end_frame_alone" not in options:
        yield {"role": "first_frame", "sha256": FIRST}
    if "end_frame" in options or "end_frame_alone" in options:
        yield {"role": "last_frame", "sha256": LAST}
    if "brush" in options:
        yield from BRUSH


def problems(route, recipe):
    model = catalog.load().model(recipe.model)
    return catalog.problems(recipe, route, model)
