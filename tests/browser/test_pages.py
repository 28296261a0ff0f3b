"""Every page in both themes and widths: nothing hard to use for anybody, nothing wider than the screen."""

from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from generations import lifecycle
from generations.models import Generation, Status
from tests.browser.conftest import DESK, PHONE
from tests.make import make_asset, make_generation, make_recipe
from tests.portal.conftest import PHOTO

pytestmark = pytest.mark.browser
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def paths(house):
    """Addresses of every page, with a take in each state."""
    with open(PHOTO, "rb") as file:
        lifecycle.upload_image(
            member=house.member, project=None, name="rocket.jpg", chunks=[file.read()], now=timezone.now()
        )
    still = house.team.assets.get()
    takes = {status: _take(house, status, still) for status in Status if status != Status.AWAITING_APPROVAL}
    done, failed = takes[Status.DONE].public_id, takes[Status.FAILED].public_id
    yield [
        "/studio/",
        f"/studio/?from={done}",
        "/library/",
        "/library/?state=ended&project=",
        f"/takes/{done}/",
        f"/takes/{done}/?tab=cost",
        f"/takes/{failed}/?tab=activity",
        "/projects/",
        "/projects/new/",
        f"/projects/{house.project.public_id}/",
        "/credits/",
        "/nowhere/",
    ]
    Generation.objects.filter(team=house.team, status__in=(Status.DONE, Status.FAILED, Status.CANCELED)).update(
        status=Status.QUEUED, finished_at=None
    )


def _take(house, status, still):
    """A take past the state machine; the books are put right again when the test is over."""
    now = timezone.now()
    take = make_generation(house.member, project=house.project, recipe=make_recipe(model="kling-v1-6", tier="std"))
    facts = {"status": status, "provider_task_id": f"t{take.pk}", "submitted_at": now, "expected_finish_at": now}
    if status in (Status.DONE, Status.FAILED, Status.CANCELED):
        facts["finished_at"] = now
    if status == Status.FAILED:
        facts |= {"failure_public": "Kling refused the prompt.", "failure_provider_words": "risk control"}
    if status == Status.DONE:
        shape = {"width": 1280, "height": 720, "frame_count": 120, "fps_numerator": 24, "fps_denominator": 1}
        make_asset(
            house.member,
            generation=take,
            poster=still.poster,
            duration_seconds=Decimal(5),
            project=house.project,
            **shape,
        )
    Generation.objects.filter(pk=take.pk).update(**facts)
    take.refresh_from_db()
    return take


def serious(page):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{item['id']}: {node['html'][:160]}"
        for item in found
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page(house, paths, theme, size):
    page = house.open(size=size, theme=theme)
    problems = []
    for path in paths:
        page.goto(house.address + path)
        problems += [f"{path} {problem}" for problem in serious(page)]
        if (wider := page.evaluate(WIDER)) > 0:
            problems.append(f"{path} is {wider} px wider than the screen")

    assert problems == []


def test_the_sign_in_page(house):
    for theme in ("light", "dark"):
        page = house.open("/accounts/login/", signed_in=False, theme=theme, size=PHONE)
        assert serious(page) == [] and page.evaluate(WIDER) <= 0
