"""The words that a person adds to a decision."""

from __future__ import annotations

from django.utils.translation import gettext as _

from generations.errors import LimitReached

NOTE_MAX = 500


def check_note(note: str) -> None:
    """Raise LimitReached for a note that is too long to be kept."""
    if len(note) > NOTE_MAX:
        sentence = _("A note has at most %(most)s characters; this one has %(count)s. Shorten it by %(over)s.")
        raise LimitReached(sentence % {"most": NOTE_MAX, "count": len(note), "over": len(note) - NOTE_MAX})
