"""The tab bar of a phone: four tabs, and what does not fit behind "More", by touch and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import WIDER, serious

pytestmark = pytest.mark.browser


def bar(page):
    return page.get_by_role("navigation", name="Main, phone")


def behind(page):
    return page.get_by_role("navigation", name="More", exact=True)


def more(page):
    return bar(page).get_by_role("button", name="More")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_four_tabs_and_more_share_the_width_and_what_is_behind_more_opens_above_them(house, theme):
    page = house.open("/projects/", size=PHONE, theme=theme)

    expect(bar(page).get_by_role("link")).to_have_text(["Studio", "Library", "Projects", "Credits"])
    expect(behind(page)).to_be_hidden()
    more(page).click()

    expect(behind(page).get_by_role("link")).to_have_text(["Requests", "Reports", "Not confirmed"])
    over, under = behind(page).bounding_box(), bar(page).bounding_box()
    assert over["y"] + over["height"] <= under["y"] and over["x"] >= 0
    assert over["x"] + over["width"] <= PHONE[0] and all(
        box["height"] >= 40 for box in (link.bounding_box() for link in behind(page).get_by_role("link").all())
    )
    assert page.evaluate(WIDER) <= 0 and serious(page) == [] and house.complaints == []


def test_more_is_opened_walked_and_closed_with_the_keyboard_alone(house):
    page = house.open("/projects/", size=PHONE)
    more(page).focus()
    page.keyboard.press("Enter")
    expect(behind(page)).to_be_visible()

    page.keyboard.press("Tab")
    expect(behind(page).get_by_role("link", name="Requests")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Escape")
    expect(behind(page)).to_be_hidden()
    expect(more(page)).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/")
    expect(more(page)).to_have_attribute("aria-current", "true")
    more(page).click()
    expect(behind(page).get_by_role("link", name="Reports")).to_have_attribute("aria-current", "page")


def test_a_desk_has_every_page_in_its_side_bar_and_no_more(house):
    page = house.open("/projects/", size=DESK)

    names = ["Studio", "Library", "Projects", "Credits", "Requests", "Reports", "Not confirmed"]
    links = page.get_by_role("navigation", name="Main", exact=True).get_by_role("link")
    assert [link.get_attribute("title") for link in links.all()] == names
    expect(bar(page)).to_be_hidden()
