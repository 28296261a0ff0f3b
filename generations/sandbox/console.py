"""The sandbox seen from outside: what was billed, how much is going on, and the lever for troubles."""

from __future__ import annotations

from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as Address

from generations.sandbox.control import PROVIDERS, BadOrder, obey
from generations.sandbox.page import SHOWN, page
from generations.sandbox.tasks import Task
from generations.sandbox.wire import json_reply, read_json
from generations.sandbox.world import World


class Console:
    def __init__(self, world: World) -> None:
        self.world = world

    def addresses(self) -> list[Address]:
        return [
            Address("/", self.home, methods=["GET"]),
            Address("/_bill.json", self.bill, methods=["GET"]),
            Address("/_state.json", self.state, methods=["GET"]),
            Address("/_control", self.control, methods=["POST"]),
        ]

    async def home(self, request: Request) -> Response:
        self.world.advance()
        world = self.world
        newest = list(islice(reversed(world.tasks.values()), SHOWN))
        return HTMLResponse(page(newest, len(world.tasks), world.accounts.sums(), self.armed()))

    async def bill(self, request: Request) -> Response:
        """Every task, oldest first; `?since=seq` leaves out what is known."""
        self.world.advance()
        since = request.query_params.get("since", "0")
        known = int(since) if since.isascii() and since.isdigit() else 0
        return json_reply({"tasks": [_row(task) for task in self.world.since(known)]})

    async def state(self, request: Request) -> Response:
        self.world.advance()
        return json_reply(
            {
                "tasks": len(self.world.tasks),
                "states": {name: dict(+self.world.states[name]) for name in PROVIDERS},
                "requests": dict(self.world.requests),
                "billed": self.world.accounts.sums(),
                "armed": self.world.armed.listed(),
                "losing": self.world.losses.listed(),
                "speed": self.world.config.speed,
                "render": self.world.config.render,
            }
        )

    async def control(self, request: Request) -> Response:
        """Arm a fault, clear all, or set what the providers' own consoles would."""
        order = read_json(await request.body())
        # A web page of another origin cannot send this type without asking first.
        if request.headers.get("content-type", "").partition(";")[0] != "application/json" or order is None:
            return json_reply({"error": "Send a JSON object as application/json."}, 400)
        try:
            obey(self.world, order)
        except BadOrder as bad:
            return json_reply({"error": str(bad)}, 400)
        return json_reply({"armed": self.world.armed.listed(), "losing": self.world.losses.listed()})

    def armed(self) -> list[str]:
        """The troubles that are waiting, in words."""
        faults = [
            f"{item['fault']} ({item['provider'] or 'any provider'}, {item['count']} left)"
            for item in self.world.armed.listed()
        ]
        return [*faults, *(f"lost replies of {name}: {rule}" for name, rule in self.world.losses.listed().items())]


def _row(task: Task) -> dict[str, Any]:
    return {
        "seq": task.seq,
        "provider": task.provider,
        "account": task.account,
        "endpoint": task.endpoint,
        "model": task.model,
        "tier": task.tier,
        "capability": task.capability,
        "seconds": task.seconds,
        "count": task.count,
        "task_id": task.id,
        "external_id": task.external_id,
        "webhook_url": task.webhook_url,
        "webhook_note": task.webhook_note,
        "state": task.state,
        "failure": task.failure.kind if task.failure else "",
        "prompt": task.prompt,
        "faults": list(task.faults),
        "submitted_at": task.submitted_at,
        "started_at": task.started_at,
        "done_at": task.done_at,
        "cancel_requested_at": task.cancel_requested_at,
        "billed": {"amount": task.billed, "unit": task.unit if task.is_over else "", "usd": task.usd},
        "output_url": task.output_url if task.state == "done" else "",
        "outputs": task.outputs if task.state == "done" else [],
        "body_sha256": task.body_sha256,
        "ignored": list(task.ignored),
    }
