"""fal: a queue in front of every model, inputs by URL from fal's own storage. Facts: docs/providers.md section 2.

There is no lookup by our own id: a submit whose answer was lost stays uncertain until its webhook names the request.
"""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping
from urllib.parse import quote

from django.utils.translation import gettext as _

from generations.catalog import Route
from generations.choices import Currency
from generations.errors import Refused
from generations.providers.base import Adapter
from generations.providers.errors import Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.fal_callback import read_keys, read_verified
from generations.providers.fal_hosts import cdn, is_ours, platform, queue, rest
from generations.providers.fal_payload import payload
from generations.providers.fal_reply import NOTHING_CHARGED, read_outcome, read_price, read_problem
from generations.providers.parts import check_options
from generations.providers.refusal import class_of_read, class_of_submit, failure
from generations.providers.reply import Reply, is_sendable, is_web_url, read_amount, read_task_id
from generations.providers.types import (
    JSON,
    Account,
    Balance,
    Callback,
    Delivery,
    Failed,
    Finished,
    InputFile,
    ListPrice,
    Operation,
    Pending,
    Prepared,
    Task,
)

# The URLs that a submit's answer names, and how each ends where we build it ourselves.
_PATHS = {"status_url": "/status", "response_url": "", "cancel_url": "/cancel"}


