"""The provider's own answer names a job that another take holds: one of the two is wrong, and somebody must hear it."""

from django.utils import timezone

from generations import lifecycle
from generations.models import AuditEvent, Status
from generations.providers import Operation
from tests.road import status_of


def test_an_answer_that_names_anothers_job_is_evidence_and_an_alarm(road, script):
    other = road.running(provider_task_id="task-77")
    take = road.take()
    script.says("submit", Operation("task-77", request_id="req-9"))

    road.send(seconds=0.2)

    assert status_of(take) == Status.SUBMITTING, "its lease ends, and then a person decides"
    assert take.attempts.get().evidence["late_task_id"] == "task-77"
    event = AuditEvent.objects.get(verb="task_of_another", target_id=str(take.public_id))
    assert event.facts == {"task": "task-77", "attempt": 1}
    assert "task-77" in take.events.get(kind="late_answer").note
    assert status_of(other) == Status.RUNNING
    take.attempts.update(closed_at=timezone.now(), outcome="given_up")
    road.put(take, status=Status.UNCERTAIN)
    lifecycle.give_up(take, reason="The test is over.", now=timezone.now(), actor_id=None)
