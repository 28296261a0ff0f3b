"""Two facts from EXIF and XMP: how the picture is turned, and whether it says where it was taken."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_ORIENTATION = 0x0112
_GPS = 0x8825
_SHORT = 3
UPRIGHT = 1


def orientation(tiff: bytes) -> int:
    """EXIF's orientation, 1 to 8; 1 (upright) where there is none or the block cannot be read."""
    order = _order(tiff)
    for tag, kind, _count, value in _entries(tiff):
        if tag == _ORIENTATION and kind == _SHORT:
            turned = struct.unpack(f"{order}H", value[:2])[0]
            return turned if 1 <= turned <= 8 else UPRIGHT
    return UPRIGHT


def has_location(tiff: bytes, xmp: bytes) -> bool:
    """Whether EXIF has a GPS block or XMP names a GPS property."""
    return b":GPSL" in xmp or any(tag == _GPS for tag, *_rest in _entries(tiff))


def _order(tiff: bytes) -> str:
    return ">" if tiff[:2] == b"MM" else "<"


def _entries(tiff: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """The entries of the first directory; ends early where the block is broken, for it only adds facts."""
    order = _order(tiff)
    try:
        start = struct.unpack_from(f"{order}I", tiff, 4)[0]
        count = struct.unpack_from(f"{order}H", tiff, start)[0]
        for index in range(count):
            yield struct.unpack_from(f"{order}HHI4s", tiff, start + 2 + 12 * index)
    except struct.error:
        return
