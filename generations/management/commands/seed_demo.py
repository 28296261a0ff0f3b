"""`manage.py seed_demo`: a team to try the product with, made once, with credits and every provider in the sandbox."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from generations import ledger, lifecycle
from generations.choices import Provider, Role
from generations.models import AuditEvent, Membership, Project, ProviderAccount, Shot, Team, User

TEAM = "demo"
CREDITS = Decimal("20000")
PEOPLE = (
    ("ana@demo.example", "Ana Ruiz", [Role.OWNER]),
    ("jonas@demo.example", "Jonas Weber", [Role.PRODUCER, Role.BUDGET_ADMIN]),
    ("mei@demo.example", "Mei Tanaka", [Role.CREATOR]),
    ("priya@demo.example", "Priya Nair", [Role.REVIEWER]),
    ("tom@demo.example", "Tom Lindqvist", [Role.VIEWER]),
)
SHOTS = (
    ("SH010", "Dawn over the harbour; the ferry casts off."),
    ("SH040", "On deck: she looks back at the town."),
)
SIGN_IN = PEOPLE[0][0]
# Any key works in the sandbox; these have the parts that each provider's key has.
PLAY_KEYS: dict[Provider, dict[str, str]] = {
    Provider.FAL: {"key": "sandbox:play"},
    Provider.KLING: {"access_key": "sandbox", "secret_key": "play" * 8, "api_key": "sandbox-play"},
    Provider.WAVESPEED: {"key": "sandbox-play"},
    Provider.GATEWAY: {"key": "sandbox-play"},
}
ACCOUNTS = {
    Provider.FAL: "Sandbox fal",
    Provider.KLING: "Sandbox Kling",
    Provider.WAVESPEED: "Sandbox WaveSpeed",
    Provider.GATEWAY: "Sandbox gateway",
}


class Command(BaseCommand):
    help = "Makes the demo team once. A second call only says how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset-password", action="store_true", help="give everybody in the demo a new password")

    def handle(self, *args: Any, **options: Any) -> None:
        seed_prices()
        known = Team.objects.filter(slug=TEAM).exists()
        if known:
            make_accounts(Team.objects.get(slug=TEAM))  # a newer version may know more providers
        if known and not options["reset_password"]:
            self.stdout.write(f"Sign in as {SIGN_IN}. The password was shown at the first start; for a new one:")
            self.stdout.write("  .venv/bin/python manage.py seed_demo --reset-password")
            return
        password = secrets.token_urlsafe(9)
        if known:
            reset_passwords(password)
        else:
            seed(password)
        self.stdout.write(f"Sign in as {SIGN_IN} (owner) with the password {password} (shown once).")
        self.stdout.write("The other people of the demo team have the same password: " + ", ".join(_others()) + ".")


def _others() -> list[str]:
    return [f"{email} ({', '.join(str(role.label) for role in roles).lower()})" for email, _name, roles in PEOPLE[1:]]


def reset_passwords(password: str) -> None:
    """Give every person of the demo team one new password."""
    for user in User.objects.filter(email__in=[email for email, _name, _roles in PEOPLE]):
        user.set_password(password)
        user.save(update_fields=["password"])


@transaction.atomic
def seed(password: str) -> None:
    """Make the demo team with everything it needs for a first take."""
    now = timezone.now()
    team = Team.objects.create(name="Northlight", slug=TEAM)
    for email, name, roles in PEOPLE:
        is_owner = Role.OWNER in roles
        user = User.objects.create_user(email, password, name=name, is_staff=is_owner, is_superuser=is_owner)
        Membership.objects.create(team=team, user=user, roles=roles)
    project = Project.objects.create(team=team, name="The Last Ferry", brief="Brand film, 60 seconds, 16:9.")
    for position, (code, description) in enumerate(SHOTS):
        Shot.objects.create(project=project, code=code, description=description, position=position)
    owner = User.objects.get(email=SIGN_IN)
    ledger.grant(
        team=team,
        amount=CREDITS,
        key=f"seed:{team.public_id.hex}",
        now=now,
        actor=owner,
        reason="Play credits to try with",
    )
    make_accounts(team)
    AuditEvent.objects.create(
        team=team, actor=None, verb="seed", target_kind="team", target_id=str(team.public_id), happened_at=now
    )


def make_accounts(team: Team) -> None:
    """A sandbox account of every provider that the team has none of yet."""
    known = set(ProviderAccount.objects.filter(teams=team).values_list("provider", flat=True))
    for provider, label in ACCOUNTS.items():
        if provider not in known and not ProviderAccount.objects.filter(label=label).exists():
            make_sandbox_account(team, provider, label)


def make_sandbox_account(team: Team, provider: Provider, label: str) -> ProviderAccount:
    """An ordinary account whose hosts are the sandbox. Any key works there, and nothing costs anything."""
    account = ProviderAccount(
        label=label, provider=provider, origin=settings.SANDBOX_ORIGIN, is_sandbox=True, max_running=4
    )
    account.set_credentials(PLAY_KEYS[provider])
    account.save()
    account.teams.add(team)
    return account


def seed_prices() -> None:
    """Put the catalog's list prices into the price book; rows that are there stay as they are."""
    lifecycle.seed_prices(now=timezone.now())
