"""The official Kling host, legacy API: create, query by either id, list; in its envelope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox import products
from generations.sandbox.kling_auth import KlingError
from generations.sandbox.kling_create import Counter
from generations.sandbox.kling_shapes import envelope, head, refused, whole
from generations.sandbox.products import Product
from generations.sandbox.tasks import Task
from generations.sandbox.wire import gateway_page

ALL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
Answer = Callable[[Request], Awaitable[Response]]


class KlingHost:
    """The official host over one world."""

    def __init__(self, counter: Counter) -> None:
        self.world = counter.world
        self.counter = counter

    def addresses(self) -> list[Address]:
        found = []
        for product in products.load()["kling"].values():
            if product.path.startswith("/v1/") and not product.settings.get("sync"):
                found += self._addresses_of(product)
        return found

    def _addresses_of(self, product: Product) -> list[Address]:
        async def create(request: Request) -> Response:
            return await self._create(request, product)

        async def listed(request: Request) -> Response:
            return await self._list(request, product)

        async def query(request: Request) -> Response:
            return await self._query(request, product)

        path = product.path
        return [
            Address(path, enveloped(create), methods=["POST"]),
            Address(path, enveloped(listed), methods=["GET"]),
            Address(f"{path}/{{id}}", enveloped(query), methods=["GET"]),
        ]

    def unknown(self) -> Address:
        """The answer to everything else; it must come last."""
        return Address("/{rest:path}", self._unknown, methods=ALL_METHODS)

    async def _unknown(self, request: Request) -> Response:
        path = f"/{request.path_params['rest']}"
        known = any(path == one or path.startswith(f"{one}/") for one in products.load()["kling"])
        words = "The request method is invalid" if known else "The requested resource does not exist"
        return refused(KlingError(1202 if known else 1203, words))

    async def _create(self, request: Request, product: Product) -> Response:
        self.world.advance()
        taken = await self.counter.take(request, product)
        if isinstance(taken, Response):
            return taken
        return await self.counter.answer(request, taken, envelope(head(taken)))

    # Query

    async def _query(self, request: Request, product: Product) -> Response:
        self.world.requests["kling.status"] += 1
        self.world.advance()
        account, _ = self.counter.account(request)
        wanted = request.path_params["id"]
        task = self.world.get("kling", account, wanted) or self.world.find_external("kling", account, wanted)
        if task is None or task.endpoint != product.path:
            raise KlingError(1203, f"task {wanted} does not exist")
        if (trouble := self._trouble(task)) is not None:
            return trouble
        return envelope(whole(task))

    def _trouble(self, task: Task) -> Response | None:
        name = self.world.take_fault(task, "status")
        if name == "500 status":
            raise KlingError(5000, "Internal server error")
        if name == "429 status":
            raise KlingError(1302, "Too many requests")
        if name == "html status":
            return gateway_page(200, "Welcome")
        if name == "unknown state":
            return envelope({**whole(task), "task_status": "paused"})
        name = self.world.take_fault(task, "result") if task.is_over else ""
        if name == "504 result":
            raise KlingError(5002, "Server internal timeout")
        if name == "no url" and task.state == "done":
            value = whole(task)
            for files in value["task_result"].values():
                for file in files:
                    for key in [key for key in file if key.startswith("url")]:
                        file.pop(key)
            return envelope(value)
        return None

    async def _list(self, request: Request, product: Product) -> Response:
        self.world.requests["kling.list"] += 1
        self.world.advance()
        account, _ = self.counter.account(request)
        page = bounded(request, "pageNum", 1, 1000)
        size = bounded(request, "pageSize", 30, 500)
        tasks = (task for task in self.world.of_account("kling", account) if task.endpoint == product.path)
        return envelope([whole(task) for task in islice(tasks, (page - 1) * size, page * size)])


def enveloped(answer: Answer) -> Answer:
    """An answer whose refusals come in Kling's envelope."""

    async def reply(request: Request) -> Response:
        try:
            return await answer(request)
        except KlingError as error:
            return refused(error)

    return reply


def bounded(request: Request, name: str, default: int, highest: int) -> int:
    """A whole number of the query between 1 and `highest`. Raises KlingError."""
    given = request.query_params.get(name, str(default))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= highest:
        raise KlingError(1201, f"{name} must be between 1 and {highest}")
    return int(given)
