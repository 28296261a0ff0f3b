"""A result that does not come home: tried until the provider deletes it, told of in time, and never lost in silence."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.utils import timezone

from generations import catalog, lifecycle
from generations.choices import MediaKind, Role
from generations.lifecycle import lifeboat
from generations.models import Asset, Mail, Status
from generations.providers import Cost, Failed, Finished, Garbled, Output, Pending
from tests.fakes import finished
from tests.make import make_member, make_user
from tests.media.servers import Server, status, whole
from tests.media_files import make_video
from tests.road import pause_of, status_of

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = make_video(tmp_path_factory.mktemp("film") / "film.mp4", size=(320, 180))
    return whole(path.read_bytes(), "Content-Type: video/mp4")


@pytest.fixture
def server(film, settings):
    """Where the provider keeps its results: a good one, one behind a dead link, and one that breaks off."""

    def half(connection):
        connection.sendall(film[: len(film) // 2])
        connection.shutdown(socket.SHUT_RDWR)

    server = Server({"/film.mp4": film, "/dead.mp4": status(403), "/half.mp4": half, "/down.mp4": status(503)})
    settings.SANDBOX_ORIGIN = server.origin
    yield server
    server.close()


@pytest.fixture
def arrive(road, server, script):
    """A take whose provider is done, with its result at a path of the server."""

    def arrive(path="/down.mp4", **facts):
        output = {"url": server.origin + path, "kind": "video"}
        now = timezone.now()
        times = {"provider_done_at": now, "results_expire_at": now + 7 * DAY, "due_at": Now()}
        return road.running(**({"status": Status.INGESTING, "outputs_json": [output]} | times | facts))

    return arrive


def try_again(road, take):
    """Let the time of the next try come."""
    road.due(take)
    return lifecycle.ingest(take.pk)


# Until when


def test_the_providers_own_time_goes_before_the_accounts_and_that_before_the_catalogs(road, script):
    take = road.running()
    named = datetime(2030, 1, 2, tzinfo=UTC)
    early = Output("https://a.test/1", MediaKind.VIDEO, expires_at=named)
    late = Output("https://a.test/2", MediaKind.VIDEO, expires_at=named + DAY)
    silent = Output("https://a.test/3", MediaKind.VIDEO)
    take.provider_done_at = datetime(2029, 12, 1, tzinfo=UTC)

    assert lifeboat.results_expire_at(take, (late, early, silent)) == named
    days = catalog.load().retention_days["fal"]
    assert lifeboat.results_expire_at(take, (silent,)) == take.provider_done_at + timedelta(days=days)
    take.account.retention_days = 3
    assert lifeboat.results_expire_at(take, (silent,)) == take.provider_done_at + 3 * DAY


def test_the_clock_starts_when_the_provider_is_done(road, script):
    take = road.running()
    script.says("follow", finished("https://a.test/1"))

    road.follow()

    assert status_of(take) == Status.INGESTING
    days = timedelta(days=catalog.load().retention_days["fal"])
    assert abs(take.results_expire_at - take.provider_done_at - days) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("tries", "left", "seconds"),
    [
        (1, 30 * DAY, 1),
        (4, 30 * DAY, 8),
        (12, 30 * DAY, 2048),
        (40, 30 * DAY, 3600),
        (4000, 30 * DAY, 3600),
        (40, timedelta(hours=4), 1800),
        (40, timedelta(minutes=5), 60),
        (40, -DAY, 60),
    ],
)
def test_the_pauses_grow_and_leave_time_for_late_tries(tries, left, seconds):
    assert lifeboat.pause_seconds(tries, left) == seconds


# Tried until then


@pytest.mark.parametrize("path", ["/down.mp4", "/dead.mp4", "/half.mp4"])
def test_a_result_is_tried_until_its_time_is_over(road, server, arrive, path):
    take = arrive(path, tries=200, provider_cost_json={"amount": "5", "currency": "fal_unit"})

    assert not lifecycle.ingest(take.pk)

    assert (status_of(take), take.tries) == (Status.INGESTING, 201)
    assert pause_of(take) == pytest.approx(3600, abs=5)  # two clocks: ours, and the database's
    assert road.held == take.hold_credits

    road.put(take, results_expire_at=timezone.now() - timedelta(seconds=1))
    try_again(road, take)

    assert status_of(take) == Status.FAILED
    assert "kept its file until" in take.failure_public and "in 202 tries" in take.failure_public
    assert "Nothing was charged" in take.failure_public
    assert take.failure_code.startswith("result_download_")
    assert take.provider_cost_json == {"amount": "5", "currency": "fal_unit"}, "kept for review"
    assert road.is_released(take)
    assert Asset.objects.count() == 0


def test_it_is_tried_once_more_after_its_time(road, server, arrive):
    """The provider may be late with its deleting, and our workers may have been away."""
    take = arrive("/film.mp4", results_expire_at=timezone.now() - DAY)

    assert lifecycle.ingest(take.pk)

    assert status_of(take) == Status.DONE


def test_a_take_from_before_has_a_clock_too(road, server, arrive):
    take = arrive(results_expire_at=None)

    lifecycle.ingest(take.pk)

    assert status_of(take) == Status.INGESTING
    assert take.results_expire_at > take.provider_done_at + timedelta(hours=23)


# Dead links are asked for anew


def test_a_dead_link_is_asked_for_anew_and_fetched_at_once(road, server, script, arrive):
    take = arrive("/dead.mp4")
    fresh = Output(server.origin + "/film.mp4", MediaKind.VIDEO, expires_at=timezone.now() + 2 * DAY)
    script.says("follow", Finished((fresh,), Cost(1, "usd")))

    assert lifecycle.ingest(take.pk)

    assert status_of(take) == Status.DONE
    assert script.about("follow")[0].task_id == take.provider_task_id
    assert take.outputs_json[0]["url"] == fresh.url
    assert take.results_expire_at == fresh.expires_at
    assert take.events.filter(kind="links_renewed").exists()
    assert take.charged_credits == take.hold_credits, "the cost is the one that was reported first"


@pytest.mark.parametrize(
    "answer",
    [
        Pending(rendering=True),
        Failed("failed", "It is gone.", None),
        Garbled("fal does not know it.", provider="fal", status=404),
        lambda operation: finished(f"{operation.state['origin']}/dead.mp4"),
    ],
)
def test_where_there_are_no_new_links_it_waits_as_before(road, server, script, arrive, answer):
    state = {"origin": server.origin}
    take = arrive("/dead.mp4")
    road.put(take, operation_json={"task_id": take.provider_task_id, "state": state})
    script.says("follow", answer)

    assert not lifecycle.ingest(take.pk)

    assert (status_of(take), take.tries) == (Status.INGESTING, 1)
    assert take.events.filter(kind="links_not_renewed").exists()
    assert road.held == take.hold_credits


def test_what_was_answered_at_once_cannot_be_asked_for(road, server, script, arrive):
    take = arrive("/dead.mp4", operation_json={})

    assert not lifecycle.ingest(take.pk)

    assert script.calls == []
    assert status_of(take) == Status.INGESTING


def test_new_links_that_come_after_the_lease_was_lost_are_not_kept(road, server, script, arrive):
    take = arrive("/dead.mp4")
    script.says("follow", lambda operation: road.put(take, lease_token=99) and finished("https://new.test/film.mp4"))

    assert not lifecycle.ingest(take.pk)

    take.refresh_from_db()
    assert take.outputs_json[0]["url"].endswith("/dead.mp4")
    assert take.lease_token == 99


@pytest.mark.parametrize("path", ["/down.mp4", "/half.mp4"])
def test_a_link_that_is_not_dead_is_not_asked_for(road, server, script, arrive, path):
    lifecycle.ingest(arrive(path).pk)

    assert script.calls == []


# At risk


def at(share, *, life=7 * DAY):
    """The times of a take of whose life this share is over."""
    done_at = timezone.now() - life * share
    return {"provider_done_at": done_at, "results_expire_at": done_at + life}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (lambda: at(0.1), False),
        (lambda: at(0.74), False),
        (lambda: at(0.76), True),
        (lambda: at(0.1) | {"tries": 9}, False),
        (lambda: at(0.1) | {"tries": 10}, True),
        (lambda: at(0.4, life=2 * DAY), False),
        (lambda: at(0.6, life=2 * DAY), True),
    ],
)
def test_a_result_is_at_risk_when_little_time_is_left_or_it_failed_often(road, arrive, facts, expected):
    take = arrive(**facts())

    assert lifeboat.is_at_risk(take, timezone.now()) is expected


def test_a_result_at_risk_is_told_of_once(road, server, arrive, settings):
    settings.PUBLIC_URL = "https://site.example"
    producer = make_member(road.team, Role.PRODUCER)
    superuser = make_user(is_superuser=True, is_staff=True)
    make_member(road.team, Role.CREATOR)
    gone = make_member(road.team, Role.OWNER).user
    gone.is_active = False
    gone.save()
    take = arrive(**at(0.9))

    for _ in range(3):
        try_again(road, take)

    assert status_of(take) == Status.INGESTING
    assert take.at_risk_at is not None
    assert take.events.filter(kind="result_at_risk").count() == 1
    lifecycle.send_mails()
    told = {address for message in mail.outbox for address in message.to}
    assert told == {road.member.user.email, producer.user.email, superuser.email}
    assert len(mail.outbox) == 3, "one message a person"
    message = mail.outbox[0]
    assert take.name in message.subject
    for fact in (
        f"{take.results_expire_at:%Y-%m-%d %H:%M} UTC",
        "could not be downloaded",
        f"https://site.example/takes/{take.public_id}/",
    ):
        assert fact in message.body, fact


def test_a_result_that_nobody_tries_to_fetch_is_told_of_too(road, arrive):
    take, fine = arrive(**at(0.9)), arrive()

    lifecycle.sweep()
    lifecycle.sweep()

    take.refresh_from_db()
    fine.refresh_from_db()
    assert take.at_risk_at is not None and fine.at_risk_at is None
    lifecycle.send_mails()
    assert [message.subject for message in mail.outbox] == [f"The result of {take.name} may be lost"]
    assert "workers" in mail.outbox[0].body


def test_a_mail_server_that_is_away_stops_nothing_and_is_asked_again(road, server, arrive, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    take = arrive(**at(0.9))

    assert not lifecycle.ingest(take.pk)
    assert lifecycle.send_mails() == 0

    assert status_of(take) == Status.INGESTING
    assert take.at_risk_at is not None and take.due_at is not None
    told = Mail.objects.get()
    assert told.sent_at is None and told.due_at is not None


def test_a_result_that_comes_home_after_all_is_stored_and_charged(road, server, arrive):
    take = arrive("/film.mp4", **at(0.99), tries=300, at_risk_at=Now())

    assert lifecycle.ingest(take.pk)

    assert status_of(take) == Status.DONE
    assert take.charged_credits == take.hold_credits
    assert not Mail.objects.exists()
