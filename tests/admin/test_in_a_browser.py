"""In a real browser: unfold's pages work under the admin's content policy, and nothing on them is refused."""

import pytest
from django.test import TransactionTestCase
from django.urls import reverse
from playwright.sync_api import sync_playwright

from tests.admin.conftest import make_world
from tests.commits import empty
from tests.make import PASSWORD, make_price_rules, make_user

pytestmark = pytest.mark.browser
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module", autouse=True)
def swept():
    """The live server asks for its database before a test's own fixtures, so the sweeping waits for it up here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty())
        yield


@pytest.fixture
def world(transactional_db):
    make_price_rules()
    make_user("olga@example.com", is_staff=True, is_superuser=True)
    return make_world()


def test_no_page_breaks_its_policy(world, live_server, chromium):
    account = reverse("admin:generations_provideraccount_change", args=[world.account_id])
    take = reverse("admin:generations_generation_change", args=[world.pk])
    complaints = []
    with sync_playwright() as play, play.chromium.launch(executable_path=chromium, args=QUIET) as browser:
        page = browser.new_page()
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)

        page.goto(live_server.url + reverse("admin:index"))
        page.fill("input[name=login]", "olga@example.com")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/")

        page.goto(live_server.url + take)
        page.locator("[x-on\\:click*=activeTab]", has_text="Attempts").click()
        page.get_by_text('"error": "uncertain"').wait_for(state="visible")
        page.goto(live_server.url + account)
        assert page.locator("[name=credential_fal_key]").is_visible()
        page.goto(live_server.url + reverse("admin:generations_provideraccount_add"))
        page.select_option("[name=provider]", "kling")
        page.locator("[name=credential_kling_secret_key]").wait_for(state="visible")
        assert not page.locator("[name=credential_fal_key]").is_visible()

    assert complaints == []
