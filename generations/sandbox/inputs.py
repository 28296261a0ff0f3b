"""The files a request brings: found, decoded and measured as a provider would, then kept under their content hash.

A file may come inside the request, from the sandbox's own stores and results, or from an http address of this machine
(the portal under test). The sandbox never opens an address for a stranger.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import uuid
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import av
from PIL import Image

from generations.sandbox.products import Loc, Sent

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_MB = 200
MAX_PIXELS = 100_000_000
FORMATS = ("JPEG", "PNG")
CANNOT_FETCH = "Failed to download the file. Please check if the URL is accessible."


class BadFile(Exception):
    """A file that the provider refuses. `kind` is fal's word for the reason; `loc` is where the body names it."""

    def __init__(self, kind: str, message: str, **ctx: int | float) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.ctx = ctx
        self.loc: Loc = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was checked. Pictures have no seconds, sounds no size."""

    path: Path
    kind: str
    width: int = 0
    height: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Inputs:
    """The files of one request, by where the body names them, and by what they are for."""

    by_loc: dict[Loc, Kept] = field(default_factory=dict)
    roles: dict[str, list[Kept]] = field(default_factory=dict)

    def first(self, role: str) -> Kept | None:
        """The first file that a role (`first`, `last`, `video`, `audio`, `mask`, `image`) has, or None."""
        return next(iter(self.roles.get(role, ())), None)

    def path(self, role: str) -> str:
        """The path of a role's first file as text; "" without one."""
        kept = self.first(role)
        return str(kept.path) if kept else ""


class InputStore:
    """Uploads by name, and checked files by content hash, below one folder.

    `uploads_at` are the addresses below which uploads are handed out. `find_result` finds the path of a file that the
    sandbox made, by its address.
    """

    def __init__(self, data_dir: Path, uploads_at: Iterable[str]) -> None:
        self.uploads = data_dir / "uploads"
        self.inputs = data_dir / "inputs"
        self.uploads_at = tuple(uploads_at)
        self.find_result: Callable[[str], Path | None] = lambda url: None
        for folder in (self.uploads, self.inputs):
            folder.mkdir(parents=True, exist_ok=True)

    def find_upload(self, name: str) -> Path | None:
        """The file behind the last part of an upload's address, or None."""
        path = self.uploads / name
        inside = Path(name).name == name and name not in ("", ".", "..")
        return path if inside and path.is_file() else None

    def read(self, sent: Iterable[Sent], fetched: Mapping[str, bytes]) -> Inputs:
        """Check and keep all files of a body. Raises BadFile, which then says where. Call it on a thread.

        `fetched` are the bytes behind the addresses for which `is_near` holds.
        """
        found = Inputs()
        for item in sent:
            try:
                kept = self.keep(self.bytes_of(item.value, fetched), item.field.type, item.field.media)
            except BadFile as bad:
                bad.loc = item.loc
                raise
            found.by_loc[item.loc] = kept
            found.roles.setdefault(item.field.gives or item.field.type, []).append(kept)
        return found

    def bytes_of(self, value: str, fetched: Mapping[str, bytes]) -> bytes:
        """The bytes of an address, a data URI or bare base64. Raises BadFile."""
        if value.startswith("data:"):
            head, _, body = value.partition(",")
            if not head.endswith(";base64"):
                raise BadFile("file_download_error", "The data URI is not base64.")
            return decode_base64(body)
        if not value.startswith(("http://", "https://")):
            return decode_base64(value)
        if (path := self.find(value)) is not None:
            return path.read_bytes()
        if value in fetched:
            return fetched[value]
        raise BadFile("file_download_error", CANNOT_FETCH)

    def find(self, url: str) -> Path | None:
        """The file behind an address that the sandbox itself handed out, or None."""
        if url.startswith(self.uploads_at):
            return self.find_upload(unquote(urlsplit(url).path.rsplit("/", 1)[-1]))
        return self.find_result(url)

    def is_near(self, url: str) -> bool:
        """Whether an address is one of this machine that the sandbox has to ask somebody else for."""
        parts = urlsplit(url)
        return parts.scheme == "http" and parts.hostname in LOOPBACK and self.find(url) is None

    async def receive(self, name: str, chunks: AsyncIterable[bytes], most: int) -> bool:
        """Store an upload under a name; False, and nothing stored, where it has more than `most` bytes."""
        path = self.uploads / name
        unfinished, size = _unfinished(path), 0
        try:
            with unfinished.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > most:
                        return False
                    file.write(chunk)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def keep(self, data: bytes, kind: str, limits: Mapping[str, Any]) -> Kept:
        """Check a picture, film or sound against a field's limits and store it. Raises BadFile."""
        most = limits.get("max_mb", MAX_MB)
        if len(data) > most * 1_000_000:
            raise BadFile("file_too_large", f"The {kind} is larger than {most} MB.", max_size=most * 1_000_000)
        path = self.inputs / hashlib.sha256(data).hexdigest()
        kept = (
            _measure_picture(data, path, limits.get("formats", FORMATS))
            if kind == "image"
            else measure_av(data, path, kind)
        )
        _check_sides(kept, limits)
        _check_length(kept, limits)
        if not path.exists():
            unfinished = _unfinished(path)
            unfinished.write_bytes(data)
            unfinished.replace(path)
        return kept


