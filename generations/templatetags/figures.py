"""Numbers as people read them: credits, clocks, shares and timecode. Nothing here rounds money away."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext

register = template.Library()

Amount = Decimal | int


@register.filter
def credits(value: Amount | None) -> str:
    """Credits without needless zeros: 1,234 and 0.5; an empty string where there is no amount."""
    return "" if value is None else _grouped(Decimal(value), max(0, _places(value)))


@register.filter
def exact(value: Amount | None) -> str:
    """Credits for columns: two places, three where the third is not zero."""
    return "" if value is None else _grouped(Decimal(value), max(2, _places(value)))


@register.filter
def change(value: Amount | None) -> str:
    """A change of a balance with its sign, or an empty string for none."""
    if not value:
        return ""
    return f"{'+' if value > 0 else '−'}{exact(abs(Decimal(value)))}"


@register.filter
def clock(seconds: float | None) -> str:
    """Seconds as m:ss."""
    whole = max(0, int(seconds or 0))
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def about(seconds: int) -> str:
    """An estimate of a duration, in the unit that fits it."""
    if seconds < 60:
        return gettext("about %(n)s s") % {"n": seconds}
    return gettext("about %(n)s min") % {"n": round(seconds / 60)}


@register.filter
def megabytes(size_bytes: int | None) -> str:
    """A size in decimal megabytes, as limits are given: 10 MB, 2.4 MB. What is next to nothing there is said in kB."""
    if size_bytes and size_bytes < 100_000:
        return gettext("%(n)s kB") % {"n": -(-size_bytes // 1000)}
    size = Decimal(size_bytes or 0) / 1_000_000
    shown = size.quantize(Decimal("0.1") if size < 100 else Decimal(1), rounding=ROUND_HALF_UP)
    return gettext("%(n)s MB") % {"n": _grouped(shown, max(0, _places(shown)))}


@register.filter
def ratio_of(picture: Any) -> str:
    """Width over height with two places, as the limits are written."""
    return f"{Decimal(picture.width) / Decimal(picture.height):.2f}" if picture.height else ""


@register.filter
def rate(fps: Decimal | Fraction | float | str | None) -> str:
    """An exact frame rate as "numerator/denominator", which the player divides itself."""
    exact_rate = _fraction(fps)
    return f"{exact_rate.numerator}/{exact_rate.denominator}"


@register.filter
def rate_label(fps: Decimal | Fraction | float | str | None) -> str:
    """A frame rate as people say it: 24, 29.97."""
    return f"{float(_fraction(fps)):.2f}".rstrip("0").rstrip(".")


@register.filter
def timecode(frames: int | None, fps: Decimal | Fraction | float | str | None) -> str:
    """A count of frames as HH:MM:SS:FF at the nominal rate, in whole numbers throughout."""
    nominal = round(_fraction(fps)) or 1
    seconds, rest = divmod(int(frames or 0), nominal)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"


@register.inclusion_tag("portal/_meter.html")
def meter(whole: Amount, spent: Amount = 0, held: Amount = 0, now: Amount = 0, label: str = "", css: str = "") -> dict:
    """A bar of what is spent, held and about to be ordered of a whole, with its numbers in words as its label."""
    parts, start = [], Decimal(0)
    for name, amount in (("spent", spent), ("held", held), ("now", now)):
        width = min(100 - start, Decimal(amount or 0) * 100 / Decimal(whole)) if whole and whole > 0 else Decimal(0)
        if width > 0:
            parts.append({"name": name, "x": f"{start:.2f}%", "width": f"{width:.2f}%"})
            start += width
    return {"parts": parts, "label": label, "css": css}


def _places(value: Amount) -> int:
    exponent = Decimal(value).normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _grouped(value: Decimal, places: int) -> str:
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True).replace("-", "−")


def _fraction(fps: Decimal | Fraction | float | str | None) -> Fraction:
    return Fraction(str(fps)).limit_denominator(1001) if fps else Fraction(24)
