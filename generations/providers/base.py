"""The adapter contract, and the flow that all adapters share: one call, its reply checked, nothing repeated.

A provider module supplies facts: hosts, headers, payload, parse, callback. It has no loop, no retry and no sleep.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from generations.catalog import Route
from generations.providers.errors import ProviderError
from generations.providers.http import Http
from generations.providers.search import Candidate, Sought
from generations.providers.types import (
    Account,
    Balance,
    Callback,
    Delivery,
    Failed,
    Finished,
    ListPrice,
    Operation,
    Pending,
    Prepared,
    Task,
)


class Adapter(ABC):
    """One provider account over one HTTP session. Every method may raise the errors of `providers.errors`."""

    slug: ClassVar[str]
    label: ClassVar[str]
    credential_fields: ClassVar[tuple[str, ...]]
    """Names of the credentials an account needs, as the admin form shows them."""

    can_find: ClassVar[bool] = False
    """Whether `find` can look a job up by our own id."""

    absence_is_proof: ClassVar[bool] = False
    """Whether not finding our id, asked twice, proves on every route that the job was never taken."""

    can_search: ClassVar[bool] = False
    """Whether `search` can look a job up in the account's history."""

    batch_size: ClassVar[int] = 1
    """How many jobs `follow_many` asks about in one request."""

    def __init__(self, account: Account, http: Http) -> None:
        self.account = account
        self.http = http

    @abstractmethod
    async def prepare(self, task: Task) -> Prepared:
        """Put the inputs where the provider reads them. Free and repeatable."""

    def begins_with(self, task: Task) -> str:
        """The name of a call that must come before the submit and may cost by itself; empty for most tasks.

        For example `identify-face`: it opens a session and has no id of our own, so a lost answer is lost.
        """
        return ""

    async def begin(self, prepared: Prepared) -> Prepared:
        """Make that call, once, and return the task with what it gave. Raises as `submit` does."""
        raise NotImplementedError(f"{self.slug} has no call before a submit.")

    @abstractmethod
    async def submit(self, prepared: Prepared) -> Operation | Finished:
        """Start the job: the one paid call. Raises Unreachable only if no byte of it can have arrived."""

    @abstractmethod
    async def follow(self, operation: Operation, route: Route) -> Pending | Finished | Failed:
        """Ask how the job stands. Free and repeatable."""

    async def follow_many(
        self, items: Sequence[tuple[Operation, Route]]
    ) -> list[Pending | Finished | Failed | ProviderError]:
        """Ask how up to `batch_size` jobs stand; an answer or an error for each, in their order.

        Free and repeatable. What keeps the whole answer from us is raised; here, one by one, it never is.
        """
        answers: list[Pending | Finished | Failed | ProviderError] = []
        for operation, route in items:
            try:
                answers.append(await self.follow(operation, route))
            except ProviderError as error:
                answers.append(error)
        return answers

    async def find(self, our_id: str, route: Route) -> Operation | None:
        """The job that carries our own id, or None. Only where `can_find`."""
        raise NotImplementedError(f"{self.slug} offers no lookup by our own id.")

    async def confirm(self, operation: Operation, our_id: str, route: Route) -> bool:
        """Whether a read with our key shows that a job, which a webhook or a person named, is the take with our id.

        Where jobs carry our id, it is compared. Elsewhere any answer says that the job is the account's, and that is
        all that can be known. Raises as `follow`; Rejected or Garbled where there is no such job.
        """
        await self.follow(operation, route)
        return True

    async def search(self, sought: Sought) -> tuple[Candidate, ...]:
        """Every job of the account's history that may be the sought one, all pages of it. Only where `can_search`.

        That is each job of the route's endpoint that was made between the two moments, whatever became of it, and
        whose input, where the history shows it, is what the recipe says.
        """
        raise NotImplementedError(f"{self.slug} offers no search in its history.")

    async def cancel(self, operation: Operation, route: Route) -> bool:
        """Ask the provider to stop. True where it took the wish; the job is still followed to its end."""
        return False

    @abstractmethod
    async def check_account(self) -> str:
        """Make one free call with the account's key. A sentence on success; Misconfigured or Unreachable otherwise."""

    async def read_balance(self) -> tuple[Balance, ...]:
        """What the account has left, each purse or pack by itself; empty where the provider does not say. Free.

        Raises as `check_account`.
        """
        return ()

    async def read_list_price(self, prepared: Prepared) -> ListPrice | None:
        """What the provider says a task costs today, or None where it does not say. Free. Raises as `check_account`."""
        return None

    @abstractmethod
    async def read_callback(self, delivery: Delivery) -> Callback:
        """Verify a webhook and reduce it to a hint. Raises CallbackInvalid for what is forged, stale or unreadable."""

    @classmethod
    def finds(cls, route: Route) -> bool:
        """Whether `find` works on a route. Some of a provider's endpoints take no id of ours."""
        return cls.can_find

    @classmethod
    def absence_proves(cls, route: Route) -> bool:
        """Whether not finding our id on a route, asked twice, proves that the job was never taken."""
        return cls.absence_is_proof

    @classmethod
    def operation_for(cls, task_id: str, route: Route, account: Account) -> Operation:
        """The operation for a task id that was learnt otherwise: from a webhook or from a person.

        Raises errors.Refused for what cannot be a task id of this provider.
        """
        raise NotImplementedError

    @classmethod
    def check_credentials(cls, credentials: Mapping[str, str]) -> str | None:
        """A sentence that says what is missing, or None where the credentials are complete."""
        missing = [name for name in cls.credential_fields if not credentials.get(name)]
        return f"{cls.label} needs: {', '.join(missing)}." if missing else None
