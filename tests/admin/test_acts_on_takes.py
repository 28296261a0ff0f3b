from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.models import Attempt, AuditEvent, Generation, Movement, Status
from generations.providers import ADAPTERS, Operation
from tests.fakes import Script, finished, scripted
from tests.make import make_generation


def act(take, name):
    return reverse("admin:generations_generation_act", args=[take.pk, name])


def said(answer):
    return " ".join(str(message) for message in answer.context["messages"])


def put(take, **facts):
    Generation.objects.filter(pk=take.pk).update(**facts)
    take.refresh_from_db()
    return take


def event_of(take):
    return AuditEvent.objects.get(target_kind="generation", target_id=str(take.public_id))


def uncertain(take):
    Attempt.objects.create(generation=take, number=1, lease_token=1, sent_at=Now())
    return put(take, status=Status.UNCERTAIN, due_at=None)


@pytest.mark.parametrize("name", ["retry", "cancel", "found", "send-again", "give-up", "recover"])
def test_looking_changes_nothing(cockpit, take, name):
    answer = cockpit.get(act(take, name))

    assert answer.status_code == (405 if name == "retry" else 200)
    take.refresh_from_db()
    assert take.status == Status.QUEUED
    assert not AuditEvent.objects.filter(target_kind="generation").exists()


@pytest.mark.parametrize("name", ["retry", "cancel", "found", "send-again", "give-up", "recover"])
def test_who_may_only_look_may_not_act(client, operator, take, name):
    from django.contrib.auth.models import Permission

    operator.is_superuser = False
    operator.save()
    operator.user_permissions.add(Permission.objects.get(codename="view_generation"))
    client.force_login(operator)

    assert client.post(act(take, name), {"reason": "because"}).status_code == 403
    page = client.get(reverse("admin:generations_generation_change", args=[take.pk]))
    assert page.status_code == 200
    assert act(take, name) not in page.content.decode()


def test_an_act_without_its_token_is_refused(operator, take):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)

    assert client.post(act(take, "cancel")).status_code == 403


def test_an_act_that_does_not_exist_is_missing(cockpit, take):
    assert cockpit.post(act(take, "delete")).status_code == 404


def test_cancel_in_line_returns_the_hold(cockpit, take, operator):
    answer = cockpit.post(act(take, "cancel"), follow=True)

    take.refresh_from_db()
    assert take.status == Status.CANCELED
    assert ledger.balances(take.team).available == 1000
    assert "everything was returned" in said(answer)
    assert event_of(take).actor == operator


def test_cancel_with_the_provider_is_a_wish(cockpit, take):
    put(take, status=Status.RUNNING, provider_task_id="task")

    answer = cockpit.post(act(take, "cancel"), follow=True)

    take.refresh_from_db()
    assert (take.status, take.cancel_requested_at is None) == (Status.RUNNING, False)
    assert "settled on what the provider reports" in said(answer)


def test_cancel_over_a_selection(cockpit, take, member):
    other = make_generation(member)
    rows = {"action": "cancel", "_selected_action": [take.pk, other.pk]}

    answer = cockpit.post(reverse("admin:generations_generation_changelist"), rows, follow=True)

    assert "done for 2 of 2" in said(answer)
    assert set(Generation.objects.values_list("status", flat=True)) == {Status.CANCELED}


def test_try_now_makes_a_waiting_take_due(cockpit, take, operator):
    put(take, due_at="2099-01-01T00:00Z", waiting_for="The provider asks us to wait.")

    answer = cockpit.post(act(take, "retry"), follow=True)

    assert Generation.objects.due().filter(pk=take.pk).exists()
    assert f"{take.name} is due now." in said(answer)
    assert event_of(take).actor == operator


def test_try_now_fetches_a_result_again(cockpit, take):
    outputs = [{"url": "https://files.example/a.mp4", "kind": "video"}]
    put(take, status=Status.FAILED, outputs_json=outputs, finished_at=Now(), failure_code="x", failure_public="Lost.")

    cockpit.post(act(take, "retry"))

    take.refresh_from_db()
    assert (take.status, take.failure_public, take.finished_at) == (Status.INGESTING, "", None)
    assert Generation.objects.due().filter(pk=take.pk).exists()


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.FAILED, "made nothing"),
        (Status.CANCELED, "made nothing"),
        (Status.DONE, "stored already"),
        (Status.UNCERTAIN, "pay for it twice"),
        (Status.RUNNING, "followed by itself"),
        (Status.SUBMITTING, "being sent"),
        (Status.AWAITING_APPROVAL, "approval"),
    ],
)
def test_try_now_says_why_not(cockpit, take, status, why):
    put(take, status=status, finished_at=Now(), provider_task_id="task")

    answer = cockpit.post(act(take, "retry"), follow=True)

    take.refresh_from_db()
    assert take.status == status
    assert why in said(answer)
    assert not AuditEvent.objects.filter(verb="retry").exists()


