"""A recipe for any route of the catalog: the plainest it can make, and one with any of its optional parts."""

import hashlib
from decimal import Decimal

from generations import catalog
from generations.catalog import (
    Camera,
    Crop,
    Edit,
    Input,
    Margins,
    Mark,
    Picture,
    Point,
    Recipe,
    Shot,
    Spot,
    Voice,
)
from generations.choices import CameraAxis, CameraMove, Capability, InputRole

TRAJECTORY = (Point(x=10, y=20), Point(x=30, y=40))
WANT_SPEECH = (Capability.TEXT_TO_SPEECH, Capability.LIP_SYNC)
SPEAKERS = {"lip_sync_voices": "oversea_male1"}


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def ability_of(route):
    return catalog.load().model(route.model).find_ability(route.capability, route.tier)


def plainest(route, **facts):
    """The recipe with nothing that the route can do without."""
    ability, capability = ability_of(route), route.capability
    values = {
        "capability": capability,
        "model": route.model,
        "tier": route.tier,
        "prompt": "A fox turns its head" if _wants_prompt(route) else "",
        "duration_seconds": min(route.durations_from_start or route.durations or ability.durations, default=None),
        "inputs": tuple(_files(route, ability)),
    }
    if capability in WANT_SPEECH and ability.speech_max and _speaks(route):
        values |= {"speech": "Good evening.", "voice": Voice(id=_voice(ability))}
    if capability == Capability.EFFECT:
        values |= {"scene": _scene(ability).id}
    if capability == Capability.MULTI_ELEMENTS:
        values |= {"edit": Edit(kind="swap", marks=(_MARK,))}
    if capability == Capability.MOTION_CONTROL:
        values |= {"orientation": "video"}
    if ability.margins:
        values |= {"margins": Margins(up=Decimal("0.5"))}
    return Recipe(**{**values, **facts})


_MARK = Mark(frame=3, spots=(Spot(x=Decimal("0.5"), y=Decimal("0.25")),))


def _wants_prompt(route):
    return route.capability not in (
        Capability.LIP_SYNC,
        Capability.TEXT_TO_SPEECH,
        Capability.TRY_ON,
        Capability.EFFECT,
        Capability.EXPAND_IMAGE,
    )


def _speaks(route):
    return route.capability == Capability.TEXT_TO_SPEECH or "speech" in route.takes


def _voice(ability):
    known = catalog.load().lists.get(ability.voice_list)
    return known.choices[0].id if known and known.choices else "oversea_male1"


def _scene(ability):
    known = catalog.load().lists[ability.scenes]
    return next(item for item in known.choices if item.images == 1 and item.retired_on is None)


def _files(route, ability):
    if route.capability == Capability.IMAGE_TO_VIDEO:
        yield Input(role=InputRole.FIRST_FRAME, sha256=sha("first"))
    if "end_frame" in route.requires:
        yield Input(role=InputRole.LAST_FRAME, sha256=sha("last"))
    for role, rule in ability.files.items():
        if role in (InputRole.FIRST_FRAME, InputRole.LAST_FRAME, InputRole.STATIC_MASK, InputRole.DYNAMIC_MASK):
            continue
        count = max(rule.count[0], _at_least(route, role))
        for number in range(count):
            yield Input(role=role, sha256=sha(f"{role} {number}"))


def _at_least(route, role):
    """Files that a capability needs although their role alone does not say so."""
    if route.capability == Capability.REFERENCE_TO_VIDEO:
        return int(role == InputRole.REFERENCE_IMAGE and "reference_images" in route.takes)
    if route.capability == Capability.LIP_SYNC:
        return int(role == InputRole.AUDIO and "speech" not in route.takes)
    return int(route.capability in (Capability.EFFECT, Capability.MULTI_ELEMENTS) and role == "reference_image")


def with_option(recipe, option):
    """The recipe with one optional part more, whether its route takes that or not."""
    values = {name: getattr(recipe, name) for name in Recipe.model_fields}
    return Recipe(**{**values, **_PARTS[option](recipe)})


def _more(recipe, *inputs, without=()):
    kept = [item for item in recipe.inputs if item.role not in without]
    return {"inputs": (*kept, *inputs)}


