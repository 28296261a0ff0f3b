"""The official Kling host, new standard: the model in the path, one address for all tasks, API keys only."""

from __future__ import annotations

from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox import products
from generations.sandbox.kling import enveloped
from generations.sandbox.kling_auth import KlingError
from generations.sandbox.kling_create import Counter
from generations.sandbox.kling_shapes import element, envelope, new_head
from generations.sandbox.products import Product
from generations.sandbox.tasks import Task
from generations.sandbox.wire import gateway_page, read_json

IDS_MAX = 20
LIMIT = 100
LIMIT_MAX = 500


class KlingNew:
    """The new standard over the same counter as the legacy API."""

    def __init__(self, counter: Counter) -> None:
        self.world = counter.world
        self.counter = counter

    def addresses(self) -> list[Address]:
        found = [self._address_of(one) for one in products.load()["kling"].values() if not one.path.startswith("/v1/")]
        return [
            *found,
            Address("/tasks", enveloped(self.tasks), methods=["GET"]),
            Address("/tasks", enveloped(self.listed), methods=["POST"]),
        ]

    def _address_of(self, product: Product) -> Address:
        async def create(request: Request) -> Response:
            self.world.advance()
            taken = await self.counter.take(request, product, generation="new")
            if isinstance(taken, Response):
                return taken
            return await self.counter.answer(request, taken, envelope(new_head(taken)))

        return Address(product.path, enveloped(create), methods=["POST"])

    async def tasks(self, request: Request) -> Response:
        """The tasks of up to twenty ids of one kind. What does not exist is left out."""
        self.world.requests["kling.status"] += 1
        self.world.advance()
        account, _ = self.counter.account(request, tokens=False)
        names = [name for name in ("task_ids", "external_task_ids") if request.query_params.get(name)]
        if len(names) != 1:
            raise KlingError(1201, "exactly one of task_ids and external_task_ids must be given")
        ids = [one.strip() for one in request.query_params[names[0]].split(",") if one.strip()]
        if len(ids) > IDS_MAX:
            raise KlingError(1201, f"{names[0]} has more than {IDS_MAX} items")
        found = [task for one in ids if (task := self._find(account, one, names[0])) is not None]
        trouble = next((reply for task in found if (reply := self._trouble(task, found)) is not None), None)
        return trouble or envelope([element(task) for task in found])

    def _find(self, account: str, wanted: str, name: str) -> Task | None:
        by_id = name == "task_ids"
        task = self.world.get("kling", account, wanted) if by_id else None
        task = task if by_id else self.world.find_external("kling", account, wanted)
        return task if task and task.extra.get("generation") == "new" else None

    def _trouble(self, task: Task, found: list[Task]) -> Response | None:
        name = self.world.take_fault(task, "status")
        if name == "500 status":
            raise KlingError(5000, "Internal server error")
        if name == "429 status":
            raise KlingError(1302, "Too many requests")
        if name == "html status":
            return gateway_page(200, "Welcome")
        if name == "unknown state":
            return envelope([{**element(one), **({"status": "paused"} if one is task else {})} for one in found])
        name = self.world.take_fault(task, "result") if task.is_over else ""
        if name == "504 result":
            raise KlingError(5002, "Server internal timeout")
        if name == "no url" and task.state == "done":
            return envelope([_without_url(element(one)) if one is task else element(one) for one in found])
        return None

    async def listed(self, request: Request) -> Response:
        """The account's tasks of a time, newest first, in pages behind a cursor."""
        self.world.requests["kling.list"] += 1
        self.world.advance()
        account, _ = self.counter.account(request, tokens=False)
        body = read_json(await request.body())
        if body is None:
            raise KlingError(1200, "The request body is not valid JSON")
        begin, end = (_milliseconds(body, name) for name in ("start_time", "end_time"))
        limit, start = _whole(body, "limit", LIMIT, LIMIT_MAX), _whole(body, "cursor", 0, 10**9)
        wanted = _filters(body.get("filters") or [])
        tasks = (
            task
            for task in self.world.of_account("kling", account)
            if task.extra.get("generation") == "new"
            and begin <= task.submitted_at * 1000 <= end
            and all(value(task) in values for value, values in wanted)
        )
        page = list(islice(tasks, start, start + limit + 1))
        cursor = str(start + limit) if len(page) > limit else ""
        return envelope({"tasks": [element(task) for task in page[:limit]], "cursor": cursor})


def _without_url(value: dict[str, Any]) -> dict[str, Any]:
    value["outputs"] = [{key: item for key, item in one.items() if "url" not in key} for one in value["outputs"]]
    return value


def _filters(filters: Any) -> list[tuple[Any, list[str]]]:
    """Pairs of a function of a task and the values it may have. Raises KlingError."""
    known = {"status": lambda task: element(task)["status"], "product_type": lambda task: task.endpoint.split("/")[1]}
    found = []
    for row in filters if isinstance(filters, list) else [None]:
        if not isinstance(row, dict) or row.get("key") not in known or not isinstance(row.get("values"), list):
            raise KlingError(1201, "filters need a key (status, product_type) and values")
        found.append((known[row["key"]], row["values"]))
    return found


def _milliseconds(body: dict[str, Any], name: str) -> int:
    """A time of the body, which the documents show both as a number and as a text. Raises KlingError."""
    given = str(body.get(name, ""))
    if not given.isascii() or not given.isdigit():
        raise KlingError(1201, f"{name} must be a time in milliseconds")
    return int(given)


def _whole(body: dict[str, Any], name: str, default: int, highest: int) -> int:
    given = str(body.get(name) or default)
    if not given.isascii() or not given.isdigit() or int(given) > highest:
        raise KlingError(1201, f"{name} must be at most {highest}")
    return int(given)
