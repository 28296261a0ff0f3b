"""What fal's Kling endpoints take, field by field, and the detail list that answers a request which does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PROMPT_MAX = 2_500
DURATIONS = ("5", "10")
RATIOS = ("16:9", "9:16", "1:1")
MOVES = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
MASKS_MAX = 6

TEXT = frozenset({"prompt", "duration", "aspect_ratio", "negative_prompt", "cfg_scale"})
IMAGE = frozenset({"prompt", "image_url", "duration", "negative_prompt", "cfg_scale"})
BRUSH = frozenset({"static_mask_url", "dynamic_masks"})
TAIL = frozenset({"tail_image_url"})
CAMERA = frozenset({"camera_control", "advanced_camera_control"})

# The part of the endpoint after fal-ai/kling-video/. Text to video has the same fields everywhere but on v1.
EXTRA: dict[str, frozenset[str]] = {
    "v1/standard/text-to-video": CAMERA,
    "v1/standard/image-to-video": TAIL | BRUSH,
    "v1.5/pro/image-to-video": TAIL | BRUSH | {"aspect_ratio"},
    "v1.6/pro/image-to-video": TAIL | {"aspect_ratio"},
    "v2.1/pro/image-to-video": TAIL,
}

Detail = dict[str, Any]


def fields_of(endpoint: str) -> frozenset[str]:
    """The fields an endpoint reads; it ignores all others."""
    tail = endpoint.split("/", 2)[-1]
    return (TEXT if tail.endswith("text-to-video") else IMAGE) | EXTRA.get(tail, frozenset())


def detail(loc: tuple[str | int, ...], kind: str, message: str, given: Any = None, **ctx: Any) -> Detail:
    """One entry of fal's 422."""
    entry = {"loc": list(loc), "msg": message, "type": kind, "url": f"https://docs.fal.ai/errors#{kind}"}
    return {**entry, "ctx": ctx, "input": given if not isinstance(given, str) else given[:200]}


def faults_in(endpoint: str, body: dict[str, Any]) -> list[Detail]:
    """Everything that makes a body unacceptable to an endpoint's schema; empty where it is fine."""
    known = fields_of(endpoint)
    given = {name: value for name, value in body.items() if name in known and value is not None}
    required = ["prompt", *(["image_url"] if "image_url" in known else [])]
    found = [detail(("body", name), "missing", "Field required", body) for name in required if name not in given]
    for name, value in given.items():
        found += _CHECKS[name](name, value)
    return found


def _text(name: str, value: Any) -> Iterator[Detail]:
    if not isinstance(value, str):
        yield detail(("body", name), "value_error", "Input should be a valid string", value)
    elif len(value) > PROMPT_MAX:
        message = f"String should have at most {PROMPT_MAX} characters"
        yield detail(("body", name), "sequence_too_long", message, value, max_length=PROMPT_MAX)


def _address(name: str, value: Any) -> Iterator[Detail]:
    if not isinstance(value, str) or not value.startswith(("http://", "https://", "data:")):
        yield detail(("body", name), "value_error", "Input should be a valid URL", value)


def _one_of(*allowed: str) -> Any:
    def check(name: str, value: Any) -> Iterator[Detail]:
        if value not in allowed:
            words = ", ".join(repr(word) for word in allowed)
            yield detail(("body", name), "one_of", f"Input should be one of {words}", value, expected=list(allowed))

    return check


def _share(name: str, value: Any) -> Iterator[Detail]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield detail(("body", name), "value_error", "Input should be a valid number", value)
    elif value < 0:
        yield detail(("body", name), "greater_than_equal", "Input should be greater than or equal to 0", value, ge=0)
    elif value > 1:
        yield detail(("body", name), "less_than_equal", "Input should be less than or equal to 1", value, le=1)


def _advanced_camera(name: str, value: Any) -> Iterator[Detail]:
    loc = ("body", name)
    if not isinstance(value, dict):
        yield detail(loc, "value_error", "Input should be an object", value)
        return
    if value.get("movement_type") not in AXES:
        message = f"Input should be one of {', '.join(AXES)}"
        yield detail((*loc, "movement_type"), "one_of", message, value.get("movement_type"), expected=list(AXES))
    amount = value.get("movement_value")
    if isinstance(amount, bool) or not isinstance(amount, int) or not -10 <= amount <= 10:
        yield detail((*loc, "movement_value"), "value_error", "Input should be an integer from -10 to 10", amount)


def _masks(name: str, value: Any) -> Iterator[Detail]:
    loc = ("body", name)
    if not isinstance(value, list):
        yield detail(loc, "value_error", "Input should be a valid list", value)
        return
    if len(value) > MASKS_MAX:
        yield detail(
            loc, "sequence_too_long", f"List should have at most {MASKS_MAX} items", None, max_length=MASKS_MAX
        )
    for number, mask in enumerate(value):
        if not isinstance(mask, dict) or "mask_url" not in mask:
            yield detail((*loc, number, "mask_url"), "missing", "Field required", mask)
        elif not _is_path(mask.get("trajectories")):
            message = "Input should be a list of at least two points with x and y"
            yield detail((*loc, number, "trajectories"), "value_error", message, mask.get("trajectories"))


def _is_path(points: Any) -> bool:
    return (
        isinstance(points, list)
        and len(points) >= 2
        and all(isinstance(point, dict) and {"x", "y"} <= point.keys() for point in points)
    )


_CHECKS: dict[str, Any] = {
    "prompt": _text,
    "negative_prompt": _text,
    "image_url": _address,
    "tail_image_url": _address,
    "static_mask_url": _address,
    "duration": _one_of(*DURATIONS),
    "aspect_ratio": _one_of(*RATIOS),
    "camera_control": _one_of(*MOVES),
    "cfg_scale": _share,
    "advanced_camera_control": _advanced_camera,
    "dynamic_masks": _masks,
}
