"""The command around the proofs: what it prints, how it ends, and that each kind of corruption is named."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from generations import ledger, reports
from tests.ledger.books import Books
from tests.ledger.corruptions import CORRUPTIONS, corrupt, prepare


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
    assert [line.split("  ")[0] for line in printed.splitlines()] == [*ledger.proofs(), *reports.proofs()]
    assert printed.count("adds up") == len(ledger.proofs()) + len(reports.proofs())


@pytest.mark.parametrize("proof", CORRUPTIONS)
def test_a_corruption_is_named_by_its_proof(db, proof):
    facts = prepare()
    corrupt(proof, facts)

    printed, code = run()

    assert code == 1
    block = printed.split(f"{proof:<24} ")[1].splitlines()
    assert block[0].endswith(" wrong")
    assert block[1].startswith(f"  {proof}: {CORRUPTIONS[proof][1].format(**facts)}")
    assert block[1].endswith(".")


def test_json_has_every_proof_and_every_sentence(db):
    facts = prepare()
    corrupt("spent", facts)

    printed, code = run("--json")

    said = json.loads(printed)
    assert (code, said["adds_up"], list(said["proofs"])) == (1, False, [*ledger.proofs(), *reports.proofs()])
    sentence = f"spent: {facts['slug']} spent says 1.000, the entries say 98.000."
    assert said["proofs"]["spent"][0]["sentence"] == sentence


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
