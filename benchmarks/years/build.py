"""Two years of a studio: projects that last two to three months, each with three to six people and a hundred shots.

The rows go into the tables by statements, with triggers off, because ten million entries through the ledger take hours.
They are what the ledger would have written: `check_books` finds nothing wrong with them.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

PROJECTS, PEOPLE, ACCOUNTS, SHOTS, MONTHS = 200, 60, 4, 100, 24
ENTRIES_PER_TAKE = 4.09  # a hold has two, its end two, or three where part of it comes back
GRANTED = Decimal(900_000_000)

_PLAN = """
    CREATE UNLOGGED TABLE bench_take AS
    SELECT row_number() OVER (ORDER BY ended_at) AS n, *,
           CASE WHEN fate < 0.05 THEN 'failed' WHEN fate < 0.06 THEN 'canceled' ELSE 'done' END AS status,
           CASE WHEN fate < 0.06 THEN '' WHEN decided < 0.27 THEN 'approved' WHEN decided < 0.40 THEN 'rejected'
                WHEN decided < 0.48 THEN 'changes_requested' ELSE '' END AS verdict,
           CASE WHEN fate < 0.01 THEN held / 2 WHEN fate < 0.06 THEN 0 WHEN fate < 0.15 THEN held * 0.8 ELSE held END
               AS charged
    FROM (SELECT p.*, p.begins + random() * p.lasts AS ended_at,
                 p.members[1 + floor(power(random(), 1.5) * cardinality(p.members))::int] AS member_id,
                 (p.no + floor(power(random(), 3) * 4)::int) %% 8 AS choice,
                 CASE WHEN random() < 0.8 THEN p.account_id ELSE (%(accounts)s::bigint[])[1 + floor(random() * 4)] END
                     AS route_id,
                 CASE WHEN random() < 0.9 THEN p.first_shot + floor(random() * %(shots)s)::int END AS shot_id,
                 (ARRAY['text_to_video', 'image_to_video', 'extend', 'lip_sync'])
                     [1 + floor(power(random(), 3) * 4)::int] AS capability,
                 5 * (1 + floor(random() * 1.3))::int AS seconds, random() AS fate, random() AS decided,
                 20 + random() * 60 AS queued, 40 + exp(3 + random() * 3) AS rendered
          FROM generate_series(0, %(takes)s - 1) i JOIN bench_project p ON p.no = i %% %(projects)s) x,
    LATERAL (SELECT (ARRAY[28, 49, 28, 49, 140, 140, 28, 49])[1 + choice] * seconds / 5.0 AS held) price
