"""Takes of images and sounds: seen and heard on their page, shown on their card, saved under the right name."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import access
from generations.choices import MediaKind
from generations.models import Blob, Generation, Status
from generations.portal.cards import cards_of
from tests.make import make_asset
from tests.portal.conftest import words

TYPES = {MediaKind.IMAGE: "image/png", MediaKind.AUDIO: "audio/mpeg", MediaKind.VIDEO: "video/mp4"}


@pytest.fixture
def done(portal):
    """A finished take with outputs of these kinds; the books are put right again when the test is over."""
    made = []

    def run(*kinds):
        take = portal.take()
        made.append(take)
        poster = portal.image().poster
        for index, kind in enumerate(kinds):
            asset = make_asset(
                portal.owner,
                generation=take,
                output_index=index,
                kind=kind,
                poster=poster,
                name=take.name,
                **_facts(kind),
            )
            Blob.objects.filter(pk=asset.blob_id).update(media_type=TYPES[kind])
        Generation.objects.filter(pk=take.pk).update(status=Status.DONE, finished_at=timezone.now())
        return access.get_generation(portal.owner, take.public_id)

    yield run
    Generation.objects.filter(pk__in=[take.pk for take in made]).update(status=Status.QUEUED, finished_at=None)


def _facts(kind):
    if kind == MediaKind.AUDIO:
        return {"duration_seconds": Decimal("7.25"), "has_audio": True}
    shape = {"width": 1024, "height": 768}
    if kind == MediaKind.IMAGE:
        return shape
    return shape | {"frame_count": 120, "fps_numerator": 24, "fps_denominator": 1, "duration_seconds": Decimal(5)}


def page_of(portal, take):
    return portal.client.get(reverse("portal:take", args=[take.public_id]))


def original(asset):
    return reverse("portal:media", args=[asset.public_id, "original"])


def test_an_image_is_seen_and_not_played(portal, done):
    take = done(MediaKind.IMAGE)

    answer = page_of(portal, take)

    page, image = answer.content.decode(), take.assets.get()
    assert f'<img src="{original(image)}" width="1024" height="768"' in page
    assert "<video" not in page and "<audio" not in page
    assert f'download="{take.name}.png"' in page
    assert "1,024 × 768" in words(answer) and "frames at" not in words(answer)


def test_a_sound_is_heard_and_its_waveform_seen(portal, done):
    take = done(MediaKind.AUDIO)

    answer = page_of(portal, take)

    page, sound = answer.content.decode(), take.assets.get()
    assert f'<audio controls preload="metadata" src="{original(sound)}"' in page
    assert reverse("portal:media", args=[sound.public_id, "poster"]) in page
    assert "<video" not in page and f'download="{take.name}.mp3"' in page
    assert "7.250 s" in words(answer)


def test_a_film_is_played_as_ever(portal, done):
    take = done(MediaKind.VIDEO)

    page = page_of(portal, take).content.decode()

    assert "data-player" in page and f'download="{take.name}.mp4"' in page


def test_further_images_are_all_there(portal, done):
    take = done(MediaKind.IMAGE, MediaKind.IMAGE, MediaKind.IMAGE)

    answer = page_of(portal, take)

    assert "Made besides" in words(answer)
    assert [original(asset) in answer.content.decode() for asset in take.assets.all()] == [True] * 3


def test_a_film_comes_before_the_sound_that_came_with_it(portal, done):
    take = done(MediaKind.AUDIO, MediaKind.VIDEO)

    card = cards_of([take], portal.owner, timezone.now())[0]

    assert card.output == card.video == card.picture and card.output.kind == MediaKind.VIDEO
    assert [asset.kind for asset in card.more] == [MediaKind.AUDIO]


@pytest.mark.parametrize(
    ("kinds", "badge"),
    [([MediaKind.AUDIO], "0:07"), ([MediaKind.IMAGE] * 4, "+3"), ([MediaKind.VIDEO], "0:05")],
)
def test_a_card_says_how_long_or_how_many(portal, done, kinds, badge):
    take = done(*kinds)

    for address in ("/studio/", "/library/"):
        answer = portal.client.get(address)
        assert badge in words(answer)
        poster = reverse("portal:media", args=[take.assets.order_by("output_index").first().public_id, "poster"])
        assert poster in answer.content.decode()


def test_a_take_of_one_image_has_no_length(portal, done):
    done(MediaKind.IMAGE)

    assert '<span class="badge br' not in portal.client.get("/library/").content.decode()
