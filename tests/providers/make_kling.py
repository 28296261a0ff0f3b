"""Tasks for the official API with the inputs of every product: pictures, videos by address or by id, sounds."""

import base64
from dataclasses import replace
from decimal import Decimal

from standardwebhooks import Webhook

from generations import catalog, providers
from generations.catalog import Input, Recipe
from generations.choices import InputRole
from tests.providers.make import SECRETS, Wire, make_account, make_delivery, make_task, recorded, sha

PAIR_ONLY = {name: value for name, value in SECRETS["kling"].items() if name != "api_key"}
KEY_ONLY = {"api_key": SECRETS["kling"]["api_key"]}
HOST = "https://api-singapore.klingai.com"
TASK = "758213946091823104"
WEBHOOK_SECRET = SECRETS["kling"]["webhook_secret"]
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
        adapter = providers.get(account or make_account("kling"), http)
        return await getattr(adapter, method)(**facts), wire


async def submitted(task, *answers, session=None, account=None):
    """The body that a task is submitted with, and what the submit gave."""
    wire = Wire(*(recorded("kling", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("kling"), http)
        prepared = await adapter.prepare(task)
        result = await adapter.submit(replace(prepared, session=session or {}))
    return wire.last_body, result, wire


def signed(body, at, secret=WEBHOOK_SECRET, delivery_id="msg-1"):
    """A delivery of a body, signed at a time, with a signature of another kind beside it."""
    content = make_delivery(body, {}, at).body
    signature = Webhook(secret).sign(delivery_id, at, content.decode("utf-8", "replace"))
    headers = {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": f"v1,AAAA v2,whatever {signature}",
    }
    return make_delivery(content, headers, at)
