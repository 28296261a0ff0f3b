"""Accounts, recipes and tasks for the adapters' tests, and the wire that answers them from recorded files."""

import json
from collections import deque
from pathlib import Path

import httpx

from generations import catalog, providers
from generations.choices import InputRole
from generations.providers import Account, Delivery, InputFile, Task
from tests.every_recipe import plainest, sha, with_option

__all__ = ["sha"]

RECORDED = Path(__file__).parent / "recorded"
SECRETS = {
    "fal": {"key": "0b9f1c3e-key-id:5f4dcc3b5aa765d61d8327de"},
    "kling": {
        "access_key": "AKtestaccesskey0123456789",
        "secret_key": "SKtestsecretkey0123456789abcdefgh",
        "api_key": "api-key-0123456789",
        "webhook_secret": "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=",
    },
    "wavespeed": {"key": "wsk-live-4f81d0c27b6e", "webhook_secret": "whsec_5Qm2vWq8Zt1LrXc9"},
    "gateway": {"key": "mule-token-93ac1f4be07d"},
}


def make_account(slug, **facts):
    return Account(provider=slug, credentials=facts.pop("credentials", SECRETS[slug]), **facts)


def routes(slug):
    return [route for route in catalog.load().routes if route.provider == slug]


def find_route(slug, model, capability, tier):
    return next(route for route in catalog.load().routes_for(model, capability, tier) if route.provider == slug)


def make_recipe(route, *options, **facts):
    """A recipe for a route that uses the named optional parts, whether the route takes them or not."""
    recipe = plainest(route, **facts)
    for option in options:
        recipe = with_option(recipe, option)
    return recipe


MEDIA_TYPES = {InputRole.SOURCE_VIDEO: "video/mp4", InputRole.AUDIO: "audio/mpeg"}


def make_task(route, folder, *options, our_id="3f0c2f4e-our-own-id", callback_url="", recipe=None):
    """A task whose files hold their own names as bytes. Videos and sounds have a public address of ours."""
    recipe = recipe or make_recipe(route, *options)
    files = []
    for role in InputRole:
        for index, item in enumerate(recipe.inputs_for(role)):
            path = folder / item.sha256
            path.write_bytes(f"{role} {index}".encode())
            media_type = MEDIA_TYPES.get(role, "image/png")
            made = {
                "provider_id": f"id-of-{role}" if "source_id" in route.requires else "",
                "public_url": f"https://portal.example/inputs/{item.sha256}" if role in MEDIA_TYPES else "",
            }
            files.append(InputFile(role, index, item.sha256, path, media_type, path.stat().st_size, **made))
    return Task(our_id=our_id, recipe=recipe, route=route, files=tuple(files), callback_url=callback_url)


def recorded(slug, situation, **changes):
    """The recorded answer for a situation, as a fresh response; `changes` replace keys of its body."""
    facts = json.loads((RECORDED / slug / f"{situation}.json").read_text())
    content = facts["text"].encode() if "text" in facts else json.dumps(facts["body"] | changes).encode()
    return httpx.Response(facts["status"], headers=facts.get("headers", {}), content=content)


def endless_reply():
    async def chunks():
        while True:
            yield b"x" * 65_536

    return httpx.Response(200, content=chunks())


class Wire:
    """Answers the calls of both clients in order; an exception among the answers is raised instead."""

    def __init__(self, *answers):
        self.answers = deque(answers)
        self.requests = []
        self.exchanges = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def http(self):
        transport = httpx.MockTransport(self)
        return providers.Http(read_transport=transport, submit_transport=transport, record=self.exchanges.append)

    @property
    def last(self):
        return self.requests[-1]

    @property
    def last_body(self):
        return json.loads(self.last.content)


def make_delivery(body, headers, received_at):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(headers=headers, body=content, received_at=received_at)
