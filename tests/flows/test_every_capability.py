"""Every route of the catalog, from a recipe to a stored, settled asset, against the sandbox.

The plainest recipe of each route, and each optional part once per provider and capability.
"""

import time
from collections import Counter

import av
import numpy as np
import pytest
from django.utils import timezone

from generations import catalog, lifecycle
from generations.catalog import Input
from generations.choices import Capability, InputRole, MediaKind, Provider
from generations.models import Generation, ProviderAccount, Status
from tests.every_recipe import plainest, with_option
from tests.make import make_account
from tests.media_files import make_image, make_video

SOUNDS = {Capability.TEXT_TO_SPEECH, Capability.TEXT_TO_AUDIO}
IMAGES = {Capability.TEXT_TO_IMAGE, Capability.IMAGE_TO_IMAGE, Capability.EXPAND_IMAGE, Capability.TRY_ON}
SECONDS = 400
ENDS = {Status.DONE, Status.FAILED, Status.CANCELED}


def kind_of(capability):
    if capability in IMAGES:
        return MediaKind.IMAGE
    return MediaKind.AUDIO if capability in SOUNDS else MediaKind.VIDEO


def recipes_of(provider):
    """The plainest recipe of each route, and each option at the first route of a capability that takes it."""
    seen = set()
    for route in catalog.load().routes:
        if route.provider != provider:
            continue
        yield route, "plain", plainest(route)
        for option in sorted(route.takes):
            recipe = with_option(plainest(route), option)
            if (route.capability, option) not in seen and can_make(route, recipe):
                seen.add((route.capability, option))
                yield route, option, recipe


def can_make(route, recipe):
    book = catalog.load()
    chosen = book.find_route(route.provider, recipe, api=None if route.api else "")
    return chosen == route and not book.problems(recipe, route)


def make_sound(path, seconds=4):
    """A quiet tone as an MP3."""
    with av.open(str(path), "w", format="mp3") as out:
        stream = out.add_stream("mp3", rate=44_100, layout="mono")
        wave = np.sin(np.arange(44_100 * seconds) * 440 * 2 * np.pi / 44_100).astype(np.float32) / 4
        for start in range(0, len(wave), 1152):
            frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1152], "fltp", "mono")
            frame.sample_rate, frame.pts = 44_100, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


class Shelf:
    """What goes into recipes: the real files behind the names of `every_recipe`."""

    def __init__(self, studio, folder):
        self.studio = studio
        self.image = self._upload(make_image(folder / "image.png", (960, 720)))
        self.mask = self._upload(make_image(folder / "mask.png", (960, 720), mode="L"))
        self.video = self._upload(make_video(folder / "video.mp4", seconds=5, size=(1280, 720), audio=True))
        self.audio = self._upload(make_sound(folder / "audio.mp3"))

    def _upload(self, path):
        upload = lifecycle.upload_file(
            member=self.studio.member,
            project=self.studio.project,
            name=path.name,
            chunks=[path.read_bytes()],
            now=timezone.now(),
        )
        return upload.blob.sha256

    def filled(self, recipe, source):
        """The recipe with a real file for each input; `source` is the video to work on."""
        by_role = {
            InputRole.STATIC_MASK: self.mask,
            InputRole.DYNAMIC_MASK: self.mask,
            InputRole.SOURCE_VIDEO: source,
            InputRole.AUDIO: self.audio,
        }
        inputs = tuple(
            Input(**{**item.model_dump(), "sha256": by_role.get(item.role, self.image)}) for item in recipe.inputs
        )
        return recipe.model_copy(update={"inputs": inputs})


@pytest.fixture
def place(studio, tmp_path, settings, live_server):
    """A team with an account of every provider, files to work with, and an address where providers can read them."""
    settings.PUBLIC_URL = live_server.url
    for provider in Provider:
        studio.accounts[provider, "new"] = make_account(studio.team, provider, max_running=50)
    # Where a provider serves a model in both generations of its API, an account may keep to the older one.
    older = make_account(studio.team, Provider.KLING, max_running=50, dialect=ProviderAccount.Dialect.LEGACY)
    studio.accounts[Provider.KLING, ""] = older
    studio.shelf = Shelf(studio, tmp_path)
    return studio


def account_of(place, route):
    """The account on which a recipe takes exactly this route."""
    return place.accounts.get((route.provider, route.api)) or place.accounts[route.provider, "new"]


def source_of(place, route):
    """A film that the account has made, for a route that works only on its own."""
    # An extension needs a film of its own model and tier.
    wanted = [(route.model, route.tier)] if route.capability == Capability.EXTEND else [("kling-v1-6", "std")]
    found = (
        made
        for model, tier in wanted
        for capability in (Capability.TEXT_TO_VIDEO, Capability.IMAGE_TO_VIDEO)
        for made in catalog.load().routes_for(model, capability, tier)
        if made.provider == route.provider
    )
    account = account_of(place, route)
    recipe = place.shelf.filled(plainest(next(found)), None)
    take = place.take(recipe=recipe, account=account)
    until_all_rest(place, [take])
    return take.assets.get().blob.sha256


def until_all_rest(place, takes):
    deadline = time.monotonic() + SECONDS
    rows = Generation.objects.filter(pk__in=[take.pk for take in takes])
    while time.monotonic() < deadline:
        if not rows.exclude(status__in=ENDS).exists():
            return
        place.round()
    raise AssertionError(f"Still on the way: {[(row.recipe.model, row.status, row.waiting_for) for row in rows]}")


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("provider", Provider)
def test_every_recipe_of_a_provider_ends_as_a_stored_take_that_is_settled(place, provider):
    takes, own_films = [], {}
    for route, option, recipe in recipes_of(provider):
        source = place.shelf.video
        if "source_id" in route.requires:
            key = (route.model, route.tier, route.api)
            own_films[key] = source = own_films.get(key) or source_of(place, route)
        recipe = place.shelf.filled(recipe, source)
        takes.append((route, option, place.take(recipe=recipe, account=account_of(place, route))))

    until_all_rest(place, [take for _, _, take in takes])

    for _, _, take in takes:
        take.refresh_from_db()
    wrong = [
        (route.key, option, take.status, take.failure_public, take.failure_provider_words)
        for route, option, take in takes
        if take.status != Status.DONE
    ]
    assert wrong == []
    for route, option, take in takes:
        assert take.quote_json["route"] == route.key, option
        assert take.assets.filter(kind=kind_of(route.capability)).exists(), (route.key, option)
        assert take.charged_credits is not None
    billed = Counter(row["task_id"] for row in place.sandbox.bill())
    assert all(billed[take.provider_task_id] == 1 for _, _, take in takes if take.provider_task_id)
    made = {route.key for route, _, _ in takes}
    assert made == {route.key for route in catalog.load().routes if route.provider == provider}
