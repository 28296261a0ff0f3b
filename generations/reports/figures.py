"""From what is counted to what is shown: thousandths to credits and seconds, and the shares and prices made of them."""

from __future__ import annotations

from decimal import Decimal

THOUSANDTH = Decimal("0.001")


def credits(thousandths: int) -> Decimal:
    """Credits."""
    return Decimal(thousandths).scaleb(-3)


def seconds(ms: int) -> Decimal:
    """Seconds of video."""
    return Decimal(ms).scaleb(-3)


def per(cost: int, of: int, *, thousandths: bool = False) -> Decimal | None:
    """Credits for each of something, or for each thousand thousandths of it; None where there is none."""
    if not of:
        return None
    exact = Decimal(cost) / Decimal(of) if thousandths else Decimal(cost).scaleb(-3) / Decimal(of)
    return exact.quantize(THOUSANDTH)


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """12.5 for an eighth; None of nothing."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1")) if whole else None


def ratio(part: int, whole: int) -> Decimal | None:
    """Two places; None of nothing."""
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.01")) if whole else None
