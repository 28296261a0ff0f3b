"""The whole road with a provider on a real wire: from an order to a stored take that is paid for once."""

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from generations import ledger, media
from generations.catalog import Input
from generations.choices import Capability, InputRole
from generations.models import ProviderCall, Status
from tests.make import make_recipe
from tests.studio import first_frame, likeness

PHOTOS = Path(__file__).resolve().parents[1] / "photos"
CAT, ROCKET = PHOTOS / "chelsea.png", PHOTOS / "rocket.jpg"
PROVIDERS = pytest.mark.parametrize("provider", ["fal", "kling"])


def image_recipe(asset, **facts):
    inputs = [Input(role=InputRole.FIRST_FRAME, sha256=asset.blob.sha256)]
    return make_recipe(capability=Capability.IMAGE_TO_VIDEO, aspect_ratio=None, inputs=inputs, **facts)


@PROVIDERS
def test_a_photograph_becomes_a_stored_take_that_begins_with_it(true_studio, provider):
    asset = true_studio.upload(CAT)
    recipe = image_recipe(asset, prompt="The cat turns its head")
    take = true_studio.take(recipe=recipe, account=true_studio.accounts[provider])
    assert true_studio.held == take.hold_credits

    true_studio.until_it_rests(take)

    assert take.status == Status.DONE
    frame = first_frame(take.assets.get())
    assert likeness(frame, CAT) >= 0.8
    assert likeness(frame, ROCKET) < 0.8


@PROVIDERS
def test_a_text_becomes_a_stored_take_of_the_length_and_size_asked_for(true_studio, provider):
    recipe = make_recipe(prompt=f"A ferry leaves the harbour at dawn, by {provider}", aspect_ratio="16:9")
    take = true_studio.take(recipe=recipe, account=true_studio.accounts[provider])

    true_studio.until_it_rests(take)

    assert take.status == Status.DONE
    asset = take.assets.get()
    assert asset.duration_seconds == Decimal("5.000")
    assert (asset.width, asset.height, asset.frame_count) == (1280, 720, 120)
    content = media.store.local_path(asset.blob.storage_key).read_bytes()
    assert hashlib.sha256(content).hexdigest() == asset.blob.sha256
    assert len(content) == asset.blob.size_bytes


@PROVIDERS
def test_the_take_is_sent_once_and_paid_for_once(studio, provider):
    take = studio.take(recipe=make_recipe(prompt=f"Once, by {provider}"), account=studio.accounts[provider])

    studio.until_it_rests(take)

    assert take.status == Status.DONE
    task = studio.bill(take)
    assert [row["task_id"] for row in task] == [take.provider_task_id]
    assert task[0]["external_id"] == (take.our_id if provider == "kling" else "")
    attempt = take.attempts.get()
    assert (attempt.outcome, attempt.provider_task_id) == ("accepted", take.provider_task_id)
    assert [line.kind for line in ledger.movements_of(take)] == ["hold", "capture"]
    assert studio.balances() == {"held": 0, "spent": take.charged_credits, "shortfall": 0}
    assert take.charged_credits == take.hold_credits, "five seconds were quoted and billed"


@PROVIDERS
def test_the_calls_that_mattered_are_kept_without_a_secret(studio, provider):
    recipe = make_recipe(prompt=f"On record [500 status], by {provider}")
    take = studio.take(recipe=recipe, account=studio.accounts[provider])

    studio.until_it_rests(take)

    calls = list(ProviderCall.objects.order_by("pk"))
    assert {(call.account, call.generation) for call in calls} == {(take.account, take)}
    assert [(call.method, call.status_code) for call in calls] == [("POST", 200), ("GET", 500)]
    kept = "".join(f"{call.url} {call.excerpt} {call.request_id}" for call in calls)
    assert not any(secret in kept for secret in take.account.get_credentials().values())


@PROVIDERS
def test_a_take_of_ten_seconds_is_held_and_billed_as_such(studio, provider):
    recipe = make_recipe(prompt=f"Ten seconds, by {provider}", duration_seconds=10)
    take = studio.take(recipe=recipe, account=studio.accounts[provider])

    studio.until_it_rests(take)

    assert take.assets.get().duration_seconds == Decimal("10.000")
    assert take.charged_credits == take.hold_credits


def test_what_is_sent_of_a_photograph_holds_no_location(studio, tmp_path):
    """The stored original stays as it came; what the provider gets is upright and stripped."""
    from PIL import Image

    path = tmp_path / "phone.jpg"
    with Image.open(ROCKET) as image:
        exif = image.getexif()
        exif[0x0112] = 6
        exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
        image.save(path, exif=exif)
    asset = studio.upload(path)
    take = studio.take(recipe=image_recipe(asset, prompt="Stripped"), account=studio.accounts["fal"])

    studio.until_it_rests(take)

    assert take.status == Status.DONE
    assert media.store.local_path(asset.blob.storage_key).read_bytes() == path.read_bytes()
    uploads = [file for file in (studio.sandbox.data_dir).rglob("*") if file.is_file() and _is_jpeg(file)]
    assert uploads
    for file in uploads:
        with Image.open(file) as sent:
            assert sent.getexif().get_ifd(0x8825) == {}
            assert (sent.width, sent.height) != (640, 427), "upright now"


def _is_jpeg(path):
    with path.open("rb") as file:
        return file.read(3) == b"\xff\xd8\xff"
