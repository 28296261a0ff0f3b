"""Approval gates of a project: which takes wait for a yes, why, and which are let through without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from generations import access, catalog, ledger
from generations.catalog import Recipe
from generations.choices import Tier, Verdict
from generations.models import Approval, Generation, Project, Shot, Status

_ASKED = """
    INSERT INTO generations_approval (generation_id, why, asked_at, expires_at, outcome, note)
    SELECT made.id, %s, %s, %s, '', '' FROM made
"""
_NOTED = """
    INSERT INTO generations_generationevent (generation_id, kind, note, facts)
    SELECT made.id, %s, %s, '{}'::jsonb FROM made
"""
PASSED = "gate_passed"  # the kind of the line in a take's activity


class Gate(NamedTuple):
    """What a project's gates say of a take. `passes` says why it need not wait, and is empty where it must."""

    why: str
    passes: str = ""

    @property
    def is_closed(self) -> bool:
        return not self.passes


def gate_of(generation: Generation, *, member: access.Member, recipe: Recipe) -> Gate | None:
    """The gate that a take, not stored yet, meets; None where it meets none."""
    why = _why(generation.project, recipe.tier, generation.hold_credits)
    return Gate(why, _may_himself(generation, member) or _has_draft(generation, recipe)) if why else None


def waits_for_approval(
    *, member: access.Member, project: Project, shot: Shot | None, recipe: Recipe, credits: Decimal
) -> str:
    """Why an order of so many credits would wait for a yes; empty where it would go in line at once."""
    take = Generation(
        team=member.team,
        project=project,
        shot=shot,
        created_by=member.user,
        tier=recipe.tier,
        capability=recipe.capability,
        hold_credits=credits,
    )
    gate = gate_of(take, member=member, recipe=recipe)
    return gate.why if gate is not None and gate.is_closed else ""


def why_not_dearer(generation: Generation, credits: Decimal) -> str:
    """Why a take in line may not hold so many credits, though it could hold what it does; empty where it may.

    Where somebody said yes to it, or it was let through, that goes for as much as a move may be dearer.
    """
    above = generation.project.approval_above_credits
    if above is None or credits <= max(above, generation.hold_credits):
        return ""
    approved = Approval.objects.filter(generation=generation, outcome=Approval.Outcome.APPROVED)
    if approved.exists() or generation.events.filter(kind=PASSED).exists():
        return ""
    sentence = _("Takes above %(above)s credits wait for approval in this project; there it would hold %(credits)s.")
    return sentence % {"above": ledger.plain(above), "credits": ledger.plain(credits)}


def rows_for(gate: Gate, project: Project, now: datetime) -> tuple[str, list[Any]]:
    """What a gate leaves behind, as further common table expressions beside `made`, and their values."""
    if not gate.is_closed:
        return f", noted AS ({_NOTED})", [PASSED, _passed(gate)[:400]]
    expires_at = now + timedelta(hours=project.approval_hours)
    noted = [Status.AWAITING_APPROVAL.value, gate.why]
    return f", asked AS ({_ASKED}), noted AS ({_NOTED})", [gate.why[:300], now, expires_at, *noted]


def _why(project: Project, tier: Tier, credits: Decimal) -> str:
    above = project.approval_above_credits
    if above is not None and credits > above:
        sentence = _("Takes above %(above)s credits wait for approval in this project; this one holds %(credits)s.")
        return sentence % {"above": ledger.plain(above), "credits": ledger.plain(credits)}
    if tier in project.approval_tiers:
        sentence = _("%(tier)s takes wait for approval in this project; this one holds %(credits)s credits.")
        return sentence % {"tier": tier.label, "credits": ledger.plain(credits)}
    return ""


def _passed(gate: Gate) -> str:
    return _("%(why)s It did not have to wait: %(passes)s") % {"why": gate.why, "passes": gate.passes}


def _may_himself(generation: Generation, member: access.Member) -> str:
    facts = {"who": member.user}
    if member.may(access.May.APPROVE):
        return _("%(who)s may approve takes.") % facts
    periods = ledger.applying_budgets(member.team, ledger.scopes_for(generation))
    owned = next((item.budget for item in periods if access.owns_budget(member, item.budget)), None)
    return _("%(who)s owns the budget “%(budget)s”.") % {**facts, "budget": owned} if owned else ""


def _has_draft(generation: Generation, recipe: Recipe) -> str:
    """The sentence that names the approved draft, or empty."""
    if not generation.project.approved_draft_is_enough:
        return ""
    lower = list(Tier)[: list(Tier).index(recipe.tier)]
    rows = Generation.objects.filter(
        project=generation.project,
        verdict=Verdict.APPROVED,
        status=Status.DONE,
        capability=recipe.capability,
        tier__in=lower,
    )
    # A recipe's empty parts are not stored.
    rows = rows.filter(recipe_json__prompt=recipe.prompt) if recipe.prompt else rows
    draft = next((row for row in rows.order_by("-pk") if catalog.is_draft_of(row.recipe, recipe)), None)
    return _("its draft %(take)s was approved.") % {"take": draft.name} if draft else ""
