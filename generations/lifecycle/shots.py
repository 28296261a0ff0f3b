"""Shots of a project: made, changed, archived."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from generations import access
from generations.errors import Refused
from generations.lifecycle.record import record
from generations.models import Project, Shot

_CODE = re.compile(r"[A-Za-z0-9._-]{1,20}")
DESCRIPTION_MAX = 300


class BadShot(Refused):
    """The shot cannot be kept so. `problems` maps a field to a sentence."""

    code = "bad_shot"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()), data={"problems": problems})
        self.problems = problems


def add_shot(*, member: access.Member, project: Project, code: str, description: str, now: datetime) -> Shot:
    """Add a shot at the end of a project.

    A code has 1 to 20 letters, digits, dots, hyphens or underscores and is a project's only once, whatever its case.
    Raises access.Missing, NotAllowed, BadShot.
    """
    _check_may(member, project)
    with transaction.atomic():
        locked = _locked(project)
        code, description = _checked(locked, code, description)
        last = locked.shots.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
        shot = Shot.objects.create(project=locked, code=code, description=description, position=position)
        _record("add_shot", shot, member, now)
    return shot


def change_shot(*, member: access.Member, shot: Shot, code: str, description: str, now: datetime) -> Shot:
    """Give a shot another code or description; its takes and budgets stay its own. Raises as `add_shot`."""
    _check_may(member, shot.project)
    with transaction.atomic():
        locked = _locked(shot.project)
        shot.code, shot.description = _checked(locked, code, description, but=shot)
        shot.save(update_fields=["code", "description"])
        _record("change_shot", shot, member, now)
    return shot


def archive_shot(*, member: access.Member, shot: Shot, now: datetime) -> None:
    """Put a shot away: no take can be made for it any more, and all that it has stays. Raises as `add_shot`."""
    _check_may(member, shot.project)
    with transaction.atomic():
        if Shot.objects.filter(pk=shot.pk, archived_at=None).update(archived_at=now):
            _record("archive_shot", shot, member, now)
    shot.refresh_from_db()


def _check_may(member: access.Member, project: Project) -> None:
    if project.team_id != member.team.pk:
        raise access.Missing
    member.check(access.May.MANAGE_PROJECTS)


def _locked(project: Project) -> Project:
    """The project's row, locked, so that two shots of one code at once meet each other. Raises BadShot."""
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if row.archived_at:
        raise BadShot({"code": _("This project is archived, so its shots stay as they are.")})
    return row


def _checked(project: Project, code: str, description: str, but: Shot | None = None) -> tuple[str, str]:
    code, description = code.strip(), description.strip()
    problems = {}
    if not code:
        problems["code"] = _("A shot needs a code, such as SH040.")
    elif not _CODE.fullmatch(code):
        problems["code"] = _("A code has 1 to 20 letters, digits, dots, hyphens or underscores, such as SH040.")
    elif taken := project.shots.filter(code__iexact=code).exclude(pk=but.pk if but else 0).first():
        where = _("in its archive") if taken.archived_at else _("already")
        sentence = _("The project has a shot %(code)s %(where)s. Choose another code.")
        problems["code"] = sentence % {"code": taken.code, "where": where}
    if len(description) > DESCRIPTION_MAX:
        sentence = _("A description has at most %(most)s characters; this one has %(count)s. Shorten it.")
        problems["description"] = sentence % {"most": DESCRIPTION_MAX, "count": len(description)}
    if problems:
        raise BadShot(problems)
    return code, description


def _record(verb: str, shot: Shot, member: access.Member, now: datetime) -> None:
    facts: dict[str, Any] = {"project": str(shot.project.public_id), "code": shot.code}
    record(verb, shot, now=now, actor_id=member.user.pk, team_id=member.team.pk, **facts)
