"""Kling-compatible gateways below `/gateway`: three of them over one account book.

- `/vendors/kling/v1`: MuleRun, 202 on a submit, `task_info`, pending to completed
- `/other/kling/v1`: the same with the words of its general page, queued to succeeded, and 200 on a submit
- `/kling/v1`: a gateway that passes Kling's own envelope through

There is no webhook, no cancel, no list, no balance and no id of the caller's.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox import products
from generations.sandbox.desk import Desk
from generations.sandbox.faults import Asked
from generations.sandbox.gateway_shapes import OTHER_WORDS, WORDS, envelope, task_info
from generations.sandbox.inputs import BadFile
from generations.sandbox.products import Fault
from generations.sandbox.tasks import Failure, Task
from generations.sandbox.wire import SPECIAL_KEYS, account_label, cut, gateway_page, json_reply, read_json, spoil

TITLES = {
    400: "Invalid Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    423: "Locked",
    429: "Too Many Requests",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
KLING_CODES = {400: 1201, 401: 1002, 402: 1102, 403: 1103, 404: 1203, 429: 1302, 500: 5000, 503: 5001, 504: 5002}


class Dialect(NamedTuple):
    """How one gateway answers. `words` are empty where it speaks Kling's envelope."""

    prefix: str
    words: dict[str, str]
    accepted: int

    def shows(self, task: Task, *, accepted: bool = False) -> Response:
        if not self.words:
            return envelope(task)
        return task_info(task, self.words, self.accepted if accepted else 200)

    def refuses(self, status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Response:
        if not self.words:
            body: object = {"code": KLING_CODES.get(status, 5000), "message": detail or TITLES.get(status, "Error")}
        else:
            body = {"error": {"code": status, "title": TITLES.get(status, "Error"), "detail": detail}}
        return json_reply(body, status, headers)


DIALECTS = (
    Dialect("/vendors/kling/v1", WORDS, 202),
    Dialect("/other/kling/v1", OTHER_WORDS, 200),
    Dialect("/kling/v1", {}, 200),
)
Answer = Callable[[Request, Dialect, str], Awaitable[Response]]


class GatewayHost:
    """All gateways over one world."""

    def __init__(self, desk: Desk, origin: str) -> None:
        self.world = desk.world
        self.desk = desk
        self.cdn = f"{origin}/gateway/cdn"

    def addresses(self) -> list[Address]:
        found = []
        for dialect in DIALECTS:
            path = f"{dialect.prefix}/videos/{{kind}}"
            found.append(Address(path, self._known(self.create, dialect), methods=["POST"]))
            found.append(Address(f"{path}/{{id}}", self._known(self.query, dialect), methods=["GET"]))
        return found

    def _known(self, answer: Answer, dialect: Dialect) -> Callable[[Request], Awaitable[Response]]:
        async def reply(request: Request) -> Response:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            key = key.strip()
            if scheme != "Bearer" or not key or SPECIAL_KEYS.get(key) == "refused":
                return dialect.refuses(401, "The token is missing or invalid")
            self.world.advance()
            return await answer(request, dialect, key)

        return reply

    async def create(self, request: Request, dialect: Dialect, key: str) -> Response:
        self.world.requests["gateway.submit"] += 1
        raw, kind = await request.body(), request.path_params["kind"]
        body, product = read_json(raw), products.find("gateway", f"/videos/{kind}")
        checked = products.check(product, body or {}) if product else None
        prompt = checked.prompt if checked else ""
        asked = self.desk.asked("gateway", prompt, request.headers.get("x-sandbox-fault", ""))
        if (refused := await _refusal(request, dialect, asked)) is not None:
            return refused
        if product is None or checked is None:
            return dialect.refuses(404, "No such endpoint")
        if body is None:
            return dialect.refuses(400, "The request body is not valid JSON")
        if checked.faults:
            return dialect.refuses(400, _words(checked.faults[0]))
        try:
            inputs = await self.desk.read(checked)
        except BadFile as bad:
            return dialect.refuses(400, f"{bad.loc[0] if bad.loc else 'image'}: {bad.message}")
        account = account_label(key)
        task = self.desk.make(
            checked,
            inputs,
            task_id=str(uuid.uuid4()),
            account=account,
            raw=raw,
            asked=asked,
            cdn=self.cdn,
            failure=_failure_asked(asked),
            extra={"prefix": dialect.prefix},
        )
        if SPECIAL_KEYS.get(key) == "empty" or not self.world.accounts.can_pay(task):
            return dialect.refuses(402, "Insufficient balance")
        if self.world.unfinished("gateway", account) >= self.world.config.concurrency("gateway"):
            return dialect.refuses(429, "Too many tasks are running")
        self.world.accept(task)
        if task.has("500 after accept"):
            return dialect.refuses(500)
        return await spoil(request, task, dialect.shows(task, accepted=True))

    async def query(self, request: Request, dialect: Dialect, key: str) -> Response:
        self.world.requests["gateway.status"] += 1
        task = self.world.get("gateway", account_label(key), request.path_params["id"])
        path = f"/videos/{request.path_params['kind']}"
        if task is None or task.endpoint != path or task.extra["prefix"] != dialect.prefix:
            return dialect.refuses(404, "No such task")
        trouble = self.world.take_fault(task, "status")
        if trouble in ("500 status", "429 status"):
            return dialect.refuses(int(trouble[:3]))
        if trouble == "html status":
            return gateway_page(200, "Welcome")
        if trouble == "unknown state":
            return (
                task_info(task, dialect.words, status="paused")
                if dialect.words
                else envelope(task, task_status="paused")
            )
        trouble = self.world.take_fault(task, "result") if task.is_over else ""
        if trouble == "504 result":
            return dialect.refuses(504)
        if trouble == "no url" and task.state == "done":
            return json_reply({"task_info": {"id": task.id, "status": "completed"}, "videos": []})
        return dialect.shows(task)


async def _refusal(request: Request, dialect: Dialect, asked: Mapping[str, Asked]) -> Response | None:
    """The reply of a submit that makes nothing, or None."""
    if "lost request" in asked:
        return await cut(request)
    if asked.keys() & {"429", "1303"}:
        return dialect.refuses(429, "Slow down", {"Retry-After": "2"})
    for name, status in (("429 bare", 429), ("500", 500), ("503", 503), ("no funds", 402)):
        if name in asked:
            return dialect.refuses(status)
    if "code" in asked:
        return dialect.refuses(int(asked["code"].seconds))
    return gateway_page(502, "Bad Gateway") if "html" in asked else None


def _words(fault: Fault) -> str:
    if fault.kind == "unsupported":
        return f"{fault.name} is {fault.limit}"
    if fault.kind == "form":
        return f"{fault.name} must be Base64 without a data: prefix"
    return f"{fault.name} is {'required' if fault.kind in ('missing', 'either') else 'invalid'}"


def _failure_asked(asked: Mapping[str, Asked]) -> Failure | None:
    """The end that was asked for in the prompt, or None: providers.md 5.1 has two codes for what was prohibited."""
    if asked.keys() & {"moderated", "moderated charged", "nsfw"}:
        words, title = "The request contains prohibited content", "Invalid Request"
        return Failure("400", words, ctx={"title": title}, charged="moderated charged" in asked)
    if "fail" in asked:
        return Failure("3001", "The upstream could not complete the task", ctx={"title": "Task Execution Error"})
    return None
