"""The library's filters, as its address says them. What it does not know does not filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from generations.models import OPEN, GenerationQuerySet, Project, Status
from generations.portal import text

STATES: dict[str, tuple[Any, frozenset[Status]]] = {
    "": (_("All states"), frozenset(Status)),
    "done": (_("Done"), frozenset({Status.DONE})),
    "open": (_("Under way"), OPEN),
    "ended": (_("Failed or canceled"), frozenset({Status.FAILED, Status.CANCELED})),
}


@dataclass(frozen=True, slots=True)
class Filters:
    projects: list[Project]
    project: Project | None
    state: str

    @property
    def is_on(self) -> bool:
        return bool(self.project or self.state)

    def narrow(self, takes: GenerationQuerySet) -> GenerationQuerySet:
        """The takes that match."""
        if self.project:
            takes = takes.filter(project=self.project)
        return takes.filter(status__in=STATES[self.state][1]) if self.state else takes


def read_filters(query: Mapping[str, str], projects: list[Project]) -> Filters:
    """The filters of an address, among the projects that the member may see."""
    wanted = text.find_uuid(query.get("project"))
    state = query.get("state", "")
    return Filters(
        projects=projects,
        project=next((project for project in projects if project.public_id == wanted), None),
        state=state if state in STATES else "",
    )