def _unfinished(path: Path) -> Path:
    """Where a file is written before it has its name. Several requests may bring the same: each writes its own."""
    return path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")


def decode_base64(text: str) -> bytes:
    """The bytes of a bare base64 text. Raises BadFile."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadFile("image_load_error", "The file is not valid base64.") from None


def _measure_picture(data: bytes, path: Path, formats: Sequence[str]) -> Kept:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if (image.format or "") not in formats:
                raise BadFile("unsupported_image_format", f"{image.format} is not supported. Use JPG or PNG.")
            if image.width * image.height > MAX_PIXELS:
                raise BadFile("image_too_large", "The image has too many pixels.", max_pixels=MAX_PIXELS)
            image.load()
            return Kept(path, "image", *image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadFile("image_load_error", "Failed to load the image. Please ensure it is a valid image.") from None


def measure_av(data: bytes, path: Path, kind: str) -> Kept:
    """A film or sound as it will be kept. Raises BadFile where it cannot be read."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            streams = container.streams.video if kind == "video" else container.streams.audio
            if not streams:
                raise BadFile(f"unsupported_{kind}_format", f"The file has no {kind}.")
            seconds = float(container.duration or 0) / av.time_base
            if kind == "audio":
                return Kept(path, kind, seconds=seconds)
            video = container.streams.video[0]
            return Kept(path, kind, video.width, video.height, seconds)
    except (av.FFmpegError, ValueError):
        raise BadFile(f"unsupported_{kind}_format", f"Failed to read the {kind}.") from None


def _check_sides(kept: Kept, limits: Mapping[str, Any]) -> None:
    least, most, ratio = limits.get("min_side"), limits.get("max_side"), limits.get("max_ratio")
    if kept.kind == "audio":
        return
    size = f"The {kept.kind} is {kept.width}x{kept.height}"
    if least and min(kept.width, kept.height) < least:
        message = f"{size}; each side needs at least {least} pixels."
        raise BadFile("image_too_small", message, min_width=least, min_height=least)
    if most and max(kept.width, kept.height) > most:
        message = f"{size}; no side may have more than {most} pixels."
        raise BadFile("image_too_large", message, max_width=most, max_height=most)
    if ratio and max(kept.width, kept.height) / min(kept.width, kept.height) > ratio:
        raise BadFile("value_error", f"The {kept.kind}'s aspect ratio must be between 1:{ratio} and {ratio}:1.")


def _check_length(kept: Kept, limits: Mapping[str, Any]) -> None:
    least, most = limits.get("min_seconds"), limits.get("max_seconds")
    words = f"The {kept.kind} is {kept.seconds:.1f} seconds long"
    if least and kept.seconds < least:
        raise BadFile(f"{kept.kind}_duration_too_short", f"{words}, at least {least} are needed.", min_duration=least)
    if most and kept.seconds > most:
        raise BadFile(f"{kept.kind}_duration_too_long", f"{words}, at most {most} are allowed.", max_duration=most)
