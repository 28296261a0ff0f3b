"""The official Kling API, legacy generation: files go inside the request, and every answer comes in an envelope.

Facts: docs/providers.md section 3. There is no cancel.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from django.utils.translation import gettext as _

from generations.catalog import Route
from generations.errors import Refused
from generations.providers.base import Adapter
from generations.providers.errors import Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.kling_account import bearer, find_gap, host, is_webhook_secret
from generations.providers.kling_callback import read_delivery
from generations.providers.kling_payload import payload
from generations.providers.kling_reply import (
    BAD_VALUE,
    Envelope,
    class_of_refused_read,
    class_of_refused_submit,
    is_absent,
    read_envelope,
    read_task,
)
from generations.providers.parts import check_options
from generations.providers.refusal import failure
from generations.providers.reply import Reply, read_task_id
from generations.providers.types import (
    JSON,
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

_NOTHING_CHARGED = Cost(Decimal(0), "kling_unit")
_UNKNOWN_TASK = "0"


class Kling(Adapter):
    slug = "kling"
    label = "Kling official"
    credential_fields = ("access_key", "secret_key", "api_key", "webhook_secret")
    can_find = True
    # The documents promise neither how soon a task can be found by our id nor, for the legacy paths, that the same id
    # is refused twice (docs/providers.md 3.12: seen once, on the newer API). Not finding it proves nothing.
    absence_is_proof = False

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
            f"{host(self.account)}{task.route.endpoint}",
            provider=self.slug,
            headers=self._auth(),
            json=payload(prepared),
            secrets=self._secrets,
        )
        envelope = read_envelope(reply)
        task_id = read_task_id(envelope.data.get("task_id"))
        if reply.is_success and envelope.code == 0:
            if task_id is None:
                raise self._failure(Uncertain, reply, envelope)
            return Operation(task_id, request_id=envelope.request_id)
        if envelope.code == BAD_VALUE:
            return await self._explain_bad_value(task, reply, envelope)
        raise self._refusal(class_of_refused_submit(reply, envelope.code), reply, envelope)

    async def follow(self, operation: Operation, route: Route) -> Pending | Finished | Failed:
        reply, envelope = await self._get(route.endpoint, operation.task_id)
        if envelope.code != 0 or not reply.is_success:
            raise self._refusal(class_of_refused_read(reply, envelope.code), reply, envelope)
        outcome = read_task(reply, envelope)
        named = read_task_id(envelope.data.get("task_id", operation.task_id))
        if outcome is None or named != operation.task_id:
            raise self._failure(Garbled, reply, envelope)
        return outcome

    async def find(self, our_id: str, route: Route) -> Operation | None:
        reply, envelope = await self._get(route.endpoint, our_id)
        if is_absent(reply, envelope.code):
            return None
        if envelope.code != 0 or not reply.is_success:
            raise self._refusal(class_of_refused_read(reply, envelope.code), reply, envelope)
        task_id = read_task_id(envelope.data.get("task_id"))
        if task_id is None or _external_id(envelope, our_id) != our_id:
            raise self._failure(Garbled, reply, envelope)
        return Operation(task_id, request_id=envelope.request_id)

    async def confirm(self, operation: Operation, our_id: str, route: Route) -> bool:
        # A webhook without a signature proves nothing, so the account's other jobs must not pass for this one.
        reply, envelope = await self._get(route.endpoint, operation.task_id)
        if envelope.code != 0 or not reply.is_success:
            raise self._refusal(class_of_refused_read(reply, envelope.code), reply, envelope)
        is_that_job = read_task_id(envelope.data.get("task_id")) == operation.task_id
        return is_that_job and _external_id(envelope, "") == our_id

    async def check_account(self) -> str:
        # Queries are free. The key is judged before the id, so "no such task" proves that it was accepted.
        reply, envelope = await self._get("/v1/videos/text2video", _UNKNOWN_TASK)
        if envelope.code != 0 and (envelope.code is None or not is_absent(reply, envelope.code)):
            raise self._refusal(class_of_refused_read(reply, envelope.code), reply, envelope)
        return _("Kling accepted the key. The balance of its resource packs is not part of this check.")

    async def read_callback(self, delivery: Delivery) -> Callback:
        secret = self.account.credentials.get("webhook_secret", "").strip()
        if secret and not is_webhook_secret(secret):
            raise Misconfigured(str(find_gap(self.account.credentials)), provider=self.slug)
        return read_delivery(delivery, secret)

    @classmethod
    def operation_for(cls, task_id: str, route: Route, account: Account) -> Operation:
        if read_task_id(task_id) is None:
            raise Refused(_("This is not a task id of Kling. Copy it from the Kling console."))
        return Operation(task_id)

    @classmethod
    def check_credentials(cls, credentials: Mapping[str, str]) -> str | None:
        return find_gap(credentials)

    # -- pieces of calls --------------------------------------------------------------------------------------------

    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {bearer(self.account)}"}

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(self.account.credentials.values())

    async def _get(self, path: str, task_id: str) -> tuple[Reply, Envelope]:
        url = f"{host(self.account)}{path}/{quote(task_id, safe='')}"
        reply = await self.http.read("GET", url, provider=self.slug, headers=self._auth(), secrets=self._secrets)
        return reply, read_envelope(reply)

    async def _explain_bad_value(self, task: Task, reply: Reply, envelope: Envelope) -> Operation:
        """The job that our id already names, or the refusal.

        One code stands for a bad value and for an external id that exists. Its text is not for machines, so the
        provider is asked: a job that carries our id is this very take, sent before. While the answer is out,
        nothing is certain.
        """
        try:
            found = await self.find(task.our_id, task.route)
        except ProviderError:
            raise self._failure(Uncertain, reply, envelope) from None
        if found is None:
            raise self._refusal(Rejected, reply, envelope)
        return found

    # -- answers that are no success --------------------------------------------------------------------------------

    def _refusal(self, kind: type[ProviderError], reply: Reply, envelope: Envelope) -> ProviderError:
        facts: dict[str, JSON] = {"reason": envelope.message}
        if issubclass(kind, Rejected):
            facts |= {"charged": _NOTHING_CHARGED, "moderated": envelope.is_moderation}
        return self._failure(kind, reply, envelope, **facts)

    def _failure(self, kind: type[ProviderError], reply: Reply, envelope: Envelope, **facts: JSON) -> ProviderError:
        code = "" if envelope.code is None else str(envelope.code)
        return failure(
            kind,
            reply,
            provider=self.slug,
            label=self.label,
            provider_code=code,
            request_id=envelope.request_id,
            **facts,
        )


def _base64(path: Path) -> str:
    """The file as Kling takes it: base64 without a `data:` prefix."""
    return base64.b64encode(path.read_bytes()).decode("ascii")


def _external_id(envelope: Envelope, default: str) -> JSON:
    info = envelope.data.get("task_info")
    return info.get("external_task_id", default) if isinstance(info, dict) else default
