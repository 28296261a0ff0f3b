"""Reports in a browser: drawn in the theme's colours, usable by everybody, and readable on paper."""

import pytest

from generations.choices import Verdict
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import WIDER, serious
from tests.make import make_project, make_recipe
from tests.reports.takes import Takes

pytestmark = pytest.mark.browser
DAYS = "from=2025-11-10&to=2025-11-21"
PATHS = [
    f"/reports/?{DAYS}",
    f"/reports/spend/?{DAYS}&by=tier",
    f"/reports/keepers/?{DAYS}&sort=-spent",
    f"/reports/waste/?{DAYS}",
    f"/reports/providers/?{DAYS}",
    "/reports/budgets/",
    "/reports/lots/",
    f"/reports/spend/?{DAYS}&tier=4k",
]
INK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Map();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 255) continue;
    const colour = `rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`;
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  return [...seen].sort((one, other) => other[1] - one[1]).slice(0, 8).map(([colour]) => colour);
}"""
LIGHT, DARK = "rgb(40, 68, 212)", "rgb(111, 134, 255)"  # the first colour of drawings, in either theme


class Filled(Takes):
    """Ended takes in the house's own team."""

    def __init__(self, house):
        self.team, self.member, self.project = house.team, house.member, house.project
        self.account = house.team.provider_accounts.order_by("pk").first()

    def take(self, *charged, **facts):
        return super().take(*charged, recipe_json=make_recipe().as_json(), **facts)


@pytest.fixture
def filled(house):
    takes = Filled(house)
    takes.decide(takes.take("140"), Verdict.APPROVED)
    takes.take("35", tier="std", project=make_project(house.team, name="Aster autumn looks"))
    takes.roll_up()
    house.handled = ("Canvas2D: Multiple readback",)  # the tests look at the drawing, pages do not
    return house


def ink(page):
    canvas = page.locator("canvas").first
    canvas.wait_for()
    page.wait_for_function("window.Chart && Chart.getChart(document.querySelector('canvas'))")
    return canvas.evaluate(INK)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_report(filled, theme, size):
    page = filled.open(size=size, theme=theme)
    problems = []
    for path in PATHS:
        page.goto(filled.address + path)
        problems += [f"{path} {problem}" for problem in serious(page)]
        if (wider := page.evaluate(WIDER)) > 0:
            problems.append(f"{path} is {wider} px wider than the screen")

    assert problems == []


def test_a_drawing_follows_the_theme(filled):
    page = filled.open(PATHS[1], theme="light")
    assert LIGHT in ink(page)

    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(100)

    assert DARK in ink(page) and LIGHT not in ink(page)


def test_paper_is_light_whatever_the_theme(filled):
    page = filled.open(PATHS[0], theme="dark")
    assert DARK in ink(page)
    assert not page.locator("details.beneath .figures").is_visible()

    page.emulate_media(media="print")
    page.wait_for_timeout(200)

    assert LIGHT in ink(page) and DARK not in ink(page)
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 24, 26)"
    for left_out in (".side", ".tabbar", ".sieve", ".tabs"):
        assert not page.locator(left_out).first.is_visible(), left_out
    assert page.locator("details.beneath .figures").is_visible()
    assert page.locator(".only-print").first.is_visible()

    page.emulate_media(media="screen")
    page.wait_for_timeout(200)

    assert DARK in ink(page)
    assert not page.locator("details.beneath .figures").is_visible()


def test_nothing_is_cut_off_on_paper(filled):
    page = filled.open(PATHS[4], theme="light", size=(700, 900))
    page.emulate_media(media="print")
    page.wait_for_timeout(200)

    cut = page.evaluate(
        """[...document.querySelectorAll('main table, main canvas')]
        .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length"""
    )

    assert cut == 0


def test_a_filter_takes_effect_at_once_and_days_with_their_button(filled):
    page = filled.open(PATHS[1])
    page.get_by_role("combobox", name="Project").select_option(label="Aster autumn looks")
    page.wait_for_url("**project=*")
    assert page.get_by_role("row", name="Together").get_by_role("cell").last.inner_text() == "35"

    page.locator("summary.days").click()
    page.get_by_label("From", exact=True).fill("2025-11-21")
    page.get_by_role("button", name="Show these days").click()
    page.wait_for_url("**from=2025-11-21*")

    assert page.get_by_text("Nothing matches these filters").is_visible()


def test_a_menu_closes_with_escape_and_gives_the_focus_back(filled):
    page = filled.open(PATHS[1])
    page.locator("summary.days").click()
    assert page.get_by_role("button", name="Show these days").is_visible()

    page.keyboard.press("Escape")

    assert not page.get_by_role("button", name="Show these days").is_visible()
    assert page.evaluate("document.activeElement.className") == "days on"


def test_an_order_is_chosen_in_the_headings(filled):
    page = filled.open(PATHS[2])
    heading = page.get_by_role("columnheader", name="Spent")
    assert heading.get_attribute("aria-sort") == "descending"

    heading.get_by_role("link").click()
    page.wait_for_url("**sort=spent*")

    assert page.get_by_role("columnheader", name="Spent").get_attribute("aria-sort") == "ascending"
    assert page.get_by_role("rowheader").first.inner_text() == "Aster autumn looks"


def test_a_report_is_asked_for_and_stopped(filled):
    page = filled.open(PATHS[1])
    page.get_by_text("Send by e-mail").click()
    page.get_by_role("button", name="Send every Monday").click()

    assert page.get_by_role("heading", name="By e-mail to you").is_visible()
    page.get_by_role("button", name="Stop").click()

    assert page.get_by_text("It will not be sent any more.").is_visible()
    assert not page.get_by_role("heading", name="By e-mail to you").is_visible()
