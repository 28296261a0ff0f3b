"""What a file really is, judged by its first bytes and never by its name."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

JPEG = "image/jpeg"
PNG = "image/png"
MP4 = "video/mp4"
QUICKTIME = "video/quicktime"
SNIFF_BYTES = 1024

_LABELS = {
    JPEG: gettext_noop("a JPEG image"),
    PNG: gettext_noop("a PNG image"),
    "image/gif": gettext_noop("a GIF image"),
    "image/webp": gettext_noop("a WebP image"),
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
    "audio/mp4": gettext_noop("an audio file"),
    "audio/mpeg": gettext_noop("an audio file"),
    "audio/wav": gettext_noop("an audio file"),
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
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"#EXTM3U", "application/vnd.apple.mpegurl"),
)
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
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
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "") or _sniff_text(head)


def describe(media_type: str) -> str:
    """A media type in plain words with its article, as the end of a sentence: `a GIF image`."""
    label = _LABELS.get(media_type)
    return _(label) if label else _("a file of an unknown kind")


def _sniff_text(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kind = next((kind for start, kind in _TEXT if text.startswith(start)), "")
    if kind == "text/xml":
        return "image/svg+xml" if b"<svg" in text else "text/html" if b"<html" in text else kind
    if kind or not text:
        return kind
    return "" if any(byte < 9 or 13 < byte < 32 for byte in head) else "text/plain"
