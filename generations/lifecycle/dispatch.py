"""The submit pump: from `queued` to a job at the provider, paid for at most once.

The order is what makes it safe. Claim: `submitting`, and an open attempt, committed. Prepare: uploads, free and
repeatable. Mark: `sent_at`, committed. Only then the one paid request. Whatever kills the process, the row tells
whether a byte can have left: an open attempt without `sent_at` has sent nothing, one with it is `uncertain`.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import catalog, media, providers
from generations.choices import InputRole
from generations.errors import PortalError, Retry
from generations.lifecycle import checkpoints
from generations.lifecycle.accounts import callback_url
from generations.lifecycle.claim import Claim, Result
from generations.lifecycle.outcomes import apply_submit, failed
from generations.lifecycle.pump import Pump
from generations.models import Attempt, Generation, ProviderAccount, PumpLease, Status

# Who comes next on an account: the team with the least under way and taken, in it the member with the least; between
# equals the one whose last turn is longest ago (with a single slot nothing else tells them apart), then age.
_NEXT = """
    WITH busy AS (
        SELECT team_id, created_by_id, count(*) AS jobs FROM generations_generation
        WHERE account_id = %(account)s AND status IN ('submitting', 'running') GROUP BY 1, 2
    ), waiting AS (
        SELECT id, team_id, created_by_id, row_number() OVER (PARTITION BY team_id, created_by_id ORDER BY id) AS nth
        FROM generations_generation
        WHERE account_id = %(account)s AND status = 'queued' AND due_at <= now()
    ), members AS (
        SELECT w.team_id, w.created_by_id, coalesce(b.jobs, 0) AS jobs, turn.at
        FROM (SELECT DISTINCT team_id, created_by_id FROM waiting) w
        LEFT JOIN busy b ON b.team_id = w.team_id AND b.created_by_id = w.created_by_id
        LEFT JOIN LATERAL (
            SELECT g.submitted_at AS at FROM generations_generation g
            WHERE g.team_id = w.team_id AND g.created_by_id = w.created_by_id AND g.account_id = %(account)s
                  AND g.submitted_at IS NOT NULL
            ORDER BY g.id DESC LIMIT 1
        ) turn ON true
    ), teams AS (
        SELECT w.team_id, coalesce((SELECT sum(jobs) FROM busy WHERE busy.team_id = w.team_id), 0) AS jobs, turn.at
        FROM (SELECT DISTINCT team_id FROM waiting) w
        LEFT JOIN LATERAL (
            SELECT max(recent.submitted_at) AS at
            FROM (SELECT g.submitted_at FROM generations_generation g
                  WHERE g.team_id = w.team_id AND g.account_id = %(account)s AND g.submitted_at IS NOT NULL
                  ORDER BY g.id DESC LIMIT 20) recent
        ) turn ON true
    )
    SELECT p.id
    FROM (
        SELECT w.id, w.team_id,
               row_number() OVER (PARTITION BY w.team_id ORDER BY w.nth + m.jobs, m.at NULLS FIRST, w.id) AS place
        FROM waiting w JOIN members m ON m.team_id = w.team_id AND m.created_by_id = w.created_by_id
    ) p JOIN teams t ON t.team_id = p.team_id
    ORDER BY p.place + t.jobs, t.at NULLS FIRST, p.id
    LIMIT %(free)s
