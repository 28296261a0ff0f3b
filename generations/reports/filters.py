"""What a report is about: a team, days, and what to look at. Read from an address, and written back into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import access
from generations.choices import Capability, Tier
from generations.errors import Refused
from generations.models import Project, ProviderAccount, Team, User

MOST_MONTHS = 36
MOST_DAYS_BY_DAY = 100
MOST_DAYS_BY_WEEK = 400
USUAL_DAYS = 30

DIMENSIONS = {
    "project": gettext_lazy("Project"),
    "member": gettext_lazy("Member"),
    "model": gettext_lazy("Model"),
    "tier": gettext_lazy("Tier"),
    "account": gettext_lazy("Route"),
    "capability": gettext_lazy("Capability"),
    "shot": gettext_lazy("Shot"),
    "reason": gettext_lazy("Reason"),
}
STEPS = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
}


class BadFilter(Refused):
    """The address asks for something that reports do not have."""

    code = "bad_filter"


@dataclass(frozen=True, slots=True)
class Filters:
    """The days from `first_day` to `last_day`, both included, in the team's time zone; None and "" mean all.

    `by` is a key of `DIMENSIONS` ("" is the report's own first one), `step` one of `STEPS`.
    """

    team: Team
    first_day: date
    last_day: date
    project: Project | None = None
    member: User | None = None
    model: str = ""
    tier: str = ""
    account: ProviderAccount | None = None
    capability: str = ""
    by: str = ""
    step: str = "day"

    @classmethod
    def read(cls, member: access.Member, params: Mapping[str, str], *, now: datetime) -> Filters:
        """The filters that an address names: `from` and `to` (YYYY-MM-DD), `project` and `account` (public ids),
        `member` (a user's number), `model`, `tier`, `capability`, `by`, `step`. Without days: the last 30.

        Raises NotAllowed without the right to see reports, Missing for a project or account that is not the team's,
        and BadFilter for everything that cannot be read.
        """
        member.check(access.May.SEE_REPORTS)
        today = now.astimezone(ZoneInfo(member.team.time_zone)).date()
        last_day = _day(params, "to") or today
        first_day = _day(params, "from") or last_day - timedelta(days=USUAL_DAYS - 1)
        _check_days(first_day, last_day)
        return cls(
            team=member.team,
            first_day=first_day,
            last_day=last_day,
            project=_project(member, params.get("project", "")),
            member=_person(member, params.get("member", "")),
            model=_text(params, "model", 64),
            tier=_choice(params, "tier", Tier.values),
            account=_account(member, params.get("account", "")),
            capability=_choice(params, "capability", Capability.values),
            by=_choice(params, "by", DIMENSIONS),
            step=_step(params, (last_day - first_day).days + 1),
        )

    def as_params(self) -> dict[str, str]:
        """What `read` takes, without what is not set: for links."""
        params = {
            "from": self.first_day.isoformat(),
            "to": self.last_day.isoformat(),
            "project": str(self.project.public_id) if self.project else "",
            "member": str(self.member.pk) if self.member else "",
            "model": self.model,
            "tier": self.tier,
            "account": str(self.account.public_id) if self.account else "",
            "capability": self.capability,
            "by": self.by,
            "step": self.step,
        }
        return {name: value for name, value in params.items() if value}

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    def before(self) -> Filters:
        """The same over as many days right before."""
        last = self.first_day - timedelta(days=1)
        return replace(self, first_day=last - timedelta(days=self.days - 1), last_day=last)


def _day(params: Mapping[str, str], name: str) -> date | None:
    text = params.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        sentence = _("“%(text)s” is not a day. Write days like 2025-11-21.")
        raise BadFilter(sentence % {"text": text[:40]}) from error
    if not 2000 <= day.year <= 2999:
        raise BadFilter(_("Reports know the years from 2000 to 2999. Choose days in them."))
    return day


def _check_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise BadFilter(_("The last day is before the first. Choose a later last day."))
    months = (last_day.year - first_day.year) * 12 + last_day.month - first_day.month
    if months > MOST_MONTHS or (months == MOST_MONTHS and last_day.day >= first_day.day):
        raise BadFilter(_("A report covers at most %(months)s months. Choose fewer days.") % {"months": MOST_MONTHS})


def _step(params: Mapping[str, str], days: int) -> str:
    step = _choice(params, "step", STEPS)
    if step == "day" and days > MOST_DAYS_BY_DAY:
        sentence = _("By day, a report covers at most %(days)s days. Choose weeks or months, or fewer days.")
        raise BadFilter(sentence % {"days": MOST_DAYS_BY_DAY})
    if step == "week" and days > MOST_DAYS_BY_WEEK:
        sentence = _("By week, a report covers at most %(days)s days. Choose months, or fewer days.")
        raise BadFilter(sentence % {"days": MOST_DAYS_BY_WEEK})
    usual = "day" if days <= 62 else "week" if days <= 190 else "month"
    return step or usual


def _text(params: Mapping[str, str], name: str, most: int) -> str:
    text = params.get(name, "")
    if len(text) > most or not text.isprintable():
        raise BadFilter(_("There is no such %(name)s: %(text)s.") % {"name": name, "text": repr(text[:40])})
    return text


def _choice(params: Mapping[str, str], name: str, known: object) -> str:
    text = _text(params, name, 64)
    if text and text not in known:  # type: ignore[operator]
        raise BadFilter(_("There is no such %(name)s: %(text)s.") % {"name": name, "text": repr(text[:40])})
    return text


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadFilter(_("There is no such %(name)s: %(text)s.") % {"name": name, "text": repr(text[:40])}) from error


def _project(member: access.Member, text: str) -> Project | None:
    return access.get_project(member, _uuid("project", text)) if text else None


def _account(member: access.Member, text: str) -> ProviderAccount | None:
    """Also one that is paused, or that the team has used and lost since."""
    if not text:
        return None
    found = ProviderAccount.objects.filter(public_id=_uuid("account", text)).first()
    if found is None or not _is_known(member.team, found):
        raise access.Missing
    return found


def _is_known(team: Team, account: ProviderAccount) -> bool:
    return account.teams.filter(pk=team.pk).exists() or team.generations.filter(account=account).exists()


def _person(member: access.Member, text: str) -> User | None:
    """Also one who has left the team and made takes in it before."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadFilter(_("There is no such %(name)s: %(text)s.") % {"name": "member", "text": repr(text[:40])})
    found = User.objects.filter(pk=int(text)).first()
    team = member.team
    if found is None or not (
        team.memberships.filter(user=found).exists() or team.generations.filter(created_by=found).exists()
    ):
        raise access.Missing
    return found


def check_by(filters: Filters, dimensions: tuple[str, ...]) -> str:
    """What a report divides by: what was asked for, or its first dimension. Raises BadFilter for one it has not."""
    by = filters.by or dimensions[0]
    if by not in dimensions:
        sentence = _("This report cannot be divided by “%(by)s”. Choose one of: %(others)s.")
        others = ", ".join(str(DIMENSIONS[name]) for name in dimensions)
        raise BadFilter(sentence % {"by": DIMENSIONS[by], "others": others})
    return by