class Fal(Adapter):
    slug = "fal"
    label = "fal"
    credential_fields = ("key",)

    # -- calls ------------------------------------------------------------------------------------------------------

    async def prepare(self, task: Task) -> Prepared:
        check_options(task, self.label)
        files = {file.key: file for file in task.files}
        if not files:
            return Prepared(task, {})
        token = await self._upload_token()
        return Prepared(task, {key: await self._upload(file, token) for key, file in files.items()})

    async def submit(self, prepared: Prepared) -> Operation:
        task = prepared.task
        check_options(task, self.label)
        reply = await self.http.submit(
            "POST",
            f"{queue(self.account)}/{task.route.endpoint}",
            provider=self.slug,
            # fal would render up to ten times after its own errors; our retry policy is on our row.
            headers={**self._auth, "X-Fal-No-Retry": "1"},
            json=payload(prepared),
            params={"fal_webhook": task.callback_url} if task.callback_url else None,
            secrets=self._secrets,
        )
        if not reply.is_success:
            raise self._refusal(reply, class_of_submit(reply.status))
        task_id = read_task_id(reply.object.get("request_id"))
        if task_id is None:
            raise self._failure(Uncertain, reply)
        named = {name: reply.object.get(name) for name in _PATHS}
        state = {name: url for name, url in named.items() if is_ours(url, task_id, self.account)}
        return Operation(task_id, state, reply.request_id)

    async def follow(self, operation: Operation, route: Route) -> Pending | Finished | Failed:
        reply = await self._read("GET", self._url("status_url", operation, route), params={"logs": "0"})
        if not reply.is_success:
            raise self._refusal(reply, class_of_read(reply.status))
        status = reply.object.get("status")
        if status == "IN_QUEUE":
            position = reply.object.get("queue_position")
            return Pending(rendering=False, position=position if isinstance(position, int) else None)
        if status == "IN_PROGRESS":
            return Pending(rendering=True)
        if status != "COMPLETED":
            raise self._failure(Garbled, reply)
        result = await self._read("GET", self._url("response_url", operation, route))
        outcome = read_outcome(result, reply)
        if outcome is None:
            raise self._refusal(result, class_of_read(result.status))
        return outcome

    async def cancel(self, operation: Operation, route: Route) -> bool:
        reply = await self._read("PUT", self._url("cancel_url", operation, route))
        if reply.status in (400, 404):  # already completed, or gone
            return False
        if not reply.is_success:
            raise self._refusal(reply, class_of_read(reply.status))
        return True

    async def check_account(self) -> str:
        # The upload token needs a valid key, costs nothing and is what every image needs first: a 200 proves the key,
        # where a 404 for an unknown request would only suggest it.
        await self._upload_token()
        return _("fal accepted the key. Balance and price are not part of this check.")

    async def read_balance(self) -> tuple[Balance, ...]:
        """What is left in credits. Only an admin key may ask; the shape is hearsay (docs/providers.md 2.2)."""
        reply = await self._read("GET", f"{platform(self.account)}/account/billing", params={"expand": "credits"})
        if not reply.is_success:
            raise self._refusal(reply, class_of_read(reply.status))
        credits = reply.object.get("credits")
        amount = read_amount(credits.get("current_balance")) if isinstance(credits, dict) else None
        if amount is None:
            raise self._failure(Garbled, reply)
        return (Balance(amount, Currency.USD.value),)

    async def read_list_price(self, prepared: Prepared) -> ListPrice | None:
        endpoint = prepared.task.route.endpoint
        url = f"{platform(self.account)}/models/pricing"
        reply = await self._read("GET", url, params={"endpoint_id": endpoint})
        if reply.status == 404:
            return None
        if not reply.is_success:
            raise self._refusal(reply, class_of_read(reply.status))
        return read_price(reply, endpoint)

    async def read_callback(self, delivery: Delivery) -> Callback:
        url = f"{rest(self.account)}/.well-known/jwks.json"
        return await read_verified(delivery, url, self._signing_keys)

    @classmethod
    def operation_for(cls, task_id: str, route: Route, account: Account) -> Operation:
        if read_task_id(task_id) is None:
            raise Refused(_("This is not a request id of fal. Copy it from the fal dashboard."))
        return Operation(task_id)

    # -- pieces of calls --------------------------------------------------------------------------------------------

    @property
    def _auth(self) -> dict[str, str]:
        key = self.account.credentials.get("key", "").strip()
        if not key:
            raise Misconfigured(_("This fal account has no key. An administrator must add one."), provider=self.slug)
        return {"Authorization": f"Key {key}"}

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(self.account.credentials.values())

    async def _read(
        self, method: str, url: str, *, params: Mapping[str, str] | None = None, body: JSON = None
    ) -> Reply:
        return await self.http.read(
            method,
            url,
            provider=self.slug,
            headers=self._auth,
            params=params,
            json=body,
            secrets=self._secrets,
        )

    async def _upload_token(self) -> str:
        url = f"{rest(self.account)}/storage/auth/token"
        reply = await self._read("POST", url, params={"storage_type": "fal-cdn-v3"}, body={})
        if not reply.is_success:
            raise self._refusal(reply, class_of_read(reply.status))
        kind, token = (reply.object.get(name) for name in ("token_type", "token"))
        value = f"{kind} {token}" if isinstance(kind, str) and isinstance(token, str) else ""
        if not value or not is_sendable(value):
            raise self._failure(Garbled, reply)
        return value

    async def _upload(self, file: InputFile, token: str) -> str:
        """Put a file into fal's storage, under a name that says nothing, and return its URL there."""
        extension = mimetypes.guess_extension(file.media_type) or ""
        reply = await self.http.read(
            "POST",
            f"{cdn(self.account)}/files/upload",
            provider=self.slug,
            headers={
                "Authorization": token,
                "Content-Type": file.media_type,
                "X-Fal-File-Name": f"{file.role}{extension}",
            },
            content=await asyncio.to_thread(file.path.read_bytes),
            secrets=self._secrets,
        )
        if not reply.is_success:
            kind = class_of_submit(reply.status)
            raise self._refusal(reply, Garbled if kind is Uncertain else kind)
        url = reply.object.get("access_url")
        if not is_web_url(url):
            raise self._failure(Garbled, reply)
        return str(url)

    async def _signing_keys(self, url: str) -> tuple[bytes, ...]:
        reply = await self.http.read("GET", url, provider=self.slug, headers={})
        keys = read_keys(reply.object) if reply.is_success else ()
        if not keys:
            raise self._failure(Garbled, reply)
        return keys

    def _url(self, name: str, operation: Operation, route: Route) -> str:
        """The URL that the submit's answer named, where it is one of fal's own for this request; otherwise built."""
        named = operation.state.get(name)
        if is_ours(named, operation.task_id, self.account):
            return str(named)
        app = "/".join(route.endpoint.split("/")[:2])  # the rest of the endpoint is not part of request URLs
        return f"{queue(self.account)}/{app}/requests/{quote(operation.task_id, safe='')}{_PATHS[name]}"

    # -- answers that are no success --------------------------------------------------------------------------------

    def _refusal(self, reply: Reply, kind: type[ProviderError]) -> ProviderError:
        problem = read_problem(reply)
        facts: dict[str, JSON] = {"reason": problem.reason, "provider_code": problem.code}
        if issubclass(kind, Rejected):
            # Refused at the door: no runner has worked on it.
            facts |= {"charged": NOTHING_CHARGED, "moderated": problem.moderated}
        return self._failure(kind, reply, **facts)

    def _failure(self, kind: type[ProviderError], reply: Reply, **facts: JSON) -> ProviderError:
        return failure(kind, reply, provider=self.slug, label=self.label, **facts)
