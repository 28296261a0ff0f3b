"""The shots of a project with what was made for them, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from generations import access
from generations.choices import Verdict
from generations.models import Generation, Project, Shot, Status


@dataclass(frozen=True, slots=True)
class ShotRow:
    """A shot; `spent` is None for who may not see credits, `approved` the newest take that was approved."""

    shot: Shot
    takes: int
    spent: Decimal | None
    approved: Generation | None


def shot_rows(member: access.Member, project: Project) -> list[ShotRow]:
    """The shots of a project that are not archived, in their order."""
    shots = list(access.shots_for(member).filter(project=project, archived_at=None))
    takes = access.generations_for(member).filter(shot__in=shots)
    sums = takes.order_by().values("shot").annotate(takes=Count("pk"), spent=Sum("charged_credits"))
    of_shot: dict[int, dict[str, Any]] = {row["shot"]: dict(row) for row in sums}
    approved = {
        take.shot_id: take for take in takes.filter(verdict=Verdict.APPROVED, status=Status.DONE).order_by("pk")
    }
    sees = member.may(access.May.SEE_CREDITS)
    return [
        ShotRow(
            shot=shot,
            takes=of_shot.get(shot.pk, {}).get("takes", 0),
            spent=(of_shot.get(shot.pk, {}).get("spent") or Decimal(0)) if sees else None,
            approved=approved.get(shot.pk),
        )
        for shot in shots
    ]
