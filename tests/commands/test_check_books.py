"""The command around the proofs: what it prints, how it ends, and that each kind of corruption is named."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from generations import ledger
from tests.ledger.books import Books

WRITTEN_ONCE = ("generations_movement", "generations_entry")
# What somebody with a database shell could do to the books, and what the proof says of it.
CORRUPT = {
    "balance": (
        "UPDATE generations_ledgeraccount SET balance = balance + 1 WHERE kind = 'available' AND team_id = {team}",
        "{slug} available",
    ),
    "zero sum": ("UPDATE generations_entry SET amount = amount + 1 WHERE amount = 20", "movement "),
    "running balance": ("UPDATE generations_entry SET balance_after = balance_after + 1 WHERE amount = 20", "entry "),
    "one team per movement": ("UPDATE generations_movement SET team_id = {other} WHERE kind = 'grant'", "entry "),
    "open holds": ("DELETE FROM generations_entry WHERE movement_id = {open}", "{slug} held"),
    "hold of take": ("UPDATE generations_generation SET hold_credits = 21 WHERE hold_credits = 20", "T-"),
    "resolved at the end": ("UPDATE generations_generation SET status = 'done', finished_at = now()", "T-"),
    "charge of take": ("UPDATE generations_generation SET charged_credits = 1 WHERE hold_credits = 20", "T-"),
    "spent": (
        "UPDATE generations_ledgeraccount SET balance = 1 WHERE kind = 'spent' AND team_id = {team}",
        "{slug} spent",
    ),
}


def run(*arguments):
    """What the command printed, and its exit code."""
    out = StringIO()
    try:
        call_command("check_books", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), error.returncode
    return out.getvalue(), 0


@pytest.fixture
def books(db):
    books = Books()
    books.grant("1000")
    books.settle(books.held_take("140"), "0")
    return books


def test_books_in_order_end_with_zero(books):
    books.held_take("20")

    printed, code = run()

    assert code == 0
    assert [line.split("  ")[0] for line in printed.splitlines()] == list(ledger.proofs())
    assert printed.count("adds up") == len(ledger.proofs())


def test_every_proof_has_its_corruption():
    assert set(CORRUPT) == set(ledger.proofs())


@pytest.mark.parametrize("proof", CORRUPT)
def test_a_corruption_is_named_by_its_proof(books, proof):
    take = books.held_take("20")
    sql, where = CORRUPT[proof]
    facts = {
        "slug": books.team.slug,
        "team": books.team.pk,
        "other": Books().team.pk,
        "open": take.movements.get(kind="hold").pk,
    }
    corrupt(sql.format(**facts))

    printed, code = run()

    assert code == 1
    block = printed.split(f"{proof:<24} ")[1].splitlines()
    assert block[0].endswith(" wrong")
    assert block[1].startswith(f"  {proof}: {where.format(**facts)}")
    assert block[1].endswith(".")


def corrupt(sql):
    """Change rows as only the owner of the tables can: with our triggers off. The test's rollback puts all back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in WRITTEN_ONCE:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql)


def test_json_has_every_proof_and_every_sentence(books):
    books.held_take("20")
    corrupt(CORRUPT["spent"][0].format(team=books.team.pk))

    printed, code = run("--json")

    facts = json.loads(printed)
    assert (code, facts["adds_up"], list(facts["proofs"])) == (1, False, list(ledger.proofs()))
    sentence = f"spent: {books.team.slug} spent says 1.000, the entries say 0.000."
    assert facts["proofs"]["spent"][0]["sentence"] == sentence


def test_all_proofs_see_one_moment(django_db_setup, django_db_blocker, monkeypatch):
    seen = []

    def check_books():
        with connection.cursor() as cursor:
            for name in ("transaction_isolation", "transaction_read_only"):
                cursor.execute(f"SHOW {name}")
                seen.append(cursor.fetchone()[0])
        return iter(())

    monkeypatch.setattr(ledger, "check_books", check_books)
    with django_db_blocker.unblock():
        run()

    assert seen == ["repeatable read", "on"]
