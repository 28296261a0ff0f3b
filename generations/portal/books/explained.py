"""Explain my balance: which number an address asks about, and its sentences with links to what they name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from generations import access, ledger
from generations.choices import Tier
from generations.models import Budget, Generation, Movement, Project, Shot
from generations.portal import text

HERE = "here"


class Part(NamedTuple):
    """A piece of a sentence; `address` is empty where it leads nowhere."""

    text: str
    address: str = ""


class Place(NamedTuple):
    """Something a take can be for, in a list to choose from."""

    public_id: UUID
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation: what it is of, and its sentences in parts. `places` and `tiers` are what else can be asked."""

    about: str
    sentences: list[list[Part]]
    places: list[Place] = field(default_factory=list)
    tier: str = ""


def explained(member: access.Member, query: QueryDict, now: datetime, *, limits: bool) -> Explained:
    """What `?explain=` asks for: a figure, or `here` with a place and a tier; by itself, where the last take was.

    `limits` is whether the team has budgets: without them the purse alone decides what can be started.
    """
    may_start = member.may(access.May.GENERATE)
    about = query.get("explain", "")
    if about not in (HERE, *ledger.About.values):
        about = HERE if limits and may_start else ledger.About.AVAILABLE.value
    if about == HERE and not may_start:
        about = ledger.About.AVAILABLE.value
    project, shot, tier = _place(member, query) if limits and may_start else (None, None, "")
    places = _places(member, shot or project) if limits and may_start else []
    if about != HERE:
        sentences = ledger.explain(member.team, about=ledger.About(about), now=now)
        return Explained(about, spoken(sentences), places, tier)
    scopes = ledger.scopes_of(
        project=project.pk if project else None, shot=shot.pk if shot else None, member=member.user.pk, tier=tier
    )
    sentences = ledger.explain(member.team, scopes=scopes, place=_called(project, shot), now=now)
    return Explained(about, spoken(sentences), places, tier)


def explain_budget(budget: Budget, now: datetime) -> list[list[Part]]:
    """The sentences behind a budget's figures."""
    return spoken(ledger.explain(budget.team, budget=budget, now=now))


def spoken(sentences: Iterable[ledger.Sentence]) -> list[list[Part]]:
    """Sentences in parts, so that a page can write links without marking up text."""
    return [list(_parts(sentence)) for sentence in sentences]


def _parts(sentence: ledger.Sentence) -> Iterable[Part]:
    rest = sentence.text
    for link in sentence.links:
        before, found, after = rest.partition(link.words)
        if not found:
            continue
        yield Part(before)
        yield Part(link.words, _address(link.target))
        rest = after
    yield Part(rest)


def _address(target: Generation | Movement | Budget) -> str:
    if isinstance(target, Generation):
        return reverse("portal:take", args=[target.public_id]) + "?tab=cost"
    if isinstance(target, Budget):
        return reverse("portal:budget", args=[target.public_id])
    return f"{reverse('portal:credits')}?before={target.pk + 1}#entry-{target.pk}"


def _place(member: access.Member, query: QueryDict) -> tuple[Project | None, Shot | None, str]:
    """Where a take would be: as the address says, else where the member's last one was."""
    tier = query.get("tier", "")
    tier = tier if tier in Tier.values else ""
    if "place" in query:
        wanted = text.find_uuid(query.get("place"))
        shot = access.shots_for(member).filter(public_id=wanted).first() if wanted else None
        project = access.projects_for(member).filter(public_id=wanted).first() if wanted and not shot else None
        return (shot.project if shot else project), shot, tier
    mine = access.generations_for(member).filter(created_by=member.user)
    last = mine.select_related("project", "shot").order_by("-pk").first()
    return (last.project, last.shot, tier) if last else (None, None, tier)


def _places(member: access.Member, chosen: Project | Shot | None) -> list[Place]:
    """The active projects, and the shots that have a budget of their own."""
    chosen_id = chosen.public_id if chosen else None
    shots = access.shots_for(member).filter(budgets__archived_at=None, budgets__isnull=False, archived_at=None)
    found = [Place(row.public_id, row.name, row.public_id == chosen_id) for row in access.projects_for(member).active()]
    for shot in shots.distinct():
        name = _("%(shot)s in %(project)s") % {"shot": shot.code, "project": shot.project.name}
        found.append(Place(shot.public_id, name, shot.public_id == chosen_id))
    if chosen is not None and not any(place.is_chosen for place in found):
        found.append(Place(chosen.public_id, str(chosen), True))
    return found


def _called(project: Project | None, shot: Shot | None) -> str:
    return shot.code if shot else project.name if project else ""
