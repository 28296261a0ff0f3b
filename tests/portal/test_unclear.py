"""The takes that wait for a person: who sees them, what is known, and what each of the three decisions does."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.choices import Role
from generations.models import AuditEvent, CallbackReceipt, Generation, ProviderCall, Status
from generations.providers import ADAPTERS, Operation
from tests.fakes import Script, finished, scripted
from tests.make import make_member
from tests.portal.conftest import words

WHY = "Read in the provider's list"
NAMES = ("found", "send-again", "give-up")


@pytest.fixture
def script(monkeypatch):
    """Both providers follow this script."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "fal", scripted(script))
    monkeypatch.setitem(ADAPTERS, "kling", scripted(script, can_find=True))
    return script


@pytest.fixture
def take(portal, script):
    """A take that was sent two hours ago without an answer."""
    return unclear(portal)


def unclear(portal, **facts):
    take = portal.take()
    Generation.objects.filter(pk=take.pk).update(
        **{"status": Status.UNCERTAIN, "due_at": None, "waiting_for": "A person has to decide."} | facts
    )
    sent_at = timezone.now() - timedelta(hours=2)
    take.attempts.create(number=1, lease_token=1, sent_at=sent_at, evidence={"status": 502, "excerpt": "Bad gateway"})
    take.refresh_from_db()
    return take


@pytest.fixture
def at_risk(portal):
    take = portal.take()
    now = timezone.now()
    Generation.objects.filter(pk=take.pk).update(
        status=Status.INGESTING,
        due_at=now + timedelta(hours=1),
        at_risk_at=now,
        results_expire_at=now + timedelta(hours=5),
        tries=11,
        waiting_for="The link is dead.",
        outputs_json=[{"url": "https://a.test/1.mp4", "kind": "video"}],
    )
    take.refresh_from_db()
    return take


def address(take, name=""):
    return (
        reverse("portal:decide", args=[take.public_id, name])
        if name
        else reverse("portal:unclear_take", args=[take.public_id])
    )


def decide(portal, take, name, client=None, follow=True, **fields):
    fields = {"reason": WHY, "seen": 1} | ({"task_id": "job-1"} if name == "found" else {}) | fields
    return (client or portal.client).post(address(take, name), fields, follow=follow)


# Who comes in


def addresses(take):
    return [reverse("portal:unclear"), address(take), *(address(take, name) for name in NAMES)]


def test_producers_and_owners_come_in_and_nobody_else(portal, take):
    for url in addresses(take):
        for role in Role:
            expected = 200 if role in (Role.OWNER, Role.PRODUCER) else 403
            assert portal.as_a(role).get(url).status_code == expected, (url, role)
        assert Client().get(url).status_code == 302


def test_another_teams_take_does_not_exist(portal, stranger, take):
    assert take.name not in words(stranger.get(reverse("portal:unclear")))
    for url in addresses(take)[1:]:
        assert stranger.get(url).status_code == 404
        assert stranger.post(url, {"reason": WHY, "seen": 1}).status_code in (404, 405)


@pytest.mark.parametrize("name", NAMES)
def test_who_may_not_decide_changes_nothing(portal, take, name):
    creator = make_member(portal.team, Role.CREATOR)

    assert decide(portal, take, name, client=portal.sign_in(creator)).status_code == 403

    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN


