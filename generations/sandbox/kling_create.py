"""How the official API takes a task, in both generations: what it refuses in which order, and the task it makes."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import Response

from generations.sandbox import products
from generations.sandbox.desk import Desk
from generations.sandbox.inputs import BadFile, Inputs
from generations.sandbox.kling_auth import KlingError, account_of
from generations.sandbox.kling_chain import mask_sizes, opened, source_of
from generations.sandbox.kling_words import BUSY, EMPTY, bad_file, error_of, failure_asked, refusal
from generations.sandbox.products import Product
from generations.sandbox.tasks import Task
from generations.sandbox.wire import read_json, spoil


class Counter:
    """The counter where tasks are handed in. `cdn` is the address below which results are handed out."""

    def __init__(self, desk: Desk, cdn: str) -> None:
        self.desk = desk
        self.world = desk.world
        self.cdn = cdn

    def account(self, request: Request, *, tokens: bool = True) -> tuple[str, bool]:
        """The calling account's label, and whether it is one without units. Raises KlingError."""
        header = request.headers.get("authorization", "")
        return account_of(header, self.world.kling_secrets, self.world.clock(), tokens=tokens)

    async def take(self, request: Request, product: Product, *, generation: str = "legacy") -> Task | Response:
        """The task of a request, accepted; or a reply that stands for none. Raises KlingError."""
        self.world.requests["kling.submit"] += 1
        account, is_empty = self.account(request, tokens=generation == "legacy")
        raw = await request.body()
        body = read_json(raw)
        checked = products.check(product, body or {})
        asked = self.desk.asked("kling", checked.prompt, request.headers.get("x-sandbox-fault", ""))
        if (reply := await refusal(request, asked)) is not None:
            return reply
        if body is None:
            raise KlingError(1200, "The request body is not valid JSON")
        if is_empty:
            raise KlingError(1102, EMPTY)
        if checked.faults:
            raise error_of(checked.faults[0])
        source = source_of(self.world, account, checked, body)
        if source.facts:
            checked = products.check(product, body, source.facts)
        inputs = await self._read(checked)
        # From here to accept nothing waits, so two equal ids cannot both pass.
        external_id = checked.text("external_id")
        if external_id and self.world.find_external("kling", account, external_id):
            raise KlingError(1201, f"external_task_id {external_id} already exists")
        task = self.desk.make(
            checked,
            inputs,
            task_id=_new_id(),
            account=account,
            raw=raw,
            asked=asked,
            cdn=self.cdn,
            failure=failure_asked(asked),
            source=source.path,
            seconds=source.seconds,
            external_id=external_id,
            webhook_url=checked.text("callback"),
            extra={"generation": generation, **source.extra, **opened(checked, source, inputs)},
        )
        self._admit(task, product)
        self.world.accept(task)
        if task.has("500 after accept"):
            raise KlingError(5000, "Internal server error")
        return task

    async def _read(self, checked: products.Checked) -> Inputs:
        try:
            inputs = await self.desk.read(checked)
        except BadFile as bad:
            raise bad_file(bad) from None
        mask_sizes(inputs)
        return inputs

    def _admit(self, task: Task, product: Product) -> None:
        """Whether the account has a slot and the units. A picture of several takes as many slots."""
        if not product.settings.get("sync"):
            kind = "image" if product.makes == ("png",) else "video"
            task.lane, task.slots = f"{kind} {task.model}", task.count
            open_slots = self.world.unfinished("kling", task.account, task.lane)
            if open_slots + task.slots > self.world.config.kling_concurrency:
                raise KlingError(1303, BUSY)
        if task.due != "0" and not self.world.accounts.can_pay(task):
            raise KlingError(1102, EMPTY)

    async def answer(self, request: Request, task: Task, reply: Response) -> Response:
        """The reply to an accepted task, with what its faults do to it."""
        return await spoil(request, task, reply)


def _new_id() -> str:
    """A decimal id of 18 digits, as the official ones are."""
    return str(10**17 + uuid.uuid4().int % (9 * 10**17))
