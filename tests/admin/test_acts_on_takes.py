import pytest
from django.db.models.functions import Now
from django.urls import reverse

from generations import ledger
from generations.models import Attempt, AuditEvent, Generation, Movement, Status
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


@pytest.mark.parametrize("name", ["retry", "cancel", "give-up"])
def test_looking_changes_nothing(cockpit, take, name):
    answer = cockpit.get(act(take, name))

    assert answer.status_code == (405 if name == "retry" else 200)
    take.refresh_from_db()
    assert take.status == Status.QUEUED
    assert not AuditEvent.objects.filter(target_kind="generation").exists()


@pytest.mark.parametrize("name", ["retry", "cancel", "give-up"])
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

    cockpit.post(act(take, "give-up"), {"reason": "Not in the provider's list"})

    take.refresh_from_db()
    assert take.status == Status.FAILED
    assert take.attempts.get().outcome == Attempt.Outcome.GIVEN_UP
    assert take.movements.get(kind=Movement.Kind.RELEASE).reason == "Not in the provider's list"
    assert (event_of(take).actor, event_of(take).facts) == (operator, {"reason": "Not in the provider's list"})
    assert list(ledger.check_books()) == []


def test_giving_up_needs_a_reason(cockpit, take):
    uncertain(take)

    answer = cockpit.post(act(take, "give-up"), {"reason": " "})

    assert "This field is required" in answer.content.decode()
    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING, Status.DONE])
def test_only_an_unconfirmed_take_is_given_up(cockpit, take, status):
    put(take, status=status, finished_at=Now(), provider_task_id="task")

    answer = cockpit.post(act(take, "give-up"), {"reason": "because"})

    assert ("at its end" if status == Status.DONE else "not confirmed can be given up") in answer.content.decode()
    assert ledger.balances(take.team).held == take.hold_credits