def _one(role, name=None, **facts):
    return Input(role=role, sha256=sha(name or f"{role} 0"), **facts)


def _element(group):
    return (_one(InputRole.ELEMENT_IMAGE, f"element {group} {view}", group=group) for view in ("front", "side"))


def _shots(recipe):
    total = recipe.duration_seconds or 5
    shots = (Shot(prompt="A fox sleeps", seconds=total // 2), Shot(prompt="It wakes", seconds=total - total // 2))
    return {"shots": shots, "shot_plan": "customize", "prompt": ""}


def _picture(recipe, **facts):
    known = recipe.picture.model_dump(exclude_none=True) if recipe.picture else {}
    return {"picture": Picture(**{**known, **facts})}


_PARTS = {
    "negative_prompt": lambda recipe: {"negative_prompt": "blur"},
    "guidance": lambda recipe: {"guidance": Decimal("0.7")},
    "aspect_ratio": lambda recipe: {"aspect_ratio": "9:16"},
    "end_frame": lambda recipe: _more(recipe, _one(InputRole.LAST_FRAME, "last"), without=(InputRole.LAST_FRAME,)),
    "end_frame_alone": lambda recipe: _more(
        recipe, _one(InputRole.LAST_FRAME, "last"), without=(InputRole.FIRST_FRAME, InputRole.LAST_FRAME)
    ),
    "brush": lambda recipe: _more(
        recipe,
        _one(InputRole.STATIC_MASK, "static"),
        _one(InputRole.DYNAMIC_MASK, "dynamic 0", trajectory=TRAJECTORY),
        _one(InputRole.DYNAMIC_MASK, "dynamic 1", trajectory=TRAJECTORY[::-1]),
    ),
    "camera": lambda recipe: {"camera": Camera(move=CameraMove.SIMPLE, axis=CameraAxis.ZOOM, amount=-4)},
    "sound": lambda recipe: {"sound": True},
    "voices": lambda recipe: {"voices": ("829826751244537879",), "sound": True},
    "shots": _shots,
    "elements": lambda recipe: _more(recipe, *_element(0)),
    "element_ids": lambda recipe: {"element_ids": ("160",)},
    "reference_images": lambda recipe: _more(recipe, _one(InputRole.REFERENCE_IMAGE, "reference")),
    "source_video": lambda recipe: _more(recipe, _one(InputRole.SOURCE_VIDEO), without=(InputRole.SOURCE_VIDEO,)),
    "keep_sound": lambda recipe: {"keep_sound": True},
    "voice_language": lambda recipe: _voiced(recipe, language="en"),
    "voice_speed": lambda recipe: _voiced(recipe, speed=Decimal("1.2")),
    "crop": lambda recipe: {"crop": Crop(start_ms=0, end_ms=3_000, insert_ms=500, volume=Decimal("1.5"))},
    "face": lambda recipe: {"face": 0},
    "speech": lambda recipe: {
        **_more(recipe, without=(InputRole.AUDIO,)),
        "speech": "Good evening.",
        "voice": Voice(id="oversea_male1"),
    },
    "audio": lambda recipe: {
        **_more(recipe, _one(InputRole.AUDIO), without=(InputRole.AUDIO,)),
        "speech": "",
        "voice": None,
    },
    "music_prompt": lambda recipe: {"music_prompt": "soft piano"},
    "asmr": lambda recipe: {"asmr": True},
    "count": lambda recipe: _picture(recipe, count=2),
    "picture_resolution": lambda recipe: _picture(recipe, resolution=_resolution(recipe)),
    "picture_reference": lambda recipe: {
        **_picture(recipe, reference="subject", fidelity=Decimal("0.6")),
        **({} if recipe.inputs else _more(recipe, _one(InputRole.REFERENCE_IMAGE, "reference"))),
    },
    "watermark": lambda recipe: {"watermark": True},
}


def _voiced(recipe, **facts):
    known = recipe.voice.model_dump(exclude_none=True) if recipe.voice else {"id": "oversea_male1"}
    return {"speech": recipe.speech or "Good evening.", "voice": Voice(**{**known, **facts})}


def _resolution(recipe):
    ability = catalog.load().model(recipe.model).find_ability(recipe.capability, recipe.tier)
    return ability.resolutions[-1] if ability and ability.resolutions else "2k"
