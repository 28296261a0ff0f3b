"""The only code that decodes an image, and only ever the `clean` bytes of one whose size has been checked."""

from __future__ import annotations

import io
import struct
import zlib

from django.utils.translation import gettext as _
from PIL import Image

from generations.media import colour
from generations.media.anatomy import Anatomy
from generations.media.errors import ImageRefused

_PILLOW_NAMES = ("JPEG", "PNG")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises for a broken file, depending on which of its layers meets the break first.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)


def decoded_mode(anatomy: Anatomy) -> str:
    """Pillow's mode of the stored pixels, after all of them were decoded once. Raises ImageRefused where one cannot."""
    try:
        with _open(anatomy) as image:
            mode = image.mode
            image.draft(None, (image.width // 8, image.height // 8))
            image.load()
            return mode
    except _BROKEN as error:
        raise damaged() from error


def upright_srgb(anatomy: Anatomy, *, at_least_px: int | None = None) -> Image.Image:
    """The picture as a person sees it: turned upright, 8-bit RGB in sRGB, transparent parts on white.

    With `at_least_px` a JPEG may be decoded at a fraction of its size, never below that longer side.
    """
    try:
        with _open(anatomy) as image:
            if at_least_px:
                image.draft(None, (at_least_px, at_least_px))
            image.load()
            flat = _flatten(_eight_bits(image))
            flat = colour.to_srgb(flat, anatomy.icc)
    except _BROKEN as error:
        raise damaged() from error
    upright = flat.transpose(_TURNS[anatomy.orientation]) if anatomy.is_rotated else flat
    upright.info.clear()  # Pillow writes what it finds here, a comment or a profile, into the next file
    return upright


def has_transparency(anatomy: Anatomy) -> bool:
    """Whether any pixel is less than opaque."""
    try:
        with _open(anatomy) as image:
            if not image.has_transparency_data:
                return False
            alpha = image.convert("RGBA").getchannel("A")
    except _BROKEN as error:
        raise damaged() from error
    darkest = alpha.getextrema()[0]
    return isinstance(darkest, int | float) and darkest < 255


def damaged(*, is_cut_off: bool = False) -> ImageRefused:
    """The refusal for a picture that begins well and cannot be read to its end."""
    sentence = (
        _("The file is cut off: a part of the picture is missing. Copy or export it again and upload the whole file.")
        if is_cut_off
        else _("The file is damaged and cannot be read to its end. Export the picture again and upload it.")
    )
    return ImageRefused(sentence, data={"reason": "cut_off" if is_cut_off else "damaged"})


def _open(anatomy: Anatomy) -> Image.Image:
    return Image.open(io.BytesIO(anatomy.clean), formats=_PILLOW_NAMES)


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8: Pillow's own conversion would turn everything above 255 white."""
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")


def _flatten(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB") if image.mode in ("P", "1") else image
    layered = image.convert("RGBA")
    page = Image.new("RGB", layered.size, "white")
    page.paste(layered, mask=layered.getchannel("A"))
    return page
