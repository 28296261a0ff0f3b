"""The official Kling API, both generations: files go inside the request, and every answer comes in an envelope.

Facts: docs/providers.md section 3. There is no upload and no cancel. The route says which generation is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from generations.catalog import Route
from generations.errors import Refused
from generations.providers import kling_balance, kling_batch, kling_steps
from generations.providers.base import Adapter
from generations.providers.errors import Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.http import Http
from generations.providers.kling_account import api_key, bearer, find_gap, has_api_key, has_pair, is_webhook_secret
from generations.providers.kling_api import ANSWERED_AT_ONCE, LIP_SYNC, NOT_FOUND_BY_US, Query, api_of
from generations.providers.kling_callback import read_delivery
from generations.providers.kling_desk import LABEL, Desk
from generations.providers.kling_inputs import references
from generations.providers.kling_outputs import legacy_outputs
from generations.providers.kling_payload import payload
from generations.providers.kling_reply import BAD_VALUE, Answer, is_absent
from generations.providers.kling_task import settled
from generations.providers.parts import check_options
from generations.providers.reply import read_task_id
from generations.providers.types import (
    JSON,
    Account,
    Balance,
    Callback,
    Cost,
    Delivery,
    Failed,
    Finished,
    Operation,
    Pending,
    Prepared,
    Task,
)

_NO_TASK_OF_LEGACY: Query = ("/v1/videos/text2video/0", None)
_NO_TASK_OF_NEW: Query = ("/tasks", {"task_ids": "0"})


class Kling(Adapter):
    slug = "kling"
    label = LABEL
    credential_fields = ("access_key", "secret_key", "api_key", "webhook_secret")
    can_find = True
    batch_size = kling_batch.TASKS_MAX

    def __init__(self, account: Account, http: Http) -> None:
        super().__init__(account, http)
        self._desk = Desk(account, http)

    # -- before and with the submit -----------------------------------------------------------------------------------

    async def prepare(self, task: Task) -> Prepared:
        self._check(task)
        return Prepared(task, await asyncio.to_thread(references, task, self._desk.purse(task.route)))

    def begins_with(self, task: Task) -> str:
        return kling_steps.first_call(task.route)

    async def begin(self, prepared: Prepared) -> Prepared:
        route = prepared.task.route
        purse = self._desk.purse(route)

        async def post(path: str, body: JSON) -> Mapping[str, JSON]:
            answer = await self._desk.post(route, path, body)
            if not answer.is_success:
                raise self._desk.refused_submit(answer, purse.nothing)
            return answer.envelope.data

        return replace(prepared, session=await kling_steps.open_session(prepared, post, purse))

    async def submit(self, prepared: Prepared) -> Operation | Finished:
        task, route = prepared.task, prepared.task.route
        self._check(task)
        answer = await self._desk.post(route, route.endpoint, payload(prepared))
        state = {name: prepared.session[name] for name in ("charged",) if name in prepared.session}
        if answer.is_success:
            return (
                self._result(answer, route) if route.endpoint in ANSWERED_AT_ONCE else self._job(answer, route, state)
            )
        if answer.envelope.code == BAD_VALUE and (double := await self._find_double(task, answer)):
            return replace(double, state=state)
        charged = Cost.from_json(state["charged"]) if state else self._desk.purse(route).nothing
        raise self._desk.refused_submit(answer, charged)

    def _check(self, task: Task) -> None:
        check_options(task, self.label)
        self._desk.bearer(task.route)
        if task.route.endpoint == LIP_SYNC:
            kling_steps.sound_span(task)

    def _job(self, answer: Answer, route: Route, state: Mapping[str, JSON]) -> Operation:
        standing = api_of(route).created(answer, self._desk.purse(route))
        if standing.task_id is None:
            raise self._desk.failure(Uncertain, answer)
        return Operation(standing.task_id, state, answer.envelope.request_id)

    def _result(self, answer: Answer, route: Route) -> Finished:
        standing, outputs = api_of(route).created(answer, self._desk.purse(route)), legacy_outputs(answer.envelope.data)
        if isinstance(failed := standing.state, Failed):
            facts = {"reason": failed.reason, "charged": failed.charged, "moderated": failed.moderated}
            raise self._desk.failure(Rejected, answer, **facts)
        if not outputs:
            raise self._desk.failure(Uncertain, answer)
        return Finished(outputs, standing.cost, answer.envelope.request_id)

    async def _find_double(self, task: Task, answer: Answer) -> Operation | None:
        """The job that our id already names, or None where a value is simply bad.

        One code stands for a bad value and for an external id that exists. Its text is not for machines, so the
        provider is asked: a job that carries our id is this very take, sent before. While the answer is out,
        nothing is certain.
        """
        if not self.finds(task.route):
            # What carries our id but cannot be asked by it leaves only the words.
            if task.route.endpoint == LIP_SYNC and "exist" in answer.envelope.message.lower():
                raise self._desk.failure(Uncertain, answer)
            return None
        try:
            return await self.find(task.our_id, task.route)
        except ProviderError:
            raise self._desk.failure(Uncertain, answer) from None

    # -- what becomes of a job --------------------------------------------------------------------------------------

    async def follow(self, operation: Operation, route: Route) -> Pending | Finished | Failed:
        answer, found = await self._desk.tasks(route, [operation.task_id])
        state = settled(next((item for item in found if item.task_id == operation.task_id), None), operation)
        if state is None:
            raise self._desk.failure(Garbled, answer)
        return state

    async def follow_many(
        self, items: Sequence[tuple[Operation, Route]]
    ) -> list[Pending | Finished | Failed | ProviderError]:
        return await kling_batch.follow_many(self._desk, self.follow, items)

    async def find(self, our_id: str, route: Route) -> Operation | None:
        api = api_of(route)
        answer = await self._desk.ask(api.query_ours(route, our_id), self._desk.bearer(route))
        if not answer.is_success and api.is_absent(answer):
            return None
        found = self._desk.found(answer, route)
        if not found:
            return None
        named = [item for item in found if item.our_id == our_id or (not item.our_id and api.answers_with_one)]
        if len(named) != 1 or named[0].task_id is None:
            raise self._desk.failure(Garbled, answer)
        return Operation(named[0].task_id, request_id=answer.envelope.request_id)

    async def confirm(self, operation: Operation, our_id: str, route: Route) -> bool:
        # A webhook without a signature proves nothing, so the account's other jobs must not pass for this one.
        _answer, found = await self._desk.tasks(route, [operation.task_id])
        standing = next((item for item in found if item.task_id == operation.task_id), None)
        if standing is None:
            return False
        return standing.our_id == our_id or (not standing.our_id and not self.finds(route))

    @classmethod
    def finds(cls, route: Route) -> bool:
        return route.endpoint not in NOT_FOUND_BY_US

    @classmethod
    def absence_proves(cls, route: Route) -> bool:
        return api_of(route).absence_proves

    @classmethod
    def operation_for(cls, task_id: str, route: Route, account: Account) -> Operation:
        if read_task_id(task_id) is None:
            raise Refused(_("This is not a task id of Kling. Copy it from the Kling console."))
        return Operation(task_id)

    async def read_callback(self, delivery: Delivery) -> Callback:
        secret = self.account.credentials.get("webhook_secret", "").strip()
        if secret and not is_webhook_secret(secret):
            raise Misconfigured(str(find_gap(self.account.credentials)), provider=self.slug)
        return read_delivery(delivery, secret)

    # -- the account ------------------------------------------------------------------------------------------------

    async def check_account(self) -> str:
        # Queries are free. The key is judged before the id, so "no such task" proves that it was accepted.
        if has_pair(self.account) or not has_api_key(self.account):
            await self._probe(_NO_TASK_OF_LEGACY, bearer(self.account))
        if not has_api_key(self.account):
            return _(
                "Kling accepted the key. The newer models need an API key beside it. The balance of the resource packs "
                "is not part of this check."
            )
        await self._probe(_NO_TASK_OF_NEW, api_key(self.account))
        return _("Kling accepted the key. The balance of its resource packs is not part of this check.")

    async def read_balance(self) -> tuple[Balance, ...]:
        answer = await self._desk.ask((kling_balance.PATH, kling_balance.window()), bearer(self.account))
        if not answer.is_success:
            raise self._desk.refused_read(answer)
        packs = kling_balance.read_packs(answer.envelope.data)
        if packs is None:
            raise self._desk.failure(Garbled, answer)
        return packs

    @classmethod
    def check_credentials(cls, credentials: Mapping[str, str]) -> str | None:
        return find_gap(credentials)

    async def _probe(self, query: Query, bearer: str) -> None:
        answer = await self._desk.ask(query, bearer)
        code = answer.envelope.code
        if code != 0 and (code is None or not is_absent(answer.reply, code)):
            raise self._desk.refused_read(answer)
