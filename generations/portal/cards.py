"""A take as a card: what the one fragment that shows it everywhere needs, and which takes stand in the studio."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from generations import access, ledger, lifecycle, media
from generations.choices import MediaKind
from generations.errors import either
from generations.models import Approval, Asset, AuditEvent, Generation, Status, User
from generations.portal.recipe import fits_the_studio, headline

GROUPS = ("needs", "running", "done", "canceled")
NEEDS_SOMEBODY = frozenset({Status.FAILED, Status.UNCERTAIN, Status.AWAITING_APPROVAL})
AT_THE_PROVIDER = frozenset({Status.SUBMITTING, Status.RUNNING})
_MOST_PERCENT = 95  # an estimate never says that it is done


@dataclass(frozen=True, slots=True)
class Awaits:
    """What a take waits for: its approval, the names of who can give it, and whether this member is one of them."""

    approval: Approval
    who: str
    can_approve: bool


@dataclass(frozen=True, slots=True)
class Card:
    take: Generation
    picture: Asset | None
    outputs: tuple[Asset, ...]
    place: lifecycle.Place | None
    elapsed_seconds: int | None
    expected_seconds: int | None
    cancel: str
    can_retry: bool
    stop_words: str = ""
    can_resolve: bool = False
    awaits: Awaits | None = None

    @property
    def headline(self) -> str:
        """What the take is called in lists."""
        return headline(self.take.recipe)

    @property
    def video(self) -> Asset | None:
        """The film that was made, where one was."""
        return next((asset for asset in self.outputs if asset.kind == MediaKind.VIDEO), None)

    @property
    def output(self) -> Asset | None:
        """What the take is judged by: its film, else the first of what was made."""
        return self.video or next(iter(self.outputs), None)

    @property
    def more(self) -> tuple[Asset, ...]:
        """What was made besides."""
        return tuple(asset for asset in self.outputs if asset != self.output)

    @property
    def download_name(self) -> str:
        """What the output is called on somebody's disk."""
        extension = media.EXTENSIONS.get(self.output.blob.media_type, "") if self.output else ""
        return f"{self.take.name}.{extension}" if extension else self.take.name

    @property
    def group(self) -> str:
        if self.take.status in NEEDS_SOMEBODY:
            return "needs"
        if self.take.status == Status.CANCELED:
            return "canceled"
        return "done" if self.take.is_terminal else "running"

    @property
    def is_open(self) -> bool:
        return not self.take.is_terminal

    @property
    def position(self) -> int | None:
        """The place in line on its account, 1 for the next."""
        return self.place.position if self.place else None

    @property
    def starts(self) -> str:
        """When its turn may come, in words; empty where nobody can say."""
        seconds = self.place.starts_in_seconds if self.place else None
        return "" if seconds is None else _("Starts in %(time)s") % {"time": _about(seconds)}

    @property
    def done(self) -> str:
        """In what time it may be done, in words; empty where nobody can say."""
        seconds = self.place.done_in_seconds if self.place else None
        return "" if seconds is None else _about(seconds)

    @property
    def percent(self) -> int | None:
        if self.elapsed_seconds is None or not self.expected_seconds:
            return None
        return min(_MOST_PERCENT, self.elapsed_seconds * _MOST_PERCENT // self.expected_seconds)

    @property
    def returned(self) -> Decimal | None:
        """What came back of the hold when the take ended."""
        if not self.take.is_terminal or self.take.charged_credits is None:
            return None
        return max(self.take.hold_credits - self.take.charged_credits, Decimal(0))

    @property
    def version(self) -> str:
        """Another one whenever the card would look different; the clock alone does not count."""
        take = self.take
        facts = (take.status, take.changed_at, take.expected_finish_at, take.is_rendering, self.cancel)
        line = (self.position, self.starts, self.done)
        return hashlib.sha256(repr(facts + line).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Counts:
    all: int
    needs: int
    running: int
    done: int
    canceled: int


def cards_of(takes: Iterable[Generation], member: access.Member, now: datetime) -> list[Card]:
    """Cards of takes that were loaded `for_cards`, in their order.

    One query more where some are in line, one more where some were asked to stop, a few where some await approval.
    """
    takes = list(takes)
    places = lifecycle.line_of([take for take in takes if take.status == Status.QUEUED])
    words = _stop_words([take for take in takes if take.cancel_requested_at and not take.is_terminal], member)
    waits = _awaits([take for take in takes if take.status == Status.AWAITING_APPROVAL], member)
    return [_card(take, member, places.get(take.pk), words.get(take.pk, ""), waits.get(take.pk), now) for take in takes]


def studio_cards(member: access.Member, now: datetime) -> list[Card]:
    """The newest takes of the team and those under way: first what needs somebody, then what runs, then the rest."""
    takes, most = access.generations_for(member), settings.LIMITS["studio_cards"]
    newest = list(takes.order_by("-pk").values_list("pk", flat=True)[:most])
    under_way = list(takes.open().order_by("-pk").values_list("pk", flat=True)[:most])
    shown = takes.for_cards().filter(pk__in={*newest, *under_way}).order_by("-pk")
    return sorted(cards_of(shown, member, now), key=lambda card: GROUPS.index(card.group))


def count(cards: list[Card]) -> Counts:
    """How many cards stand in each group."""
    groups = [card.group for card in cards]
    return Counts(len(groups), *(groups.count(name) for name in GROUPS))


def read_versions(text: str, most: int) -> dict[str, str]:
    """`uuid:version,…` as the page asks for fresh cards; what is not of that shape is left out."""
    pairs = (item.partition(":") for item in text.split(",")[:most])
    return {public_id: version for public_id, colon, version in pairs if colon}


def _card(
    take: Generation,
    member: access.Member,
    place: lifecycle.Place | None,
    stop_words: str,
    awaits: Awaits | None,
    now: datetime,
) -> Card:
    outputs = sorted(take.assets.all(), key=lambda asset: asset.output_index or 0)
    starts = [item.asset for item in take.inputs.all() if item.asset]
    films_first = sorted(outputs, key=lambda asset: asset.kind != MediaKind.VIDEO)
    pictures = [asset for asset in (*films_first, *starts) if asset.poster_id]
    is_out = take.status == Status.RUNNING and take.submitted_at is not None
    return Card(
        take=take,
        picture=next(iter(pictures), None),
        outputs=tuple(outputs),
        place=place,
        elapsed_seconds=_seconds(take.submitted_at, now) if is_out else None,
        expected_seconds=_seconds(take.submitted_at, take.expected_finish_at) if is_out else None,
        cancel=_cancel(take, member),
        can_retry=member.may(access.May.GENERATE) and fits_the_studio(take.recipe),
        stop_words=stop_words,
        can_resolve=take.status == Status.UNCERTAIN and member.may(access.May.RESOLVE),
        awaits=awaits,
    )


def _cancel(take: Generation, member: access.Member) -> str:
    if take.created_by_id != member.user.pk and not member.may(access.May.CANCEL_ANY):
        return ""
    if take.can_cancel_free:
        return "free"
    return "ask" if take.status in AT_THE_PROVIDER and not take.cancel_requested_at else ""


def _awaits(takes: list[Generation], member: access.Member) -> dict[int, Awaits]:
    """What each of these takes waits for. Takes that count in the same budgets are approved by the same people."""
    if not takes:
        return {}
    waiting = lifecycle.approvals_waiting(member).filter(generation__in=takes)
    mine = set(waiting.values_list("generation_id", flat=True))
    approvals = {row.generation_id: row for row in Approval.objects.filter(generation__in=takes)}
    people: dict[tuple[str, ...], str] = {}
    for take in takes:
        scopes = tuple(ledger.scopes_for(take))
        if scopes not in people:
            people[scopes] = _names(lifecycle.approvers_of(take))
    return {
        take.pk: Awaits(approvals[take.pk], people[tuple(ledger.scopes_for(take))], take.pk in mine)
        for take in takes
        if take.pk in approvals
    }


def _names(people: list[User]) -> str:
    return either(people[:3]) or _("The administrator of this site")


def _stop_words(asked: list[Generation], member: access.Member) -> dict[int, str]:
    """Who asked to stop each of these takes, and what that can still mean."""
    if not asked:
        return {}
    events = AuditEvent.objects.filter(
        verb="cancel",
        target_kind="generation",
        target_id__in=[str(take.public_id) for take in asked],
        happened_at__in=[take.cancel_requested_at for take in asked],
    )
    people: dict[tuple[str, datetime | None], User | None] = {
        (event.target_id, event.happened_at): event.actor for event in events.select_related("actor")
    }
    return {take.pk: _stopped_by(people.get((str(take.public_id), take.cancel_requested_at)), member) for take in asked}


def _stopped_by(person: User | None, member: access.Member) -> str:
    if person == member.user:
        who = _("You asked to stop it.")
    else:
        who = _("%(person)s asked to stop it.") % {"person": person or _("An administrator")}
    return (
        who
        + " "
        + _("It had been sent already, so it may still finish and be charged; whatever is not charged comes back.")
    )


def _about(seconds: float) -> str:
    """A time ahead as one would say it: an estimate has no seconds."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 90:
        return _("about %(n)s min") % {"n": minutes}
    return _("about %(n)s h") % {"n": round(seconds / 3600)}


def _seconds(since: datetime | None, until: datetime | None) -> int | None:
    return max(0, round((until - since).total_seconds())) if since and until else None
