"""Decodes a whole picture and draws its poster, in the child process."""

from __future__ import annotations

from typing import Any

from generations.media.unreadable import Unreadable

PIXELS_MAX = 100_000_000
POSTER_SIDE_PX = 960
_FORMATS = ("JPEG", "PNG", "WEBP")


def work(path: str, poster: str) -> dict[str, Any]:
    """The facts of a picture. Raises Unreadable; nothing is decoded before its size is known to be sane."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - after the limits are in force

    Image.MAX_IMAGE_PIXELS = None  # our own limit is stricter, and not a warning
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if not 0 < image.width * image.height <= PIXELS_MAX:
                raise Unreadable("dimensions")
            image.load()
            upright = ImageOps.exif_transpose(image)
    except UnidentifiedImageError as error:
        raise Unreadable("format") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise Unreadable("cut_off" if "truncated" in str(error) else "damaged") from error
    size = {"width": upright.width, "height": upright.height}
    upright.thumbnail((POSTER_SIDE_PX, POSTER_SIDE_PX))
    _on_white(upright).save(poster, "JPEG", quality=85, optimize=True)
    return size


def _on_white(image: Any) -> Any:  # noqa: ANN401 - Pillow is imported after the limits
    from PIL import Image  # noqa: PLC0415

    if not image.has_transparency_data:
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")
