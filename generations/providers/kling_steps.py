"""Calls of the official API that come before a submit: they open a session on the video. docs/providers.md 3.3, 3.6.

They answer at once and have no id of ours, so a lost answer is lost. A session is valid for 24 hours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from generations.catalog import Mark, Route
from generations.choices import Currency, InputRole
from generations.providers.errors import Busy, Misconfigured, Rejected, Uncertain, Unreachable
from generations.providers.kling_api import LIP_SYNC, MULTI_ELEMENTS
from generations.providers.kling_cost import Purse, added, read_deduction
from generations.providers.kling_inputs import source
from generations.providers.types import JSON, Cost, Prepared, Task

SOUND_MIN_MS = 2_000
_IDENTIFY = "/v1/videos/identify-face"
_INIT, _ADD = (f"{MULTI_ELEMENTS}/{name}" for name in ("init-selection", "add-selection"))
_NOTHING = Cost(Decimal(0), Currency.KLING_UNIT.value)
_FIRST = {LIP_SYNC: _IDENTIFY, MULTI_ELEMENTS: _INIT}

Post = Callable[[str, JSON], Awaitable[Mapping[str, JSON]]]
"""Sends a body to a path and gives the `data` of a success; raises as a submit does."""


class Span(NamedTuple):
    """Which part of a sound is used, and where in the video it begins, in milliseconds."""

    start: int
    end: int
    insert: int


def first_call(route: Route) -> str:
    """The name of the call that must come before the submit on a route, or empty."""
    return _FIRST.get(route.endpoint, "").rpartition("/")[2]


async def open_session(prepared: Prepared, post: Post, purse: Purse) -> dict[str, JSON]:
    """The session that a submit works in, as JSON; `charged` is what opening it cost, where Kling says so.

    Raises Rejected where Kling sees nothing to work on, and Uncertain for an answer that opens no session.
    """
    is_lip_sync = prepared.task.route.endpoint == LIP_SYNC
    session, cost = await (_identify if is_lip_sync else _select)(prepared, post, purse)
    return session | ({"charged": cost.as_json()} if cost else {})


def sound_span(task: Task) -> Span:
    """The part of the sound that a lip-sync uses: the recipe's, otherwise all that fits into the video.

    Raises Rejected where the end is not known, and for less than the 2 s that Kling takes.
    """
    crop = task.recipe.crop
    start, insert = (crop.start_ms, crop.insert_ms) if crop else (0, 0)
    end = crop.end_ms if crop and crop.end_ms is not None else _last_fitting_ms(task, start, insert)
    if end is None:
        raise _rejected(_("The length of this sound is not known. Say where its used part ends."), _NOTHING)
    if end - start < SOUND_MIN_MS:
        sentence = _("Kling needs at least 2 s of sound; this part has %(seconds)s s. Choose a longer one.")
        raise _rejected(sentence % {"seconds": max(end - start, 0) / 1000}, _NOTHING)
    return Span(start, end, insert)


def _last_fitting_ms(task: Task, start: int, insert: int) -> int | None:
    sound, video = (_length_ms(task, role) for role in (InputRole.AUDIO, InputRole.SOURCE_VIDEO))
    if sound is None or video is None:
        return sound
    return min(sound, start + video - insert)


def _length_ms(task: Task, role: InputRole) -> int | None:
    seconds = next((file.seconds for file in task.files_for(role)), None)
    return None if seconds is None else int(seconds * 1000)


async def _identify(prepared: Prepared, post: Post, purse: Purse) -> tuple[dict[str, JSON], Cost | None]:
    data = await post(_IDENTIFY, source(prepared))
    cost = read_deduction(data, purse)
    faces = [face for face in _list(data.get("face_data")) if isinstance(face.get("face_id"), str | int)]
    if not faces and isinstance(data.get("face_data"), list):
        raise _rejected(_("Kling found no face in this video that it can animate. Choose another video."), cost)
    session_id = _session_id(data if faces else {})
    wanted = prepared.task.recipe.face
    if wanted is None:
        face = max(faces, key=_milliseconds)
    elif wanted < len(faces):
        face = faces[wanted]
    else:
        sentence = _("Kling found %(count)s faces in this video, so there is no face %(number)s. Choose another one.")
        raise _rejected(sentence % {"count": len(faces), "number": wanted + 1}, cost)
    return {"session_id": session_id, "face_id": str(face["face_id"])}, cost


async def _select(prepared: Prepared, post: Post, purse: Purse) -> tuple[dict[str, JSON], Cost | None]:
    data = await post(_INIT, source(prepared))
    costs = [read_deduction(data, purse)]
    if data.get("status", 0) != 0:
        sentence = _("Kling cannot edit this video (its code %(code)s). Choose another one.")
        raise _rejected(sentence % {"code": str(data["status"])[:20]}, costs[0])
    session_id = _session_id(data)
    edit = prepared.task.recipe.edit
    for mark in edit.marks if edit else ():
        try:
            marked = await post(_ADD, _selection(session_id, mark))
        except Rejected as error:
            error.charged = _total(costs) or error.charged
            raise
        except (Busy, Misconfigured, Unreachable) as error:
            if spent := _spent(costs):
                sentence = _(
                    "Kling opened this video at a cost, but did not take the marks on it just now. Opening it again "
                    "would cost again, so it is not tried by itself. You can try again."
                )
                raise _rejected(sentence, spent) from error
            raise
        costs.append(read_deduction(marked, purse))
        if marked.get("status", 0) != 0:
            sentence = _("Kling could not select what is marked on frame %(frame)s. Mark it anew.")
            raise _rejected(sentence % {"frame": mark.frame}, _total(costs))
    return {"session_id": session_id}, _total(costs)


def _selection(session_id: str, mark: Mark) -> JSON:
    # Where 0 is: one page calls [0, 1] the top left, two descriptions call it [0, 0]. Read as x to the right, y down.
    points = [{"x": float(spot.x), "y": float(spot.y)} for spot in mark.spots]
    return {"session_id": session_id, "frame_index": mark.frame, "points": points}


def _session_id(data: Mapping[str, JSON]) -> str:
    found = data.get("session_id")
    if isinstance(found, str | int) and str(found):
        return str(found)
    sentence = _("Kling answered without opening a session on the video.")
    raise Uncertain(sentence, provider="kling")


def _total(costs: list[Cost | None]) -> Cost | None:
    known = [cost for cost in costs if cost is not None]
    return added(known) if known and len({cost.currency for cost in known}) == 1 else None


def _spent(costs: list[Cost | None]) -> Cost | None:
    total = _total(costs)
    return total if total and total.amount else None


def _milliseconds(face: Mapping[str, JSON]) -> float:
    start, end = face.get("start_time"), face.get("end_time")
    return end - start if isinstance(start, int | float) and isinstance(end, int | float) else 0


def _list(value: JSON) -> list[Mapping[str, JSON]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _rejected(sentence: str, charged: Cost | None) -> Rejected:
    return Rejected(sentence, provider="kling", charged=charged)
