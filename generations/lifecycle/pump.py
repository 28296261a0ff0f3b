"""The loop that both pumps share: lease accounts, claim due rows, talk HTTP in coroutines, apply results in batches.

Coroutines never touch the ORM: everything of the database runs on one thread with one connection. No transaction is
open while a request is under way.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, ClassVar, Generic, ParamSpec, Protocol, TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from generations import providers, queue
from generations.lifecycle.accounts import call_row, provider_account, provider_session
from generations.models import Generation, ProviderAccount, ProviderCall, PumpLease

log = structlog.get_logger(__name__)


class Item(Protocol):
    """A piece of work: about which take, on which account."""

    @property
    def generation(self) -> Generation: ...

    @property
    def account(self) -> ProviderAccount: ...


Work = TypeVar("Work", bound=Item)
Outcome = TypeVar("Outcome")
P = ParamSpec("P")
T = TypeVar("T")

_at_work_on: ContextVar[Sequence[Item]] = ContextVar("at_work_on")
_DATABASE_IS_AWAY = (OperationalError, InterfaceError)
_WAITS_FOR_DATABASE_SECONDS = 15  # beyond the pump's time, within its job's time-out
_GATHERS_SECONDS = 0.05  # answers that come within this time are written together

_LEASE = """
    INSERT INTO generations_pumplease AS lease (account_id, kind, holder, token, until)
    SELECT a.id, %(kind)s, %(holder)s, 1, now() + %(seconds)s * interval '1 second'
    FROM generations_provideraccount a
    WHERE EXISTS (SELECT 1 FROM generations_generation g WHERE g.account_id = a.id AND g.status = ANY(%(statuses)s))
    ON CONFLICT (account_id, kind) DO UPDATE
    SET holder = EXCLUDED.holder, until = EXCLUDED.until,
        token = lease.token + (lease.holder <> EXCLUDED.holder)::int
    WHERE lease.until < now() OR lease.holder = EXCLUDED.holder
    RETURNING account_id
