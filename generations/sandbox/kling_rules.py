"""What the official API takes: every rule that refuses a request of text2video or image2video."""

from __future__ import annotations

from typing import Any

from generations import catalog
from generations.catalog import Ability, Route
from generations.sandbox.billing import find_kling_route
from generations.sandbox.kling_auth import KlingError

TEXT_MAX = 2_500
RATIOS = ("16:9", "9:16", "1:1")
MODES = ("std", "pro")
MASTER_SHOTS = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
AXIS_MAX = 10
MASKS_MAX = 6
POINTS = range(2, 78)
MODELESS = ("kling-v2-master",)
MODE_OPTIONAL = ("kling-v2-1-master",)
GUIDED = ("kling-v1", "kling-v1-5", "kling-v1-6")
TEXT_PATH = "/v1/videos/text2video"

COMMON = frozenset(
    {
        "model_name",
        "model",
        "prompt",
        "negative_prompt",
        "cfg_scale",
        "mode",
        "camera_control",
        "duration",
        "callback_url",
        "external_task_id",
        "watermark_info",
    }
)
TEXT_FIELDS = COMMON | {"aspect_ratio"}
IMAGE_FIELDS = COMMON | {"image", "image_tail", "static_mask", "dynamic_masks"}

Body = dict[str, Any]


def fields_of(path: str) -> frozenset[str]:
    """The fields an endpoint reads; it ignores all others."""
    return TEXT_FIELDS if path == TEXT_PATH else IMAGE_FIELDS


def check(path: str, body: Body) -> tuple[Route, Ability, int]:
    """The route, its ability and the seconds of a body that is fine but for its pictures. Raises KlingError."""
    for name in ("prompt", "negative_prompt", "callback_url", "external_task_id", "image", "image_tail", "static_mask"):
        if not isinstance(body.get(name) or "", str):
            raise KlingError(1200, f"{name} must be a string")
    for name in ("prompt", "negative_prompt"):
        if len(body.get(name) or "") > TEXT_MAX:
            raise KlingError(1201, f"{name} is too long, at most {TEXT_MAX} characters")
    route, ability = _route(path, body)
    seconds = _duration(body, ability)
    _guidance(body, route)
    if path == TEXT_PATH:
        _text(body)
    else:
        _image(body, route, ability, seconds)
    if body.get("camera_control") is not None:
        _camera(body["camera_control"], ability, seconds)
    return route, ability, seconds


def _route(path: str, body: Body) -> tuple[Route, Ability]:
    model = body.get("model_name") or "kling-v1"  # the old field `model` is accepted and means v1
    if not isinstance(model, str) or catalog.load().find_model(model) is None:
        raise KlingError(1203, f"model {model} does not exist")
    mode = body.get("mode")
    if mode is not None and mode not in MODES:
        raise KlingError(1201, f"mode value {mode!r} is invalid")
    if mode is not None and model in MODELESS:
        raise KlingError(1201, f"mode is not supported by {model}")
    if model in MODE_OPTIONAL and mode == "std":
        raise KlingError(1201, f"mode std is not supported by {model}")
    modeless = model in (*MODELESS, *MODE_OPTIONAL)
    route = find_kling_route(path, model, "" if modeless else mode or "std")
    ability = catalog.load().model(model).find_ability(route.capability, route.tier) if route else None
    if route is None or ability is None:
        raise KlingError(1201, f"model {model} in this mode is not supported by {path}")
    return route, ability


def _duration(body: Body, ability: Ability) -> int:
    value = body.get("duration", "5")
    if not isinstance(value, str):
        raise KlingError(1200, "duration must be a string")
    if value not in {str(seconds) for seconds in ability.durations}:
        raise KlingError(1201, f"duration value {value!r} is invalid")
    return int(value)


def _guidance(body: Body, route: Route) -> None:
    value = body.get("cfg_scale")
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise KlingError(1200, "cfg_scale must be a number")
    if not 0 <= value <= 1:
        raise KlingError(1201, "cfg_scale must be between 0 and 1")
    if route.model not in GUIDED:
        raise KlingError(1201, f"cfg_scale is not supported by {route.model}")


def _text(body: Body) -> None:
    if not body.get("prompt"):
        raise KlingError(1201, "prompt is required")
    if body.get("aspect_ratio", "16:9") not in RATIOS:
        raise KlingError(1201, f"aspect_ratio value {body['aspect_ratio']!r} is invalid")


def _image(body: Body, route: Route, ability: Ability, seconds: int) -> None:
    if not (body.get("image") or body.get("image_tail")):
        raise KlingError(1201, "image and image_tail must not both be empty")
    brush = bool(body.get("static_mask") or body.get("dynamic_masks"))
    used = [bool(body.get("image_tail")), brush, body.get("camera_control") is not None]
    if sum(used) > 1:
        raise KlingError(1201, "image_tail, dynamic_masks/static_mask and camera_control can not be used together")
    if body.get("image_tail") and seconds not in ability.end_frame:
        raise KlingError(1201, f"image_tail is not supported by {route.model}, mode {route.tier}, {seconds}s")
    if brush and not body.get("image"):
        raise KlingError(1201, "dynamic_masks/static_mask need image")
    if brush and seconds not in ability.brush:
        raise KlingError(
            1201, f"dynamic_masks/static_mask are not supported by {route.model}, {route.tier}, {seconds}s"
        )
    _masks(body.get("dynamic_masks"))


def _masks(masks: Any) -> None:
    if masks is None:
        return
    if not isinstance(masks, list) or not all(isinstance(mask, dict) for mask in masks):
        raise KlingError(1200, "dynamic_masks must be a list of objects")
    if len(masks) > MASKS_MAX:
        raise KlingError(1201, f"dynamic_masks has more than {MASKS_MAX} items")
    for mask in masks:
        points = mask.get("trajectories")
        if not isinstance(mask.get("mask"), str) or not isinstance(points, list) or len(points) not in POINTS:
            raise KlingError(1201, "each of dynamic_masks needs mask and 2 to 77 trajectories")
        if not all(isinstance(point, dict) and _is_point(point) for point in points):
            raise KlingError(1201, "trajectories need integer x and y")


def _is_point(point: Body) -> bool:
    return all(isinstance(point.get(axis), int) and not isinstance(point[axis], bool) for axis in ("x", "y"))


def _camera(camera: Any, ability: Ability, seconds: int) -> None:
    kind = camera.get("type") if isinstance(camera, dict) else None
    if kind not in ("simple", *MASTER_SHOTS):
        raise KlingError(1201, f"camera_control type {kind!r} is invalid")
    rule = ability.camera
    if rule is None or seconds not in rule.durations or kind not in rule.moves:
        raise KlingError(1201, f"camera_control {kind} is not supported by this model, mode and duration")
    config = camera.get("config")
    if kind != "simple":
        if config:
            raise KlingError(1201, f"camera_control config must be empty for {kind}")
        return
    if not isinstance(config, dict) or not config.keys() <= set(AXES):
        raise KlingError(1201, "camera_control config is required for simple")
    amounts = list(config.values())
    if not all(isinstance(value, int | float) and abs(value) <= AXIS_MAX for value in amounts):
        raise KlingError(1201, f"camera_control values must be between -{AXIS_MAX} and {AXIS_MAX}")
    if sum(value != 0 for value in amounts) != 1:
        raise KlingError(1201, "camera_control config needs exactly one value that is not 0")
