"""fal's platform API: prices of endpoints, what a call would cost, and an account's balance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox import products
from generations.sandbox.fal_auth import Stranger, account_of
from generations.sandbox.products import Price, Product
from generations.sandbox.wire import json_reply, read_json
from generations.sandbox.world import World

ENDPOINTS_MAX = 50
UNITS = {"second": "seconds", "image": "images", "call": "requests"}


class FalPlatform:
    """`api.fal.ai/v1`, here below `/fal-api/v1`."""

    def __init__(self, world: World) -> None:
        self.world = world

    def addresses(self) -> list[Address]:
        return [
            Address("/v1/models/pricing", self.pricing, methods=["GET"]),
            Address("/v1/models/pricing/estimate", self.estimate, methods=["POST"]),
            Address("/v1/account/billing", self.billing, methods=["GET"]),
        ]

    async def pricing(self, request: Request) -> Response:
        """The unit prices of one or more endpoints, named once each or with commas between."""
        self.world.requests["fal.pricing"] += 1
        if (refused := self._stranger(request)) is not None:
            return refused
        named = [one for value in request.query_params.getlist("endpoint_id") for one in value.split(",") if one]
        if not 1 <= len(named) <= ENDPOINTS_MAX:
            return _error(f"Give 1 to {ENDPOINTS_MAX} endpoint_id.", "validation_error", 400)
        prices = [row for one in named if (row := _row(one)) is not None]
        if not prices:
            return _error("No endpoint was found.", "not_found", 404)
        return json_reply({"prices": prices, "next_cursor": None, "has_more": False})

    async def estimate(self, request: Request) -> Response:
        """What so many units of endpoints would cost."""
        self.world.requests["fal.pricing"] += 1
        if (refused := self._stranger(request)) is not None:
            return refused
        body = read_json(await request.body()) or {}
        endpoints = body.get("endpoints")
        if body.get("estimate_type") != "unit_price" or not isinstance(endpoints, dict):
            return _error("Give estimate_type unit_price and endpoints.", "validation_error", 400)
        total = Decimal(0)
        for name, asked in endpoints.items():
            row, quantity = _row(name), asked.get("unit_quantity") if isinstance(asked, dict) else None
            if row is None or isinstance(quantity, bool) or not isinstance(quantity, int | float):
                return _error(f"{name} is unknown or has no unit_quantity.", "validation_error", 400)
            total += Decimal(str(row["unit_price"])) * Decimal(str(quantity))
        return json_reply({"estimate_type": "unit_price", "total_cost": float(total), "currency": "USD"})

    async def billing(self, request: Request) -> Response:
        """The account's name, and with `expand=credits` its balance in dollars."""
        self.world.requests["fal.billing"] += 1
        self.world.advance()
        try:
            account = account_of(request.headers)
        except Stranger as stranger:
            return _error(stranger.words, "authorization_error", stranger.status)
        value: dict[str, Any] = {"username": "sandbox-user"}
        if "credits" in request.query_params.get("expand", ""):
            balance = self.world.accounts.balance("fal", account)
            value["credits"] = {"current_balance": float(balance), "currency": "USD"}
        return json_reply(value)

    def _stranger(self, request: Request) -> Response | None:
        try:
            account_of(request.headers)
        except Stranger as stranger:
            return _error(stranger.words, "authorization_error", stranger.status)
        return None


def _row(name: str) -> dict[str, Any] | None:
    product: Product | None = products.find("fal", name)
    price: Price | None = product.settings.get("price") if product else None
    if price is None:
        return None
    unit = UNITS.get(price.per, price.per)
    return {"endpoint_id": name, "unit_price": float(price.amount), "unit": unit, "currency": "USD"}


def _error(words: str, kind: str, status: int) -> Response:
    return json_reply({"error": {"type": kind, "message": words}}, status)
