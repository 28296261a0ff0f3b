"""The sandbox seen from outside: what was billed, how much is going on, and the lever for troubles."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as Address

from generations.sandbox.faults import FAULTS
from generations.sandbox.page import page
from generations.sandbox.tasks import Task
from generations.sandbox.wire import json_reply, read_json
from generations.sandbox.world import World

CONTROLS = ("fault", "clear", "kling_webhook_secret", "kling_access_keys")


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
        tasks = list(self.world.tasks.values())
        return HTMLResponse(page(tasks, self.totals(), self.world.armed.listed()))

    async def bill(self, request: Request) -> Response:
        """Every task, oldest first; `?since=seq` leaves out what is known."""
        self.world.advance()
        since = request.query_params.get("since", "0")
        known = int(since) if since.isascii() and since.isdigit() else 0
        return json_reply({"tasks": [_row(task) for task in self.world.tasks.values() if task.seq > known]})

    async def state(self, request: Request) -> Response:
        self.world.advance()
        states: dict[str, Counter[str]] = {"fal": Counter(), "kling": Counter()}
        for task in self.world.tasks.values():
            states[task.provider][task.state] += 1
        return json_reply(
            {
                "tasks": len(self.world.tasks),
                "states": {provider: dict(counts) for provider, counts in states.items()},
                "requests": dict(self.world.requests),
                "billed": self.totals(),
                "armed": self.world.armed.listed(),
                "speed": self.world.config.speed,
                "render": self.world.config.render,
            }
        )

    async def control(self, request: Request) -> Response:
        """Arm a fault, clear all, or set what Kling's console would: webhook secret and known secret keys."""
        order = read_json(await request.body())
        # A web page of another origin cannot send this type without asking first.
        if request.headers.get("content-type", "").partition(";")[0] != "application/json" or order is None:
            return json_reply({"error": "Send a JSON object as application/json."}, 400)
        if not any(name in order for name in CONTROLS):
            return json_reply({"error": f"Name one of: {', '.join(CONTROLS)}."}, 400)
        if order.get("clear"):
            self.world.armed.clear()
        if "fault" in order and (problem := self._arm(order)):
            return json_reply({"error": problem}, 400)
        if "kling_webhook_secret" in order:
            self.world.store.put_setting("kling_webhook_secret", order["kling_webhook_secret"] or None)
        if "kling_access_keys" in order:
            self.world.know_kling_secrets(dict(order["kling_access_keys"]))
        return json_reply({"armed": self.world.armed.listed()})

    def _arm(self, order: dict[str, Any]) -> str:
        name, provider, count = order["fault"], order.get("provider") or "", order.get("count", 1)
        if name not in FAULTS:
            return f"There is no fault {name!r}. There are: {', '.join(FAULTS)}."
        if provider not in ("", "fal", "kling"):
            return "The provider is fal or kling."
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            return "The count is a whole number from 1 up."
        self.world.armed.add(name, provider, count)
        return ""

    def totals(self) -> dict[str, dict[str, str]]:
        """What was billed so far: amount in the provider's unit, and in list dollars where prices are known."""
        sums: dict[str, dict[str, Decimal]] = {}
        for task in self.world.tasks.values():
            if task.unit:
                row = sums.setdefault(task.provider, {task.unit: Decimal(0), "usd": Decimal(0)})
                row[task.unit] += Decimal(task.billed)
                row["usd"] += Decimal(task.usd or 0)
        return {provider: {unit: format(value, "f") for unit, value in row.items()} for provider, row in sums.items()}


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
        "task_id": task.id,
        "external_id": task.external_id,
        "webhook_url": task.webhook_url,
        "webhook_note": task.webhook_note,
        "state": task.state,
        "failure": task.failure.kind if task.failure else "",
        "prompt": task.prompt,
        "submitted_at": task.submitted_at,
        "started_at": task.started_at,
        "done_at": task.done_at,
        "cancel_requested_at": task.cancel_requested_at,
        "billed": {"amount": task.billed, "unit": task.unit, "usd": task.usd},
        "output_url": task.output_url if task.state == "done" else "",
        "body_sha256": task.body_sha256,
        "ignored": list(task.ignored),
    }
