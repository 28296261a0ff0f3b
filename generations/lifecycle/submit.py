"""From a recipe to a paid-for row: everything is checked first, then one transaction, the hold last."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import access, ledger, pricing, queue
from generations.catalog import Recipe
from generations.errors import AlreadySubmitted, InvalidRecipe, LimitReached, Refused
from generations.lifecycle.gates import gate_of, rows_for
from generations.lifecycle.inputs import check_chain, find_inputs, find_parent
from generations.lifecycle.quote import quote_on
from generations.models import Generation, GenerationInput, Project, ProviderAccount, Shot, Status

_FILED = """
    INSERT INTO generations_generationinput (generation_id, role, index, blob_id, asset_id)
    SELECT made.id, i.role, i.index, i.blob_id, i.asset_id
    FROM made, unnest(%s::text[], %s::smallint[], %s::bigint[], %s::bigint[]) AS i(role, index, blob_id, asset_id)
"""


class PriceMoved(Refused):
    """The price is higher than the one that was shown. Nothing was held."""

    code = "price_moved"


class RouteClosed(Refused):
    """The chosen provider account cannot be used by this team now."""

    code = "route_closed"


class Submitted(NamedTuple):
    """The take, and whether this call made it (False: the same key had made it before)."""

    generation: Generation
    is_new: bool


def submit(
    *,
    member: access.Member,
    project: Project,
    recipe: Recipe,
    account: ProviderAccount,
    idempotency_key: str,
    now: datetime,
    shown_credits: Decimal | None = None,
    deadline_at: datetime | None = None,
    shot: Shot | None = None,
) -> Submitted:
    """Pay for a take and put it in line, or let it wait for approval where its project has a gate that it meets.

    `idempotency_key`, 1 to 80 characters, comes from the client: the same key for the same recipe answers with the take
    it made.
    `shown_credits` is the price the person agreed to; a higher one is refused. `deadline_at` is when the take is
    wanted: near it, the take goes first among its team's. `shot` is the project's shot that it is a try for.

    Raises NotAllowed, LimitReached, InvalidRecipe, RouteClosed, PriceMoved, AlreadySubmitted,
    ledger.InsufficientCredits, ledger.ShortfallOpen, ledger.BudgetExceeded. Whatever is raised, nothing was held and no
    take was made.
    """
    member.check(access.May.GENERATE)
    _check_key(idempotency_key)
    _check_deadline(deadline_at, now)
    try:
        order = _order(member, project, recipe, account, idempotency_key, now, shown_credits, deadline_at, shot)
        return Submitted(order, True)
    except IntegrityError as error:
        if "generation_once_per_key" not in str(error):
            raise
    except Refused:
        # A repeated order is answered for, whatever has changed since it was made.
        if not Generation.objects.filter(team=member.team, idempotency_key=idempotency_key).exists():
            raise
    return Submitted(_repeated(member, recipe, idempotency_key), False)


def _order(
    member: access.Member,
    project: Project,
    recipe: Recipe,
    account: ProviderAccount,
    idempotency_key: str,
    now: datetime,
    shown_credits: Decimal | None,
    deadline_at: datetime | None,
    shot: Shot | None,
) -> Generation:
    _check_project(project, member)
    _check_shot(shot, project)
    inputs = find_inputs(member, recipe, account)
    check_chain(recipe, inputs)
    quote = _quoted(member, recipe, account, now)
    if shown_credits is not None and quote.credits > shown_credits:
        sentence = _("The price is now %(now)s credits, not %(shown)s. Look at the new price and generate again.")
        raise PriceMoved(
            sentence % {"now": ledger.plain(quote.credits), "shown": ledger.plain(shown_credits)},
            data={"now": str(quote.credits), "shown": str(shown_credits)},
        )
    return _pay(member, project, recipe, quote, inputs, idempotency_key, now, deadline_at, shot)


def _check_key(key: str) -> None:
    most = Generation._meta.get_field("idempotency_key").max_length or 0
    if not 1 <= len(key) <= most:
        sentence = _("An idempotency key has 1 to %(most)s characters; this one has %(count)s. Use a shorter one.")
        raise LimitReached(sentence % {"most": most, "count": len(key)})


def _check_deadline(deadline_at: datetime | None, now: datetime) -> None:
    if deadline_at is not None and deadline_at <= now:
        raise LimitReached(_("The time at which the take is wanted is over. Choose a later one, or leave it open."))


def _check_project(project: Project, member: access.Member) -> None:
    if project.team_id != member.team.pk:
        raise access.Missing
    if project.archived_at:
        raise InvalidRecipe({"project": _("This project is archived. Choose another one.")})


def _check_shot(shot: Shot | None, project: Project) -> None:
    if shot is not None and shot.project_id != project.pk:
        raise InvalidRecipe({"shot": _("This shot is not one of the project's. Choose another one, or none.")})
    if shot is not None and shot.archived_at:
        raise InvalidRecipe({"shot": _("The shot %(shot)s is archived. Choose another one.") % {"shot": shot.code}})


def _quoted(member: access.Member, recipe: Recipe, account: ProviderAccount, now: datetime) -> pricing.Quote:
    offer = quote_on([account], team=member.team, recipe=recipe, now=now)
    found = offer.find(account.pk)
    if found is None:
        blocked = offer.blocked[0]
        raise RouteClosed(blocked.reason) if blocked.is_closed else InvalidRecipe(blocked.problems)
    return found


def _pay(
    member: access.Member,
    project: Project,
    recipe: Recipe,
    quote: pricing.Quote,
    inputs: list[GenerationInput],
    idempotency_key: str,
    now: datetime,
    deadline_at: datetime | None,
    shot: Shot | None,
) -> Generation:
    """The one transaction: the take, its inputs and, last, the hold, because the purse stays locked until COMMIT."""
    generation = Generation(
        team=member.team,
        project=project,
        shot=shot,
        created_by=member.user,
        idempotency_key=idempotency_key,
        status=Status.QUEUED,
        recipe_json=recipe.as_json(),
        recipe_sha256=recipe.sha256,
        capability=recipe.capability,
        parent=find_parent(inputs),
        model=recipe.model,
        tier=recipe.tier,
        account_id=quote.account_id,
        price_rule_id=quote.rule_id,
        quote_json=quote.as_json(),
        hold_credits=quote.credits,
        due_at=Now(),
        deadline_at=deadline_at,
    )
    gate = gate_of(generation, member=member, recipe=recipe)
    waits = gate is not None and gate.is_closed
    if waits:
        generation.status, generation.due_at = Status.AWAITING_APPROVAL, None
    insert, values = generation.insertion()
    made, values = f"made AS ({insert}), filed AS ({_FILED})", [*values, *_columns(inputs)]
    if gate is not None:
        further, more = rows_for(gate, project, now)
        made, values = made + further, [*values, *more]
    key = generation.public_id.hex
    row = ledger.hold_for_new(
        made=made,
        values=values,
        team=member.team,
        amount=quote.credits,
        key=key,
        scopes=ledger.scopes_for(generation),
        now=now,
        actor=member.user,
    )
    generation.inserted(*row)
    if waits:
        generation.due_at = None
    else:
        queue.kick_on_commit("submit")
    return generation


def _columns(inputs: list[GenerationInput]) -> list[list[Any]]:
    """The inputs column by column, as `_FILED` takes them."""
    return [[getattr(item, name) for item in inputs] for name in ("role", "index", "blob_id", "asset_id")]


def _repeated(member: access.Member, recipe: Recipe, idempotency_key: str) -> Generation:
    known = Generation.objects.get(team=member.team, idempotency_key=idempotency_key)
    if known.recipe_sha256 != recipe.sha256 or known.created_by_id != member.user.pk:
        sentence = _("This form was already used for %(take)s. Reload the studio to start another take.")
        raise AlreadySubmitted(sentence % {"take": known.name}, data={"generation": str(known.public_id)})
    return known
