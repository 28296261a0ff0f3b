"""Bringing a result home: stored once, settled once, and nothing left behind where that fails."""

import hashlib
import tempfile
import wave
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db.models.functions import Now

from generations import ledger, lifecycle, media
from generations.models import Asset, Blob, Status
from tests.media.servers import OK, Server, status, whole
from tests.media_files import make_image, make_video
from tests.road import pause_of, seconds_until, status_of

HTML = whole(b"<!doctype html><html><title>Sign in</title></html>", "Content-Type: text/html")


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """The bytes of a real MP4 of one second."""
    return make_video(tmp_path_factory.mktemp("film") / "film.mp4", size=(320, 180)).read_bytes()


@pytest.fixture
def server(film, settings):
    """Where the provider keeps its results."""
    server = Server({"/film.mp4": whole(film, "Content-Type: video/mp4")})
    settings.SANDBOX_ORIGIN = server.origin
    yield server
    server.close()


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder for temporary files. It must be empty after every attempt."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def arrive(road, server):
    """A take whose provider is done, with its result at a path of the server."""

    def arrive(path="/film.mp4", **facts):
        output = {"url": server.origin + path, "kind": "video", "provider_id": "out-1"}
        defaults = {"status": Status.INGESTING, "outputs_json": [output], "due_at": Now()}
        return road.running(**(defaults | facts))

    return arrive


def files():
    return sorted(path.name for path in Path(site.MEDIA_ROOT).rglob("*") if path.is_file())


def test_the_file_the_row_and_the_money_come_together(road, server, scratch, arrive, film):
    take = arrive(provider_cost_json={"amount": "2", "currency": "fal_unit"})

    assert lifecycle.ingest(take.pk)

    assert status_of(take) == Status.DONE
    asset = take.assets.get()
    assert asset.blob.sha256 == hashlib.sha256(film).hexdigest()
    assert media.store.local_path(asset.blob.storage_key).read_bytes() == film
    assert take.charged_credits == take.hold_credits * 2 / 5
    assert road.balances() == {"held": 0, "spent": take.charged_credits, "shortfall": 0}
    assert list(scratch.iterdir()) == []


def test_the_asset_says_what_the_file_is(road, server, arrive):
    take = arrive()

    lifecycle.ingest(take.pk)

    asset = take.assets.get()
    assert (asset.width, asset.height, asset.fps, asset.frame_count) == (320, 180, 24, 24)
    assert (asset.duration_seconds, asset.has_audio) == (Decimal("1.000"), False)
    assert (asset.kind, asset.project, asset.created_by) == ("video", take.project, take.created_by)
    assert (asset.output_index, asset.provider_output_id, asset.name) == (0, "out-1", take.name)
    assert asset.poster.media_type == "image/jpeg"
    assert asset.preview.media_type == "video/mp4"
    assert all(media.store.exists(blob.storage_key) for blob in (asset.blob, asset.poster, asset.preview))


def test_without_a_reported_cost_the_quoted_price_is_charged(road, server, arrive):
    take = arrive()

    lifecycle.ingest(take.pk)

    take.refresh_from_db()
    assert take.charged_credits == take.hold_credits


def test_doing_it_again_changes_nothing(road, server, arrive):
    take = arrive()
    lifecycle.ingest(take.pk)
    before = (files(), Asset.objects.count(), Blob.objects.count(), ledger.balances(road.team))

    assert not lifecycle.ingest(take.pk)

    assert (files(), Asset.objects.count(), Blob.objects.count(), ledger.balances(road.team)) == before
    assert len(server.requests) == 1


def test_two_takes_with_the_same_bytes_are_two_assets_over_one_blob(road, server, arrive):
    one, other = arrive(), arrive()

    lifecycle.ingest(one.pk)
    lifecycle.ingest(other.pk)

    first, second = one.assets.get(), other.assets.get()
    assert first != second
    assert first.blob == second.blob
    assert len([name for name in files() if name.startswith(first.blob.sha256)]) == 1


def test_several_outputs_are_several_assets(road, server, arrive, tmp_path):
    another = make_video(tmp_path / "b.mp4", size=(320, 180), fps=30).read_bytes()
    server.answers["/b.mp4"] = whole(another, "Content-Type: video/mp4")
    outputs = [{"url": server.origin + path, "kind": "video"} for path in ("/film.mp4", "/b.mp4")]
    take = arrive(outputs_json=outputs)

    assert lifecycle.ingest(take.pk)

    assert [(asset.output_index, asset.fps) for asset in take.assets.order_by("output_index")] == [(0, 24), (1, 30)]


