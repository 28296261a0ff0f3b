"""Kling-compatible gateways: the official request under another host, answered in one of two shapes.

Facts: docs/providers.md section 5; MuleRun is the preset. Files go inside the request as bare base64. There is no
webhook, no cancel, no lookup by our own id and no history: a submit whose answer was lost waits for a person.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from generations.catalog import Route
from generations.choices import Currency
from generations.errors import Refused
from generations.providers.base import Adapter
from generations.providers.body import body
from generations.providers.errors import CallbackInvalid, Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.gateway_hosts import base
from generations.providers.gateway_reply import (
    Answer,
    class_of_refused_read,
    class_of_refused_submit,
    read_answer,
    read_outcome,
)
from generations.providers.parts import check_options
from generations.providers.refusal import failure
from generations.providers.reply import Reply, read_task_id
from generations.providers.types import (
    Account,
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

_NOTHING_CHARGED = Cost(Decimal(0), Currency.USD.value)
_UNKNOWN_TASK = "/videos/text2video/00000000-0000-4000-8000-000000000000"


class Gateway(Adapter):
    slug = "gateway"
    label = "Kling-compatible gateway"
    credential_fields = ("key",)

    # -- calls ------------------------------------------------------------------------------------------------------

    async def prepare(self, task: Task) -> Prepared:
        check_options(task, self.label)
        paths = {file.key: file.path for file in task.files}
        return Prepared(task, {key: await asyncio.to_thread(_base64, path) for key, path in paths.items()})

    async def submit(self, prepared: Prepared) -> Operation:
        task = prepared.task
        check_options(task, self.label)
        reply = await self.http.submit(
            "POST",
            f"{base(self.account)}{task.route.endpoint}",
            provider=self.slug,
            headers=self._auth,
            json=body(prepared),
            secrets=self._secrets,
        )
        answer = read_answer(reply, self.account.dialect)
        task_id = read_task_id(answer.task_id) if answer.names_task else None
        # A task that has an id exists, even one that the same answer says has failed: following it tells the rest.
        if reply.is_success and task_id is not None:
            return Operation(task_id, request_id=answer.request_id)
        kind = class_of_refused_submit(reply, answer) if task_id is None else Uncertain
        raise self._refusal(kind, reply, answer)

    async def follow(self, operation: Operation, route: Route) -> Pending | Finished | Failed:
        reply, answer = await self._get(f"{route.endpoint}/{quote(operation.task_id, safe='')}")
        if not reply.is_success or answer.kling_code not in (None, 0):
            raise self._refusal(class_of_refused_read(reply, answer), reply, answer)
        outcome = read_outcome(answer)
        if outcome is None or read_task_id(answer.task_id) != operation.task_id:
            raise self._failure(Garbled, reply, answer)
        return outcome

    async def check_account(self) -> str:
        reply, answer = await self._get(_UNKNOWN_TASK)
        # No call of a gateway is documented that only tells whether a key is good. One that asks for a task that is
        # not there is refused for the key where that is bad; 404 as JSON is what is left.
        is_absent = reply.json is not None and reply.status in (400, 404)
        if not (is_absent or (reply.is_success and answer.kling_code is not None)):
            raise self._refusal(class_of_refused_read(reply, answer), reply, answer)
        return _("The gateway answers and did not refuse the key. Its balance is not part of this check.")

    async def read_callback(self, delivery: Delivery) -> Callback:
        raise CallbackInvalid(_("Gateways send no webhooks, so this delivery is not one."))

    @classmethod
    def operation_for(cls, task_id: str, route: Route, account: Account) -> Operation:
        if read_task_id(task_id) is None:
            raise Refused(_("This is not a task id of a gateway. Copy it from the gateway's own pages."))
        return Operation(task_id)

    @classmethod
    def check_credentials(cls, credentials: Mapping[str, str]) -> str | None:
        return None if credentials.get("key", "").strip() else _("A gateway needs a key.")

    # -- pieces of calls --------------------------------------------------------------------------------------------

    @property
    def _auth(self) -> dict[str, str]:
        key = self.account.credentials.get("key", "").strip()
        if not key:
            raise Misconfigured(
                _("This gateway account has no key. An administrator must add one."), provider=self.slug
            )
        return {"Authorization": f"Bearer {key}"}

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(self.account.credentials.values())

    async def _get(self, path: str) -> tuple[Reply, Answer]:
        url = f"{base(self.account)}{path}"
        reply = await self.http.read("GET", url, provider=self.slug, headers=self._auth, secrets=self._secrets)
        return reply, read_answer(reply, self.account.dialect)

    # -- answers that are no success --------------------------------------------------------------------------------

    def _refusal(self, kind: type[ProviderError], reply: Reply, answer: Answer) -> ProviderError:
        facts: dict[str, Any] = {"reason": answer.reason}
        if issubclass(kind, Rejected):
            facts |= {"charged": _NOTHING_CHARGED, "moderated": answer.is_moderation or reply.status == 451}
        return self._failure(kind, reply, answer, **facts)

    def _failure(self, kind: type[ProviderError], reply: Reply, answer: Answer, **facts: Any) -> ProviderError:
        return failure(
            kind,
            reply,
            provider=self.slug,
            label=self.label,
            provider_code=answer.code,
            request_id=answer.request_id,
            **facts,
        )


def _base64(path: Path) -> str:
    """The file as gateways take it: base64 without a `data:` prefix."""
    return base64.b64encode(path.read_bytes()).decode("ascii")
