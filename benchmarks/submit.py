"""Takes accepted per second through `lifecycle.submit`: validated, quoted, held and written, on one team.

For scale, in turn on the same server, django-hordak's `transfer_to` with as many threads: one movement between two
accounts, without a recipe, a price or a row for the take.
"""

from __future__ import annotations

import statistics

from benchmarks.peers.hordak import transfers_per_second
from benchmarks.report import Figure, Wanted, publish

ROUNDS = 3
SECONDS = 4.0


def main(argv: list[str]) -> None:
    figures, wanted = [], []
    for threads in (1, 8):
        ours, theirs = [], []
        for _round in range(ROUNDS):
            ours.append(_submits_per_second(threads))
            theirs.append(transfers_per_second(threads, SECONDS))
        label = "1 thread" if threads == 1 else f"{threads} threads, one team"
        us, them = statistics.median(ours), statistics.median(theirs)
        figures += [
            Figure(f"lifecycle.submit, {label}", us, "takes/s"),
            Figure(f"hordak transfer_to, {label}", them, "movements/s"),
            Figure(f"ratio, {label}", us / them, "times"),
        ]
        wanted.append(Wanted(f"at least hordak's rate, {label}", "1.0 times", f"{us / them:.2f} times", us >= them))
    publish("submit", figures, wanted)


def _submits_per_second(threads: int) -> float:
    """A fresh team each time, so that no round pays for the rows of the one before."""
    import uuid
    from decimal import Decimal

    from django.utils import timezone

    from benchmarks.peers.threads import per_second
    from generations import access, catalog, ledger, lifecycle
    from generations.choices import Provider, Role
    from generations.management.commands.seed_demo import make_sandbox_account, seed_prices
    from generations.models import Membership, Project, Team, User

    seed_prices()
    mark = uuid.uuid4().hex[:12]
    team = Team.objects.create(name=mark, slug=mark)
    user = User.objects.create_user(f"{mark}@example.com", name="Bench")
    Membership.objects.create(team=team, user=user, roles=[Role.OWNER])
    project = Project.objects.create(team=team, name="Bench")
    account = make_sandbox_account(team, Provider.FAL, f"Bench {mark}")
    ledger.grant(team=team, amount=Decimal("100000000"), key=f"bench:{mark}", now=timezone.now())
    member = access.get_member(user, mark)

    def submit(number: int) -> None:
        recipe = catalog.Recipe.model_validate(
            {
                "capability": "text_to_video",
                "model": "kling-v2-master",
                "tier": "master",
                "prompt": f"The captain lifts one hand to the brim, then rests it on the rail. {number}",
                "duration_seconds": 5,
                "aspect_ratio": "16:9",
            }
        )
        lifecycle.submit(
            member=member,
            project=project,
            recipe=recipe,
            account=account,
            idempotency_key=uuid.uuid4().hex,
            now=timezone.now(),
        )

    return per_second(submit, threads=threads, seconds=SECONDS)
