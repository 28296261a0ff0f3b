"""Every proof of `check_books` notices what it is for. The rows are bent with all triggers off, then rolled back."""

import pytest
from django.db import connection

from generations import ledger
from tests.ledger.books import Books

BENT = {
    "balance": "UPDATE generations_ledgeraccount SET balance = balance + 1 WHERE kind = 'available'",
    "zero sum": "UPDATE generations_entry SET amount = amount + 1 WHERE amount > 0",
    "running balance": "UPDATE generations_entry SET balance_after = balance_after + 1",
    "one team per movement": "UPDATE generations_movement SET team_id = {other} WHERE kind = 'grant'",
    "open holds": "DELETE FROM generations_entry WHERE movement_id IN"
    " (SELECT id FROM generations_movement WHERE kind = 'hold')",
    "hold of take": "UPDATE generations_generation SET hold_credits = hold_credits + 1",
    "resolved at the end": "UPDATE generations_generation SET status = 'done', finished_at = now()",
    "charge of take": "UPDATE generations_generation SET charged_credits = 1",
    "spent": "UPDATE generations_ledgeraccount SET balance = 1 WHERE kind = 'spent'",
}


def test_every_proof_is_tried_here():
    assert set(BENT) == set(ledger.proofs())


@pytest.mark.parametrize("proof", BENT)
def test_a_proof_finds_what_it_is_for(books, proof):
    other = Books()
    books.grant("1000")
    books.settle(books.held_take("20"), "0")
    books.held_take("140")
    assert list(ledger.check_books()) == []

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = 'replica'")
        cursor.execute(BENT[proof].format(other=other.team.pk))

    found = list(ledger.check_books())
    assert proof in {difference.proof for difference in found}
    assert all(difference.said != difference.is_ for difference in found)


def test_an_empty_site_agrees(db):
    assert list(ledger.check_books()) == []
