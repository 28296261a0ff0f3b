"""The small repeated marks of a page: icons, people, moments, and names from the catalog."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations import catalog

register = template.Library()

HUES = 12
_RATIO_LONG_SIDE = 18


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite; always decoration, so the text beside it or a label must say the same."""
    address = static("generations/icons.svg")
    css = f"icon {size}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, address, name)


@register.simple_tag
def avatar(person: Any, size: str = "") -> SafeString:
    """A person's initials on their own hue, with the name for screen readers and on hover."""
    css = f"avatar {size} hue-{int(person.hue) * HUES // 360 % HUES}".replace("  ", " ")
    return format_html(
        '<span class="{}" role="img" aria-label="{}" title="{}">{}</span>',
        css,
        person.name,
        person.name,
        person.initials,
    )


@register.simple_tag
def at(moment: datetime | None, show: str = "datetime", css: str = "") -> SafeString | str:
    """A moment: `date`, `time`, `datetime`, or `ago`. A script puts it into the reader's own time zone."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    text = _ago(moment) if show == "ago" else _spelled(local, show)
    return format_html(
        '<time class="{}" datetime="{}" data-show="{}" title="{}">{}</time>',
        css,
        moment.isoformat(timespec="seconds"),
        show,
        f"{_spelled(local, 'datetime')} {local.tzname()}",
        text,
    )


@register.filter
def model_label(slug: str) -> str:
    """A model's name as people say it; its slug where the catalog no longer has it."""
    model = catalog.load().find_model(slug)
    return model.label if model else slug


@register.simple_tag
def ratio_glyph(ratio: str) -> SafeString:
    """A small outline in the shape of a frame such as 16:9."""
    wide, high = (int(part) for part in ratio.split(":"))
    scale = _RATIO_LONG_SIDE / max(wide, high)
    width, height = round(wide * scale), round(high * scale)
    return format_html(
        '<svg class="glyph" width="{}" height="{}" aria-hidden="true">'
        '<rect x=".75" y=".75" width="{}" height="{}" rx="2"/></svg>',
        width + 2,
        height + 2,
        width + 0.5,
        height + 0.5,
    )


def _spelled(local: datetime, show: str) -> str:
    formats = {"date": "DATE_FORMAT", "time": "H:i:s"}
    return date_format(local, formats.get(show, "j M Y, H:i"))


def _ago(moment: datetime) -> str:
    minutes = int((timezone.now() - moment).total_seconds()) // 60
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)s min ago", "%(n)s min ago", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        return ngettext("%(n)s h ago", "%(n)s h ago", minutes // 60) % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
