"""The one error of the scripts: a sentence that says what is wrong and what to do."""

from __future__ import annotations


class CannotRun(Exception):
    """Raised where a person has to act; its text is printed as it stands, without a traceback."""
