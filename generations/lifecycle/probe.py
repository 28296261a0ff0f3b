"""Asking whether a resting account works again: one free call with its key, from the clock, with growing pauses."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import providers
from generations.errors import PortalError
from generations.lifecycle.accounts import provider_account, provider_session
from generations.lifecycle.circuit import end_idle_trials, let_try, pause_seconds, still_rests
from generations.lifecycle.move_route import move_waiting
from generations.lifecycle.tell_admins import tell_admins
from generations.models import ProviderAccount

_AT_ONCE = 8
_RESTING = ProviderAccount.Status.RESTING


def tend_accounts(*, now: datetime) -> None:
    """The clock's look at accounts that rest: ask those whose time has come, move what may move, tell people."""
    probe_resting_accounts()
    end_idle_trials()
    move_waiting(now)
    tell_admins()


def probe_resting_accounts() -> int:
    """Ask about accounts whose time has come; how many were asked."""
    mine = [row for row in _due() if _claim(row)]
    if mine:
        for row, error in zip(mine, asyncio.run(_ask_all(mine)), strict=True):
            if error is None:
                let_try(row)
            else:
                still_rests(row, error)
    return len(mine)


def _due() -> list[ProviderAccount]:
    rows = ProviderAccount.objects.filter(status=_RESTING, probe_at__lte=Now())
    return list(rows.order_by("probe_at", "pk")[:_AT_ONCE])


def _claim(row: ProviderAccount) -> bool:
    """Put the next question off first: two clocks do not ask twice, and one that dies here only asks later."""
    rows = ProviderAccount.objects.filter(pk=row.pk, status=_RESTING, probe_at=row.probe_at)
    next_at = Now() + timedelta(seconds=pause_seconds(row.probes_failed))
    return bool(rows.update(probe_at=next_at, probes_failed=F("probes_failed") + 1))


async def _ask_all(rows: list[ProviderAccount]) -> list[PortalError | None]:
    async with provider_session() as http:
        return await asyncio.gather(*(_ask(row, http) for row in rows))


async def _ask(row: ProviderAccount, http: providers.Http) -> PortalError | None:
    """What is still wrong with an account, or None."""
    try:
        async with asyncio.timeout(settings.LIFECYCLE["probe_timeout_seconds"]):
            await providers.get(provider_account(row), http).check_account()
    except providers.Busy:
        return None  # it knows the key, and is alive
    except providers.ProviderError as error:
        return error
    except TimeoutError:
        return providers.Unreachable(_("The provider did not answer in time."), provider=row.provider)
    return None