"""
_STEPS = {
    "takes": """
        INSERT INTO generations_generation
            (id, public_id, number, team_id, project_id, shot_id, created_by_id, account_id, idempotency_key, status,
             recipe_json, recipe_sha256, capability, model, tier, quote_json, hold_credits, charged_credits,
             provider_cost_json, provider_task_id, created_at, submitted_at, provider_done_at, finished_at, changed_at,
             tries, waiting_for, operation_json, outputs_json, is_rendering, failure_code, failure_public,
             failure_provider_words, lease_token, verdict)
        SELECT n, gen_random_uuid(), n, %(team)s, project_id, shot_id, member_id, route_id, 'bench:' || n, status,
               '{"prompt": "A ferry leaves the harbour at dawn", "aspect_ratio": "16:9"}', md5(n::text) || md5(n::text),
               capability,
               (ARRAY['kling-v1-6', 'kling-v1-6', 'kling-v2-1', 'kling-v2-1', 'kling-v2-master', 'kling-v2-1-master',
                      'kling-v2-5-turbo', 'kling-v2-6'])[1 + choice],
               (ARRAY['std', 'pro', 'std', 'pro', 'master', 'master', 'std', 'pro'])[1 + choice],
               '{"amount": "0.056", "currency": "usd", "per": "second", "usd_per_unit": "1", "credits_per_usd": "100",
                 "markup_percent": "0"}', held, charged,
               CASE WHEN decided < 0.6 THEN jsonb_build_object('amount', (charged / 100)::text, 'currency', 'usd') END,
               'job-' || n, ended_at - (queued + rendered) * interval '1 second',
               ended_at - rendered * interval '1 second', ended_at - interval '5 seconds', ended_at, ended_at,
               0, '', '{}', '[]', false, '', '', '', 1, verdict
        FROM bench_take ORDER BY n""",
    "movements": """
        INSERT INTO generations_movement
            (id, team_id, kind, amount, idempotency_key, resolves_id, generation_id, reason, happened_at)
        SELECT %(after)s + 2 * n - 1 + side, %(team)s,
               CASE WHEN side = 0 THEN 'hold' WHEN charged > 0 THEN 'capture' ELSE 'release' END, held,
               CASE WHEN side = 0 THEN 'hold:' ELSE 'settle:' END || md5(n::text),
               CASE WHEN side = 1 THEN %(after)s + 2 * n - 1 END, n, '',
               ended_at - (1 - side) * (queued + rendered) * interval '1 second'
        FROM bench_take, generate_series(0, 1) side ORDER BY n, side""",
    "entries": """
        INSERT INTO generations_entry (movement_id, account, amount, balance_after)
        SELECT %(after)s + 2 * n - 1 + side, account, amount, balance
        FROM (SELECT n, held, charged, sum(charged) OVER (ORDER BY n) AS spent FROM bench_take) t,
        LATERAL (VALUES (0, 'available', -held, %(granted)s - (spent - charged) - held), (0, 'held', held, held),
                        (1, 'held', -held, 0), (1, 'spent', charged, spent),
                        (1, 'available', held - charged, %(granted)s - spent)) e(side, account, amount, balance)
        WHERE amount <> 0 ORDER BY n, side""",
    "assets": """
        INSERT INTO generations_asset
            (public_id, team_id, project_id, kind, name, blob_id, generation_id, output_index, provider_output_id,
             duration_seconds, has_audio, created_by_id, created_at)
        SELECT gen_random_uuid(), %(team)s, project_id, 'video', 'T-' || n, %(blob)s, n, 0, '', seconds, false,
               member_id, ended_at
        FROM bench_take WHERE status = 'done' ORDER BY n""",
    "decisions": """
        INSERT INTO generations_reviewdecision (generation_id, verdict, note, decided_by_id, decided_at, is_counted)
        SELECT n, verdict, '', member_id, ended_at + interval '1 day', false
        FROM bench_take WHERE verdict <> '' ORDER BY n""",
    "purse": """
        UPDATE generations_purse SET available = granted * -1 - spent_now, spent = spent_now
        FROM (SELECT sum(charged) AS spent_now FROM bench_take) t WHERE team_id = %(team)s""",
    "sequences": """
        SELECT setval(pg_get_serial_sequence('generations_movement', 'id'), (SELECT max(id) FROM generations_movement)),
               setval(pg_get_serial_sequence('generations_generation', 'id'), (SELECT max(n) FROM bench_take)),
               setval('take_number', (SELECT max(n) FROM bench_take))""",
}

_FILLED = ("generation", "movement", "entry", "asset", "reviewdecision")
_UNIQUE = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype = 'u'
"""
_INDEXES = """
    SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary
"""


@dataclass(frozen=True)
class Studio:
    """What was built: the team, its last day, and the seconds it took."""

    team: Any
    member: Any
    projects: list[Any]
    last_day: date
    takes: int
    entries: int
    seconds: float


