"""The submit pump: from `queued` to a job at the provider, paid for at most once.

The order is what makes it safe. Claim: `submitting`, and an open attempt, committed. Prepare: uploads, free and
repeatable. Mark: `sent_at`, committed. Only then the one paid request. Whatever kills the process, the row tells
whether a byte can have left: an open attempt without `sent_at` has sent nothing, one with it is `uncertain`.

Some tasks need another call before the submit, which may cost by itself (`Adapter.begin`). It has an attempt of its
own, in the same order, and what it gave is kept with that attempt: a later try does not make it again.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import media, providers
from generations.errors import PortalError, Refused, Retry
from generations.lifecycle import checkpoints
from generations.lifecycle.accounts import callback_url
from generations.lifecycle.apply_submit import apply_submit
from generations.lifecycle.attempts import begun_session, close_step, mark_sent, new_attempt
from generations.lifecycle.claim import Claim, Result
from generations.lifecycle.outcomes import failed
from generations.lifecycle.pump import Pump
from generations.lifecycle.send_files import input_files, sources_of
from generations.lifecycle.turns import next_in_turn
from generations.models import OCCUPIES_A_SLOT, Attempt, Generation, ProviderAccount, PumpLease, Status

# A key's limit per minute is looked for among the newest attempts of all accounts: an index on every attempt's time
# would cost more than it gives. Above 80 submits a second in all it counts too few, and the provider says to wait.
_LATELY = """
    SELECT count(*) FROM (SELECT * FROM generations_attempt ORDER BY id DESC LIMIT 5000) a
    JOIN generations_generation g ON g.id = a.generation_id
    WHERE g.account_id = %(account)s
          AND (a.sent_at > now() - interval '1 minute' OR (a.sent_at IS NULL AND a.closed_at IS NULL))
"""


class InputUnreadable(PortalError):
    """A stored file that the take needs cannot be read just now."""

    code = "input_unreadable"
    retry = Retry.LATER


class _Gone(NamedTuple):
    """A take that was claimed and has no route any more."""

    generation: Generation
    attempt: Attempt


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
            free = min(room, self._free_places(fresh))
            if free <= 0:
                return []
            ids = next_in_turn(fresh.pk, free)
            found = (
                Generation.objects.select_related("team", "created_by").prefetch_related("inputs__blob").in_bulk(ids)
            )
            taken = [one for pk in ids if (one := self._take(found[pk], fresh))]
        # Each by itself: what settles has its team's purse locked until COMMIT, and must not wait for another take.
        for gone in (one for one in taken if isinstance(one, _Gone)):
            _route_is_gone(gone)
        claims = [one for one in taken if isinstance(one, Claim)]
        checkpoints.reach("attempt committed", [claim.generation for claim in claims])
        return claims

    def _free_places(self, account: ProviderAccount) -> int:
        """How many more may be sent now: by the jobs at once, by the minute, and one at a time after a rest."""
        out = Generation.objects.filter(account=account, status__in=OCCUPIES_A_SLOT)
        free = account.max_running - out.count()
        if account.resting_since:
            free = min(free, 1 - out.filter(status=Status.SUBMITTING).count())
        if account.submits_per_minute and free > 0:
            free = min(free, account.submits_per_minute - self.query(_LATELY, {"account": account.pk})[0][0])
        return free

    def _take(self, generation: Generation, account: ProviderAccount) -> Claim | _Gone | None:
        if generation.account_id != account.pk:
            return None  # it moved to another route while its turn came here
        team, sources = generation.team, sources_of(generation, account)  # what was loaded with the row
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
        attempt = new_attempt(generation, token)
        route = generation.route
        if route is None:
            return _Gone(generation, attempt)
        task = providers.Task(
            our_id=generation.our_id,
            recipe=generation.recipe,
            route=route,
            callback_url=callback_url(account, generation.public_id),
        )
        session = begun_session(generation, attempt.number)
        return Claim(generation, attempt.pk, token, account, task, team, sources, session)

    async def work(self, item: Claim) -> Result:
        with tempfile.TemporaryDirectory(prefix="kling-submit-") as folder:
            try:
                adapter = self.adapter(item.account)
                prepare = sync_to_async(input_files, thread_sensitive=False)
                files, notes = await prepare(item.sources, item.team, Path(folder))
                prepared = await adapter.prepare(replace(item.task, files=files))
            except (providers.ProviderError, media.MediaError, Refused) as error:
                return Result(item, error=error, was_sent=False)
            except OSError as error:
                sentence = _("A file of this take could not be read from the storage. It will be tried again.")
                return Result(item, error=InputUnreadable(sentence, data={"why": str(error.strerror)}), was_sent=False)
            begun = await self._begin(item, adapter, prepared)
            if isinstance(begun, Result):
                return begun
            return replace(await self._submit(*begun, adapter), notes=notes)

    async def _begin(
        self, item: Claim, adapter: providers.Adapter, prepared: providers.Prepared
    ) -> tuple[Claim, providers.Prepared] | Result:
        """The call before the submit, where the task needs one and no earlier try has made it; what to submit then."""
        step = adapter.begins_with(prepared.task)
        if not step:
            return item, prepared
        if item.session:
            return item, replace(prepared, session={**prepared.session, **item.session})
        if not await self.db(mark_sent, item, step):
            return Result(item, error=None, was_sent=False)
        try:
            begun = await adapter.begin(prepared)
        except (providers.ProviderError, providers.UnsupportedOption) as error:
            return Result(item, error=error, was_sent=True)
        attempt_id = await self.db(close_step, item, dict(begun.session))
        if attempt_id is None:
            return Result(item, error=None, was_sent=False)
        return replace(item, attempt_id=attempt_id), begun

    async def _submit(self, item: Claim, prepared: providers.Prepared, adapter: providers.Adapter) -> Result:
        if not await self.db(mark_sent, item):
            return Result(item, error=None, was_sent=False)
        try:
            answer = await adapter.submit(prepared)
        except (providers.ProviderError, providers.UnsupportedOption) as error:
            return Result(item, error=error, was_sent=True)
        checkpoints.reach("reply read", [item.generation])
        return Result(item, answer=answer, was_sent=True)

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
            "SELECT extract(epoch FROM min(greatest(g.due_at, a.not_before)) - now())::float "
            "FROM generations_generation g JOIN generations_provideraccount a ON a.id = g.account_id "
            "WHERE g.account_id = ANY(%(accounts)s) AND g.status = 'queued' AND a.status = 'active'"
        )
        seconds: float | None = self.query(sql, {"accounts": list(self.accounts)})[0][0]
        return seconds


def _route_is_gone(gone: _Gone) -> None:
    """A newer catalog no longer has what was quoted. One such take must not stop the others in line."""
    sentence = _("This site no longer offers this model on that route. Nothing was charged. Choose another route.")
    with transaction.atomic():
        if gone.attempt.close(Attempt.Outcome.NOT_SENT):
            failed(gone.generation, "route_gone", sentence, "", None)
