"""Every proof of `check_books` notices what it is for, and names the place."""

import pytest

from generations import ledger
from tests.ledger.corruptions import CORRUPTIONS, corrupt, prepare


def test_every_proof_has_its_corruption():
    assert set(CORRUPTIONS) == set(ledger.proofs())


@pytest.mark.parametrize("proof", CORRUPTIONS)
def test_a_proof_finds_what_it_is_for_and_says_where(db, proof):
    facts = prepare()

    corrupt(proof, facts)

    found = [difference for difference in ledger.check_books() if difference.proof == proof]
    assert found
    assert found[0].where.startswith(CORRUPTIONS[proof][1].format(**facts))
    assert all(difference.said != difference.is_ for difference in found)


def test_an_empty_site_agrees(db):
    assert list(ledger.check_books()) == []
