"""The database itself keeps the books as they were written, whoever asks."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from generations.models import Entry, Movement, Purse
from tests.ledger.books import Books, differences

D = Decimal


@pytest.fixture
def written(books):
    books.grant("1000")
    books.hold(books.take("140"))
    return books


def run(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE generations_movement SET reason = 'changed'",
        "UPDATE generations_movement SET happened_at = now() WHERE kind = 'hold'",
        "UPDATE generations_entry SET amount = amount * 2",
        "UPDATE generations_entry SET balance_after = balance_after",
        "DELETE FROM generations_entry",
        "DELETE FROM generations_movement WHERE kind = 'hold'",
        "TRUNCATE generations_entry",
        "TRUNCATE generations_movement CASCADE",
        "TRUNCATE generations_purse CASCADE",
        "DELETE FROM generations_purse",
        "TRUNCATE generations_generation CASCADE",
    ],
)
def test_the_database_refuses_to_change_or_remove_what_was_written(written, sql):
    before = (written.balances(), written.lines(), Entry.objects.count())
    # What the deferred triggers still have to look at would refuse a TRUNCATE before ours could.
    run("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match="The books are written once: "):
        run(sql)

    assert (written.balances(), written.lines(), Entry.objects.count()) == before


def test_django_cannot_change_or_remove_them_either(written):
    movement, entry = Movement.objects.first(), Entry.objects.first()

    for act in (movement.save, entry.save, entry.delete, Entry.objects.all().delete):
        with pytest.raises(IntegrityError, match="The books are written once"), transaction.atomic():
            act()


def test_a_take_with_a_movement_cannot_be_removed(written):
    with pytest.raises(IntegrityError), transaction.atomic():
        Movement.objects.first().team.generations.get().delete()


@pytest.fixture
def committed(commits):
    """Books that are really committed, so that what must fail at COMMIT can."""
    books = Books()
    books.grant("1000")
    yield books
    assert books.balances() == {"available": "1,000", "given": "1,000"}
    assert differences() == []


def write(books, key, *legs):
    """A movement and its entries row by row, past the ledger's function."""
    facts = {"team": books.team, "kind": "grant", "idempotency_key": key, "happened_at": timezone.now()}
    movement = Movement.objects.create(amount=max([D(amount) for _account, amount in legs], default=D(1)), **facts)
    add_entries(books, movement, *legs)
    return movement


def add_entries(books, movement, *legs):
    purse, _made = Purse.objects.get_or_create(team=books.team)
    for account, amount in legs:
        setattr(purse, account, getattr(purse, account) + D(amount))
    purse.save()
    rows = [(account, D(amount), getattr(purse, account)) for account, amount in legs]
    Entry.objects.bulk_create(
        [
            Entry(movement=movement, account=account, amount=amount, balance_after=after)
            for account, amount, after in rows
        ]
    )


@pytest.mark.parametrize(
    "legs",
    [
        (),
        (("available", "5"),),
        (("available", "5"), ("granted", "-4.999")),
        (("available", "5"), ("held", "5"), ("granted", "-9")),
    ],
    ids=["no side", "one side", "unbalanced", "three sides unbalanced"],
)
def test_a_movement_that_does_not_balance_cannot_commit(committed, legs):
    with (
        pytest.raises(IntegrityError, match=r"Movement \d+ (gets \d entries that sum to|has no entries)"),
        transaction.atomic(),
    ):
        write(committed, "crooked", *legs)

    assert not Movement.objects.filter(idempotency_key="crooked").exists()


def test_an_entry_added_to_an_old_movement_cannot_commit(committed):
    old = Movement.objects.get(team=committed.team)

    with pytest.raises(IntegrityError, match="gets 1 entries that sum to 5"), transaction.atomic():
        add_entries(committed, old, ("held", "5"))

    assert old.entries.count() == 2


def test_a_movement_that_balances_commits(transactional_db):
    """The refusals above are about the balance, not about writing row by row."""
    books = Books()

    with transaction.atomic():
        write(books, "straight", ("available", "5"), ("granted", "-5"))

    assert books.balances() == {"available": "5", "given": "5"}


def test_a_purse_cannot_go_below_zero_nor_a_source_above_it(written):
    for kind, balance in (
        ("available", "-0.001"),
        ("held", "-1"),
        ("spent", "-1"),
        ("expired", "-1"),
        ("granted", "1"),
    ):
        with pytest.raises(IntegrityError, match="purse_(source_)?not_(below|above)_zero"), transaction.atomic():
            Purse.objects.filter(team=written.team).update(**{kind: D(balance)})


def test_a_capture_must_name_its_hold_and_nothing_else_may(written):
    hold = Movement.objects.get(kind="hold")

    for kind, resolves in (("capture", None), ("release", None), ("grant", hold), ("overrun", hold)):
        with pytest.raises(IntegrityError, match="movement_resolves_by_kind"), transaction.atomic():
            Movement.objects.create(
                team=written.team,
                kind=kind,
                amount=1,
                idempotency_key=f"{kind} by hand",
                resolves=resolves,
                happened_at=timezone.now(),
            )
