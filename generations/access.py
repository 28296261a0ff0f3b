"""The one door to everything that belongs to a team, and the table that says who may do what in it.

What a person may not see does not exist: `Missing` (404). What they may see but not do is `errors.NotAllowed` (403).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.choices import Role
from generations.errors import NotAllowed, PortalError, either
from generations.models import (
    Asset,
    Budget,
    BudgetQuerySet,
    BudgetRequest,
    Generation,
    GenerationQuerySet,
    Membership,
    Project,
    ProjectQuerySet,
    ProviderAccount,
    Shot,
    Team,
    User,
)


class May(Enum):
    """What a member can be allowed to do."""

    SEE = gettext_lazy("see the team's takes, projects and library")
    GENERATE = gettext_lazy("make takes and upload files")
    CANCEL_ANY = gettext_lazy("cancel takes of others")
    MANAGE_PROJECTS = gettext_lazy("create and edit projects")
    SEE_CREDITS = gettext_lazy("see balances and the statement")
    GRANT_CREDITS = gettext_lazy("add credits")
    MANAGE_BUDGETS = gettext_lazy("make, change and raise budgets")
    APPROVE = gettext_lazy("approve takes that wait for a yes")
    SEE_REPORTS = gettext_lazy("see reports")
    RESOLVE = gettext_lazy("decide what became of takes that are not confirmed")
    REVIEW = gettext_lazy("rate and decide on takes")
    MANAGE_MEMBERS = gettext_lazy("invite people and change roles")


# Who may do what. Read a row as: this role may …
ROLES: dict[Role, frozenset[May]] = {
    Role.OWNER: frozenset(May),
    Role.BUDGET_ADMIN: frozenset(
        {May.SEE, May.SEE_CREDITS, May.GRANT_CREDITS, May.MANAGE_BUDGETS, May.APPROVE, May.SEE_REPORTS}
    ),
    Role.PRODUCER: frozenset(
        {
            May.SEE,
            May.GENERATE,
            May.CANCEL_ANY,
            May.MANAGE_PROJECTS,
            May.SEE_CREDITS,
            May.SEE_REPORTS,
            May.RESOLVE,
            May.REVIEW,
        }
    ),
    Role.CREATOR: frozenset({May.SEE, May.GENERATE, May.SEE_CREDITS}),
    Role.REVIEWER: frozenset({May.SEE, May.REVIEW}),
    Role.VIEWER: frozenset({May.SEE}),
}


class Missing(PortalError):
    """There is no such thing, or it is not for this person to know."""

    code = "missing"

    def __init__(self) -> None:
        super().__init__(_("This does not exist, or you are not a member of its team."))


class Member(NamedTuple):
    """A person in a team, with everything their roles add up to."""

    user: User
    team: Team
    membership: Membership
    rights: frozenset[May]
    has_own_budget: bool = False  # whether some budget is theirs alone, as their page shows it

    def may(self, right: May) -> bool:
        return right in self.rights

    def check(self, right: May) -> None:
        """Raise NotAllowed, naming whom to ask, unless the member may do this."""
        if right not in self.rights:
            sentence = _("Your role in %(team)s (%(roles)s) does not let you %(right)s. Ask %(who)s.")
            facts = {
                "team": self.team.name,
                "roles": self.membership.role_labels,
                "right": right.value,
                "who": _owner_names(self.team),
            }
            raise NotAllowed(sentence % facts)


def _owner_names(team: Team) -> str:
    owners = Membership.objects.filter(team=team, roles__contains=[Role.OWNER]).select_related("user").order_by("pk")
    return either([owner.user for owner in owners[:3]]) or _("the administrator of this site")


def rights_of(roles: Iterable[str]) -> frozenset[May]:
    """Everything that these roles add up to."""
    return frozenset().union(*(ROLES[Role(role)] for role in roles))


def teams_of(user: User | AnonymousUser) -> QuerySet[Team]:
    """The teams a person is a member of, by name; none for one who is not active."""
    mine = Membership.objects.filter(user_id=user.pk or 0, user__is_active=True)
    return Team.objects.filter(memberships__in=mine).order_by("name", "pk")


def get_member(user: User | AnonymousUser, team_slug: str) -> Member:
    """The person as a member of a team. Raises Missing where they are none, or not active."""
    if not user.is_authenticated or not user.is_active:
        raise Missing
    own = Budget.objects.active().filter(team=OuterRef("team"), member=OuterRef("user"))
    rows = Membership.objects.filter(user=user, team__slug=team_slug).select_related("team")
    membership = rows.annotate(has_own_budget=Exists(own)).first()
    if membership is None:
        raise Missing
    return Member(user, membership.team, membership, rights_of(membership.roles), membership.has_own_budget)


def generations_for(member: Member) -> GenerationQuerySet:
    """The takes a member may see."""
    return Generation.objects.filter(team=member.team)


def get_generation(member: Member, public_id: UUID) -> Generation:
    """A take of the member's team, with the joins of a card. Raises Missing."""
    found = Generation.objects.for_cards().filter(team=member.team, public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def assets_for(member: Member) -> QuerySet[Asset]:
    """The assets a member may see."""
    return Asset.objects.filter(team=member.team)


def get_asset(member: Member, public_id: UUID) -> Asset:
    """An asset of the member's team. Raises Missing."""
    found = assets_for(member).select_related("blob", "poster", "preview").filter(public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def get_visible_asset(user: User | AnonymousUser, public_id: UUID) -> Asset:
    """An asset of any team the person is in: for media addresses, which name no team. Raises Missing."""
    if not user.is_authenticated or not user.is_active:
        raise Missing
    rows = Asset.objects.filter(public_id=public_id, team__memberships__user=user)
    found = rows.select_related("blob", "poster", "preview").first()
    if found is None:
        raise Missing
    return found


def projects_for(member: Member) -> ProjectQuerySet:
    """The projects a member may see, active ones first by name."""
    return Project.objects.filter(team=member.team)


def get_project(member: Member, public_id: UUID) -> Project:
    """A project of the member's team. Raises Missing."""
    found = projects_for(member).filter(public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def shots_for(member: Member) -> QuerySet[Shot]:
    """The shots a member may see, in the order of their projects' cuts."""
    return Shot.objects.filter(project__team=member.team).select_related("project")


def get_shot(member: Member, public_id: UUID) -> Shot:
    """A shot of the member's team. Raises Missing."""
    found = shots_for(member).filter(public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def budgets_for(member: Member) -> BudgetQuerySet:
    """The budgets a member may see: all of the team's with `SEE_CREDITS`, otherwise theirs and those they own."""
    rows = Budget.objects.filter(team=member.team).select_related("team", "project", "shot__project", "member", "owner")
    return rows if member.may(May.SEE_CREDITS) else rows.filter(Q(member=member.user) | Q(owner=member.user))


def get_budget(member: Member, public_id: UUID) -> Budget:
    """A budget that the member may see. Raises Missing."""
    found = budgets_for(member).filter(public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def owns_budget(member: Member, budget: Budget) -> bool:
    """Whether a member may raise a budget and answer requests for more: its owner, and who manages budgets."""
    same_team = budget.team_id == member.team.pk
    return same_team and (member.may(May.MANAGE_BUDGETS) or budget.owner_id == member.user.pk)


def budget_requests_for(member: Member) -> QuerySet[BudgetRequest]:
    """The requests for more that a member may see: their own, and those that they may answer."""
    rows = BudgetRequest.objects.filter(team=member.team).with_names()
    if member.may(May.MANAGE_BUDGETS):
        return rows
    return rows.filter(Q(asked_by=member.user) | Q(budget__owner=member.user))


def get_budget_request(member: Member, public_id: UUID) -> BudgetRequest:
    """A request for more that the member may see. Raises Missing."""
    found = budget_requests_for(member).filter(public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def accounts_for(member: Member) -> QuerySet[ProviderAccount]:
    """The provider accounts that the member's team may spend on."""
    return ProviderAccount.objects.usable_by(member.team)
