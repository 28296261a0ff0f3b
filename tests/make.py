"""Rows for tests, made the way the product makes them: plain functions, no factory library."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from generations import access, ledger, lifecycle
from generations.catalog import Recipe
from generations.choices import Capability, MediaKind, Provider, Role, Tier
from generations.management.commands.seed_demo import seed_prices
from generations.models import Asset, Blob, Generation, Membership, Project, ProviderAccount, Team, User

_numbers = itertools.count(1)
PASSWORD = "a long enough word"
KEYS = {
    Provider.FAL: {"key": "sandbox:play"},
    Provider.KLING: {"access_key": "sandbox", "secret_key": "play" * 8, "api_key": "sandbox-play"},
    Provider.WAVESPEED: {"key": "sandbox-play"},
    Provider.GATEWAY: {"key": "sandbox-play"},
}


def make_user(email=None, **facts):
    """A person who signs in with PASSWORD. `is_staff=True, is_superuser=True` for one who may open the admin."""
    number = next(_numbers)
    facts.setdefault("name", f"Person {number}")
    return User.objects.create_user(email or f"person{number}@example.com", facts.pop("password", PASSWORD), **facts)


def make_team(*, credits=None, **facts):
    """A team with its books open, and `credits` granted."""
    number = next(_numbers)
    team = Team.objects.create(**{"name": f"Team {number}", "slug": f"team-{number}", **facts})
    ledger.open_books(team)
    if credits:
        ledger.grant(team=team, amount=Decimal(credits), key=f"grant:{uuid.uuid4()}", now=timezone.now())
    return team


def make_member(team, *roles, user=None):
    """A person in a team; an owner unless roles are given."""
    user = user or make_user()
    Membership.objects.create(team=team, user=user, roles=list(roles) or [Role.OWNER])
    return access.get_member(user, team.slug)


def make_project(team, **facts):
    """A project of a team."""
    return Project.objects.create(team=team, **{"name": f"Project {next(_numbers)}", **facts})


def make_account(team, provider="fal", *, sandbox=True, **facts):
    """A provider account that a team may spend on; with `sandbox` its hosts are the sandbox's."""
    origin = (settings.SANDBOX_ORIGIN or "http://127.0.0.1:8100") if sandbox else ""
    credentials = facts.pop("credentials", KEYS[Provider(provider)])
    account = ProviderAccount(
        **{
            "label": f"{provider} {next(_numbers)}",
            "provider": provider,
            "origin": origin,
            "is_sandbox": sandbox,
            "max_running": 4,
            **facts,
        }
    )
    account.set_credentials(credentials)
    account.save()
    account.teams.add(team)
    return account


def make_price_rules():
    """The catalog's list prices as price rules."""
    seed_prices()


def make_recipe(**facts):
    """A recipe that every sandbox account can make: text to video, five seconds, wide."""
    return Recipe.model_validate(
        {
            "capability": Capability.TEXT_TO_VIDEO,
            "model": "kling-v2-master",
            "tier": Tier.MASTER,
            "prompt": "A ferry leaves the harbour at dawn",
            "duration_seconds": 5,
            "aspect_ratio": "16:9",
            **facts,
        }
    )


def make_generation(member, *, recipe=None, project=None, account=None, key=None, **facts):
    """A take, paid for through the real `lifecycle.submit`. `facts` are then written past the state machine.

    Without an account or a project the team's first is used, or one is made. The team needs credits.
    """
    submitted = lifecycle.submit(
        member=member,
        project=project or member.team.projects.order_by("pk").first() or make_project(member.team),
        recipe=recipe or make_recipe(),
        account=account or member.team.provider_accounts.order_by("pk").first() or make_account(member.team),
        idempotency_key=key or f"test:{uuid.uuid4()}",
        now=timezone.now(),
    )
    generation = submitted.generation
    if facts:
        Generation.objects.filter(pk=generation.pk).update(**facts)
    generation.refresh_from_db()
    return generation


def make_asset(member, *, generation=None, **facts):
    """An asset with a blob of its own: rows only, there is no file behind them."""
    number = next(_numbers)
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    blob = Blob.objects.create(
        team=member.team, sha256=sha256, size_bytes=number, media_type="video/mp4", storage_key=f"blobs/{uuid.uuid4()}"
    )
    return Asset.objects.create(
        **{
            "team": member.team,
            "kind": MediaKind.VIDEO,
            "name": f"Asset {number}",
            "blob": blob,
            "generation": generation,
            "output_index": 0 if generation else None,
            "created_by": member.user,
            **facts,
        }
    )
