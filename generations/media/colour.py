"""Colour profiles. Video models take every picture as sRGB, so one in another space is converted before it is sent."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_STEPS = (0, 64, 128, 192, 255)
_TOLERANCE = 3  # of 255; two spellings of sRGB differ by less, Display P3 and Adobe RGB by far more


def is_srgb(icc: bytes) -> bool:
    """Whether a colour profile means sRGB, judged by what it does to colours and not by its name.

    No profile counts as sRGB, and so does one that is broken or does not describe red, green and blue: viewers ignore
    it as well.
    """
    if not icc:
        return True
    patches = Image.new("RGB", (len(_STEPS) ** 3, 1))
    patches.putdata([(red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS])
    converted = to_srgb(patches, icc)
    pairs = zip(patches.tobytes(), converted.tobytes(), strict=True)
    return all(abs(before - after) <= _TOLERANCE for before, after in pairs)


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """The image as 8-bit RGB in sRGB; a profile that is missing, broken or of another kind of colour is ignored."""
    if icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")
