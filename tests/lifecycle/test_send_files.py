"""What goes to a provider of a take's inputs: a copy without what it carries beside, its id there, and its address."""

import hashlib

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle
from generations.choices import InputRole
from generations.models import Asset, GenerationInput, Status
from generations.providers import Operation
from tests.make import make_account
from tests.media_files import make_image, make_video
from tests.road import status_of


@pytest.fixture
def working(road, tmp_path):
    """Make takes that work on a stored video and picture; the video is the output of an older take."""
    files = [make_video(tmp_path / "film.mp4"), make_image(tmp_path / "face.png")]
    film, face = (
        lifecycle.upload_file(
            member=road.member,
            project=road.project,
            name=path.name,
            chunks=[path.read_bytes()],
            now=timezone.now(),
        )
        for path in files
    )
    maker = road.put(road.take(), status=Status.INGESTING, provider_done_at=Now(), due_at=None)
    Asset.objects.filter(pk=film.pk).update(generation=maker, output_index=0, provider_output_id="out-9")

    def take(account=None):
        made = road.take(account=account or road.account)
        inputs = [(InputRole.SOURCE_VIDEO, film), (InputRole.REFERENCE_IMAGE, face)]
        for role, asset in inputs:
            GenerationInput.objects.create(generation=made, role=role, index=0, blob=asset.blob, asset=asset)
        told = [{"role": str(role), "sha256": asset.blob.sha256} for role, asset in inputs]
        return road.put(made, recipe_json={**made.recipe_json, "inputs": told})

    yield take
    Asset.objects.update(generation=None)


def files_of(script):
    (task,) = script.about("submit")
    return {file.role: file for file in task.files}


def test_the_account_that_made_a_video_is_told_its_own_id(road, script, working):
    take = working()

    road.send(seconds=1)

    files = files_of(script)
    assert status_of(take) == Status.RUNNING
    assert files[InputRole.SOURCE_VIDEO].provider_id == "out-9"
    assert files[InputRole.SOURCE_VIDEO].media_type == "video/mp4"
    assert files[InputRole.REFERENCE_IMAGE].provider_id == "", "only a video to work on is known by an id"


def test_another_account_is_not(road, script, working):
    working(account=make_account(road.team))

    road.send(seconds=1)

    assert files_of(script)[InputRole.SOURCE_VIDEO].provider_id == ""


def test_every_file_has_a_public_address_where_the_site_has_one(road, script, working, settings, client):
    settings.PUBLIC_URL = "http://portal.test"
    sizes = {}

    def submit(task):
        sizes.update({file.key: file.path.stat().st_size for file in task.files})
        return Operation("task-1")

    script.says("submit", submit)
    working()
    road.send(seconds=1)

    for file in files_of(script).values():
        assert file.public_url.startswith("http://portal.test/")
        fetched = b"".join(client.get(file.public_url.removeprefix("http://portal.test")).streaming_content)
        assert hashlib.sha256(fetched).hexdigest() == file.key
        assert len(fetched) == file.size_bytes == sizes[file.key]


def test_without_an_address_of_the_site_there_is_none(road, script, working, settings):
    settings.PUBLIC_URL = ""
    working()

    road.send(seconds=1)

    assert {file.public_url for file in files_of(script).values()} == {""}


def test_what_was_changed_on_a_file_is_in_the_activity(road, script, working):
    take = working()

    road.send(seconds=1)

    notes = [event.note for event in take.events.filter(kind="input_changed")]
    assert any("Sent without the data beside picture and sound" in note for note in notes)