def test_giving_up_returns_the_hold_and_keeps_the_reason(cockpit, take, operator):
    uncertain(take)

    cockpit.post(act(take, "give-up"), {"reason": "Not in the provider's list", "seen": 1})

    take.refresh_from_db()
    assert take.status == Status.FAILED
    assert take.attempts.get().outcome == Attempt.Outcome.GIVEN_UP
    assert take.movements.get(kind=Movement.Kind.RELEASE).reason == "Not in the provider's list"
    assert (event_of(take).actor, event_of(take).facts) == (operator, {"reason": "Not in the provider's list"})
    assert list(ledger.check_books()) == []


def test_giving_up_needs_a_reason(cockpit, take):
    uncertain(take)

    answer = cockpit.post(act(take, "give-up"), {"reason": " ", "seen": 1})

    assert "This field is required" in answer.content.decode()
    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING, Status.DONE])
def test_only_an_unconfirmed_take_is_given_up(cockpit, take, status):
    put(take, status=status, finished_at=Now(), provider_task_id="task")

    answer = cockpit.post(act(take, "give-up"), {"reason": "because", "seen": 0})

    assert ("at its end" if status == Status.DONE else "not confirmed can be decided on") in answer.content.decode()
    assert ledger.balances(take.team).held == take.hold_credits


@pytest.fixture
def script(monkeypatch):
    """fal follows this script."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "fal", scripted(script))
    return script


def test_a_found_job_is_read_and_then_followed(cockpit, script, take, operator):
    uncertain(take)

    answer = cockpit.post(act(take, "found"), {"task_id": "job-1", "reason": "In the list", "seen": 1}, follow=True)

    take.refresh_from_db()
    assert (take.status, take.provider_task_id) == (Status.RUNNING, "job-1")
    assert script.about("follow") == [Operation("job-1")]
    assert f"{take.name} is followed as job job-1." in said(answer)
    assert event_of(take).facts == {"reason": "In the list", "task_id": "job-1"}


def test_a_job_that_is_not_ours_changes_nothing(cockpit, script, take):
    uncertain(take)
    script.says("confirm", False)

    answer = cockpit.post(act(take, "found"), {"task_id": "job-1", "reason": "In the list", "seen": 1})

    assert "does not carry the number" in answer.content.decode()
    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN


def test_what_was_surely_not_taken_goes_back_in_line(cockpit, take, operator):
    uncertain(take)

    answer = cockpit.post(act(take, "send-again"), {"reason": "Not in the list", "seen": 1}, follow=True)

    take.refresh_from_db()
    assert take.status == Status.QUEUED
    assert "is back in line" in said(answer)
    assert (event_of(take).verb, event_of(take).actor) == ("send_again", operator)
    assert ledger.balances(take.team).held == take.hold_credits


@pytest.mark.parametrize("name", ["found", "send-again", "give-up"])
def test_the_page_of_a_decision_carries_what_was_seen(cockpit, take, name):
    uncertain(take)

    page = cockpit.get(act(take, name)).content.decode()

    assert '<input type="hidden" name="seen" value="1"' in page


def test_a_decision_about_an_earlier_attempt_is_refused(cockpit, take):
    uncertain(take)
    take.attempts.get().close(Attempt.Outcome.ABSENT)
    Attempt.objects.create(generation=take, number=2, lease_token=2, sent_at=Now())

    answer = cockpit.post(act(take, "give-up"), {"reason": "because", "seen": 1})

    assert "has been sent again since" in answer.content.decode()
    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN


def test_a_take_that_was_made_after_all_is_fetched(cockpit, script, take):
    uncertain(take)
    cockpit.post(act(take, "give-up"), {"reason": "Not in the list", "seen": 1})
    script.says("confirm", True)
    script.says("follow", finished("https://files.test/1.mp4"))

    answer = cockpit.post(act(take, "recover"), {"task_id": "job-1", "reason": "In the list", "seen": 1}, follow=True)

    take.refresh_from_db()
    assert (take.status, take.provider_task_id) == (Status.INGESTING, "job-1")
    assert "is being fetched" in said(answer)


def test_the_queue_shows_age_hold_and_what_is_known(cockpit, take, member):
    uncertain(take)
    Attempt.objects.update(sent_at=timezone.now() - timedelta(hours=3))
    make_generation(member)

    overview = cockpit.get(reverse("admin:index")).content.decode()
    page = cockpit.get(reverse("admin:generations_generation_changelist"), {"status__exact": "uncertain"})

    assert "?status__exact=uncertain" in overview
    text = page.content.decode().replace("\xa0", " ")
    for fact in (take.name, "3 hours", "no answer came", "It has not been looked up yet"):
        assert fact in text, fact
    assert page.context["cl"].result_count == 1


def test_results_at_risk_are_a_list(cockpit, take, member):
    put(take, status=Status.INGESTING, at_risk_at=timezone.now())
    make_generation(member)

    page = cockpit.get(reverse("admin:generations_generation_changelist"), {"at_risk": "yes"})

    assert [row.pk for row in page.context["cl"].result_list] == [take.pk]
    assert "Results at risk" in cockpit.get(reverse("admin:index")).content.decode()
