"""The pictures a request brings: found, decoded and measured as a provider would, then kept under their content hash.

A picture may only come from the sandbox's own store or inside the request: the sandbox never opens an address for a
stranger.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image

MAX_BYTES = 10_000_000
MIN_SIDE = 300
MAX_RATIO = 2.5
MAX_PIXELS = 100_000_000
FORMATS = ("JPEG", "PNG")


class BadPicture(Exception):
    """A picture that the provider refuses. `kind` is fal's word for the reason."""

    def __init__(self, kind: str, message: str, **ctx: int | float) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.ctx = ctx


@dataclass(frozen=True, slots=True)
class Picture:
    path: Path
    width: int
    height: int


class PictureStore:
    """Uploads by name, and checked pictures by content hash, below one folder."""

    def __init__(self, data_dir: Path, cdn: str) -> None:
        self.uploads = data_dir / "uploads"
        self.inputs = data_dir / "inputs"
        self.cdn = cdn
        for folder in (self.uploads, self.inputs):
            folder.mkdir(parents=True, exist_ok=True)

    def find_upload(self, name: str) -> Path | None:
        """The file behind the last part of an upload's address, or None."""
        path = self.uploads / name
        inside = Path(name).name == name and name not in ("", ".", "..")
        return path if inside and path.is_file() else None

    def from_url(self, url: str) -> bytes:
        """The bytes behind an address: our own store or a data URI. Raises BadPicture for any other."""
        if url.startswith("data:"):
            head, _, body = url.partition(",")
            if not head.endswith(";base64"):
                raise BadPicture("file_download_error", "The data URI is not base64.")
            return decode_base64(body)
        if url.startswith(f"{self.cdn}/files/"):
            path = self.find_upload(unquote(urlsplit(url).path.rsplit("/", 1)[-1]))
            if path is not None:
                return path.read_bytes()
        raise BadPicture("file_download_error", "Failed to download the file. Please check if the URL is accessible.")

    def keep(self, data: bytes, *, mask: bool = False) -> Picture:
        """Check a picture and store it. Raises BadPicture."""
        if len(data) > MAX_BYTES:
            raise BadPicture("file_too_large", "The image is larger than 10 MB.", max_size=MAX_BYTES)
        width, height = _measure(data)
        if not mask and min(width, height) < MIN_SIDE:
            message = f"The image is {width}x{height}; each side needs at least {MIN_SIDE} pixels."
            raise BadPicture("image_too_small", message, min_width=MIN_SIDE, min_height=MIN_SIDE)
        if not mask and max(width, height) / min(width, height) > MAX_RATIO:
            raise BadPicture("value_error", "The image's aspect ratio must be between 1:2.5 and 2.5:1.")
        path = self.inputs / hashlib.sha256(data).hexdigest()
        if not path.exists():
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(data)
            unfinished.replace(path)
        return Picture(path, width, height)


def decode_base64(text: str) -> bytes:
    """The bytes of a bare base64 text. Raises BadPicture."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadPicture("image_load_error", "The image is not valid base64.") from None


def _measure(data: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.format not in FORMATS:
                raise BadPicture("unsupported_image_format", f"{image.format} is not supported. Use JPG or PNG.")
            if image.width * image.height > MAX_PIXELS:
                raise BadPicture("image_too_large", "The image has too many pixels.", max_pixels=MAX_PIXELS)
            image.load()
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadPicture("image_load_error", "Failed to load the image. Please ensure it is a valid image.") from None