def test_a_decision_that_does_not_exist_is_missing(portal, take):
    assert portal.client.get(address(take, "burn")).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_decision_needs_its_token(portal, take, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(portal.owner.user)

    assert decide(portal, take, name, client=client).status_code == 403


# Where it is shown


def test_the_way_there_is_shown_with_a_number_to_those_who_decide(portal, take, at_risk):
    said = words(portal.client.get(reverse("portal:projects")))
    assert "Not confirmed 2 need a decision" in said

    creators = portal.as_a(Role.CREATOR).get(reverse("portal:projects"))
    assert reverse("portal:unclear") not in creators.content.decode()


def test_no_number_is_shown_where_nothing_waits(portal):
    assert "need a decision" not in words(portal.client.get(reverse("portal:projects")))
    assert "Nothing waits for you" in words(portal.client.get(reverse("portal:unclear")))


def test_the_list_says_what_is_known_the_oldest_first(portal, take):
    second = unclear(portal, due_at=timezone.now())

    said = words(portal.client.get(reverse("portal:unclear")))

    for fact in (
        f"{take.name} Box Kling 2 h ago",
        "It was sent; Box Kling answered 502, which does not say whether it took it.",
        "A person has to decide.",
        "It is asked about again by itself.",
        "140",
    ):
        assert fact in said, fact
    assert said.index(take.name) < said.index(second.name)


def test_a_longer_list_takes_no_more_queries(portal, take, django_assert_max_num_queries):
    with django_assert_max_num_queries(50) as few:
        portal.client.get(reverse("portal:unclear"))
    for _ in range(3):
        unclear(portal)

    with django_assert_max_num_queries(len(few)):
        portal.client.get(reverse("portal:unclear"))


def test_the_evidence_is_shown(portal, take):
    attempt = take.attempts.get()
    at = timezone.now().isoformat(timespec="seconds")
    attempt.evidence |= {"request_id": "request-5", "refused_hint": "job-8", "lookups": [{"at": at, "how": "our_id"}]}
    attempt.save()
    ProviderCall.objects.create(
        account=take.account,
        generation=take,
        method="POST",
        url="https://kling.test/v1/videos",
        status_code=502,
        duration_ms=1234,
        excerpt="upstream broke",
    )
    CallbackReceipt.objects.create(
        account=take.account,
        generation=take,
        delivery_id="d",
        task_id="job-8",
        body_sha256="0" * 64,
        received_at=timezone.now(),
    )

    said = words(portal.client.get(address(take)))

    for fact in (
        "502 · Bad gateway",
        "request-5",
        "POST https://kling.test/v1/videos",
        "1234 ms",
        "upstream broke",
        "By our own number",
        "The provider does not find our own number.",
        "job-8 not signed",
        "A webhook named job job-8, which is not this take.",
        take.our_id,
    ):
        assert fact in said, fact


def test_the_takes_own_page_offers_the_decisions_to_those_who_may(portal, take):
    page = portal.client.get(reverse("portal:take", args=[take.public_id])).content.decode()
    creators = portal.as_a(Role.CREATOR).get(reverse("portal:take", args=[take.public_id])).content.decode()

    for name in NAMES:
        assert address(take, name) in page
        assert address(take, name) not in creators
    assert "The credits stay held and we will not send it twice" in page


# The decisions


@pytest.mark.parametrize(
    ("name", "consequence"),
    [
        ("found", "its 140 credits stay held until the job ends"),
        ("send-again", "it is made twice and the provider charges twice"),
        ("give-up", "its 140 credits go back to the team"),
    ],
)
def test_looking_says_what_it_will_do_and_does_nothing(portal, script, take, name, consequence):
    page = portal.client.get(address(take, name))

    assert consequence in words(page)
    assert take.name in words(page)
    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN
    assert script.calls == []


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("found", Status.RUNNING, "is followed as the job that you found"),
        ("send-again", Status.QUEUED, "is back in line"),
        ("give-up", Status.FAILED, "was given up, and 140 credits went back"),
    ],
)
def test_each_decision_does_what_it_says_and_is_written_down(portal, script, take, name, status, said):
    answer = decide(portal, take, name)

    take.refresh_from_db()
    assert take.status == status
    assert said in words(answer)
    event = AuditEvent.objects.filter(target_id=str(take.public_id)).latest("pk")
    assert (event.actor, event.facts["reason"]) == (portal.owner.user, WHY)
    assert WHY in words(portal.client.get(reverse("portal:take", args=[take.public_id]), {"tab": "activity"}))


def test_a_found_job_is_read_with_our_key_first(portal, script, take):
    script.says("confirm", False)

    answer = decide(portal, take, "found")

    assert answer.status_code == 422
    assert "does not carry the number" in words(answer)
    assert script.about("confirm") == [Operation("job-1")]
    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN


def test_sending_again_ends_a_take_that_somebody_asked_to_stop(portal, script, take):
    Generation.objects.filter(pk=take.pk).update(cancel_requested_at=timezone.now())

    answer = decide(portal, take, "send-again")

    assert "was canceled, as somebody had asked; 140 credits went back" in words(answer)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reason", ["", "   ", "x" * 181])
def test_a_decision_needs_a_reason(portal, script, take, name, reason):
    answer = decide(portal, take, name, reason=reason)

    assert answer.status_code == 422
    assert ("Write down" in words(answer)) or ("Shorten it" in words(answer))
    take.refresh_from_db()
    assert take.status == Status.UNCERTAIN


@pytest.mark.parametrize("task_id", ["", "x" * 121, "a\x00b"])
def test_what_is_no_id_is_refused(portal, script, take, task_id):
    assert decide(portal, take, "found", task_id=task_id).status_code == 422


@pytest.mark.parametrize("seen", ["", "one", "-1", "99999"])
def test_a_decision_names_what_was_seen(portal, script, take, seen):
    answer = decide(portal, take, "give-up", seen=seen)

    assert answer.status_code == 422
    assert "This page is too old" in words(answer)


