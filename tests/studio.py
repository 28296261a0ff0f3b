"""A team in front of a real sandbox: fixtures for tests of the whole road."""

import tempfile
import time
from pathlib import Path

import av
import numpy as np
import pytest
from django.conf import settings as site
from django.db.models.functions import Now
from django.utils import timezone
from PIL import Image

from generations import lifecycle, media, queue
from generations.models import Generation, ProviderAccount, Status
from tests.make import make_account
from tests.road import FAST, Road, differences
from tests.sandbox_server import running_sandbox

ENDS = {Status.DONE, Status.FAILED, Status.CANCELED}


@pytest.fixture(scope="session")
def quick_sandbox(tmp_path_factory):
    """A sandbox whose films are tiny: for everything that is not about the picture."""
    with running_sandbox(tmp_path_factory.mktemp("quick"), speed=200) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def true_sandbox(tmp_path_factory):
    """A sandbox that renders what it was sent, in full size."""
    with running_sandbox(tmp_path_factory.mktemp("true"), render="real", speed=200) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def fast(settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, **FAST}
    settings.LIMITS = {**settings.LIMITS, "result_bytes": 5_000_000}
    queue.connection.cache_clear()
    queue._rung.clear()
    yield
    queue.connection.cache_clear()
    queue._rung.clear()


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder for temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


class Studio(Road):
    """A team in front of a sandbox, with an account of either provider; `until_it_rests` does what the workers do."""

    def __init__(self, sandbox):
        super().__init__()
        self.sandbox = sandbox
        self.accounts = {"fal": self.account, "kling": make_account(self.team, "kling")}

    def upload(self, path):
        path = Path(path)
        return lifecycle.upload_image(
            member=self.member, project=self.project, name=path.name, chunks=[path.read_bytes()], now=timezone.now()
        )

    def until_it_rests(self, take, *, seconds=25, waits=()):
        """Let the workers work and the time pass until the take is at its end, or has nothing more to wait for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            take.refresh_from_db()
            if take.status in ENDS | set(waits) or (take.status == Status.UNCERTAIN and take.due_at is None):
                return take
            self.round()
            time.sleep(0.03)
        raise AssertionError(f"{take.name} is still {take.status}: {take.waiting_for}")

    def round(self):
        """One look of every worker, as if the time had come for each."""
        lifecycle.tick()
        self.send(seconds=0.1)
        self.follow(seconds=0.1)
        for pk in Generation.objects.filter(status=Status.INGESTING).values_list("pk", flat=True):
            lifecycle.ingest(pk)
        Generation.objects.filter(status=Status.INGESTING, tries__gte=2).update(results_expire_at=Now())
        ProviderAccount.objects.update(not_before=None)
        ProviderAccount.objects.filter(probe_at__isnull=False).update(probe_at=Now())
        Generation.objects.filter(due_at__isnull=False, lease_until=None).update(due_at=Now())

    def bill(self, take):
        """What the sandbox has for a take: each task it took."""
        return [row for row in self.sandbox.bill() if row["prompt"] == take.recipe.prompt]


@pytest.fixture
def studio(commits, quick_sandbox, settings, scratch):
    yield from _studio(quick_sandbox, settings, scratch)


@pytest.fixture
def true_studio(commits, true_sandbox, settings, scratch):
    yield from _studio(true_sandbox, settings, scratch)


def _studio(sandbox, settings, scratch):
    settings.SANDBOX_ORIGIN = sandbox.origin
    sandbox.control(clear=True)
    yield Studio(sandbox)
    assert differences() == []
    assert list(scratch.iterdir()) == []


def first_frame(asset):
    """Frame 0 of a stored film."""
    path = media.store.local_path(asset.blob.storage_key)
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_image()


def likeness(frame, photograph):
    """How alike a frame and a photograph are: structural similarity, 1 for the same."""
    from skimage.metrics import structural_similarity

    with Image.open(photograph) as image:
        image = image.convert("L")
        scale = min(image.width / frame.width, image.height / frame.height)
        width, height = frame.width * scale, frame.height * scale
        left, top = (image.width - width) / 2, (image.height - height) / 2
        image = image.resize(frame.size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    return structural_similarity(np.asarray(frame.convert("L")), np.asarray(image))


def stored_files():
    return [path for path in Path(site.MEDIA_ROOT).rglob("*") if path.is_file()]
