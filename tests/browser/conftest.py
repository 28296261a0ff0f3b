"""A real browser in front of a real server, a real sandbox, and workers that work."""

import threading

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import TransactionTestCase
from playwright.sync_api import sync_playwright

from generations import lifecycle, queue
from generations.models import Generation, ProviderAccount, Status
from tests.commits import empty
from tests.make import PASSWORD, make_account, make_member, make_price_rules, make_project, make_team, make_user
from tests.road import FAST, differences
from tests.sandbox_server import running_sandbox

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESK, PHONE = (1440, 1000), (390, 844)


@pytest.fixture(scope="module", autouse=True)
def swept():
    """The live server asks for its database before a test's own fixtures, so the sweeping waits for it up here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty())
        # Playwright keeps a loop on this thread; what a test asks the database is still asked by the test alone.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory):
    with running_sandbox(tmp_path_factory.mktemp("browser"), render="real", speed=30) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def chrome(chromium):
    with sync_playwright() as play, play.chromium.launch(executable_path=chromium, args=QUIET) as browser:
        yield browser


class House:
    """A team that can make takes, its web address, and browsers with one page each that note every complaint."""

    def __init__(self, address, chrome):
        make_price_rules()
        self.address, self.chrome = address, chrome
        self.team = make_team(name="Northlight", credits=1000)
        self.member = make_member(self.team, user=make_user("ana@example.com", name="Ana Ruiz"))
        self.project = make_project(self.team, name="The Last Ferry", brief="A film about leaving.")
        for provider, label in (("fal", "Box fal"), ("kling", "Box Kling")):
            make_account(self.team, provider, label=label)
        self.complaints = []
        self.handled = ()
        self._contexts = []

    def open(self, path="/studio/", *, size=DESK, theme="light", signed_in=True):
        context = self.chrome.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        if signed_in:
            self.sign_in(page)
            if not page.url.endswith(path):
                page.goto(self.address + path)
        else:
            page.goto(self.address + path)
        return page

    def sign_in(self, page):
        page.goto(f"{self.address}/accounts/login/?next=/studio/")
        page.get_by_label("E-mail").fill("ana@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/studio/")

    def close(self):
        for context in self._contexts:
            context.close()

    def _hear(self, said):
        # What the page handles is still written down by the browser and by htmx.
        handled = ("Failed to load resource", *self.handled)
        if said.type in ("error", "warning") and not said.text.startswith(handled):
            self.complaints.append(said.text)

    @property
    def takes(self):
        return Generation.objects.filter(team=self.team).order_by("pk")


class Workers(threading.Thread):
    """Every worker in one thread: the clock, the pumps, and bringing results home."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.trouble = None

    def run(self):
        try:
            while not self.over.wait(0.1):
                lifecycle.SubmitPump(seconds=0.1).run()
                lifecycle.FollowPump(seconds=0.1).run()
                for pk in Generation.objects.filter(status=Status.INGESTING).values_list("pk", flat=True):
                    lifecycle.ingest(pk)
                Generation.objects.filter(due_at__isnull=False, lease_until=None).update(due_at=Now())
                ProviderAccount.objects.update(not_before=None)
        except Exception as trouble:
            self.trouble = trouble
        finally:
            connection.close()

    def stop(self):
        self.over.set()
        self.join(timeout=30)


@pytest.fixture
def house(live_server, transactional_db, chrome, sandbox, settings):
    settings.SANDBOX_ORIGIN = sandbox.origin
    settings.LIFECYCLE = {**settings.LIFECYCLE, **FAST}
    queue.connection.cache_clear()
    house = House(live_server.url, chrome)
    yield house
    house.close()
    assert house.complaints == []
    assert differences() == []


@pytest.fixture
def workers(house):
    workers = Workers()
    workers.start()
    yield workers
    workers.stop()
    assert workers.trouble is None