"""


class InputUnreadable(PortalError):
    """A stored file that the take needs cannot be read just now."""

    code = "input_unreadable"
    retry = Retry.LATER


class SubmitPump(Pump[Claim, Result]):
    kind = PumpLease.Kind.SUBMIT
    statuses = (Status.QUEUED,)
    at_once = 64

    def claim(self, room: int) -> list[Claim]:
        claims: list[Claim] = []
        for account in self.accounts.values():
            if room > len(claims):
                claims += self._claim_on(account, room - len(claims))
        return claims

    def _claim_on(self, account: ProviderAccount, room: int) -> list[Claim]:
        with transaction.atomic():
            # The account's row is the turnstile: slots are counted and taken by one process at a time.
            rows = ProviderAccount.objects.select_for_update(no_key=True).filter(pk=account.pk)
            fresh = rows.filter(status=ProviderAccount.Status.ACTIVE).exclude(not_before__gt=Now()).first()
            if fresh is None or not self.holds_lease(account.pk):
                return []
            busy = Generation.objects.filter(account=fresh, status__in=("submitting", "running")).count()
            free = min(room, fresh.max_running - busy)
            if free <= 0:
                return []
            ids = [row[0] for row in self.query(_NEXT, {"account": fresh.pk, "free": free})]
            found = (
                Generation.objects.select_related("team", "created_by").prefetch_related("inputs__blob").in_bulk(ids)
            )
            claims = [claim for pk in ids if (claim := self._take(found[pk], fresh))]
        checkpoints.reach("attempt committed", [claim.generation for claim in claims])
        return claims

    def _take(self, generation: Generation, account: ProviderAccount) -> Claim | None:
        sources = tuple((item.role, item.blob.storage_key, item.index) for item in generation.inputs.all())
        token = generation.lease_token + 1
        lease_until = Now() + timedelta(seconds=settings.LIFECYCLE["submit_lease_seconds"])
        won = generation.advance(
            Status.SUBMITTING,
            holding=generation.lease_token,
            lease_token=token,
            lease_until=lease_until,
            due_at=lease_until,
            tries=generation.tries,
        )
        if not won:
            return None
        number = generation.attempts.count() + 1
        attempt = Attempt.objects.create(generation=generation, number=number, lease_token=token)
        route = catalog.load().find_route(account.provider, generation.recipe)
        if route is None:
            _route_is_gone(generation, attempt)
            return None
        task = providers.Task(
            our_id=generation.our_id,
            recipe=generation.recipe,
            route=route,
            callback_url=callback_url(account, generation.public_id),
        )
        return Claim(generation, attempt.pk, token, account, task, sources)

    async def work(self, item: Claim) -> Result:
        with tempfile.TemporaryDirectory(prefix="kling-submit-") as folder:
            try:
                files, notes = await sync_to_async(_files, thread_sensitive=False)(item, Path(folder))
                task = replace(item.task, files=files)
                prepared = await self.adapter(item.account).prepare(task)
            except (providers.ProviderError, media.MediaError, providers.UnsupportedOption) as error:
                return Result(item, error=error, was_sent=False)
            except OSError as error:
                sentence = _("An image of this take could not be read from the storage. It will be tried again.")
                return Result(item, error=InputUnreadable(sentence, data={"why": str(error.strerror)}), was_sent=False)
            if not await self.db(mark_sent, item):
                return Result(item, error=None, was_sent=False)
            try:
                answer = await self.adapter(item.account).submit(prepared)
            except (providers.ProviderError, providers.UnsupportedOption) as error:
                return Result(item, error=error, was_sent=True, notes=notes)
            checkpoints.reach("reply read", [item.generation])
            return Result(item, answer=answer, was_sent=True, notes=notes)

    def renew(self, items: list[Claim]) -> None:
        """A lease is short, so that a dead process is noticed soon; a live one renews it until it has its answer."""
        lease_until = Now() + timedelta(seconds=settings.LIFECYCLE["submit_lease_seconds"])
        for item in items:
            rows = Generation.objects.filter(pk=item.generation.pk, status=Status.SUBMITTING)
            rows.filter(lease_token=item.lease_token).update(lease_until=lease_until, due_at=lease_until)

    def apply(self, results: list[Result]) -> None:
        self.each(results, apply_submit)

    def seconds_to_next(self) -> float | None:
        sql = (
            "SELECT extract(epoch FROM min(due_at) - now())::float FROM generations_generation "
            "WHERE account_id = ANY(%(accounts)s) AND status = 'queued'"
        )
        seconds: float | None = self.query(sql, {"accounts": list(self.accounts)})[0][0]
        return seconds


def _route_is_gone(generation: Generation, attempt: Attempt) -> None:
    """A newer catalog no longer has what was quoted. One such take must not stop the others in line."""
    attempt.close(Attempt.Outcome.NOT_SENT)
    sentence = _("This site no longer offers this model on that route. Nothing was charged. Choose another route.")
    failed(generation, "route_gone", sentence, "", None)


def mark_sent(item: Claim) -> bool:
    """Commit that the paid request is about to leave; False where it must not: lease lost, or cancel asked for."""
    with transaction.atomic():
        held = Generation.objects.select_for_update(no_key=True).filter(
            pk=item.generation.pk,
            status=Status.SUBMITTING,
            lease_token=item.lease_token,
            lease_until__gt=Now(),
            cancel_requested_at=None,
        )
        if not held.exists():
            return False
        lease_until = Now() + timedelta(seconds=settings.LIFECYCLE["submit_lease_seconds"])
        Generation.objects.filter(pk=item.generation.pk).update(lease_until=lease_until, due_at=lease_until)
        rows = Attempt.objects.filter(pk=item.attempt_id, closed_at=None, sent_at=None)
        won = bool(rows.update(sent_at=Now()))
    checkpoints.reach("marked sent", [item.generation])
    return won


def _files(item: Claim, folder: Path) -> tuple[tuple[providers.InputFile, ...], tuple[str, ...]]:
    """The inputs as they are sent: upright, without location data. Runs on a thread of its own, without the ORM."""
    files: list[providers.InputFile] = []
    notes: list[str] = []
    for role, storage_key, index in item.sources:
        original = media.store.materialize(storage_key, folder)
        sent = media.prepare_image(original, folder, max_bytes=settings.LIMITS["image_upload_bytes"])
        notes += [sent.note] if sent.note else []
        files.append(
            providers.InputFile(
                role=InputRole(role),
                index=index,
                key=sent.key,
                path=sent.path,
                media_type=sent.media_type,
                size_bytes=sent.size_bytes,
            )
        )
    return tuple(files), tuple(notes)
