"""Every proof of the roll-ups notices what it is for."""

from datetime import timedelta

import pytest
from django.db import connection

from generations import reports
from tests.reports.takes import NOON, differences

BENT = {
    "tally of take": (
        "UPDATE generations_taketally SET spent = spent + 1 WHERE generation_id = {keeper}",
        "tally of take: T-{number} on 2025-11-20 says spent 140.001",
    ),
    "fate of take": (
        "UPDATE generations_taketally SET fate = 'rejected' WHERE generation_id = {keeper}",
        "fate of take: T-{number} says rejected on 2025-11-20, quoted 140.0",
    ),
    "spending per day": (
        "UPDATE generations_spendday SET approved_ms = approved_ms + 5000 WHERE slice_id = {slice}",
        "spending per day: approved_ms of slice {slice} from 2025-11-20 says 10000, the entries say 5000.",
    ),
    "spending per week": (
        "DELETE FROM generations_spendweek WHERE slice_id = {slice}",
        "spending per week: approved of slice {slice} from 2025-11-17 says 0, the entries say 1.",
    ),
    "spending per month": (
        "UPDATE generations_spendmonth SET spent = 0 WHERE slice_id = {slice}",
        "spending per month: spent of slice {slice} from 2025-11-01 says 0, the entries say 240000.",
    ),
    "tally of shot": (
        "UPDATE generations_shottally SET takes = 7",
        "tally of shot: shot {shot} says 7 takes, 1 approved",
    ),
    "timings": (
        "UPDATE generations_timingday SET takes = 9 WHERE kind = 'wait'",
        "timings: account {account} wait 26 on 2025-11-20 says 9 takes, the entries say 2 takes.",
    ),
    "spending to the mark": (
        "UPDATE generations_spendday SET spent = spent + 500 WHERE day = '2025-11-20'",
        "spending to the mark: {team} spent to movement {mark} says 240.500, the entries say 240.000.",
    ),
}


def test_every_proof_is_tried_here():
    assert list(BENT) == reports.proofs()


def test_an_empty_site_agrees(db):
    assert differences() == []


@pytest.mark.parametrize("proof", BENT)
def test_a_proof_finds_what_it_is_for(takes, proof):
    keeper = takes.take("140", shot=takes.shot("SH010"))
    takes.decide(keeper, "approved")
    takes.take("100")
    takes.take("0", status="failed", at=NOON - timedelta(days=1))
    takes.roll_up()
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT slice_id FROM generations_taketally WHERE generation_id = %s", [keeper.pk])
        facts = {"keeper": keeper.pk, "number": keeper.number, "slice": cursor.fetchone()[0], "shot": keeper.shot_id}
        facts |= {"account": takes.account.pk, "team": takes.team.slug, "mark": takes.team.roll_up_mark.movement_id}

        cursor.execute(BENT[proof][0].format(**facts))

    assert any(said.startswith(BENT[proof][1].format(**facts)) for said in differences()), differences()


def test_what_is_not_counted_yet_is_no_difference(takes):
    takes.take("140")
    takes.roll_up()
    late = takes.take("100", shot=takes.shot("SH010"))
    takes.decide(late, "approved")

    assert differences() == []
