"""The statement on the credits page: every kind of movement in words and figures."""

from decimal import Decimal

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.lifecycle import finish
from generations.models import Movement, Status
from tests.make import make_asset, make_member, make_team
from tests.portal.conftest import words


def test_an_owner_sees_every_kind_of_movement(portal):
    now, team = timezone.now(), portal.team
    ledger.grant(team=team, amount=Decimal("10.125"), key="p", now=now, kind=Movement.Kind.PURCHASE, reason="Order 12")
    expired = ledger.expire(team=team, amount=Decimal(5), key="e", now=now, reason="End of the year")
    mistaken = Movement.objects.get(pk=expired.movement_id)
    ledger.reverse(movement=mistaken, key="r", now=now, actor=portal.owner.user, reason="A year too early")
    captured, released, over, _held = (portal.take() for _ in range(4))
    make_asset(portal.owner, generation=captured)
    finish(captured, to=Status.FAILED, charged=Decimal("39.5"), now=now, reason="rejected", failure_public="No.")
    finish(released, to=Status.CANCELED, charged=Decimal(0), now=now)
    finish(over, to=Status.FAILED, charged=Decimal(150), now=now, failure_public="No.")

    answer = portal.client.get(reverse("portal:credits"))

    said = words(answer)
    kinds = {line.kind for line in answer.context["lines"]}
    assert answer.status_code == 200
    assert kinds == set(Movement.Kind.values)
    assert all(str(kind.label) in said for kind in Movement.Kind)
    assert "+10.125" in said and "−39.50" not in said and "+39.50" in said and "End of the year" in said


def test_an_owner_of_a_new_team_sees_empty_books(portal):
    client = Client()
    client.force_login(make_member(make_team()).user)

    assert "The books are empty" in words(client.get(reverse("portal:credits")))
