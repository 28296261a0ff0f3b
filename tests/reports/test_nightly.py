"""The books are proved every night, and what that found is kept and told."""

from datetime import UTC, datetime, timedelta

from generations import ledger, reports
from generations.models import BookProof, Mail
from tests.ledger.corruptions import corrupt, prepare
from tests.make import make_user

NIGHT = datetime(2026, 11, 21, 3, 5, tzinfo=UTC)


def test_a_proof_without_a_difference_is_kept_and_told_to_nobody(db):
    make_user(is_staff=True, is_superuser=True)
    prepare()

    proof = reports.prove_books(NIGHT)

    assert reports.last_proof() == proof
    assert (proof.differences, proof.sentences, proof.proofs) == (0, [], len(reports.prove()))
    assert not Mail.objects.exists()


def test_a_difference_is_kept_in_words_and_told_to_administrators(db):
    admin = make_user(is_staff=True, is_superuser=True)
    make_user(is_staff=True)
    facts = prepare()
    corrupt("spent", facts)

    proof = reports.prove_books(NIGHT)

    sentence = f"spent: {facts['slug']} spent says 1.000, the entries say 98.000."
    assert proof.differences >= 1 and sentence in proof.sentences
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == (admin, "The books do not add up")
    assert sentence in mail.text


def test_the_books_are_proved_once_a_night(db):
    assert reports.proof_is_due(NIGHT)
    reports.prove_books(NIGHT)

    assert not reports.proof_is_due(NIGHT + timedelta(minutes=10))
    assert not reports.proof_is_due(NIGHT + timedelta(hours=23))
    assert reports.proof_is_due(NIGHT + timedelta(days=1))


def test_a_proof_before_three_counts_for_the_night_before(db):
    BookProof.objects.create(proved_at=NIGHT - timedelta(hours=1), seconds=0, proofs=1, differences=0)

    assert reports.proof_is_due(NIGHT)
    assert not reports.proof_is_due(NIGHT - timedelta(minutes=10))


def test_every_proof_has_a_name_and_a_list(db):
    prepare()

    found = reports.prove()

    assert list(found) == [*ledger.proofs(), *reports.proofs()]
    assert not any(found.values())
