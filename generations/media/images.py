"""Whether an uploaded picture can be a frame of a video. Content decides, and every refusal says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from generations.media import colour, jpeg, pixels, png
from generations.media.anatomy import Anatomy, Damaged
from generations.media.errors import ImageRefused, NotAnImage
from generations.media.formats import JPEG, PNG, SNIFF_BYTES, describe, sniff

SIDE_MIN_PX = 300  # this and the ratio: every route, docs/providers.md 3.5
RATIO_MAX = Decimal("2.5")

_READERS = {JPEG: jpeg.read, PNG: png.read}
_SUFFIXES = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), JPEG),
    ".png": PNG,
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    **dict.fromkeys((".tif", ".tiff"), "image/tiff"),
}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An accepted picture. Width and height are as a person sees it, after EXIF's rotation.

    `mode` is Pillow's word for the stored pixels (`RGB`, `CMYK`, `RGBA`, `L`, …). `needs_reencode` says that what is
    sent cannot be the same pixels bit for bit: see `prepare_image`.
    """

    width: int
    height: int
    media_type: str
    size_bytes: int
    is_rotated: bool
    mode: str
    has_location: bool
    needs_reencode: bool


def check_image(path: Path, *, max_bytes: int, max_pixels: int, name: str = "") -> ImageFacts:
    """The facts of a picture that can be sent to Kling.

    `name` is the name under which it was uploaded; without it the path's own name is compared with the content.
    Raises ImageRefused, and NotAnImage where it is none at all. Nothing is decoded before its size is known to be sane.
    """
    data = _read(path, max_bytes)
    anatomy = take_apart(data)
    _check_name(name or path.name, anatomy)
    _check_animation(anatomy)
    check_pixel_count(anatomy, max_pixels)
    _check_shape(*anatomy.upright_size)
    mode = pixels.decoded_mode(anatomy)
    width, height = anatomy.upright_size
    return ImageFacts(
        width=width,
        height=height,
        media_type=anatomy.media_type,
        size_bytes=len(data),
        is_rotated=anatomy.is_rotated,
        mode=mode,
        has_location=anatomy.has_location,
        needs_reencode=needs_reencode(anatomy),
    )


def take_apart(data: bytes) -> Anatomy:
    """The anatomy of a JPEG or PNG. Raises NotAnImage for other things and ImageRefused for other images."""
    media_type = sniff(data[:SNIFF_BYTES])
    if media_type not in _READERS:
        raise _wrong_format(media_type)
    try:
        return _READERS[media_type](data)
    except Damaged as error:
        raise pixels.damaged(is_cut_off=error.is_cut_off) from error


def needs_reencode(anatomy: Anatomy) -> bool:
    """Whether the picture must be turned, flattened or converted before a provider may see it."""
    return anatomy.is_rotated or not anatomy.is_plain or not colour.is_srgb(anatomy.icc)


def check_pixel_count(anatomy: Anatomy, max_pixels: int) -> None:
    """Raise ImageRefused for a picture whose header claims more pixels than the limit."""
    if anatomy.width * anatomy.height > max_pixels:
        facts = {"width": anatomy.width, "height": anatomy.height, "limit": max_pixels // 1_000_000}
        raise ImageRefused(
            _(
                "The picture is %(width)s × %(height)s pixels; at most %(limit)s million pixels are taken. "
                "Save it smaller and upload it again."
            )
            % facts,
            data={"reason": "pixels", "max_pixels": max_pixels},
        )


def _read(path: Path, max_bytes: int) -> bytes:
    size = path.stat().st_size
    if size == 0:
        raise NotAnImage(_("The file is empty. Choose the picture again."), data={"reason": "empty"})
    if size > max_bytes:
        facts = {"size": megabytes(size), "limit": megabytes(max_bytes)}
        raise ImageRefused(
            _(
                "The picture has %(size)s MB; at most %(limit)s MB can be sent. "
                "Save it smaller, or as JPEG with a lower quality, and upload it again."
            )
            % facts,
            data={"reason": "bytes", "max_bytes": max_bytes},
        )
    return path.read_bytes()


def megabytes(size_bytes: int) -> str:
    """Bytes as megabytes for a sentence, rounded up so that what is over a limit never reads as the limit."""
    step = Decimal(1) if size_bytes % 1_000_000 == 0 else Decimal("0.1")
    return str((Decimal(size_bytes) / 1_000_000).quantize(step, ROUND_UP))


def _wrong_format(media_type: str) -> ImageRefused:
    facts = {"what": describe(media_type)}
    data = {"reason": "format", "media_type": media_type}
    if media_type.startswith("image/"):
        return ImageRefused(
            _("The file is %(what)s. Kling takes JPG and PNG: export the picture in one of them.") % facts, data=data
        )
    return NotAnImage(_("The file is not an image but %(what)s. Upload a JPG or PNG.") % facts, data=data)


def _check_name(name: str, anatomy: Anatomy) -> None:
    claimed = _SUFFIXES.get(Path(name).suffix.lower(), anatomy.media_type)
    if claimed != anatomy.media_type:
        suffix = ".jpg" if anatomy.media_type == JPEG else ".png"
        facts = {"claimed": Path(name).suffix.lower(), "what": describe(anatomy.media_type), "suffix": suffix}
        raise ImageRefused(
            _(
                "The name ends in %(claimed)s, but the file is %(what)s. "
                "Rename it to end in %(suffix)s, or export it again, and upload it."
            )
            % facts,
            data={"reason": "name", "media_type": anatomy.media_type},
        )


def _check_animation(anatomy: Anatomy) -> None:
    if anatomy.is_animated:
        raise ImageRefused(
            _("The picture is animated. Export the one frame you want as a plain PNG or JPG and upload that."),
            data={"reason": "animated"},
        )


def _check_shape(width: int, height: int) -> None:
    size = {"width": width, "height": height}
    if min(width, height) < SIDE_MIN_PX:
        raise ImageRefused(
            _(
                "The picture is %(width)s × %(height)s pixels; each side needs at least %(limit)s. "
                "Choose a larger version of it."
            )
            % {**size, "limit": SIDE_MIN_PX},
            data={"reason": "side", "min_px": SIDE_MIN_PX},
        )
    if max(width, height) > RATIO_MAX * min(width, height):
        raise ImageRefused(
            _(
                "The picture is %(width)s × %(height)s pixels, a ratio of %(ratio)s; "
                "Kling takes 1:%(limit)s to %(limit)s:1. Crop it and upload it again."
            )
            % {**size, "ratio": _ratio(width, height), "limit": RATIO_MAX},
            data={"reason": "ratio", "max_ratio": str(RATIO_MAX)},
        )


def _ratio(width: int, height: int) -> str:
    value = Decimal(max(width, height)) / min(width, height)
    text = format(value.quantize(Decimal("0.01"), ROUND_UP).normalize(), "f")
    return f"{text}:1" if width > height else f"1:{text}"
