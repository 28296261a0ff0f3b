"""Takes on a running stack, made through `lifecycle.submit`, and what became of them. Needs Django on that stack."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from generations import access, catalog, ledger, lifecycle
from generations.models import Generation, Membership, Project, ProviderAccount, Status, Team

T = TypeVar("T")
ACCOUNTS = {"fal": "Sandbox fal", "kling": "Sandbox Kling"}
RESOLVING = ("capture", "release")


def patiently(call: Callable[[], T], seconds: float = 90.0) -> T:
    """Call again while the database is away."""
    until = time.monotonic() + seconds
    while True:
        try:
            return call()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


class Maker:
    """Makes takes from one photograph in the demo team."""

    def __init__(self, photo: Path) -> None:
        team = Team.objects.get(slug="demo")
        owner = Membership.objects.filter(team=team).order_by("pk").select_related("user")[0].user
        self.member = access.get_member(owner, "demo")
        self.project = Project.objects.filter(team=team).order_by("pk")[0]
        now = timezone.now()
        ledger.grant(team=team, amount=Decimal("1000000"), key=f"bench:{uuid.uuid4().hex}", now=now)
        with photo.open("rb") as file:
            chunks = iter(lambda: file.read(1 << 20), b"")
            image = lifecycle.upload_image(
                member=self.member, project=self.project, name=photo.name, chunks=chunks, now=now
            )
        self._image_sha256 = image.blob.sha256

    def make(self, provider: str, prompt: str) -> Generation:
        recipe = catalog.Recipe.model_validate(
            {
                "capability": "image_to_video",
                "model": "kling-v2-master",
                "tier": "master",
                "prompt": prompt,
                "duration_seconds": 5,
                "inputs": [{"role": "first_frame", "sha256": self._image_sha256}],
            }
        )
        return lifecycle.submit(
            member=self.member,
            project=self.project,
            recipe=recipe,
            account=self.account(provider),
            idempotency_key=f"bench:{uuid.uuid4().hex}",
            now=timezone.now(),
        ).generation

    def account(self, provider: str) -> ProviderAccount:
        return ProviderAccount.objects.get(label=ACCOUNTS[provider])


def waits_for_a_person(generation: Generation) -> bool:
    return generation.status == Status.UNCERTAIN and generation.due_at is None and generation.lease_until is None


def submits(generation: Generation, mark: str, bill: list[dict[str, Any]]) -> dict[str, int]:
    """How many tasks the sandbox has for a take: by the mark in its prompt, and by our own id."""
    ours = generation.our_id if generation.account.provider == "kling" else str(generation.public_id)
    by_id = [task for task in bill if task["external_id"] == ours or ours in task["webhook_url"]]
    return {"by prompt": len([task for task in bill if mark in task["prompt"]]), "by our id": len(by_id)}


def faults_of(generation: Generation, counted: dict[str, int]) -> list[str]:
    """What is wrong with a take that has come to its end, in words; nothing where all is as it must be."""
    found = [f"{count} submits at the sandbox {how}" for how, count in counted.items() if count != 1]
    kinds = [line.kind.value for line in ledger.movements_of(generation)]
    resolved = [kind for kind in kinds if kind in RESOLVING]
    if generation.status == Status.DONE:
        found += _faults_of_film(generation)
        if kinds.count("hold") != 1 or resolved != ["capture"] or generation.charged_credits != generation.hold_credits:
            found.append(f"movements {kinds}, {generation.charged_credits} of {generation.hold_credits} charged")
    elif kinds != ["hold"]:
        found.append(f"movements {kinds} of a take that is {generation.status}")
    return found + [f"books: {difference}" for difference in ledger.check_books()]


def _faults_of_film(generation: Generation) -> list[str]:
    assets = list(generation.assets.select_related("blob", "poster", "preview"))
    if len(assets) != 1:
        return [f"{len(assets)} assets"]
    blobs = [blob for blob in (assets[0].blob, assets[0].poster, assets[0].preview) if blob]
    found = [] if len(blobs) == 3 else [f"{len(blobs)} files in place of film, poster and preview"]
    for blob in blobs:
        path = Path(settings.MEDIA_ROOT) / blob.storage_key
        if not path.is_file():
            found.append(f"no file {blob.storage_key}")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != blob.sha256:
            found.append(f"another content in {blob.storage_key}")
    return found


def story(generation: Generation) -> list[str]:
    """Everything that the rows say about a take, for finding out what went wrong."""
    lines = [f"{generation.name} {generation.status} tries {generation.tries} waiting for {generation.waiting_for!r}"]
    lines.append(f"due {generation.due_at} lease {generation.lease_token} until {generation.lease_until}")
    lines += [
        f"attempt {a.number} {a.outcome or 'open'} sent {a.sent_at} {a.evidence}" for a in generation.attempts.all()
    ]
    lines += [f"{e.happened_at:%H:%M:%S.%f} {e.kind} {e.note} {e.facts}" for e in generation.events.order_by("pk")]
    return lines + [f"{r.received_at:%H:%M:%S.%f} webhook {r.task_id}" for r in generation.receipts.order_by("pk")]
