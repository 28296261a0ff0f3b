"""What every test may count on: real servers, an empty Redis, its own media folder; Chromium if there is one."""

import os
import shutil
from pathlib import Path

import pytest
import redis

from kling_site.local.errors import CannotRun
from kling_site.local.servers import Servers
from tests import settings as test_settings
from tests.commits import commits, swept  # noqa: F401  fixtures for every folder

NO_SKIP = bool(os.environ.get("KLING_SITE_NO_SKIP"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = "There is no Chromium on this machine: install it, or name it in KLING_SITE_CHROMIUM."

_servers: list[Servers] = []


def find_chromium() -> str | None:
    given = os.environ.get("KLING_SITE_CHROMIUM")
    if given:
        return shutil.which(given)
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pytest_sessionstart(session):
    only_leads = bool(getattr(session.config.option, "numprocesses", None))  # the workers run the tests
    if session.config.option.collectonly or only_leads or not test_settings.OWN_SERVERS:
        return
    try:
        _servers.append(Servers(Path(os.environ["KLING_SITE_VAR"]), careless=True).__enter__())
    except CannotRun as refusal:
        pytest.exit(str(refusal), returncode=3)


def pytest_sessionfinish(session):
    shutil.rmtree(test_settings.MEDIA_ROOT, ignore_errors=True)
    for servers in _servers:
        servers.stop()


def pytest_unconfigure(config):
    test_settings.close()


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") and find_chromium() is None:
        pytest.skip(NO_CHROMIUM)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    # Where everything is installed, a skip would hide that something is not; only live keys are never there.
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail") and "live" not in item.path.parts:
        report.outcome = "failed"
        report.longrepr = f"Skipped, which KLING_SITE_NO_SKIP forbids: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter):
    if find_chromium() is None:
        terminalreporter.write_line(f"Browser tests were left out. {NO_CHROMIUM}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium program; use it together with the marker `browser`."""
    path = find_chromium()
    if path is None:
        pytest.skip(NO_CHROMIUM)
    return path


@pytest.fixture(autouse=True)
def empty_redis(settings):
    """The test run's own Redis, emptied before each test."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path_factory):
    """Files of one test are not seen by the next."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media", numbered=True)
