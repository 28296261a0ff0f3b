"""Tasks for the official API with the inputs of every product: pictures, videos by address or by id, sounds."""

import base64
from dataclasses import replace
from decimal import Decimal

from generations import catalog, providers
from generations.catalog import Input, Recipe
from generations.choices import InputRole
from tests.providers.make import SECRETS, Wire, make_account, make_task, recorded, sha

BOTH_KEYS = SECRETS["kling"] | {"api_key": "api-key-0123456789"}
VIDEO_URL = "https://site.example/inputs/clip.mp4"
VIDEO_ID = "758213999000111222"
OUR_ID = "3f0c2f4e-our-own-id"
_TYPES = {InputRole.SOURCE_VIDEO: "video/mp4", InputRole.AUDIO: "audio/mpeg"}


def find(model, capability, tier="std", api=""):
    """The route of the official API; `api` says of which generation."""
    found = catalog.load().routes_for(model, capability, tier)
    return next(route for route in found if route.provider == "kling" and route.api == api)


def inputs(*roles):
    """One input per role named; a role that comes again is its next file."""
    return tuple(Input(role=role, sha256=sha(f"{role} {index}")) for index, role in enumerate(roles))


def encoded(role, index=0):
    return base64.b64encode(f"{role} {index}".encode()).decode()


def kling_task(route, folder, *roles, video_id="", video_url=VIDEO_URL, sound_seconds=Decimal("9.5"), **facts):
    """A task on a route with an input for each role, a video at an address of ours unless `video_id` says otherwise."""
    facts = {"model": route.model, "capability": route.capability, "tier": route.tier, "inputs": inputs(*roles)} | facts
    task = make_task(route, folder, our_id=OUR_ID, recipe=Recipe(**facts))
    known = {
        InputRole.SOURCE_VIDEO: {"provider_id": video_id, "public_url": video_url, "seconds": Decimal(8)},
        InputRole.AUDIO: {"seconds": sound_seconds},
    }
    files = (
        replace(file, media_type=_TYPES.get(file.role, file.media_type), **known.get(file.role, {}))
        for file in task.files
    )
    return replace(task, files=tuple(files))


async def call(method, *answers, account=None, **facts):
    """What a method of the adapter gives for recorded answers, and the wire."""
    wire = Wire(*(recorded("kling", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("kling", credentials=BOTH_KEYS), http)
        return await getattr(adapter, method)(**facts), wire


async def submitted(task, *answers, session=None, account=None):
    """The body that a task is submitted with, and what the submit gave."""
    wire = Wire(*(recorded("kling", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("kling", credentials=BOTH_KEYS), http)
        prepared = await adapter.prepare(task)
        result = await adapter.submit(replace(prepared, session=session or {}))
    return wire.last_body, result, wire
