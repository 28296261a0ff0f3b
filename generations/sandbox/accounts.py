"""What an account at a provider has left: what it was given, less what is billed and what open tasks will bill."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generations.sandbox.store import Store
    from generations.sandbox.tasks import Task

PLENTY = Decimal(1_000_000)
Purse = tuple[str, str, str]  # provider, account, pack


class Accounts:
    """Balances in what a provider counts in: dollars, or at Kling the units of a pack.

    Every account begins with plenty; `give` sets another amount, which survives a restart.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._given: dict[str, str] = store.setting("balances") or {}
        self._billed: defaultdict[Purse, Decimal] = defaultdict(Decimal)
        self._held: defaultdict[Purse, Decimal] = defaultdict(Decimal)
        self._sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def give(self, provider: str, account: str, amount: Decimal, pack: str = "") -> None:
        """Set what is left on an account, from now on. `pack` is the unit of a pack where the provider has packs."""
        purse = (provider, account, pack)
        self._given["/".join(purse)] = str(amount + self._billed[purse])
        self._store.put_setting("balances", self._given)

    def balance(self, provider: str, account: str, pack: str = "") -> Decimal:
        """What an account has, with open tasks not counted."""
        purse = (provider, account, pack)
        return Decimal(self._given.get("/".join(purse), PLENTY)) - self._billed[purse]

    def spent(self, provider: str, account: str, pack: str = "") -> Decimal:
        """What an account was billed so far."""
        return self._billed[(provider, account, pack)]

    def can_pay(self, task: Task) -> bool:
        """Whether what is left, less what open tasks will bill, covers a task that is not yet accepted."""
        purse = purse_of(task)
        left = self.balance(*purse) - self._held[purse]
        return left > 0 and left >= _worth(task, task.due, task.due_usd)

    def hold(self, task: Task) -> None:
        self._held[purse_of(task)] += _worth(task, task.due, task.due_usd)

    def free(self, task: Task) -> None:
        self._held[purse_of(task)] -= _worth(task, task.due, task.due_usd)

    def charge(self, task: Task) -> None:
        """Count what a task has billed; nothing for one that billed nothing."""
        self._billed[purse_of(task)] += _worth(task, task.billed, task.usd)
        if task.billed != "0":
            self._sums[(task.provider, task.unit)] += Decimal(task.billed)
            if task.unit != "usd":
                self._sums[(task.provider, "usd")] += Decimal(task.usd or 0)

    def sums(self) -> dict[str, dict[str, str]]:
        """What was billed so far, per provider: the amount in its units, and in dollars where prices are known."""
        found: dict[str, dict[str, str]] = {}
        for (provider, unit), amount in self._sums.items():
            found.setdefault(provider, {})[unit] = format(amount, "f")
        return found


def purse_of(task: Task) -> Purse:
    """Where a task is paid from: Kling has a pack for each unit."""
    return task.provider, task.account, task.unit if task.provider == "kling" else ""


def _worth(task: Task, amount: str, usd: str) -> Decimal:
    """The part of a bill that a balance is counted in: fal counts its balance in dollars, not in seconds."""
    return Decimal((usd or "0") if task.provider == "fal" else amount)