@pytest.mark.parametrize("name", NAMES)
def test_pressing_twice_does_it_once(portal, script, take, name):
    decide(portal, take, name)
    take.refresh_from_db()
    first = (take.status, AuditEvent.objects.count())

    again = decide(portal, take, name)

    assert again.status_code == 422
    take.refresh_from_db()
    assert (take.status, AuditEvent.objects.count()) == first


def test_a_page_drawn_before_it_was_sent_again_decides_nothing(portal, script, take):
    take.attempts.get().close("absent")
    take.attempts.create(number=2, lease_token=2, sent_at=timezone.now())

    answer = decide(portal, take, "give-up", seen=1)

    assert answer.status_code == 422
    assert "has been sent again since" in words(answer)


def test_the_page_of_a_decision_that_was_made_leads_to_the_take(portal, script, take):
    decide(portal, take, "give-up")

    answer = portal.client.get(address(take, "give-up"), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("portal:take", args=[take.public_id])
    assert "does not wait for a decision any more" in words(answer)


# Results at risk


def test_results_at_risk_are_listed_and_can_be_tried_now(portal, at_risk):
    said = words(portal.client.get(reverse("portal:unclear")))
    for fact in (at_risk.name, "The link is dead.", "11"):
        assert fact in said, fact

    answer = portal.client.post(reverse("portal:fetch_now", args=[at_risk.public_id]), follow=True)

    assert f"{at_risk.name} is due now." in words(answer)
    assert Generation.objects.due().filter(pk=at_risk.pk).exists()


@pytest.mark.parametrize("role", [Role.CREATOR, Role.VIEWER])
def test_only_who_decides_may_hurry_it(portal, at_risk, role):
    url = reverse("portal:fetch_now", args=[at_risk.public_id])

    assert portal.as_a(role).post(url).status_code == 403
    assert portal.client.get(url).status_code == 405


def test_the_card_says_that_it_is_at_risk(portal, at_risk):
    said = words(portal.client.get(reverse("portal:take", args=[at_risk.public_id])))

    assert "At risk The result is at Box Kling and could not be brought home yet." in said
    assert "nothing is charged before" in said


# Ended, and made after all


@pytest.fixture
def late(portal, script, take):
    """A take that was given up, and then a webhook came."""
    decide(portal, take, "give-up")
    facts = {"delivery_id": "d", "task_id": "job-5", "body_sha256": "0" * 64, "received_at": timezone.now()}
    CallbackReceipt.objects.create(account=take.account, generation=take, **facts)
    take.refresh_from_db()
    return take


@pytest.mark.parametrize("status", ["queued", "failed", "canceled", "done"])
def test_only_a_result_that_is_on_its_way_can_be_hurried_here(portal, at_risk, status):
    Generation.objects.filter(pk=at_risk.pk).update(status=status, finished_at=timezone.now(), due_at=None)

    answer = portal.client.post(reverse("portal:fetch_now", args=[at_risk.public_id]), follow=True)

    assert "has no result on its way" in words(answer)
    at_risk.refresh_from_db()
    assert (at_risk.status, at_risk.due_at) == (status, None)
    # The books are looked at in the end.
    Generation.objects.filter(pk=at_risk.pk).update(status=Status.INGESTING, finished_at=None)


def test_a_take_that_was_made_after_all_is_shown_and_fetched(portal, script, late):
    url = reverse("portal:recover", args=[late.public_id])
    assert "Ended, and made after all" in words(portal.client.get(reverse("portal:unclear")))
    form = portal.client.get(url)
    assert 'value="job-5"' in form.content.decode()
    assert "beyond what is held" in words(form)
    script.says("confirm", True)
    script.says("follow", finished("https://files.test/1.mp4"))

    portal.client.post(url, {"task_id": "job-5", "reason": WHY, "seen": 1})

    late.refresh_from_db()
    assert (late.status, late.provider_task_id) == (Status.INGESTING, "job-5")


def test_a_job_that_is_not_done_says_so(portal, script, late):
    url = reverse("portal:recover", args=[late.public_id])

    answer = portal.client.post(url, {"task_id": "job-5", "reason": WHY, "seen": 1})

    assert answer.status_code == 422
    assert "still being made" in words(answer)


def test_only_who_decides_may_fetch_it(portal, stranger, late):
    url = reverse("portal:recover", args=[late.public_id])

    assert portal.as_a(Role.CREATOR).post(url, {"reason": WHY}).status_code == 403
    assert stranger.get(url).status_code == 404
