"""Points at which a test can hold or kill a process; without a test they do not exist."""

import os
import threading
import time

import pytest

from generations.lifecycle import checkpoints
from generations.models import Generation


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KLING_SITE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def come_to(point):
    thread = threading.Thread(target=checkpoints.reach, args=(point, [Generation()]), daemon=True)
    thread.start()
    return thread


def wait_for(path):
    until = time.monotonic() + 10
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_nobody_stands_still_without_the_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("KLING_SITE_CHECKPOINTS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reply-read").touch()

    checkpoints.reach("reply read", [Generation()])

    assert (tmp_path / "reply-read").exists()


def test_nobody_stands_still_at_a_point_that_was_not_asked_for(folder):
    (folder / "reply-read").touch()

    checkpoints.reach("file stored", [Generation()])

    assert [path.name for path in folder.iterdir()] == ["reply-read"]


def test_a_claim_of_nothing_does_not_count(folder):
    (folder / "attempt-committed").touch()

    checkpoints.reach("attempt committed", [])

    assert (folder / "attempt-committed").exists()


def test_a_process_says_who_it_is_and_goes_on_when_its_file_is_taken_away(folder):
    (folder / "reply-read").touch()
    reached = folder / "reply-read.reached"
    thread = come_to("reply read")
    wait_for(reached)

    thread.join(0.2)
    stood_still = thread.is_alive()
    who = reached.read_text()
    reached.unlink()
    thread.join(10)

    assert (stood_still, who, thread.is_alive()) == (True, str(os.getpid()), False)


def test_only_the_first_one_stands_still(folder):
    (folder / "reply-read").touch()
    first = come_to("reply read")
    wait_for(folder / "reply-read.reached")

    checkpoints.reach("reply read", [Generation()])

    assert first.is_alive()
    (folder / "reply-read.reached").unlink()
    first.join(10)


def test_a_point_that_has_no_name_is_a_mistake(folder):
    with pytest.raises(AssertionError):
        checkpoints.reach("tea time", [Generation()])
