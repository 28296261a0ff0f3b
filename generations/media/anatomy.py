"""The parts of an image file, found by walking its segments without decoding a pixel."""

from __future__ import annotations

from dataclasses import dataclass


class Damaged(Exception):
    """The file's structure is broken. `is_cut_off` where it simply ends too early. Never leaves the package."""

    def __init__(self, why: str, *, is_cut_off: bool = False) -> None:
        super().__init__(why)
        self.is_cut_off = is_cut_off


@dataclass(frozen=True, slots=True)
class Anatomy:
    """An image file, taken apart.

    `clean` is the same picture, bit for bit, with nothing in the file but what decoding needs: no EXIF, XMP, IPTC,
    comments, thumbnails, colour profile, or bytes after the end. `is_plain` says that it is 8-bit colour without
    transparency. Width and height are those of the stored pixels, before any rotation.
    """

    media_type: str
    width: int
    height: int
    is_plain: bool
    is_animated: bool
    orientation: int
    has_location: bool
    icc: bytes
    clean: bytes
    has_extras: bool

    @property
    def is_rotated(self) -> bool:
        """Whether EXIF asks a viewer to turn or mirror the pixels."""
        return self.orientation != 1

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height as a person sees the picture."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)
