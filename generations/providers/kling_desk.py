"""Where the Kling adapter speaks and listens: one call, its envelope, and the error for what is no success."""

from __future__ import annotations

from generations.catalog import Route
from generations.providers.errors import Garbled, ProviderError, Rejected
from generations.providers.http import Http
from generations.providers.kling_account import host
from generations.providers.kling_api import Query, api_of
from generations.providers.kling_cost import Purse, purse_of
from generations.providers.kling_reply import Answer, class_of_refused_read, class_of_refused_submit, read_envelope
from generations.providers.kling_task import Standing
from generations.providers.refusal import failure
from generations.providers.types import JSON, Account, Cost

LABEL = "Kling official"


class Desk:
    """One account over one HTTP session. Methods that call raise what `Http` raises; none of them calls twice."""

    def __init__(self, account: Account, http: Http) -> None:
        self.account = account
        self.http = http

    def purse(self, route: Route) -> Purse:
        """What the account pays a route's product with."""
        return purse_of(route, self.account)

    def bearer(self, route: Route) -> str:
        """What proves to the route's generation of the API who we are. Raises Misconfigured where nothing does."""
        return api_of(route).bearer(self.account)

    async def post(self, route: Route, path: str, body: JSON) -> Answer:
        """Send a body to a path, once, as a submit."""
        reply = await self.http.submit(
            "POST",
            f"{host(self.account)}{path}",
            provider=self.account.provider,
            headers={"Authorization": f"Bearer {self.bearer(route)}"},
            json=body,
            secrets=tuple(self.account.credentials.values()),
        )
        return Answer(reply, read_envelope(reply))

    async def ask(self, query: Query, bearer: str) -> Answer:
        """Make a free query with a proof of who we are."""
        path, params = query
        reply = await self.http.read(
            "GET",
            f"{host(self.account)}{path}",
            provider=self.account.provider,
            headers={"Authorization": f"Bearer {bearer}"},
            params=params,
            secrets=tuple(self.account.credentials.values()),
        )
        return Answer(reply, read_envelope(reply))

    async def tasks(self, route: Route, task_ids: list[str]) -> tuple[Answer, tuple[Standing, ...]]:
        """How the tasks with these ids stand. Raises Garbled, Busy or Misconfigured for an answer that does not say."""
        answer = await self.ask(api_of(route).query_tasks(route, task_ids), self.bearer(route))
        return answer, self.found(answer, route)

    def found(self, answer: Answer, route: Route) -> tuple[Standing, ...]:
        """The tasks of an answer to a query. Raises as `tasks`."""
        if not answer.is_success:
            raise self.refused_read(answer)
        found = api_of(route).found(answer, self.purse(route))
        if found is None:
            raise self.failure(Garbled, answer)
        return found

    def refused_submit(self, answer: Answer, charged: Cost) -> ProviderError:
        """The error for a submit that was not taken; `charged` counts where that is certain."""
        kind = class_of_refused_submit(answer.reply, answer.envelope.code)
        facts: dict[str, JSON] = {}
        if issubclass(kind, Rejected):
            facts = {"charged": charged, "moderated": answer.envelope.is_moderation}
        return self.failure(kind, answer, reason=answer.envelope.message, **facts)

    def refused_read(self, answer: Answer) -> ProviderError:
        """The error for a query that was not answered."""
        kind = class_of_refused_read(answer.reply, answer.envelope.code)
        return self.failure(kind, answer, reason=answer.envelope.message)

    def failure(self, kind: type[ProviderError], answer: Answer, **facts: JSON) -> ProviderError:
        """The error of a class with everything the answer says."""
        code = answer.envelope.code
        return failure(
            kind,
            answer.reply,
            provider=self.account.provider,
            label=LABEL,
            provider_code="" if code is None else str(code),
            request_id=answer.envelope.request_id,
            **facts,
        )
