"""What a new member does first: a still in, a price, a take, and its film playing in the browser."""

import time

import pytest

from generations import ledger
from generations.models import Status
from tests.portal.conftest import PHOTO

pytestmark = pytest.mark.browser


def film(page, name):
    return page.evaluate("name => document.querySelector('video')[name]", name)


def until(question, seconds=15):
    """Ask until the answer is yes; Playwright's own waiting evaluates strings, which the page's policy refuses."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_from_a_still_to_a_film_that_plays(house, workers):
    page = house.open()
    page.set_input_files("#file-first_frame", PHOTO)
    page.get_by_role("img", name="The image rocket.jpg").wait_for()
    page.locator("#prompt").fill("The rocket lifts off, dust rolls over the pad")
    page.locator("#generate:not([aria-disabled])", has_text="Generate for 28").click()

    page.locator(".take.queued, .take.submitting, .take.running").first.wait_for()
    page.locator(".take.done").wait_for()
    take = house.takes.get()
    page.locator(".take.done a.media").click()
    page.locator("video").wait_for()
    until(lambda: film(page, "readyState") >= 2)
    page.get_by_role("button", name="Play", exact=True).click()
    until(lambda: film(page, "currentTime") > 0.3)

    assert take.status == Status.DONE
    assert film(page, "duration") == pytest.approx(5, abs=0.1)

    page.get_by_role("link", name="Cost").click()
    page.get_by_text("Charged", exact=True).first.wait_for()
    page.get_by_role("link", name="Activity").click()
    page.get_by_text("The take is stored.").wait_for()
    page.goto(f"{house.address}/library/")
    page.get_by_text("The rocket lifts off, dust rolls over the pad").wait_for()
    page.goto(f"{house.address}/credits/")
    assert page.locator("dl.big").inner_text().split()[:2] == ["Available", "972"]
    assert ledger.balances(house.team).spent == 28


def test_from_words_alone_with_the_keyboard_alone(house, workers):
    page = house.open("/accounts/login/", signed_in=False)

    def tab_to(selector):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"No way to {selector} with the Tab key.")

    tab_to("input[type=email]")
    page.keyboard.type("ana@example.com")
    tab_to("input[type=password]")
    page.keyboard.type("a long enough word")
    page.keyboard.press("Enter")
    page.wait_for_url("**/studio/")

    tab_to("[name=capability]")
    page.keyboard.press("ArrowLeft")
    page.locator("#ratio-169").wait_for()
    tab_to("#prompt")
    page.keyboard.type("Waves roll in")
    page.locator("#generate:not([aria-disabled])").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator(".take.done").wait_for()
    tab_to(".take.done a.media")
    page.keyboard.press("Enter")
    page.wait_for_url("**/takes/**")
    page.locator("video").wait_for()
    until(lambda: film(page, "readyState") >= 2)
    page.keyboard.press("Space")
    until(lambda: film(page, "currentTime") > 0.2)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")

    assert house.takes.get().recipe.inputs == ()


def test_a_take_that_fails_says_why_and_what_it_cost(house, workers):
    page = house.open("/studio/?prompt=Something [moderated] happens")
    page.locator("#generate:not([aria-disabled])").click()
    card = page.locator(".take.failed")
    card.wait_for()

    assert "Nothing was charged" in card.inner_text()
    card.get_by_role("link", name="Edit and try again").click()
    page.get_by_text("is filled in.").wait_for()
    assert page.locator("#prompt").input_value() == "Something [moderated] happens"


def test_work_goes_on_while_takes_are_watched(house, workers):
    page = house.open("/studio/?prompt=Waves roll in")
    page.locator("#generate:not([aria-disabled])").click()
    page.locator("#takes .take").wait_for()
    for _ in range(40):
        page.locator("#prompt").press_sequentially("x", delay=0)
        page.wait_for_timeout(400)
        if page.locator(".take.done").count():
            break

    assert page.locator(".take.done").count() == 1
    assert page.locator("#prompt").input_value().count("x") > 1
