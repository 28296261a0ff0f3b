"""However often and however badly somebody presses: one take, and nothing typed is lost."""

import pytest
from django.contrib.sessions.models import Session

from tests.portal.conftest import PHOTO

pytestmark = pytest.mark.browser
PROMPT = "A ferry leaves the harbour at dawn"


@pytest.fixture
def page(house):
    page = house.open("/studio/?prompt=x")
    page.locator("#prompt").fill(PROMPT)
    with page.expect_response("**/studio/quote/"):
        page.wait_for_timeout(1)
    page.locator("#generate:not([aria-disabled])").wait_for()
    return page


def test_a_double_click_makes_one_take(house, page):
    page.locator("#generate").dblclick()
    page.locator("#takes .take").wait_for()
    page.wait_for_timeout(600)

    assert house.takes.count() == 1 and page.locator("#takes .take").count() == 1


def test_an_order_whose_answer_was_lost_is_not_made_twice(house, page):
    house.handled = ("htmx:afterRequest", "htmx:sendError", "htmx:send", "htmx:oobErrorNoTarget")
    page.route("**/studio/", lambda route: (route.fetch(), route.abort()))
    page.locator("#generate").click()
    page.get_by_text("The site did not answer.").wait_for()
    page.unroute("**/studio/")

    page.locator("#generate").click()
    page.locator("#takes .take").wait_for()

    assert house.takes.count() == 1 and page.locator("#takes .take").count() == 1


def test_a_late_price_does_not_bring_back_a_used_key(house, page):
    house.handled = ("htmx:afterRequest", "htmx:sendAbort")
    late = []
    page.route("**/studio/quote/", lambda route: late.append(route))
    page.locator("#prompt").fill("Gulls over the pier")
    page.wait_for_timeout(600)
    page.keyboard.press("Control+Enter")
    page.locator("#takes .take").wait_for()
    page.unroute("**/studio/quote/")  # lets go what it held
    page.wait_for_timeout(600)
    with page.expect_response("**/studio/quote/"):
        page.locator("#prompt").fill("Gulls over the sea")
    page.wait_for_timeout(300)
    page.keyboard.press("Control+Enter")
    page.locator("#takes .take >> nth=1").wait_for()

    assert late
    assert [take.recipe.prompt for take in house.takes] == ["Gulls over the pier", "Gulls over the sea"]


def test_what_was_typed_survives_a_session_that_ended(house, page):
    house.handled = ("Response Status Error Code 401", "htmx:responseError", "htmx:response")
    Session.objects.all().delete()
    page.locator("#generate").click()
    page.get_by_text("Your session has ended.").wait_for()
    assert page.locator("#prompt").input_value() == PROMPT and not house.takes.exists()

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    house.sign_in(opened.value)
    page.bring_to_front()
    page.locator("#generate").click()
    page.locator("#takes .take").wait_for()

    assert house.takes.get().recipe.prompt == PROMPT


def test_what_was_typed_survives_a_page_that_was_left(house, page):
    page.goto(f"{house.address}/library/")
    page.goto(f"{house.address}/studio/")

    assert page.locator("#prompt").input_value() == PROMPT


def test_a_session_that_ended_during_an_upload_loses_nothing(house, page):
    page.locator("label.cap", has_text="Image").click()
    house.handled = ("Response Status Error Code 401", "htmx:responseError", "htmx:response")
    Session.objects.all().delete()
    page.set_input_files("#file-first_frame", PHOTO)
    page.get_by_text("Your session has ended.").wait_for()

    assert page.locator("#prompt").input_value() == PROMPT


def test_a_bad_picture_is_refused_before_it_is_sent(house, page, tmp_path):
    bad = tmp_path / "lie.png"
    bad.write_text("not a picture")
    page.locator("label.cap", has_text="Image").click()
    page.set_input_files("#file-first_frame", str(bad))

    page.get_by_text("lie.png was not added.").wait_for()
