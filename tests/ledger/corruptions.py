"""What somebody with a database shell could do to the books, one act for each proof of `check_books`.

`prepare` makes books in which every proof has something to look at; the acts are made with the triggers off.
"""

from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from generations import ledger
from generations.choices import Window
from tests.ledger.books import Books

# The act, and how the place is called in the proof's sentence.
CORRUPTIONS = {
    "balance": (
        "UPDATE generations_purse SET available = available + 1 WHERE team_id = {team}",
        "{slug} available",
    ),
    "zero sum": ("UPDATE generations_entry SET amount = amount + 1 WHERE amount = 20", "movement {open}"),
    "amount of movement": ("UPDATE generations_movement SET amount = 21 WHERE id = {open}", "movement {open}"),
    "running balance": ("UPDATE generations_entry SET balance_after = balance_after + 1 WHERE amount = 20", "entry "),
    "whose movement": ("UPDATE generations_movement SET team_id = {other} WHERE id = {open}", "movement {open}"),
    "entry of nothing": ("DELETE FROM generations_movement WHERE id = {open}", "entry "),
    "resolution": (
        "UPDATE generations_movement SET resolves_id = {open} WHERE id = {capture}",
        "movement {capture}",
    ),
    "open holds": ("UPDATE generations_purse SET held = 19, available = available + 1 WHERE held = 20", "{slug} held"),
    "hold of take": ("UPDATE generations_generation SET hold_credits = 21 WHERE hold_credits = 20", "T-"),
    "resolved at the end": (
        "UPDATE generations_generation SET status = 'done', finished_at = now() WHERE hold_credits = 20",
        "T-",
    ),
    "charge of take": ("UPDATE generations_generation SET charged_credits = 1 WHERE hold_credits = 20", "T-"),
    "spent": ("UPDATE generations_purse SET spent = 1 WHERE team_id = {team}", "{slug} spent"),
    "budget period": ("UPDATE generations_budgetperiod SET held = held + 1", "period {period} of budget "),
    "limit of budget": (
        "UPDATE generations_budgetperiod SET base_credits = base_credits + 1",
        "budget {budget}",
    ),
    "budget of hold": ("UPDATE generations_movement SET periods = ARRAY[0] WHERE id = {open}", "movement {open}"),
    "lot": ("UPDATE generations_creditlot SET amount = amount + 1 WHERE expires_at IS NULL", "lot "),
    "expiry of lot": ("UPDATE generations_creditlot SET expired = expired + 1 WHERE expired > 0", "lot "),
    "room in lots": ("DELETE FROM generations_creditlot", "{slug} available"),
}


def prepare():
    """Books that agree, and the names that the acts and their places use."""
    books, now = Books(), timezone.now()
    books.grant("1000")
    books.grant("50", expires_at=now + timedelta(days=1))
    ledger.set_budget(team=books.team, window=Window.LIFETIME, limit=Decimal(900), now=now)
    captured = books.held_take("140")
    books.settle(captured, "98")
    books.grant("30", expires_at=now + timedelta(days=1))
    ledger.expire_due(books.team, now=now + timedelta(days=2))
    opened = books.held_take("20")
    assert list(ledger.check_books()) == []
    return {
        "slug": books.team.slug,
        "team": books.team.pk,
        "other": Books().team.pk,
        "open": opened.movements.get(kind="hold").pk,
        "capture": captured.movements.get(kind="capture").pk,
        "budget": books.team.budgets.get().pk,
        "period": ledger.current_period(books.team.budgets.get()).pk,
    }


def corrupt(proof, facts):
    """Change rows as only the owner of the tables can: with every trigger off. The test's rollback puts all back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = 'replica'")
        cursor.execute(CORRUPTIONS[proof][0].format(**facts))
