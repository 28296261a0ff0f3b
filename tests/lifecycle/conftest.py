import pytest

from generations import queue
from generations.providers import ADAPTERS
from tests.fakes import Script, scripted
from tests.road import FAST, Road, differences


@pytest.fixture(autouse=True)
def fast(settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, **FAST}


@pytest.fixture(autouse=True)
def nobody_was_woken():
    """What this process remembers of Redis belongs to one test."""
    queue.connection.cache_clear()
    queue._rung.clear()
    yield
    queue.connection.cache_clear()
    queue._rung.clear()


@pytest.fixture
def script(monkeypatch):
    """fal follows this script: like fal, it cannot be asked by our own number."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "fal", scripted(script))
    return script


@pytest.fixture
def asked(monkeypatch):
    """Kling follows this script: it can be asked by our own number, and not finding it proves nothing."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "kling", scripted(script, can_find=True))
    return script


@pytest.fixture
def trusted(monkeypatch):
    """Kling follows this script, and would promise that what it does not find was never taken."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "kling", scripted(script, can_find=True, absence_is_proof=True))
    return script


@pytest.fixture
def history(monkeypatch):
    """Kling follows this script, and would know nothing but what it has made: its history is searched."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "kling", scripted(script, can_search=True))
    return script


@pytest.fixture
def road(commits):  # noqa: F811
    """A team with credits and a fal account of four jobs at once. The books must agree when the test is over."""
    yield Road()
    assert differences() == []


@pytest.fixture
def desk(db):
    """The same on one connection, for what neither pumps nor ingests."""
    yield Road()
    assert differences() == []


@pytest.fixture
def kling_road(commits):  # noqa: F811
    """The same with a Kling account."""
    yield Road("kling")
    assert differences() == []