@pytest.fixture
def results(server, tmp_path):
    """Paths at the server of a picture, a sound and a film."""
    picture = make_image(tmp_path / "still.png", size=(640, 360)).read_bytes()
    sound = tmp_path / "speech.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(range(256)) * 125)
    server.answers["/still.png"] = whole(picture, "Content-Type: image/png")
    server.answers["/speech.wav"] = whole(sound.read_bytes(), "Content-Type: audio/wav")
    return {"image": "/still.png", "audio": "/speech.wav", "video": "/film.mp4"}


@pytest.mark.parametrize(
    ("kind", "media_type", "ending", "has_preview"),
    [
        ("image", "image/png", ".png", False),
        ("audio", "audio/wav", ".wav", False),
        ("video", "video/mp4", ".mp4", True),
    ],
)
def test_what_kind_it_is_decides_how_it_is_read_and_stored(
    road, server, scratch, arrive, results, kind, media_type, ending, has_preview
):
    take = arrive(outputs_json=[{"url": server.origin + results[kind], "kind": kind}])

    assert lifecycle.ingest(take.pk)

    asset = take.assets.get()
    assert (asset.kind, asset.blob.media_type) == (kind, media_type)
    assert asset.blob.storage_key.endswith(ending)
    assert asset.poster.media_type == "image/jpeg"
    assert (asset.preview is not None) is has_preview
    assert (asset.duration_seconds is None) is (kind == "image")
    assert (asset.width is None) is (kind == "audio")
    assert list(scratch.iterdir()) == []


def test_outputs_of_several_kinds_come_home_together(road, server, arrive, results):
    outputs = [{"url": server.origin + path, "kind": kind} for kind, path in results.items()]
    take = arrive(outputs_json=outputs)

    assert lifecycle.ingest(take.pk)

    kinds = list(take.assets.order_by("output_index").values_list("kind", flat=True))
    assert kinds == ["image", "audio", "video"]


@pytest.mark.parametrize(("kind", "path"), [("video", "/still.png"), ("image", "/film.mp4"), ("audio", "/still.png")])
def test_a_file_of_another_kind_than_was_promised_is_no_result(road, server, arrive, results, kind, path):
    take = arrive(outputs_json=[{"url": server.origin + path, "kind": kind}], tries=2)

    assert not lifecycle.ingest(take.pk)

    assert status_of(take) == Status.FAILED
    assert take.failure_code in ("result_not_a_video", "result_not_an_image", "result_not_a_sound")
    assert road.is_released(take)


def test_a_take_in_another_workers_hands_is_left_alone(road, server, arrive):
    from datetime import timedelta

    take = arrive(lease_until=Now() + timedelta(seconds=30))

    assert not lifecycle.ingest(take.pk)

    assert server.requests == []


def test_a_worker_that_lost_its_lease_stores_no_second_asset(road, server, arrive, film):
    take = arrive()

    def somebody_takes_over(connection):
        road.put(take, lease_until=Now())
        server.answers["/film.mp4"] = whole(film, "Content-Type: video/mp4")
        assert lifecycle.ingest(take.pk)
        connection.sendall(whole(film, "Content-Type: video/mp4"))

    server.answers["/film.mp4"] = _with_database(somebody_takes_over)
    assert not lifecycle.ingest(take.pk)

    assert status_of(take) == Status.DONE
    assert take.assets.count() == 1
    assert road.balances() == {"held": 0, "spent": take.charged_credits, "shortfall": 0}


def test_a_worker_that_lost_its_lease_leaves_the_end_to_the_other(road, server, arrive, film):
    take = arrive()

    def somebody_takes_over(connection):
        road.put(take, lease_token=99)
        connection.sendall(whole(film, "Content-Type: video/mp4"))

    server.answers["/film.mp4"] = _with_database(somebody_takes_over)

    assert not lifecycle.ingest(take.pk)

    assert status_of(take) == Status.INGESTING
    assert Asset.objects.count() == 0
    assert road.held == take.hold_credits


def test_a_worker_that_lost_its_lease_fails_nothing(road, server, arrive):
    take = arrive(tries=2)

    def somebody_takes_over(connection):
        road.put(take, lease_token=99)
        connection.sendall(HTML)

    server.answers["/film.mp4"] = _with_database(somebody_takes_over)
    lifecycle.ingest(take.pk)

    assert status_of(take) == Status.INGESTING
    assert road.held == take.hold_credits


def _with_database(function):
    from django.db import connection as database

    def answer(connection):
        try:
            function(connection)
        finally:
            database.close()

    return answer


