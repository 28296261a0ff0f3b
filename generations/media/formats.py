"""What a file really is, judged by its first bytes and never by its name."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

JPEG = "image/jpeg"
PNG = "image/png"
WEBP = "image/webp"
MP4 = "video/mp4"
QUICKTIME = "video/quicktime"
MP3 = "audio/mpeg"
WAV = "audio/wav"
M4A = "audio/mp4"
AAC = "audio/aac"
SNIFF_BYTES = 1024

_LABELS = {
    JPEG: gettext_noop("a JPEG image"),
    PNG: gettext_noop("a PNG image"),
    "image/gif": gettext_noop("a GIF image"),
    WEBP: gettext_noop("a WebP image"),
    "image/heic": gettext_noop("a HEIC image"),
    "image/avif": gettext_noop("an AVIF image"),
    "image/bmp": gettext_noop("a BMP image"),
    "image/tiff": gettext_noop("a TIFF image"),
    "image/jxl": gettext_noop("a JPEG XL image"),
    "image/jp2": gettext_noop("a JPEG 2000 image"),
    "image/vnd.adobe.photoshop": gettext_noop("a Photoshop file"),
    "image/svg+xml": gettext_noop("an SVG drawing"),
    "image/x-icon": gettext_noop("an icon file"),
    MP4: gettext_noop("an MP4 video"),
    QUICKTIME: gettext_noop("a QuickTime video"),
    "video/webm": gettext_noop("a WebM or Matroska video"),
    "video/x-msvideo": gettext_noop("an AVI video"),
    M4A: gettext_noop("an M4A sound"),
    MP3: gettext_noop("an MP3 sound"),
    WAV: gettext_noop("a WAV sound"),
    AAC: gettext_noop("an AAC sound"),
    "audio/ogg": gettext_noop("an Ogg sound"),
    "audio/flac": gettext_noop("a FLAC sound"),
    "audio/midi": gettext_noop("a MIDI file"),
    "application/pdf": gettext_noop("a PDF document"),
    "application/zip": gettext_noop("a ZIP archive or an office document"),
    "application/json": gettext_noop("a JSON answer"),
    "application/vnd.apple.mpegurl": gettext_noop("a streaming playlist"),
    "text/html": gettext_noop("an HTML page"),
    "text/xml": gettext_noop("an XML document"),
    "text/plain": gettext_noop("a text file"),
}
_MAGIC = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL ", "image/jxl"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", MP3),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"MThd", "audio/midi"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"#EXTM3U", "application/vnd.apple.mpegurl"),
)
_LAYER_ADTS, _LAYER_3 = 0, 1  # two bits of the header
_ADTS_RATES = 13
_RIFF = {b"WEBP": WEBP, b"AVI ": "video/x-msvideo", b"WAVE": WAV}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
    b"qt  ": QUICKTIME,
}
_TEXT = (
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<head", "text/html"),
    (b"<svg", "image/svg+xml"),
    (b"<?xml", "text/xml"),
    (b"{", "application/json"),
    (b"[", "application/json"),
)


def sniff(head: bytes) -> str:
    """The media type of a file that begins with `head`; empty where the bytes say nothing known."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], MP4)
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return QUICKTIME
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    known = next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")
    return known or _sniff_frames(head) or _sniff_text(head)


def describe(media_type: str) -> str:
    """A media type in plain words with its article, as the end of a sentence: `a GIF image`."""
    label = _LABELS.get(media_type)
    return _(label) if label else _("a file of an unknown kind")


def _sniff_frames(head: bytes) -> str:
    """A sound without a container begins with the header of its first frame: twelve set bits, then its kind."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    layer, bitrate, rate = head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if layer == _LAYER_ADTS and head[1] & 0xF0 == 0xF0 and (head[2] >> 2 & 15) < _ADTS_RATES:
        return AAC
    is_mp3 = layer == _LAYER_3 and head[1] >> 3 & 3 != 1 and bitrate not in (0, 15) and rate != 3
    return MP3 if is_mp3 else ""


def _sniff_text(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kind = next((kind for start, kind in _TEXT if text.startswith(start)), "")
    if kind == "text/xml":
        return "image/svg+xml" if b"<svg" in text else "text/html" if b"<html" in text else kind
    if kind or not text:
        return kind
    return "" if any(byte < 9 or 13 < byte < 32 for byte in head) else "text/plain"
