"""Recipes for a route, with the named optional parts."""

from generations import catalog
from generations.catalog import Recipe
from generations.choices import Capability, InputRole

FIRST, LAST, STATIC, DYNAMIC = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)
VIDEO, SOUND, IMAGE, FRONTAL, SIDE = ("5" * 64, "6" * 64, "7" * 64, "8" * 64, "9" * 64)
PATH = [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
BRUSH = [{"role": "static_mask", "sha256": STATIC}, {"role": "dynamic_mask", "sha256": DYNAMIC, "trajectory": PATH}]
ELEMENT = [{"role": "element_image", "sha256": sha256} for sha256 in (FRONTAL, SIDE)]
VOICE = {"id": "genshin_vindi2"}
PARTS = {
    "negative_prompt": {"negative_prompt": "blur"},
    "guidance": {"guidance": "0.7"},
    "aspect_ratio": {"aspect_ratio": "9:16"},
    "camera": {"camera": {"move": "simple", "axis": "zoom", "amount": 4}},
    "sound": {"sound": True},
    "voices": {"voices": ["narrator-1"], "sound": True},
    "element_ids": {"element_ids": ["31415"]},
    "keep_sound": {"keep_sound": True},
    "speech": {"speech": "Good evening", "voice": VOICE},
    "voice_language": {"voice": {**VOICE, "language": "en"}},
    "voice_speed": {"voice": {**VOICE, "speed": "1.2"}},
    "crop": {"crop": {"start_ms": 500, "end_ms": 3000}},
    "face": {"face": 1},
    "music_prompt": {"music_prompt": "A slow waltz"},
    "asmr": {"asmr": True},
    "count": {"picture": {"count": 2}},
    "picture_resolution": {"picture": {"resolution": "1k"}},
    "picture_reference": {"picture": {"fidelity": "0.5"}},
    "watermark": {"watermark": True},
}
_OF_FILES = {
    "end_frame": [{"role": "last_frame", "sha256": LAST}],
    "end_frame_alone": [{"role": "last_frame", "sha256": LAST}],
    "brush": BRUSH,
    "elements": ELEMENT,
    "reference_images": [{"role": "reference_image", "sha256": IMAGE}],
    "source_video": [{"role": "source_video", "sha256": VIDEO}],
    "audio": [{"role": "audio", "sha256": SOUND}],
}
OPTIONS = tuple(dict.fromkeys((*PARTS, *_OF_FILES, "shots")))


def find_route(key):
    return next(route for route in catalog.load().routes if route.key == key)


def find_ability(route):
    return catalog.load().model(route.model).find_ability(route.capability, route.tier)


def make(route, *options, **facts):
    """A recipe that a route could make, but for the named options and what `facts` say."""
    ability = find_ability(route)
    options = (*options, *(option for option in ("end_frame",) if option in route.requires))
    seconds = facts.get("duration_seconds", 5 if 5 in ability.durations else None)
    values = {
        "capability": route.capability,
        "model": route.model,
        "tier": route.tier,
        "prompt": "A cat turns its head" if ability.prompt_max else "",
        "duration_seconds": seconds,
        "inputs": list(_inputs(route, ability, options)),
        **_own(route, options),
    }
    for option in options:
        given = PARTS.get(option, {})
        together = {
            name: {**values[name], **part}
            for name, part in given.items()
            if name in ("picture", "voice") and values.get(name)
        }
        values |= given | together
    if "shots" in options:
        whole = seconds or 5
        values |= {"prompt": "", "shots": [{"prompt": "A door", "seconds": 1}] if whole == 1 else _shots(whole)}
    return Recipe.model_validate(values | facts)


def _shots(seconds):
    return [{"prompt": "A door", "seconds": 1}, {"prompt": "A hand", "seconds": min(seconds - 1, 15)}]


def _own(route, options):
    """What the capability itself asks for."""
    match route.capability:
        case Capability.TEXT_TO_SPEECH:
            return {"speech": "Good evening", "voice": VOICE}
        case Capability.LIP_SYNC if not _is_by_sound(route, options):
            return {"speech": "Good evening", "voice": VOICE}
        case Capability.EFFECT:
            return {"scene": "squish"}
        case Capability.MULTI_ELEMENTS:
            return {"edit": {"kind": "addition"}}
        case Capability.MOTION_CONTROL:
            return {"orientation": "video"}
        case Capability.EXPAND_IMAGE:
            return {"margins": {"left": "0.5"}}
    return {}


def _is_by_sound(route, options):
    return "audio" in options or "speech" not in route.takes


def _inputs(route, ability, options):
    if route.capability == Capability.IMAGE_TO_VIDEO and "end_frame_alone" not in options:
        yield {"role": "first_frame", "sha256": FIRST}
    if "end_frame" in route.requires and not {"end_frame", "end_frame_alone"} & set(options):
        yield from _OF_FILES["end_frame"]
    wanted = {role for role, rule in ability.files.items() if rule.count[0]}
    if route.capability in (Capability.MULTI_ELEMENTS, Capability.EFFECT, Capability.REFERENCE_TO_VIDEO):
        wanted.add(InputRole.REFERENCE_IMAGE)
    if route.capability == Capability.LIP_SYNC and _is_by_sound(route, options):
        wanted.add(InputRole.AUDIO)
    for role in sorted(wanted):
        yield {"role": role, "sha256": _HASHES.get(role, IMAGE)}
    done = {role.value for role in wanted}
    items = [item for option in options for item in _OF_FILES.get(option, ())]
    for number, item in enumerate(items):
        if item not in items[:number] and item["role"] not in done:
            yield item


_HASHES = {InputRole.SOURCE_VIDEO: VIDEO, InputRole.AUDIO: SOUND}


def problems(route, recipe, files=None, account_id=None):
    return catalog.load().problems(recipe, route, files=files, account_id=account_id)