def build(entries: int, now: datetime) -> Studio:
    """A studio with about so many entries, up to now. The database is empty and nobody else's."""
    from django.db import connection, transaction

    from generations.models import Entry

    started = time.perf_counter()
    facts = _people_and_projects(now)
    takes = int(entries / ENTRIES_PER_TAKE) + 1
    values = {**facts["values"], "takes": takes}
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET max_wal_size = '16GB'")
        cursor.execute("ALTER SYSTEM SET checkpoint_timeout = '1h'")
        cursor.execute("SELECT pg_reload_conf()")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL work_mem = '256MB'; SET LOCAL maintenance_work_mem = '512MB'; "
            "SET LOCAL session_replication_role = 'replica'; SELECT setseed(0.4)"
        )
        cursor.execute(_PLAN, values)
        made_again = _without_indexes(cursor)
        for name, sql in _STEPS.items():
            begun = time.perf_counter()
            cursor.execute(sql, values)
            print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)
        begun = time.perf_counter()
        for statement in made_again:
            cursor.execute(statement)
        print(f"indexes: {time.perf_counter() - begun:.0f} s", flush=True)
        cursor.execute("DROP TABLE bench_take, bench_project")
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM RESET ALL")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("CHECKPOINT")
        cursor.execute("VACUUM ANALYZE")
    return Studio(
        facts["team"],
        facts["member"],
        facts["projects"],
        now.date(),
        takes,
        Entry.objects.count(),
        time.perf_counter() - started,
    )


def _without_indexes(cursor: Any) -> list[str]:
    """Drop the indexes of the tables that are filled, and say how to make them again: sorted, that is much quicker."""
    tables, again = [f"generations_{name}" for name in _FILLED], []
    for found in (_UNIQUE, _INDEXES):
        cursor.execute(found, [tables])
        for drop, make in cursor.fetchall():
            cursor.execute(drop)
            again.append(make)
    return again


def _people_and_projects(now: datetime) -> dict[str, Any]:
    from django.db import connection

    from generations import access, ledger
    from generations.choices import Provider, Role, Window
    from generations.management.commands.seed_demo import make_sandbox_account
    from generations.models import Blob, Membership, Movement, Project, Shot, Team, User

    dice = random.Random(4)  # noqa: S311 the same studio every time
    team = Team.objects.create(name="Northlight", slug="northlight", time_zone="Europe/Berlin")
    people = User.objects.bulk_create([User(email=f"p{n}@example.com", name=f"Person {n}") for n in range(PEOPLE)])
    Membership.objects.bulk_create([Membership(team=team, user=user, roles=[Role.OWNER]) for user in people])
    accounts = [make_sandbox_account(team, provider, f"Bench {provider}") for provider in Provider]
    projects = Project.objects.bulk_create([Project(team=team, name=f"Film {n:03}") for n in range(PROJECTS)])
    shots = Shot.objects.bulk_create(
        [Shot(project=p, code=f"SH{n:03}0", position=n) for p in projects for n in range(SHOTS)]
    )
    begins = now - timedelta(days=MONTHS * 365 // 12)
    ledger.open_books(team)
    for number in range(10):
        ends = None if number < 5 else now + timedelta(days=30 * number)
        ledger.grant(team=team, amount=GRANTED / 10, key=f"bench:{number}", now=begins, expires_at=ends)
    for project in projects[:50]:
        ledger.set_budget(team=team, project=project, window=Window.MONTH, limit=Decimal(100_000), now=now)
    blob = Blob.objects.create(
        team=team, sha256="0" * 64, size_bytes=1, media_type="video/mp4", storage_key="bench/one"
    )
    last = now - begins
    rows: list[Any] = [
        (
            number,
            project.pk,
            begins + (last - timedelta(days=90)) * number / PROJECTS,
            timedelta(days=dice.randint(60, 90)),
            [user.pk for user in dice.sample(people, dice.randint(3, 6))],
            dice.choice(accounts).pk,
            shots[number * SHOTS].pk,
        )
        for number, project in enumerate(projects)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE bench_project (no int, project_id bigint, begins timestamptz, lasts interval,"
            " members bigint[], account_id bigint, first_shot bigint)"
        )
        cursor.executemany("INSERT INTO bench_project VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
    values = {
        "team": team.pk,
        "accounts": [account.pk for account in accounts],
        "shots": SHOTS,
        "projects": PROJECTS,
        "blob": blob.pk,
        "granted": GRANTED,
        "after": Movement.objects.order_by("-pk").values_list("pk", flat=True)[0],
    }
    return {"team": team, "member": access.get_member(people[0], team.slug), "projects": projects, "values": values}
