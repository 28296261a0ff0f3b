"""The meter of a budget: what is spent and held of its limit, and where its marks are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from generations.templatetags.figures import credits

register = template.Library()


@register.inclusion_tag("portal/budgets/_meter.html")
def budget_meter(row: Any, css: str = "", scale: bool = False) -> dict[str, Any]:
    """A bar of `row.spent` and `row.held` of `row.limit` with a tick at each of `row.marks`, in words as its label."""
    whole = max(row.limit, row.spent + row.held) or Decimal(1)
    parts, start = [], Decimal(0)
    for name, amount in (("spent", row.spent), ("held", row.held)):
        if width := Decimal(amount) * 100 / whole:
            parts.append({"name": name, "x": f"{start:.2f}%", "width": f"{width:.2f}%"})
            start += width
    soft = [(mark, mark.credits * 100 / whole) for mark in row.marks]
    return {
        "parts": parts,
        "soft": [{"x": f"{at:.2f}%", "credits": mark.credits, "anchor": _anchor(at)} for mark, at in soft if at <= 100],
        "hard": {"x": f"{row.limit * 100 / whole:.2f}%", "credits": row.limit},
        "label": _label(row),
        "state": row.state,
        "css": css,
        "scale": scale,
    }


def _label(row: Any) -> str:
    facts = {"spent": credits(row.spent), "held": credits(row.held), "limit": credits(row.limit)}
    words = _("%(spent)s spent and %(held)s held of %(limit)s") % facts
    if row.marks:
        marks = ", ".join(f"{mark.percent}%" for mark in row.marks)
        words += " " + _("(soft marks at %(marks)s)") % {"marks": marks}
    return words


def _anchor(at: Decimal) -> str:
    """How a mark's words stand to it, so that they neither leave the scale nor meet those of the limit."""
    return "start" if at < 8 else "middle" if at <= 82 else ""
