"""Projects with what was made in them: a fixed number of queries, however many projects there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from generations import access, ledger
from generations.choices import MediaKind, Tier
from generations.errors import either
from generations.models import OPEN, Asset, Generation, Project, Status

_PICTURES = 3


@dataclass(frozen=True, slots=True)
class ProjectRow:
    project: Project
    takes: int
    running: int
    spent: Decimal | None
    last_at: datetime | None
    pictures: list[Asset] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Figures:
    takes: int
    done: int
    running: int
    spent: Decimal | None
    held: Decimal | None


def project_rows(member: access.Member) -> list[ProjectRow]:
    """The team's active projects by name, with their figures and newest pictures."""
    projects = list(access.projects_for(member).active())
    figures = {row["project"]: row for row in _sums(access.generations_for(member))}
    pictures = _newest_pictures(member)
    sees = member.may(access.May.SEE_CREDITS)
    return [_row(project, figures.get(project.pk, {}), pictures[project.pk], sees) for project in projects]


def figures_of(member: access.Member, project: Project) -> Figures:
    """How many takes a project has, and what they cost and hold."""
    takes = access.generations_for(member).filter(project=project)
    is_open, sees = Q(status__in=OPEN), member.may(access.May.SEE_CREDITS)
    sums = takes.aggregate(
        takes=Count("pk"),
        done=Count("pk", filter=Q(status=Status.DONE)),
        running=Count("pk", filter=is_open),
        spent=Sum("charged_credits"),
        held=Sum("hold_credits", filter=is_open),
    )
    return Figures(
        takes=sums["takes"],
        done=sums["done"],
        running=sums["running"],
        spent=(sums["spent"] or Decimal(0)) if sees else None,
        held=(sums["held"] or Decimal(0)) if sees else None,
    )


def gate_words(project: Project) -> str:
    """Which takes of a project wait for approval, in sentences; empty where none do."""
    tiers = either([tier.label for tier in Tier if tier in project.approval_tiers])
    facts = {"tiers": tiers, "hours": project.approval_hours}
    if project.approval_above_credits is not None:
        facts["above"] = ledger.plain(project.approval_above_credits)
        which = (
            _("%(tiers)s takes, and all takes above %(above)s credits,")
            if tiers
            else _("Takes above %(above)s credits")
        )
    elif tiers:
        which = _("%(tiers)s takes")
    else:
        return ""
    rest = _("wait up to %(hours)s hours for approval, with their credits held.")
    draft = _("An approved draft of the same prompt and inputs is enough.") if project.approved_draft_is_enough else ""
    return " ".join([which % facts, rest % facts, draft]).strip()


def _sums(takes: QuerySet[Generation]) -> Iterable[Any]:
    return (
        takes.order_by()
        .values("project")
        .annotate(
            takes=Count("pk"),
            running=Count("pk", filter=Q(status__in=OPEN)),
            spent=Sum("charged_credits"),
            last_at=Max("created_at"),
        )
    )


def _newest_pictures(member: access.Member) -> dict[int | None, list[Asset]]:
    place = Window(RowNumber(), partition_by=F("project"), order_by=F("pk").desc())
    films = access.assets_for(member).filter(kind=MediaKind.VIDEO, project__isnull=False, poster__isnull=False)
    found: dict[int | None, list[Asset]] = defaultdict(list)
    for asset in films.annotate(place=place).filter(place__lte=_PICTURES).order_by("-pk"):
        found[asset.project_id].append(asset)
    return found


def _row(project: Project, sums: dict[str, Any], pictures: list[Asset], sees_credits: bool) -> ProjectRow:
    return ProjectRow(
        project=project,
        takes=sums.get("takes", 0),
        running=sums.get("running", 0),
        spent=(sums.get("spent") or Decimal(0)) if sees_credits else None,
        last_at=sums.get("last_at"),
        pictures=pictures,
    )
