"""Sentences about the books, with the takes, entries and budgets that they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations.models import Budget, Generation, Movement

_MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Link:
    """Words of a sentence, and what they name."""

    words: str
    target: Generation | Movement | Budget


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for people. `links` are words of it in their order, so that a page can lead to what they name."""

    text: str
    links: tuple[Link, ...] = ()

    def __str__(self) -> str:
        return self.text

    @property
    def takes(self) -> list[Generation]:
        return [link.target for link in self.links if isinstance(link.target, Generation)]

    @property
    def movements(self) -> list[Movement]:
        return [link.target for link in self.links if isinstance(link.target, Movement)]

    @property
    def budgets(self) -> list[Budget]:
        return [link.target for link in self.links if isinstance(link.target, Budget)]


def enumerate_words(parts: Sequence[str]) -> str:
    """Words in a row: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def capital(words: str) -> str:
    """Words as a sentence begins with them."""
    return words[:1].upper() + words[1:]


def name_takes(takes: Sequence[Generation]) -> tuple[str, tuple[Link, ...]]:
    """Takes by name, twelve at most and how many more there are, with their links."""
    shown = takes[:_MOST_NAMES]
    names = [take.name for take in shown]
    if more := len(takes) - len(shown):
        names.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return enumerate_words(names), tuple(Link(take.name, take) for take in shown)


def name_entry(movement: Movement) -> Link:
    """How a sentence names a movement: by the number on its statement."""
    return Link(_("entry %(n)s") % {"n": f"{movement.pk:,}"}, movement)


def local_date(moment: datetime, time_zone: str) -> str:
    """A day as the team reads it: 1 December 2026."""
    return formats.date_format(moment.astimezone(ZoneInfo(time_zone)), "j F Y")


def short_time(moment: datetime, time_zone: str) -> str:
    """A moment in a table, where the team is: 1 Dec 2026, 00:00."""
    return formats.date_format(moment.astimezone(ZoneInfo(time_zone)), "j M Y, H:i")
