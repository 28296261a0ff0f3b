"""The adapter contract, and the flow that all adapters share: one call, its reply checked, nothing repeated.

A provider module supplies facts: hosts, headers, payload, parse, callback. It has no loop, no retry and no sleep.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from generations.catalog import Route
from generations.providers.http import Http
from generations.providers.types import (
    Account,
    Callback,
    Delivery,
    Failed,
    Finished,
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
    """Whether not finding our id, asked twice, proves that the job was never taken."""

    def __init__(self, account: Account, http: Http) -> None:
        self.account = account
        self.http = http

    @abstractmethod
    async def prepare(self, task: Task) -> Prepared:
        """Put the inputs where the provider reads them. Free and repeatable."""

    @abstractmethod
    async def submit(self, prepared: Prepared) -> Operation | Finished:
        """Start the job: the one paid call. Raises Unreachable only if no byte of it can have arrived."""

    @abstractmethod
    async def follow(self, operation: Operation, route: Route) -> Pending | Finished | Failed:
        """Ask how the job stands. Free and repeatable."""

    async def find(self, our_id: str, route: Route) -> Operation | None:
        """The job that carries our own id, or None. Only where `can_find`."""
        raise NotImplementedError(f"{self.slug} offers no lookup by our own id.")

    async def cancel(self, operation: Operation, route: Route) -> bool:
        """Ask the provider to stop. True where it took the wish; the job is still followed to its end."""
        return False

    @abstractmethod
    async def check_account(self) -> str:
        """Make one free call with the account's key. A sentence on success; Misconfigured or Unreachable otherwise."""

    @abstractmethod
    async def read_callback(self, delivery: Delivery) -> Callback:
        """Verify a webhook and reduce it to a hint. Raises CallbackInvalid for what is forged, stale or unreadable."""

    @classmethod
    def operation_for(cls, task_id: str, route: Route, account: Account) -> Operation:
        """The operation for a task id that was learnt otherwise: from a webhook or from a person."""
        raise NotImplementedError

    @classmethod
    def check_credentials(cls, credentials: Mapping[str, str]) -> str | None:
        """A sentence that says what is missing, or None where the credentials are complete."""
        missing = [name for name in cls.credential_fields if not credentials.get(name)]
        return f"{cls.label} needs: {', '.join(missing)}." if missing else None