"""


class Pump(ABC, Generic[Work, Outcome]):
    """One process's turn at a kind of work. `run` returns after the configured time, or when nothing is left to do."""

    kind: ClassVar[PumpLease.Kind]
    statuses: ClassVar[tuple[str, ...]]
    at_once: ClassVar[int]
    claims_at_once: ClassVar[int] = 64
    """Fewer than `at_once`, so that some requests are under way while the next rows are claimed."""

    def __init__(self, *, seconds: float | None = None) -> None:
        self.seconds = settings.LIFECYCLE["pump_seconds"] if seconds is None else seconds
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
        self.accounts: dict[int, ProviderAccount] = {}
        self._adapters: dict[int, providers.Adapter] = {}
        self._under_way: dict[asyncio.Task[None], list[Work]] = {}
        self._results: list[Outcome] = []
        self._calls: list[ProviderCall] = []
        self._handled = 0
        self._renew_at = 0.0
        self._more_is_due = False
        self._stopped_for_time = False

    # What a pump is made of -------------------------------------------------------------------------------------

    @abstractmethod
    def claim(self, room: int) -> list[Work]:
        """Claim up to `room` due rows of the leased accounts. On the database thread."""

    @abstractmethod
    async def work(self, item: Work) -> Outcome:
        """Talk to the provider about one row. Expected errors are part of the outcome."""

    def bundles(self, items: list[Work]) -> list[list[Work]]:
        """Which of the claimed rows are worked on together, in one call of `work_together`."""
        return [[item] for item in items]

    async def work_together(self, items: list[Work]) -> list[Outcome]:
        """Talk to the provider about a bundle; only called for several."""
        raise NotImplementedError

    @abstractmethod
    def apply(self, results: list[Outcome]) -> None:
        """Write outcomes down, and take off the list what is dealt with. On the database thread."""

    def renew(self, items: list[Work]) -> None:
        """Keep the leases of the rows that are under way. On the database thread. For work longer than its lease."""
        return

    @abstractmethod
    def seconds_to_next(self) -> float | None:
        """How long until another row of the leased accounts is due; None where there is none."""

    # The loop ---------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Pump until the time is over or there is nothing to wait for; the number of rows that were handled."""
        return asyncio.run(self._main())

    async def _main(self) -> int:
        with ThreadPoolExecutor(1, thread_name_prefix="database") as self._database:
            self._changed = asyncio.Event()
            try:
                async with provider_session(self._note_call) as self.http:
                    await self._loop()
            finally:
                await self.db(self._let_go)
        if self._stopped_for_time:
            queue.kick(self.kind)  # the next turn begins at once, not with the next tick
        return self._handled

    async def _loop(self) -> None:
        await self._keep_leases()
        end = time.monotonic() + self.seconds  # counted from here, so that even a short turn is a turn
        while True:
            try:
                if await self._is_over(end):
                    return
            except _DATABASE_IS_AWAY as error:
                # What is under way may be paid for: its answer is kept until it can be written down.
                is_idle = not self._under_way and not self._results
                if is_idle or time.monotonic() >= end + _WAITS_FOR_DATABASE_SECONDS:
                    raise
                log.warning("database_away", pump=self.kind, error=type(error).__name__)
                await self.db(lambda: connection.close())  # looked up there: each thread has its own
            await self._pause()

    async def _is_over(self, end: float) -> bool:
        """One round; whether it was the last."""
        self._more_is_due = False
        if time.monotonic() >= self._renew_at:
            await self._keep_leases()
        await self._apply_results()
        over = time.monotonic() >= end
        if not over and self.accounts:
            await self._claim()
        if self._under_way or self._results:
            return False
        nothing_soon = await self._nothing_soon()
        self._stopped_for_time = over and not nothing_soon
        return over or nothing_soon

    async def _keep_leases(self) -> None:
        await self.db(self._lease)
        await self.db(self.renew, self._items_under_way())
        self._renew_at = time.monotonic() + settings.LIFECYCLE["account_lease_seconds"] / 4

    async def _claim(self) -> None:
        room = min(self.at_once - len(self._items_under_way()), self.claims_at_once)
        items = await self.db(self.claim, room) if room > 0 else []
        self._more_is_due = 0 < room <= len(items)
        for bundle in self.bundles(items):
            task = asyncio.create_task(self._handle(bundle))
            self._under_way[task] = bundle
            task.add_done_callback(lambda done: self._under_way.pop(done, None))

    def _items_under_way(self) -> list[Work]:
        return [item for bundle in self._under_way.values() for item in bundle]

    async def _handle(self, bundle: list[Work]) -> None:
        _at_work_on.set(bundle)
        try:
            # In two steps: `self._results` is another list by the time the answer is there, if others came before it.
            outcomes = await self.work_together(bundle) if len(bundle) > 1 else [await self.work(bundle[0])]
            self._results.extend(outcomes)
            self._handled += len(outcomes)
        except Exception:
            # A defect of ours in one row must not stop the others; the row's lease ends and it is looked at again.
            log.exception("pump_item_failed", pump=self.kind)
        finally:
            self._changed.set()

    async def _apply_results(self) -> None:
        if self._results:
            results, self._results = self._results, []
            try:
                await self.db(self.apply, results)
            finally:
                self._results = results + self._results
        if self._calls:
            calls, self._calls = self._calls, []
            await self.db(ProviderCall.objects.bulk_create, calls)

    def _note_call(self, exchange: providers.Exchange) -> None:
        """Remember a call that mattered: it sent something, or it broke. Polls that went well would drown those."""
        items = _at_work_on.get()
        if exchange.method != "GET" or exchange.status_code is None or exchange.excerpt:
            generation_id = items[0].generation.pk if len(items) == 1 else None
            self._calls.append(call_row(exchange, account_id=items[0].account.pk, generation_id=generation_id))

    async def _pause(self) -> None:
        if self._more_is_due:
            await asyncio.sleep(0)
            return
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), settings.LIFECYCLE["pump_interval_seconds"])
            await asyncio.sleep(min(_GATHERS_SECONDS, settings.LIFECYCLE["pump_interval_seconds"]))
        except TimeoutError:
            pass

    async def _nothing_soon(self) -> bool:
        if not self.accounts:
            return True
        seconds = await self.db(self.seconds_to_next)
        return seconds is None or seconds > settings.LIFECYCLE["pump_idle_seconds"]

    def each(self, results: list[T], write: Callable[[T], object]) -> None:
        """Write outcomes down one by one, so that a defect with one does not lose the others."""
        while results:
            try:
                write(results[0])
            except _DATABASE_IS_AWAY:
                raise
            except Exception:
                log.exception("outcome_not_written", pump=self.kind)
            del results[0]

    def together(self, results: list[T], write: Callable[[list[T]], object], write_one: Callable[[T], object]) -> None:
        """Write outcomes down in one transaction; one by one where a defect with one of them undoes it."""
        if not results:
            return
        try:
            with transaction.atomic():
                write(results)
        except _DATABASE_IS_AWAY:
            raise
        except Exception:
            log.exception("outcomes_not_written_together", pump=self.kind)
            self.each(results, write_one)

    async def db(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that needs the database on the database thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._database, lambda: function(*args, **kwargs))

    # Leases and adapters ----------------------------------------------------------------------------------------

    def _lease(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                _LEASE,
                {
                    "kind": self.kind,
                    "holder": self.holder,
                    "seconds": settings.LIFECYCLE["account_lease_seconds"],
                    "statuses": list(self.statuses),
                },
            )
            ids = [row[0] for row in cursor.fetchall()]
        self.accounts = ProviderAccount.objects.in_bulk(ids)
        self._adapters = {}

    def _let_go(self) -> None:
        try:
            PumpLease.objects.filter(kind=self.kind, holder=self.holder).delete()
        finally:
            connection.close()

    def adapter(self, account: ProviderAccount) -> providers.Adapter:
        """The account's adapter over this pump's HTTP session."""
        if account.pk not in self._adapters:
            self._adapters[account.pk] = providers.get(provider_account(account), self.http)
        return self._adapters[account.pk]

    def holds_lease(self, account_id: int) -> bool:
        """Whether this pump still holds an account, by the database's clock. Inside a transaction, locks the lease."""
        sql = (
            "SELECT 1 FROM generations_pumplease "
            "WHERE account_id = %s AND kind = %s AND holder = %s AND until > now() FOR UPDATE"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [account_id, self.kind, self.holder])
            return cursor.fetchone() is not None

    def query(self, sql: str, arguments: dict[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of one query."""
        with connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return cursor.fetchall()
