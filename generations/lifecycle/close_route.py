"""Closing a route of an account: nothing new is ordered on it until somebody opens it again. What is out goes on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from generations import catalog
from generations.errors import Refused
from generations.lifecycle.pause_account import AlreadySo
from generations.lifecycle.record import record
from generations.models import ClosedRoute, ProviderAccount


class NoSuchRoute(Refused):
    """The catalog has no such route of the account's provider."""

    code = "no_such_route"


def close_route(
    account: ProviderAccount, route_key: str, *, reason: str, now: datetime, actor_id: int | None
) -> ClosedRoute:
    """Quote a route no more. `reason` is a sentence that people see when they choose a route.

    Takes that were ordered before are made as ordered. Raises NoSuchRoute, and AlreadySo where it is closed.
    """
    route = catalog.load().route(route_key)
    if route is None or route.provider != account.provider:
        sentence = _("%(account)s has no route %(route)s. Copy its key from the catalog.")
        raise NoSuchRoute(sentence % {"account": account.label, "route": route_key})
    with transaction.atomic():
        closed, is_new = ClosedRoute.objects.get_or_create(
            account=account,
            route_key=route_key,
            opened_at=None,
            defaults={"reason": reason[:300], "closed_at": now, "closed_by_id": actor_id},
        )
        if not is_new:
            raise AlreadySo(_("This route is closed already: %(reason)s") % {"reason": closed.reason})
        record("close_route", account, now=now, actor_id=actor_id, route=route_key, reason=reason)
    return closed


def open_route(closed: ClosedRoute, *, now: datetime, actor_id: int | None) -> None:
    """Quote the route again. Raises AlreadySo where somebody has opened it before."""
    with transaction.atomic():
        if not ClosedRoute.objects.closed().filter(pk=closed.pk).update(opened_at=now, opened_by_id=actor_id):
            raise AlreadySo(_("This route was opened before."))
        record("open_route", closed.account, now=now, actor_id=actor_id, route=closed.route_key)
    closed.refresh_from_db()
