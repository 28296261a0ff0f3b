"""`manage.py make_take`: one take from a shell, through exactly the road that the studio takes."""

from __future__ import annotations

import json
import time
import uuid
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pydantic import ValidationError

from generations import access, catalog, ledger, lifecycle
from generations.choices import Role
from generations.errors import PortalError
from generations.management import wish
from generations.models import Generation, Membership, Project, ProviderAccount, Shot, Status

_LOOK_SECONDS = 0.5
_WANTED = {
    "prompt": f"--prompt takes at most {catalog.PROMPT_MAX_CHARS:,} characters",
    "negative_prompt": f"--negative-prompt takes at most {catalog.PROMPT_MAX_CHARS:,} characters",
    "guidance": "--guidance is a number from 0 to 1 with at most two decimal places",
    "duration_seconds": "--duration is a whole number of seconds, 5 or 10 on most models",
    "aspect_ratio": "--ratio is two numbers, as in 16:9",
}


class Command(BaseCommand):
    help = "Makes a take; with --wait it follows it and ends with exit code 0 only once the take is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        wish.add_arguments(parser)
        parser.add_argument("--team", default="demo", help="the team's short name")
        parser.add_argument("--project", help="the project's name; the team's first one otherwise")
        parser.add_argument("--shot", metavar="CODE", help="the project's shot that the take is a try for")
        parser.add_argument("--account", help="the provider account's label; the cheapest that can do it otherwise")
        parser.add_argument("--as", dest="email", help="whose take it is; an owner of the team otherwise")
        parser.add_argument("--key", help="idempotency key; the same key makes one take")
        parser.add_argument("--by", help="when the take is wanted, as 2026-11-21T18:00; near it, it goes first")
        parser.add_argument("--wait", action="store_true", help="follow the take until it is stored")
        parser.add_argument("--timeout", type=int, default=1800, help="seconds to wait at most")
        parser.add_argument("--json", action="store_true", help="print one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            generation = self._submit(options)
        except PortalError as error:
            raise CommandError(error.public) from error
        except OperationalError as error:
            raise CommandError("The database does not answer. Start the site with ./scripts/run first.") from error
        except ValidationError as error:
            raise CommandError(" ".join(dict.fromkeys(map(_sentence, error.errors())))) from error
        if options["wait"]:
            generation = self._wait(generation, options)
        self._report(generation, options)
        if options["wait"] and generation.status != Status.DONE:
            raise CommandError(_why(generation), returncode=1)

    def _submit(self, options: dict[str, Any]) -> Generation:
        member = _member(options)
        project = _project(member, options["project"])
        shot = _shot(project, options["shot"])
        now = timezone.now()
        wanted = wish.read_wish(options)
        for note in wanted.notes:
            self.stderr.write(note)
        recipe = wish.read_recipe(wanted, lambda path, role: _upload(member, project, path))
        account = _account(member, recipe, options["account"])
        self._say_price(member, recipe, account, options)
        return lifecycle.submit(
            member=member,
            project=project,
            recipe=recipe,
            account=account,
            idempotency_key=options["key"] or f"shell:{uuid.uuid4()}",
            now=now,
            deadline_at=_deadline(options["by"]),
            shot=shot,
        ).generation

    def _say_price(
        self, member: access.Member, recipe: catalog.Recipe, account: ProviderAccount, options: dict[str, Any]
    ) -> None:
        """What is about to be ordered, and for how much, before it is."""
        quote = lifecycle.quote(team=member.team, recipe=recipe, now=timezone.now()).find(account.pk)
        if quote is not None and not options["json"]:
            model = catalog.load().model(recipe.model)
            length = f", {recipe.duration_seconds} s" if recipe.duration_seconds else ""
            what = f"{recipe.capability.label}: {model.label}, {recipe.tier.label}{length} on {account.label}"
            self.stderr.write(f"{what}: {ledger.plain(quote.credits)} credits.")

    def _wait(self, generation: Generation, options: dict[str, Any]) -> Generation:
        begin, shown = time.monotonic(), ""
        while not generation.is_terminal and time.monotonic() - begin < options["timeout"]:
            line = f"{generation.name}  {generation.get_status_display()}  {time.monotonic() - begin:.0f} s"
            if line != shown and not options["json"]:
                self.stderr.write(f"\r{line:<60}", ending="")
                self.stderr.flush()
                shown = line
            time.sleep(_LOOK_SECONDS)
            generation.refresh_from_db()
        if not options["json"]:
            self.stderr.write("\n", ending="")
        return generation

    def _report(self, generation: Generation, options: dict[str, Any]) -> None:
        facts = _facts(generation)
        if options["json"]:
            self.stdout.write(json.dumps(facts, indent=2))
            return
        for name, value in facts.items():
            self.stdout.write(f"{name.replace('_', ' '):<18} {value}")


def _sentence(problem: Any) -> str:
    """What is wrong with an option, what it may be, and what was given."""
    field, given = str(problem["loc"][0]) if problem["loc"] else "", problem["input"]
    if field not in _WANTED or problem["type"] == "value_error":
        return str(problem["msg"]).removeprefix("Value error, ")
    is_text = problem["type"] == "string_too_long"
    return f"{_WANTED[field]}; {f'this one has {len(given):,}' if is_text else f'{given} was given'}."


def _deadline(text: str | None) -> datetime | None:
    """When the take is wanted, in the site's time zone unless the text names one."""
    if text is None:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--by is a date with a time, as in 2026-11-21T18:00; {text} was given.")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _member(options: dict[str, Any]) -> access.Member:
    rows = Membership.objects.filter(team__slug=options["team"]).select_related("user").order_by("pk")
    if options["email"]:
        rows = rows.filter(user__email__iexact=options["email"])
    else:
        rows = rows.filter(roles__contains=[Role.OWNER])
    found = rows.first()
    if found is None:
        raise CommandError(f"There is no such member in a team with the short name {options['team']}.")
    return access.get_member(found.user, options["team"])


def _project(member: access.Member, name: str | None) -> Project:
    rows = access.projects_for(member).filter(archived_at=None).order_by("name", "pk")
    found = rows.filter(name=name).first() if name else rows.first()
    if found is None:
        raise CommandError(f"{member.team} has no such project. Its projects: {', '.join(map(str, rows)) or 'none'}.")
    return found


def _upload(member: access.Member, project: Project, path: Path) -> str:
    try:
        with path.open("rb") as file:
            chunks = iter(lambda: file.read(1 << 20), b"")
            asset = lifecycle.upload_file(
                member=member, project=project, name=path.name, chunks=chunks, now=timezone.now()
            )
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    return asset.blob.sha256


def _shot(project: Project, code: str | None) -> Shot | None:
    if code is None:
        return None
    shots = list(project.shots.filter(archived_at=None))
    found = next((shot for shot in shots if shot.code.lower() == code.lower()), None)
    if found is None:
        known = ", ".join(map(str, shots)) or "none"
        raise CommandError(f"{project} has no such shot. Its shots: {known}.")
    return found


def _account(member: access.Member, recipe: catalog.Recipe, label: str | None) -> ProviderAccount:
    if label:
        found = access.accounts_for(member).filter(label=label).first()
        if found is None:
            raise CommandError(f"{member.team} has no active provider account called {label}.")
        return found
    offer = lifecycle.quote(team=member.team, recipe=recipe, now=timezone.now())
    if not offer.quotes:
        reasons = " ".join(f"{blocked.account_label}: {blocked.reason}" for blocked in offer.blocked)
        raise CommandError(reasons or f"{member.team} has no provider account.")
    return ProviderAccount.objects.get(pk=offer.quotes[0].account_id)


def _facts(generation: Generation) -> dict[str, Any]:
    asset = generation.assets.select_related("blob").order_by("pk").first()
    attempt = generation.attempts.order_by("-number").first()
    lines = ledger.movements_of(generation)
    end = next((line for line in lines if line.kind in ("capture", "release")), None)
    return {
        "take": generation.name,
        "status": generation.status,
        "model": generation.model,
        "tier": generation.tier,
        "reason": _why(generation) if generation.status != Status.DONE else "",
        "asset": _path(asset.blob.storage_key) if asset else "",
        "sha256": asset.blob.sha256 if asset else "",
        "duration_seconds": str(asset.duration_seconds) if asset else "",
        "credits_held": ledger.plain(generation.hold_credits),
        "credits_captured": ledger.plain(end.amount_on("spent")) if end else "",
        "credits_returned": ledger.plain(end.amount_on("available")) if end else "",
        "provider": generation.account.label,
        "task_id": generation.provider_task_id or "",
        "request_id": attempt.request_id if attempt else "",
    }


def _path(storage_key: str) -> str:
    return (
        str(settings.MEDIA_ROOT / storage_key) if "S3" not in settings.STORAGES["default"]["BACKEND"] else storage_key
    )


def _why(generation: Generation) -> str:
    return generation.failure_public or generation.waiting_for or str(generation.get_status_display())
