"""A PNG file, chunk by chunk (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from generations.media import exif
from generations.media.anatomy import Anatomy, Damaged
from generations.media.formats import PNG

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB"))
_COLOUR = 2  # the colour type of red, green and blue without transparency
_UNPACKED_MAX_BYTES = 4_000_000
_XMP = b"XML:com.adobe.xmp\0"


class _Chunk(NamedTuple):
    name: bytes
    body: bytes
    whole: bytes  # with length and checksum


def read(data: bytes) -> Anatomy:
    """Take a PNG apart. Raises Damaged where chunks do not lead from the header to the end, or a checksum is off."""
    chunks = list(_chunks(data))
    first = chunks[0]
    if first.name != b"IHDR" or len(first.body) != 13:
        raise Damaged("no header")
    width, height, depth, colour = struct.unpack(">IIBB", first.body[:10])
    names = {chunk.name for chunk in chunks}
    if not width or not height or b"IDAT" not in names:
        raise Damaged("no pixels")
    tiff = next((chunk.body for chunk in chunks if chunk.name == b"eXIf"), b"")
    clean = _SIGNATURE + b"".join(chunk.whole for chunk in chunks if chunk.name in _NEEDED)
    return Anatomy(
        media_type=PNG,
        width=width,
        height=height,
        is_plain=(depth, colour) == (8, _COLOUR) and b"tRNS" not in names,
        is_animated=b"acTL" in names,
        orientation=exif.orientation(tiff),
        has_location=exif.has_location(tiff, b"".join(_xmp(chunk.body) for chunk in chunks if chunk.name == b"iTXt")),
        icc=next((_profile(chunk.body) for chunk in chunks if chunk.name == b"iCCP"), b""),
        clean=clean,
        has_extras=len(clean) < len(data),
    )


def _chunks(data: bytes) -> Iterator[_Chunk]:
    position = len(_SIGNATURE)
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4])
        end = position + 12 + size
        if end > len(data):
            break
        whole = data[position:end]
        if whole[4:8] in _NEEDED and zlib.crc32(whole[4:-4]) != int.from_bytes(whole[-4:]):
            raise Damaged("a wrong checksum")
        chunk = _Chunk(whole[4:8], whole[8:-4], whole)
        yield chunk
        if chunk.name == b"IEND":
            return
        position = end
    raise Damaged("no end of image", is_cut_off=True)


def _profile(body: bytes) -> bytes:
    _name, _null, packed = body.partition(b"\0")
    return _unpack(packed[1:])


def _xmp(body: bytes) -> bytes:
    """The text of an XMP chunk: keyword, two flags, language, translated keyword, text (packed or not)."""
    if not body.startswith(_XMP):
        return b""
    flags = body[len(_XMP) :]
    text = flags[2:].split(b"\0", 2)[-1]
    return _unpack(text) if flags[:1] == b"\1" else text


def _unpack(packed: bytes) -> bytes:
    """Inflate, but never beyond a bound: a few bytes can claim to be gigabytes."""
    try:
        return zlib.decompressobj().decompress(packed, _UNPACKED_MAX_BYTES)
    except zlib.error:
        return b""
