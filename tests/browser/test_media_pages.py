"""Images and sounds where takes and files are shown: really drawn, really played, and usable by everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from generations import lifecycle
from generations.models import Asset, Generation, Status
from tests.browser.conftest import DESK, PHONE
from tests.make import make_generation, make_recipe
from tests.media_files import make_image, make_sound, make_still_film

pytestmark = pytest.mark.browser
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Plays it, waits until it has really moved on, and says how long it is.
HEARD = """async () => {
  const sound = document.querySelector("audio");
  sound.muted = true;
  await sound.play();
  await new Promise((done) => sound.addEventListener("timeupdate", () => sound.currentTime > 0.2 && done()));
  return sound.duration;
}"""
SHAPES = [(DESK, "light"), (DESK, "dark"), (PHONE, "light")]


@pytest.fixture
def upload(house):
    def run(path):
        with open(path, "rb") as file:
            return lifecycle.upload_file(
                member=house.member, project=None, name=path.name, chunks=[file.read()], now=timezone.now()
            )

    return run


@pytest.fixture
def done(house, upload):
    """A finished take whose outputs are these files; the books are put right again when the test is over."""
    made = []

    def run(*paths):
        take = make_generation(house.member, project=house.project, recipe=make_recipe(model="kling-v1-6", tier="std"))
        made.append(take.pk)
        for index, path in enumerate(paths):
            asset = upload(path)
            Asset.objects.filter(pk=asset.pk).update(generation=take, output_index=index, name=take.name)
        facts = {"status": Status.DONE, "provider_task_id": f"t{take.pk}", "finished_at": timezone.now()}
        Generation.objects.filter(pk=take.pk).update(**facts)
        return take

    yield run
    Generation.objects.filter(pk__in=made).update(status=Status.QUEUED, finished_at=None)


def check(page):
    """Every picture is drawn, nothing is wider than the screen, and nothing is hard to use."""
    page.wait_for_load_state("networkidle")
    drawn = page.evaluate("[...document.images].map((image) => image.complete && image.naturalWidth > 0)")
    assert drawn and all(drawn)
    assert page.evaluate(WIDER) <= 0
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [item["id"] for item in found if item["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize(("size", "theme"), SHAPES)
def test_an_image_keeps_its_shape(house, done, tmp_path, size, theme):
    paths = [make_image(tmp_path / f"{n}.png", size=(900, 1200 + n)) for n in range(3)]
    take = done(*paths)

    page = house.open(f"/takes/{take.public_id}/", size=size, theme=theme)

    check(page)
    box = page.locator(".player img").bounding_box()
    assert abs(box["width"] / box["height"] - 900 / 1200) < 0.01
    assert box["height"] <= 0.63 * size[1]
    assert page.locator(".besides img").count() == 2


@pytest.mark.parametrize(("size", "theme"), SHAPES)
def test_a_sound_is_played(house, done, tmp_path, size, theme):
    take = done(make_sound(tmp_path / "horn.wav", seconds=3))

    page = house.open(f"/takes/{take.public_id}/", size=size, theme=theme)

    check(page)
    assert page.evaluate(HEARD) == 3


@pytest.mark.parametrize(("size", "theme"), SHAPES)
def test_the_library_shows_files_of_every_kind(house, upload, tmp_path, size, theme):
    upload(make_image(tmp_path / "still.jpg"))
    upload(make_sound(tmp_path / "horn.mp3"))
    upload(make_still_film(tmp_path / "harbour.mov", turn=90, format="mov"))

    page = house.open("/library/files/", size=size, theme=theme)

    check(page)
    assert page.locator(".tile").count() == 3


def test_a_file_is_added_from_its_page_by_keyboard(house, tmp_path):
    page = house.open("/library/files/")

    page.get_by_label("File", exact=True).set_input_files(make_sound(tmp_path / "horn.wav"))
    page.get_by_role("button", name="Add to the library").press("Enter")

    page.get_by_text("horn.wav was added.").wait_for()
    assert page.locator(".tile").count() == 1
