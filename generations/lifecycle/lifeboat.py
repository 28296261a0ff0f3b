"""The clock of a result that lies with its provider: until when it can be had, when to try again, and whom to warn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import catalog, providers
from generations.choices import Role
from generations.lifecycle.addresses import take_page
from generations.lifecycle.mail import post_mail
from generations.models import Generation, Status, Team, User

_LAST_DAY = timedelta(days=1)
_RESOLVERS = [Role.OWNER, Role.PRODUCER]


def results_expire_at(generation: Generation, outputs: Iterable[providers.Output]) -> datetime:
    """When the first of these outputs goes: what the provider says of it, else as long as it keeps results.

    The account's own number of days goes before the catalog's.
    """
    named = [output.expires_at for output in outputs if output.expires_at]
    if named:
        return min(named)
    account = generation.account
    days = account.retention_days or catalog.load().retention_days[account.provider]
    return (generation.provider_done_at or timezone.now()) + timedelta(days=days)


def expiry_of(generation: Generation) -> datetime:
    """The same for a take whose provider is done, also where its row does not say."""
    outputs = [providers.Output.from_json(value) for value in generation.outputs_json]
    return generation.results_expire_at or results_expire_at(generation, outputs)


def pause_seconds(tries: int, left: timedelta) -> float:
    """How long to wait after the n-th try: ever longer, but never so long that the last eighth passes untried."""
    longest = min(settings.LIFECYCLE["ingest_pause_max_seconds"], max(60.0, left.total_seconds() / 8))
    return float(min(2 ** min(max(tries - 1, 0), 20), longest))


def is_at_risk(generation: Generation, now: datetime) -> bool:
    """Whether a result may be lost: little of its time is left, or it could not be fetched many times."""
    expires_at = expiry_of(generation)
    life = expires_at - (generation.provider_done_at or now)
    little = min(life / 2, max(life / 4, _LAST_DAY))
    return generation.tries >= settings.LIFECYCLE["ingest_tries_at_risk"] or expires_at - now < little


def warn_if_at_risk(generation: Generation, now: datetime) -> bool:
    """Mark a take whose result may be lost and tell its people, once for each take; say whether this call did."""
    rows = Generation.objects.filter(pk=generation.pk, status=Status.INGESTING, at_risk_at=None)
    if not is_at_risk(generation, now):
        return False
    with transaction.atomic():
        if not rows.update(at_risk_at=Now(), changed_at=Now()):
            return False
        generation.log("result_at_risk", generation.waiting_for)
        _tell(generation)
    return True


def warn_of_results_at_risk() -> int:
    """The same for every take that waits for its result, also where no worker has tried to fetch it; how many."""
    now = timezone.now()
    waiting = Generation.objects.filter(status=Status.INGESTING, at_risk_at=None).select_related("account", "team")
    return sum(warn_if_at_risk(generation, now) for generation in waiting.order_by("pk")[:500])


def people_who_resolve(team: Team) -> QuerySet[User]:
    """Who can do something about it: the team's owners and producers, and active superusers."""
    in_team = Q(memberships__team=team, memberships__roles__overlap=_RESOLVERS)
    people = User.objects.filter(Q(is_superuser=True) | in_team, is_active=True)
    return people.exclude(email="").distinct().order_by("pk")


def _tell(generation: Generation) -> None:
    subject = _("The result of %(take)s may be lost") % {"take": generation.name}
    body = _about(generation)
    for person in people_who_resolve(generation.team):
        key = f"result-at-risk:{generation.public_id.hex}:{person.pk}"
        post_mail(key=key, to=person, subject=subject, text=body)


def _about(generation: Generation) -> str:
    return _(
        "%(account)s has made %(take)s, but its result is not in our storage yet. The provider keeps it until "
        "%(until)s.\n\n%(why)s\n\nIt is tried again until then. Nothing has been charged so far; "
        "the hold of %(team)s stays.\n%(link)s"
    ) % {
        "account": generation.account.label,
        "take": generation.name,
        "until": f"{expiry_of(generation):%Y-%m-%d %H:%M} UTC",
        "why": generation.waiting_for or _("Nobody has tried to fetch it: the workers for that may stand still."),
        "team": generation.team.name,
        "link": take_page(generation),
    }
