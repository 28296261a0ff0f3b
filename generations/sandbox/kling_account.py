"""What the official API tells of an account: its packs, its voices and elements, and those that everybody has."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox.billing import plain
from generations.sandbox.kling import bounded, enveloped
from generations.sandbox.kling_auth import KlingError
from generations.sandbox.kling_create import Counter
from generations.sandbox.kling_shapes import PACKS, envelope
from generations.sandbox.wire import now, read_json

PACK_SECONDS = 180 * 86_400
COSTS_PAUSE_SECONDS = 1.0
PRESET_VOICES = ("829826751244537879", "829824295735410756", "829826792415821855")
PRESET_ELEMENTS = (829836802793406551, 829837265970610257)


class KlingAccount:
    def __init__(self, counter: Counter) -> None:
        self.world = counter.world
        self.counter = counter
        self._asked: dict[str, float] = {}

    def addresses(self) -> list[Address]:
        general = "/v1/general"
        return [
            Address("/account/costs", enveloped(self.costs), methods=["GET"]),
            Address(f"{general}/presets-voices", enveloped(self.voices), methods=["GET"]),
            Address(f"{general}/advanced-presets-elements", enveloped(self.elements), methods=["GET"]),
            Address(f"{general}/delete-voices", enveloped(self.delete), methods=["POST"]),
            Address(f"{general}/delete-elements", enveloped(self.delete), methods=["POST"]),
            Address(f"{general}/delete-advanced-elements", enveloped(self.delete), methods=["POST"]),
        ]

    async def costs(self, request: Request) -> Response:
        """The account's packs with what is left of each; one call a second."""
        self.world.requests["kling.costs"] += 1
        self.world.advance()
        account, is_empty = self.counter.account(request)
        for name in ("start_time", "end_time"):
            if not request.query_params.get(name, "").isdigit():
                raise KlingError(1201, f"{name} must be a time in milliseconds")
        if now() - self._asked.get(account, 0.0) < COSTS_PAUSE_SECONDS / self.world.config.speed:
            raise KlingError(1302, "Too many requests")
        self._asked[account] = now()
        wanted = request.query_params.get("resource_pack_name")
        packs = [self._pack(account, unit, name, is_empty=is_empty) for unit, name in PACKS.items()]
        shown = [pack for pack in packs if wanted in (None, pack["resource_pack_name"])]
        return envelope({"code": 0, "msg": "success", "resource_pack_subscribe_infos": shown})

    def _pack(self, account: str, unit: str, name: str, *, is_empty: bool) -> dict[str, Any]:
        left = self.world.accounts.balance("kling", account, unit)
        spent = self.world.accounts.spent("kling", account, unit)
        begins = int(now() * 1000) - 86_400_000
        return {
            "resource_pack_name": f"Sandbox {name} pack",
            "resource_pack_id": f"{account}-{name}",
            "resource_pack_type": "decreasing_total",
            "total_quantity": float(plain(left + spent)),
            "remaining_quantity": 0.0 if is_empty else float(plain(left)),
            "purchase_time": begins,
            "effective_time": begins,
            "invalid_time": begins + PACK_SECONDS * 1000,
            "status": "runOut" if is_empty or left <= 0 else "online",
        }

    async def voices(self, request: Request) -> Response:
        """The voices that everybody has, for sound_list and voice_list; speech has a list of its own."""
        rows = [{"voice_id": one, "voice_name": f"Voice {one[-3:]}", "owned_by": "kling"} for one in PRESET_VOICES]
        return self._page(request, "voices", rows)

    async def elements(self, request: Request) -> Response:
        rows = [{"element_id": one, "element_name": f"Element {one % 1000}"} for one in PRESET_ELEMENTS]
        return self._page(request, "elements", rows)

    def _page(self, request: Request, name: str, rows: list[dict[str, Any]]) -> Response:
        self.world.requests["kling.list"] += 1
        self.counter.account(request)
        page, size = bounded(request, "pageNum", 1, 1000), bounded(request, "pageSize", 30, 1000)
        shown = rows[(page - 1) * size : page * size]
        return envelope([{"task_id": "", "task_status": "succeed", "task_result": {name: [row]}} for row in shown])

    async def delete(self, request: Request) -> Response:
        """Remove a voice or an element of the account's own."""
        account, _ = self.counter.account(request)
        body = read_json(await request.body()) or {}
        wanted = str(body.get("voice_id") or body.get("element_id") or "")
        for task in self.world.of_account("kling", account):
            if task.extra.get("made_id") == wanted and wanted:
                task.extra["made_id"] = f"deleted {wanted}"
                self.world.keep(task)
                return envelope({"task_id": task.id, "task_status": "succeed"})
        raise KlingError(1203, f"{wanted} does not exist")