def test_a_process_killed_before_the_rows_leaves_a_file_that_the_next_one_uses(road, server, arrive, monkeypatch):
    import sys

    take = arrive()

    class Killed(BaseException):
        pass

    def kill(*args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["generations.lifecycle.ingest"], "_store_rows", kill)
        with pytest.raises(Killed):
            lifecycle.ingest(take.pk)
    left = files()
    assert len(left) == 3
    assert status_of(take) == Status.INGESTING

    road.put(take, lease_until=Now())
    assert lifecycle.ingest(take.pk)

    assert files() == left
    assert take.assets.count() == 1


def endless(connection):
    import contextlib

    connection.sendall(OK + b"Content-Type: video/mp4\r\n\r\n" + b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41")
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(b"\0" * 65_536)


@pytest.fixture
def spoilt(film, settings):
    settings.LIMITS = {**settings.LIMITS, "result_bytes": 1_000_000}
    damaged = film[:2000] + b"\0" * (len(film) - 2000)
    return {
        "html": HTML,
        "endless": endless,
        "damaged": whole(damaged, "Content-Type: video/mp4"),
    }


@pytest.mark.parametrize("kind", ["html", "endless", "damaged"])
def test_a_bad_file_is_tried_again_and_then_given_up_with_nothing_left(road, server, scratch, arrive, spoilt, kind):
    server.answers["/film.mp4"] = spoilt[kind]
    take = arrive(provider_cost_json={"amount": "5", "currency": "fal_unit"})

    for number in (1, 2):
        assert not lifecycle.ingest(take.pk)
        assert (status_of(take), take.tries) == (Status.INGESTING, number)
        assert take.waiting_for
        assert pause_of(take) == 2 ** (number - 1)
        assert road.held == take.hold_credits
        road.due(take)
    assert not lifecycle.ingest(take.pk)

    assert status_of(take) == Status.FAILED
    assert "Nothing was charged" in take.failure_public
    assert take.failure_code.startswith("result_")
    assert take.provider_cost_json == {"amount": "5", "currency": "fal_unit"}, "kept for review"
    assert road.is_released(take)
    assert (files(), list(scratch.iterdir())) == ([], [])
    assert (Asset.objects.count(), Blob.objects.count()) == (0, 0)


def test_a_file_that_comes_at_the_second_try_is_stored(road, server, arrive, film):
    answers = [status(503), whole(film, "Content-Type: video/mp4")]
    server.answers["/film.mp4"] = lambda connection: connection.sendall(answers.pop(0))
    take = arrive()

    lifecycle.ingest(take.pk)
    road.due(take)
    assert lifecycle.ingest(take.pk)

    assert status_of(take) == Status.DONE


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "https://10.0.0.7/film.mp4", "file:///etc/passwd"])
def test_an_unsafe_link_is_never_followed_and_ends_the_take_at_once(road, server, arrive, url):
    take = arrive(outputs_json=[{"url": url, "kind": "video"}])

    assert not lifecycle.ingest(take.pk)

    assert (status_of(take), take.failure_code) == (Status.FAILED, "result_unsafe_url")
    assert road.is_released(take)


def test_a_real_account_may_not_fetch_from_this_machine(road, server, arrive):
    road.account.is_sandbox = False
    road.account.save()
    take = arrive()

    lifecycle.ingest(take.pk)

    assert status_of(take) == Status.FAILED
    assert server.requests == []


def test_a_file_that_was_lost_can_be_fetched_again_later(road, server, script, arrive, film):
    server.answers["/film.mp4"] = status(404)
    take = arrive(results_expire_at=Now())
    lifecycle.ingest(take.pk)
    assert status_of(take) == Status.FAILED

    server.answers["/film.mp4"] = whole(film, "Content-Type: video/mp4")
    lifecycle.retry(take, now=take.finished_at, actor_id=None)
    assert lifecycle.ingest(take.pk)

    assert status_of(take) == Status.DONE
    assert road.balances() == {"held": 0, "spent": take.hold_credits, "shortfall": take.hold_credits}


def test_the_lease_is_renewed_while_the_file_is_on_its_way(road, server, arrive, film, settings):
    import time

    settings.LIFECYCLE = {**settings.LIFECYCLE, "ingest_lease_seconds": 0.6}
    seen = []

    def slowly(connection):
        for _ in range(5):
            time.sleep(0.3)
            take.refresh_from_db()
            seen.append(seconds_until(take.lease_until) > 0)
        connection.sendall(whole(film, "Content-Type: video/mp4"))

    take = arrive()
    server.answers["/film.mp4"] = _with_database(slowly)

    assert lifecycle.ingest(take.pk)

    assert seen == [True] * 5
    take.refresh_from_db()
    assert take.lease_until is None
