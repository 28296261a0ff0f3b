"""A JPEG file, marker by marker (ITU T.81, annex B)."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from generations.media import exif
from generations.media.anatomy import Anatomy, Damaged
from generations.media.formats import JPEG

SCANS_MAX = 100
"""A progressive photograph has about ten; a thousand scans of a large picture would take minutes to decode."""

_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NEEDED = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDD, _SOS}
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/"
_ICC = b"ICC_PROFILE\0"
# In entropy-coded data a 0xFF is stuffed with 0x00 or is a restart marker; anything else ends the scan.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


class _Segment(NamedTuple):
    marker: int
    payload: bytes
    scan: bytes  # the entropy-coded data that follows a start of scan


def read(data: bytes) -> Anatomy:
    """Take a JPEG apart. Raises Damaged where the markers do not lead from the start to the end of an image."""
    segments, end = _segments(data)
    frame = next((item.payload for item in segments if item.marker in _FRAMES), b"")
    if len(frame) < 6 or not any(item.marker == _SOS for item in segments):
        raise Damaged("no frame or no scan")
    precision, height, width, components = struct.unpack(">BHHB", frame[:6])
    if not width or not height:
        raise Damaged("a side of zero pixels")
    tiff = next((s.payload[6:] for s in segments if s.marker == _APP1 and s.payload.startswith(_EXIF)), b"")
    xmp = b"".join(s.payload for s in segments if s.marker == _APP1 and s.payload.startswith(_XMP))
    kept = [piece for item in segments if (piece := _kept(item))]
    return Anatomy(
        media_type=JPEG,
        width=width,
        height=height,
        is_plain=(precision, components) == (8, 3),
        is_animated=False,
        orientation=exif.orientation(tiff),
        has_location=exif.has_location(tiff, xmp),
        icc=_profile(segments),
        clean=b"\xff\xd8" + b"".join(kept) + b"\xff\xd9",
        has_extras=len(kept) < len(segments) or end < len(data),
    )


def _segments(data: bytes) -> tuple[list[_Segment], int]:
    """All segments between start and end of the first image, and where that image ends in the file."""
    found: list[_Segment] = []
    position, scans = 2, 0
    while True:
        marker, position = _marker(data, position)
        if marker == _EOI:
            return found, position
        segment, position = _segment(data, marker, position)
        found.append(segment)
        scans += marker == _SOS
        if scans > SCANS_MAX:
            raise Damaged("too many scans")


def _marker(data: bytes, position: int) -> tuple[int, int]:
    """The marker at a position and where its segment begins; any number of 0xFF may stand before a marker."""
    start = position
    while position < len(data) and data[position] == 0xFF:
        position += 1
    if position >= len(data):
        raise Damaged("no end of image", is_cut_off=True)
    if position == start or data[position] == 0:
        raise Damaged("no marker where one must be")
    return data[position], position + 1


def _segment(data: bytes, marker: int, position: int) -> tuple[_Segment, int]:
    if marker == _TEM or marker in _RESTARTS:
        return _Segment(marker, b"", b""), position
    if marker == _SOI:
        raise Damaged("an image starts inside an image")
    if position + 2 > len(data):
        raise Damaged("a segment without its length", is_cut_off=True)
    end = position + int.from_bytes(data[position : position + 2])
    if end < position + 2:
        raise Damaged("a segment shorter than its own length")
    if end > len(data):
        raise Damaged("a segment runs over the end", is_cut_off=True)
    payload = data[position + 2 : end]
    if marker != _SOS:
        return _Segment(marker, payload, b""), end
    found = _SCAN_END.search(data, end)
    if found is None:
        raise Damaged("a scan runs over the end", is_cut_off=True)
    return _Segment(marker, payload, data[end : found.start()]), found.start()


def _kept(segment: _Segment) -> bytes:
    """The segment as it is sent, or nothing where decoding does not need it."""
    payload = segment.payload
    if segment.marker == _APP0 and payload.startswith(b"JFIF\0") and len(payload) >= 12:
        payload = payload[:12] + b"\0\0"  # without the thumbnail, which may show what was cropped away
    elif segment.marker == _APP14 and payload.startswith(b"Adobe"):
        payload = payload[:12]  # says how colours are stored
    elif segment.marker not in _NEEDED:
        return b""
    return b"\xff%c%b%b%b" % (segment.marker, (len(payload) + 2).to_bytes(2), payload, segment.scan)


def _profile(segments: list[_Segment]) -> bytes:
    """The colour profile, put together from its numbered parts."""
    parts = [s.payload[12:] for s in segments if s.marker == _APP2 and s.payload.startswith(_ICC)]
    return b"".join(part[2:] for part in sorted(parts, key=lambda part: part[:1]))
