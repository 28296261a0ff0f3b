"""A take that somebody asked to stop, that was made all the same, and whose file cannot be had: it ends."""

from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle
from generations.models import Status
from tests.road import status_of


def test_its_hold_goes_back_and_nobody_fetches_it_for_ever(road, script):
    take = road.running(
        status=Status.INGESTING,
        outputs_json=[{"url": "http://127.0.0.1:9/film.mp4", "kind": "video"}],
        provider_done_at=timezone.now() - timedelta(days=8),
        results_expire_at=timezone.now() - timedelta(days=1),
        cancel_requested_at=Now(),
        due_at=Now(),
    )

    lifecycle.ingest(take.pk)

    assert status_of(take) == Status.FAILED
    assert "could not be brought home" in take.failure_public
    assert road.is_released(take)
