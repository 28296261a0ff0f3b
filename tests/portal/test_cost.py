"""What the cost tab of a take says of the provider's own figure."""

import pytest
from django.urls import reverse

from generations.models import Generation, Status
from generations.portal.cost import cost_of
from tests.portal.conftest import words as words_of

SILENT = "The provider did not report what this take cost, so the quoted price was charged."
UNKNOWN = "The provider did not report whether this take cost anything. Nothing was charged for it here."


@pytest.mark.parametrize(
    ("cost", "status", "words"),
    [
        ({"amount": "5", "currency": "fal_unit"}, Status.DONE, "5 units of its price: 140 credits"),
        ({"amount": "1.40", "currency": "usd"}, Status.INGESTING, "1.4 US dollars: 140 credits"),
        ({"amount": "0", "currency": "usd"}, Status.FAILED, "0 US dollars: 0 credits"),
        ({"amount": "10", "currency": "kling_unit"}, Status.DONE, "10 Kling units, which the quote has no rate for"),
        (None, Status.DONE, SILENT),
        (None, Status.FAILED, UNKNOWN),
        (None, Status.RUNNING, ""),
    ],
)
def test_it_says_what_the_provider_reported(portal, cost, status, words):
    take = portal.take(account=portal.fal)
    take.provider_task_id, take.provider_cost_json, take.status = "task", cost, status

    said = cost_of(take).reported

    assert words in said and bool(words) == bool(said)


def test_of_a_take_that_no_provider_had_nothing_is_said(portal):
    take = portal.take(account=portal.fal)
    take.status = Status.CANCELED

    assert cost_of(take).reported == ""


def test_the_page_shows_it(portal):
    take = portal.take(account=portal.fal)
    Generation.objects.filter(pk=take.pk).update(provider_cost_json={"amount": "1.4", "currency": "usd"})

    page = portal.client.get(reverse("portal:take", args=[take.public_id]), {"tab": "cost"})

    assert "The provider reported 1.4 US dollars: 140 credits" in words_of(page)
