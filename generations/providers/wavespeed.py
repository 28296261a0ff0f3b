"""WaveSpeedAI, API version 3: a path per model, inputs by URL from its own storage, predictions read one by one.

Facts: docs/providers.md section 4. There is no cancel and no lookup by our own id; a submit whose answer was lost is
looked for in the account's history, or waits for its webhook.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from generations.catalog import Route
from generations.choices import Currency
from generations.errors import Refused
from generations.providers import wavespeed_history as history
from generations.providers.base import Adapter
from generations.providers.errors import Busy, Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.parts import check_options
from generations.providers.refusal import failure
from generations.providers.reply import Reply, read_amount, read_task_id
from generations.providers.search import Candidate, Sought
from generations.providers.types import (
    JSON,
    Account,
    Balance,
    Callback,
    Cost,
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
from generations.providers.wavespeed_callback import PREFIX, read_delivery
from generations.providers.wavespeed_hosts import api, is_result_url, result_url
from generations.providers.wavespeed_payload import payload
from generations.providers.wavespeed_reply import (
    NOTHING_CHARGED,
    Envelope,
    class_of_refused_read,
    class_of_refused_submit,
    read_envelope,
    read_prediction,
)
from generations.providers.wavespeed_upload import UPLOAD_MAX_BYTES, read_ticket, request_for


class WaveSpeed(Adapter):
    slug = "wavespeed"
    label = "WaveSpeedAI"
    credential_fields = ("key", "webhook_secret")
    can_search = True

    # -- calls ------------------------------------------------------------------------------------------------------

    async def prepare(self, task: Task) -> Prepared:
        check_options(task, self.label)
        files = {file.key: file for file in task.files}
        prepared = Prepared(task, {key: await self._upload(file) for key, file in files.items()})
        return replace(prepared, session=await self._price_of(prepared))

    async def submit(self, prepared: Prepared) -> Operation:
        task = prepared.task
        check_options(task, self.label)
        reply = await self.http.submit(
            "POST",
            f"{api(self.account)}/{task.route.endpoint}",
            provider=self.slug,
            headers=self._auth,
            json=payload(prepared),
            params={"webhook": task.callback_url} if task.callback_url else None,
            secrets=self._secrets,
        )
        envelope = read_envelope(reply)
        task_id = read_task_id(envelope.data.get("id"))
        # A prediction that has an id exists, whatever else the answer says of it: following it tells how it ended.
        if reply.is_success and task_id is not None:
            state = {**self._state(envelope, task_id), **prepared.session}
            return Operation(task_id, state, reply.request_id)
        if task_id is not None or (reply.is_success and envelope.is_success):
            raise self._failure(Uncertain, reply, envelope)
        raise self._refusal(class_of_refused_submit(reply, envelope), reply, envelope)

    async def follow(self, operation: Operation, route: Route) -> Pending | Finished | Failed:
        reply, envelope = await self._read("GET", self._result_url(operation))
        outcome = read_prediction(reply, envelope, route.capability) if reply.is_success else None
        if outcome is None and not (reply.is_success and envelope.is_success):
            raise self._refusal(class_of_refused_read(reply, envelope), reply, envelope)
        named = read_task_id(envelope.data.get("id", operation.task_id))
        if outcome is None or named != operation.task_id:
            raise self._failure(Garbled, reply, envelope)
        price = operation.state.get("price")
        return replace(outcome, cost=Cost.from_json(price)) if price and isinstance(outcome, Finished) else outcome

    async def search(self, sought: Sought) -> tuple[Candidate, ...]:
        items: list[Mapping[str, JSON]] = []
        for page in range(1, history.PAGES_MAX + 1):
            data, reply = await self._data("POST", "/predictions", history.query(sought, page))
            found = history.read_items(data)
            if found is None:
                break
            items += found
            if len(found) < history.PAGE_SIZE:
                return history.candidates(items, sought)
        # Half a history would make one of two matches look like the only one.
        raise self._failure(Garbled, reply, read_envelope(reply))

    async def check_account(self) -> str:
        (balance,) = await self.read_balance()
        sentence = _("WaveSpeedAI accepted the key. Its balance is %(balance)s US dollars.")
        return sentence % {"balance": format(balance.amount.quantize(Decimal("0.01")), "f")}

    async def read_balance(self) -> tuple[Balance, ...]:
        data, reply = await self._data("GET", "/balance")
        try:
            amount = Decimal(str(data.get("balance")))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            raise self._failure(Garbled, reply, read_envelope(reply))
        return (Balance(amount, Currency.USD.value),)

    async def read_list_price(self, prepared: Prepared) -> ListPrice | None:
        asked = {"model_id": prepared.task.route.endpoint, "inputs": payload(prepared)}
        data, reply = await self._data("POST", "/model/price", asked)
        price, reduced = read_amount(data.get("price")), read_amount(data.get("discounted_price"))
        if price is None:
            raise self._failure(Garbled, reply, read_envelope(reply))
        currency = reply.clean(data.get("currency"), 10).lower() or Currency.USD.value
        return ListPrice(reduced if reduced and reduced < price else price, currency, "call")

    async def read_callback(self, delivery: Delivery) -> Callback:
        return read_delivery(delivery, self.account.credentials.get("webhook_secret", "").strip())

    @classmethod
    def operation_for(cls, task_id: str, route: Route, account: Account) -> Operation:
        if read_task_id(task_id) is None:
            raise Refused(_("This is not a prediction id of WaveSpeedAI. Copy it from the WaveSpeedAI dashboard."))
        return Operation(task_id)

    @classmethod
    def check_credentials(cls, credentials: Mapping[str, str]) -> str | None:
        if not credentials.get("key", "").strip():
            return _("WaveSpeedAI needs a key.")
        secret = credentials.get("webhook_secret", "").strip()
        if secret and not (secret.startswith(PREFIX) and len(secret) > len(PREFIX)):
            return _("The webhook secret is not complete. Copy it whole, with whsec_ at its beginning.")
        return None

    # -- pieces of calls --------------------------------------------------------------------------------------------

    async def _price_of(self, prepared: Prepared) -> dict[str, JSON]:
        """What WaveSpeed asks for this very task, as no answer about a prediction says it; empty where it is unknown.

        Not asked where the price goes by the length of a file: whether it looks into files for a price nobody says.
        """
        if any(file.seconds is not None for file in prepared.task.files):
            return {}
        try:
            price = await self.read_list_price(prepared)
        except ProviderError:  # the take is made all the same, and costs what was quoted; the call is in the record
            return {}
        is_usd = price is not None and price.currency == Currency.USD
        return {"price": Cost(price.amount, price.currency).as_json()} if price and is_usd else {}

    @property
    def _auth(self) -> dict[str, str]:
        key = self.account.credentials.get("key", "").strip()
        if not key:
            sentence = _("This WaveSpeedAI account has no key. An administrator must add one.")
            raise Misconfigured(sentence, provider=self.slug)
        return {"Authorization": f"Bearer {key}"}

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(self.account.credentials.values())

    def _state(self, envelope: Envelope, task_id: str) -> dict[str, JSON]:
        urls = envelope.data.get("urls")
        named = urls.get("get") if isinstance(urls, dict) else None
        return {"get": named} if is_result_url(named, task_id, self.account) else {}

    def _result_url(self, operation: Operation) -> str:
        named = operation.state.get("get")
        is_ours = is_result_url(named, operation.task_id, self.account)
        return str(named) if is_ours else result_url(operation.task_id, self.account)

    async def _read(self, method: str, url: str, body: JSON = None) -> tuple[Reply, Envelope]:
        reply = await self.http.read(
            method, url, provider=self.slug, headers=self._auth, json=body, secrets=self._secrets
        )
        return reply, read_envelope(reply)

    async def _data(self, method: str, path: str, body: JSON = None) -> tuple[Mapping[str, JSON], Reply]:
        """What a free call of the platform answers. Raises as a read that was not answered."""
        reply, envelope = await self._read(method, f"{api(self.account)}{path}", body)
        if not (reply.is_success and envelope.is_success):
            raise self._refusal(class_of_refused_read(reply, envelope), reply, envelope)
        return envelope.data, reply

    async def _upload(self, file: InputFile) -> str:
        """Put a file into WaveSpeed's storage and return its URL there."""
        if file.size_bytes > UPLOAD_MAX_BYTES:
            facts = {"role": file.role.label, "most": UPLOAD_MAX_BYTES // 1_000_000}
            raise Refused(_("WaveSpeedAI takes files of at most %(most)s MB; “%(role)s” is larger.") % facts)
        data, reply = await self._data("POST", "/media/uploads", request_for(file))
        ticket = read_ticket(data, self.account.origin)
        if ticket is None:
            raise self._failure(Garbled, reply, read_envelope(reply))
        stored = await self.http.read(
            "PUT",
            ticket.url,
            provider=self.slug,
            headers=ticket.headers,
            content=await asyncio.to_thread(file.path.read_bytes),
            secrets=self._secrets,
        )
        if not stored.is_success:
            # The store is not the account: a refusal there says nothing about its key, and a new ticket may do.
            raise self._failure(Busy if stored.status == 429 else Garbled, stored, read_envelope(stored))
        return ticket.download_url

    # -- answers that are no success --------------------------------------------------------------------------------

    def _refusal(self, kind: type[ProviderError], reply: Reply, envelope: Envelope) -> ProviderError:
        facts: dict[str, Any] = {"reason": envelope.message}
        if issubclass(kind, Rejected):
            facts |= {"charged": NOTHING_CHARGED, "moderated": envelope.is_moderation}
        return self._failure(kind, reply, envelope, **facts)

    def _failure(self, kind: type[ProviderError], reply: Reply, envelope: Envelope, **facts: Any) -> ProviderError:
        code = envelope.code if envelope.code is not None else envelope.http
        spelt = "" if code in (None, 0, 200) else str(code)
        return failure(kind, reply, provider=self.slug, label=self.label, provider_code=spelt, **facts)
