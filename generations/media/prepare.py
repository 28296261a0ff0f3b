"""The picture that a provider gets, and the small one that cards show. Originals are never touched."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image

from generations.media import colour, pixels
from generations.media.anatomy import Anatomy
from generations.media.errors import ImageRefused
from generations.media.formats import JPEG, PNG, SNIFF_BYTES, WEBP, sniff
from generations.media.images import check_pixel_count, megabytes, needs_reencode, take_apart

PIXELS_MAX = 60_000_000
POSTER_SIDE_PX = 960
_QUALITIES = (95, 90, 85, 75)
_POSTER_QUALITY = 85
_SUFFIX = {JPEG: ".jpg", PNG: ".png"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that may be sent. `key` is the SHA-256 of its bytes; `note` says for the activity what was changed."""

    path: Path
    media_type: str
    size_bytes: int
    key: str
    note: str


def prepare_image(path: Path, out_dir: Path, *, max_bytes: int, max_pixels: int = PIXELS_MAX) -> Prepared:
    """Write what is sent of a picture: upright, RGB in sRGB, opaque, and without any data beside the pixels.

    Where the stored pixels already are that, segments are left out and the pixels stay bit for bit. Otherwise a JPEG
    becomes a new JPEG, and a PNG a new PNG or, above `max_bytes`, a JPEG. A WebP, which only results are, is sent as a
    PNG is. Equal input gives equal bytes and key.
    Raises ImageRefused where the picture cannot be read or brought below `max_bytes`.
    """
    data = path.read_bytes()
    is_webp = sniff(data[:SNIFF_BYTES]) == WEBP
    anatomy = take_apart(_as_png(data, max_pixels) if is_webp else data)
    check_pixel_count(anatomy, max_pixels)
    if is_webp and not needs_reencode(anatomy) and len(anatomy.clean) <= max_bytes:
        return _written(anatomy.clean, PNG, out_dir, " ".join(_changes(anatomy, PNG, 0)))
    if not needs_reencode(anatomy) and len(anatomy.clean) <= max_bytes:
        note = _("Sent without the data beside the pixels (camera, place, comments). The original is unchanged.")
        return _written(anatomy.clean, anatomy.media_type, out_dir, note if anatomy.has_extras else "")
    content, media_type, quality = _encode(pixels.upright_srgb(anatomy), anatomy.media_type, max_bytes)
    return _written(content, media_type, out_dir, " ".join(_changes(anatomy, media_type, quality)))


def image_poster(path: Path, out_dir: Path, *, max_pixels: int = PIXELS_MAX) -> Path:
    """A small JPEG of a picture, upright, no side above 960 pixels. Raises ImageRefused where it cannot be read."""
    anatomy = take_apart(path.read_bytes())
    check_pixel_count(anatomy, max_pixels)
    picture = pixels.upright_srgb(anatomy, at_least_px=POSTER_SIDE_PX)
    picture.thumbnail((POSTER_SIDE_PX, POSTER_SIDE_PX))
    return _written(_jpeg(picture, _POSTER_QUALITY, "4:2:0"), JPEG, out_dir, "").path


def _as_png(data: bytes, max_pixels: int) -> bytes:
    """A WebP's pixels as a PNG. Raises ImageRefused where it cannot be read or claims more than `max_pixels`."""
    content = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as picture:
            if picture.width * picture.height > max_pixels:
                raise pixels.damaged(is_cut_off=False)
            picture.save(content, "PNG", compress_level=1)
    except (OSError, ValueError) as error:
        raise pixels.damaged(is_cut_off=False) from error
    return content.getvalue()


def _encode(picture: Image.Image, media_type: str, max_bytes: int) -> tuple[bytes, str, int]:
    """The picture's bytes, their type, and the JPEG quality (0 for PNG): the best that fits."""
    if media_type == PNG:
        content = io.BytesIO()
        picture.save(content, "PNG")
        if content.tell() <= max_bytes:
            return content.getvalue(), PNG, 0
    for quality in _QUALITIES:
        encoded = _jpeg(picture, quality, "4:4:4")
        if len(encoded) <= max_bytes:
            return encoded, JPEG, quality
    raise ImageRefused(
        _("The picture cannot be brought below %(limit)s MB for sending. Save it smaller and upload it again.")
        % {"limit": megabytes(max_bytes)},
        data={"reason": "bytes", "max_bytes": max_bytes},
    )


def _jpeg(picture: Image.Image, quality: int, subsampling: str) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
    return content.getvalue()


def _changes(anatomy: Anatomy, media_type: str, quality: int) -> Iterator[str]:
    if quality:
        yield _("Sent as a new JPEG of quality %(quality)s.") % {"quality": quality}
    else:
        yield _("Sent as a new PNG.")
    if media_type != anatomy.media_type:
        yield _("As PNG it would be too large.")
    if anatomy.is_rotated:
        yield _("The picture was turned upright.")
    if pixels.has_transparency(anatomy):
        yield _("Transparent parts became white.")
    if not anatomy.is_plain or not colour.is_srgb(anatomy.icc):
        yield _("Colours were converted to 8-bit RGB (sRGB).")
    yield _("The original is unchanged.")


def _written(content: bytes, media_type: str, out_dir: Path, note: str) -> Prepared:
    key = hashlib.sha256(content).hexdigest()
    path = out_dir / f"{key}{_SUFFIX[media_type]}"
    handle, temporary = tempfile.mkstemp(dir=out_dir)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return Prepared(path, media_type, len(content), key, note)
