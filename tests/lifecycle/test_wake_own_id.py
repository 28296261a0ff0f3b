"""A webhook that names our own id is compared with the take at whose address it came in."""

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.models import CallbackReceipt, Status
from generations.providers import Callback


def hear(desk, take, our_id):
    callback = Callback("delivery-1", "task-1", verified=False, our_id=our_id)
    return lifecycle.wake(
        account=desk.account, generation=take, callback=callback, body_sha256="0" * 64, now=timezone.now()
    )


@pytest.fixture
def uncertain(desk):
    take = desk.put(desk.take(), status=Status.UNCERTAIN, due_at=None)
    return take, desk.attempt(take, sent_at=timezone.now())


def test_one_with_this_takes_id_leaves_its_hint_and_wakes_it(desk, uncertain):
    take, attempt = uncertain

    assert hear(desk, take, take.our_id)

    attempt.refresh_from_db()
    take.refresh_from_db()
    assert attempt.evidence == {"hint_task_id": "task-1"}
    assert take.due_at is not None


def test_one_with_another_id_is_noted_and_nothing_else(desk, uncertain):
    take, attempt = uncertain

    assert hear(desk, take, "somebody-elses-id")

    attempt.refresh_from_db()
    take.refresh_from_db()
    assert attempt.evidence == {}
    assert take.due_at is None
    assert CallbackReceipt.objects.get().generation is None
