"""Takes that wait for a yes: approved, declined, or left until their time is over. Each is decided once.

Every decision locks the take's row first, then its approval, then the purse, so that of two people at once the second
reads who was first.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import access, ledger, queue
from generations.errors import NotAllowed, Refused, either
from generations.lifecycle.apart import Apart
from generations.lifecycle.notes import check_note
from generations.lifecycle.quote import quote_on
from generations.lifecycle.record import record
from generations.lifecycle.settle import finish
from generations.models import Approval, Budget, Generation, Membership, ProviderAccount, Status, User

EXPIRED = "approval_expired"  # the failure code of a take that nobody decided on
DECLINED = "declined"
_WAITS = frozenset({Status.AWAITING_APPROVAL})
_Outcome = Approval.Outcome


class CannotApprove(Refused):
    """The take does not wait for approval any more; says who decided, and when."""

    code = "cannot_approve"


class Outdated(Refused):
    """What would be approved is not what can be made now. The take still waits, with its hold."""

    code = "outdated"


def may_approve(member: access.Member, generation: Generation) -> bool:
    """Whether a member may decide on a take: with the right to, or as the owner of a budget that it counts in."""
    if generation.team_id != member.team.pk:
        return False
    if member.may(access.May.APPROVE):
        return True
    periods = ledger.applying_budgets(member.team, ledger.scopes_for(generation))
    return any(access.owns_budget(member, period.budget) for period in periods)


def approvers_of(generation: Generation) -> list[User]:
    """Who may decide on a take: budget admins and owners of the team, then the owners of its budgets."""
    rows = Membership.objects.filter(team=generation.team, user__is_active=True).select_related("user").order_by("pk")
    found = [row.user for row in rows if access.May.APPROVE in access.rights_of(row.roles)]
    people = {row.user_id for row in rows}
    for period in ledger.applying_budgets(generation.team, ledger.scopes_for(generation)):
        owner = period.budget.owner
        if owner and owner.pk in people and owner not in found:
            found.append(owner)
    return found


def approvals_waiting(member: access.Member) -> QuerySet[Approval]:
    """The approvals that a member may decide on now, the one that ends first before the others."""
    rows = Approval.objects.filter(outcome="", generation__team=member.team, generation__status__in=_WAITS)
    rows = rows.select_related(
        "generation__project", "generation__shot", "generation__created_by", "generation__account"
    )
    if not member.may(access.May.APPROVE):
        rows = rows.filter(_counts_in_budgets_of(member))
    return rows.order_by("expires_at", "pk")


def _counts_in_budgets_of(member: access.Member) -> Q:
    fits = Q(pk__in=[])
    for budget in Budget.objects.active().filter(team=member.team, owner=member.user):
        names = {
            "generation__project": budget.project_id,
            "generation__shot": budget.shot_id,
            "generation__created_by": budget.member_id,
            "generation__tier": budget.tier,
        }
        fits |= Q(pk__isnull=False, **{name: value for name, value in names.items() if value})
    return fits


def approve(*, generation: Generation, member: access.Member, now: datetime, note: str = "") -> None:
    """Let a take go in line; its hold stays.

    Raises NotAllowed, LimitReached (the note), CannotApprove; and Outdated where it could not be ordered like this now:
    its route is closed, or its price has risen above what is held.
    """
    _check_may(member, generation)
    check_note(note)
    with transaction.atomic():
        row, approval = _undecided(generation, now)
        _check_still_true(row, now)
        _decide(approval, _Outcome.APPROVED, member.user, now, note)
        row.advance(Status.QUEUED, only_from=_WAITS, note=_words(_("Approved by %(who)s."), member, note), due_at=Now())
        _record("approve", row, member, now, note)
        queue.kick_on_commit("submit")
    generation.refresh_from_db()


def decline(*, generation: Generation, member: access.Member, now: datetime, note: str = "") -> None:
    """End a take before it is sent and return its hold. Raises NotAllowed, LimitReached (the note), CannotApprove."""
    _check_may(member, generation)
    check_note(note)
    words = _words(_("Declined by %(who)s."), member, note)
    with transaction.atomic():
        row, approval = _undecided(generation, now)
        _decide(approval, _Outcome.DECLINED, member.user, now, note)
        _end(row, DECLINED, words, now)
        _record("decline", row, member, now, note)
    generation.refresh_from_db()


def expire_approvals(now: datetime, apart: Apart = nullcontext) -> int:
    """End the takes that nobody decided on in time and return their holds; the number of takes. Runs each minute."""
    count = 0
    over = Approval.objects.filter(outcome="", expires_at__lte=now, generation__status__in=_WAITS)
    takes = Generation.objects.filter(approval__in=over).order_by("pk")[:200]
    for take in takes:
        with apart(f"expire_approvals of take {take.pk}"):
            count += _expire(take, now)
    return count


def note_canceled(generation: Generation, *, now: datetime, actor_id: int | None) -> None:
    """Close the approval of a take that was canceled while it waited. Inside the transaction of the cancel."""
    Approval.objects.filter(generation=generation, outcome="").update(
        outcome=_Outcome.CANCELED, decided_by_id=actor_id, decided_at=now
    )


def _expire(generation: Generation, now: datetime) -> bool:
    words = _("Nobody decided on it in time, so it was canceled and its credits went back.")
    with transaction.atomic():
        row, approval = _locked(generation)
        if row.status not in _WAITS or approval is None or approval.outcome or approval.expires_at > now:
            return False
        _decide(approval, _Outcome.EXPIRED, None, now, "")
        _end(row, EXPIRED, words, now)
    return True


def _check_may(member: access.Member, generation: Generation) -> None:
    if generation.team_id != member.team.pk:
        raise access.Missing
    if not may_approve(member, generation):
        who = either(approvers_of(generation)[:3]) or _("the administrator of this site")
        sentence = _(
            "Only who may approve takes, or owns a budget that it counts in, can decide on this one. Ask %(who)s."
        )
        raise NotAllowed(sentence % {"who": who})


def _check_still_true(row: Generation, now: datetime) -> None:
    if row.account.status == ProviderAccount.Status.RESTING:
        return  # it only has to wait a little longer in line
    offer = quote_on([row.account], team=row.team, recipe=row.recipe, now=now)
    found = offer.find(row.account_id)
    if found is None:
        sentence = _("%(why)s %(take)s cannot be approved like this. Decline it, and order it on another route.")
        raise Outdated(sentence % {"why": offer.blocked[0].reason, "take": row.name})
    if found.credits > row.hold_credits:
        sentence = _(
            "The price of %(take)s is now %(now)s credits, and %(held)s are held for it. Decline it, and order it anew "
            "at the new price."
        )
        shown = {"take": row.name, "now": ledger.plain(found.credits), "held": ledger.plain(row.hold_credits)}
        raise Outdated(sentence % shown, data={"now": str(found.credits), "held": str(row.hold_credits)})


def _locked(generation: Generation) -> tuple[Generation, Approval | None]:
    row = (
        Generation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("team", "account")
        .get(pk=generation.pk)
    )
    return row, Approval.objects.select_for_update(no_key=True).filter(generation=row).first()


def _undecided(generation: Generation, now: datetime) -> tuple[Generation, Approval]:
    """The take and its open approval, both locked. Raises CannotApprove."""
    row, approval = _locked(generation)
    if approval is None or (not approval.outcome and row.status not in _WAITS):
        raise CannotApprove(_("%(take)s does not wait for approval.") % {"take": row.name})
    if approval.outcome:
        raise CannotApprove(_decided(row, approval))
    if approval.expires_at <= now:
        raise CannotApprove(_expired(row, approval.expires_at))
    return row, approval


def _decided(row: Generation, approval: Approval) -> str:
    if approval.outcome == _Outcome.EXPIRED:
        return _expired(row, approval.expires_at)
    sentences = {
        _Outcome.APPROVED: _("%(take)s was approved already, by %(who)s on %(when)s. Nothing was changed."),
        _Outcome.DECLINED: _("%(take)s was declined already, by %(who)s on %(when)s. Nothing was changed."),
        _Outcome.CANCELED: _("%(take)s was canceled by %(who)s on %(when)s, so there is nothing to decide any more."),
    }
    assert approval.decided_at is not None
    return sentences[_Outcome(approval.outcome)] % {
        "take": row.name,
        "who": approval.decided_by or _("an administrator"),
        "when": ledger.local_time(approval.decided_at, row.team.time_zone),
    }


def _expired(row: Generation, at: datetime) -> str:
    sentence = _(
        "%(take)s waited for approval until %(when)s, and nobody had decided by then. Its credits go back to the team; "
        "it can be ordered again."
    )
    return sentence % {"take": row.name, "when": ledger.local_time(at, row.team.time_zone)}


def _decide(approval: Approval, outcome: Approval.Outcome, user: User | None, now: datetime, note: str) -> None:
    approval.outcome, approval.decided_by, approval.decided_at, approval.note = outcome, user, now, note
    approval.save(update_fields=["outcome", "decided_by", "decided_at", "note"])


def _end(row: Generation, code: str, words: str, now: datetime) -> None:
    finish(
        row,
        to=Status.CANCELED,
        charged=Decimal(0),
        now=now,
        only_from=_WAITS,
        note=words,
        failure_code=code,
        failure_public=words[:400],
    )


def _words(sentence: str, member: access.Member, note: str) -> str:
    return " ".join([sentence % {"who": member.user}, note]).strip()


def _record(verb: str, row: Generation, member: access.Member, now: datetime, note: str) -> None:
    record(verb, row, now=now, actor_id=member.user.pk, team_id=row.team_id, reason=note)
