"""Errors that people and callers can act on.

PortalError
├─ Refused              the user can act; never logged as a bug
│   ├─ NotAllowed       the role does not permit it
│   ├─ LimitReached     a limit of ours; says which, what is left, when it resets, whom to ask
│   ├─ InvalidRecipe    what was asked for cannot be made; names the fields at fault
│   └─ AlreadySubmitted the idempotency key was used for something else
├─ ledger.InsufficientCredits, ledger.ShortfallOpen   (ledger package)
├─ providers.ProviderError and its children           (providers package)
└─ media.MediaError and its children                  (media package)

Programming errors (an illegal transition, an unbalanced movement) are not PortalErrors: they crash, roll back, alert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _


class Retry(Enum):
    """Whether trying the same thing again can help."""

    NEVER = "never"
    LATER = "later"
    UNSURE = "unsure"


class PortalError(Exception):
    """An expected failure.

    `public` is a complete sentence that is safe to show, `code` is for machines, `data` holds the facts behind both.
    """

    code = "error"
    retry = Retry.NEVER

    def __init__(self, public: str, *, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(public)
        self.public = public
        self.data = dict(data or {})


class Refused(PortalError):
    """The request cannot be met as it stands, and the person who asked can do something about it."""

    code = "refused"


class NotAllowed(Refused):
    code = "not_allowed"


class LimitReached(Refused):
    code = "limit_reached"


class AlreadySubmitted(Refused):
    code = "already_submitted"


class InvalidRecipe(Refused):
    """The recipe cannot be made. `problems` maps a recipe field to a sentence; `__all__` holds what spans fields."""

    code = "invalid_recipe"

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()), data={"problems": dict(problems)})
        self.problems = dict(problems)


def either(names: Sequence[object]) -> str:
    """Whom a refusal sends one to, where each of them will do: a, b or c; empty for nobody."""
    words = [str(name) for name in names]
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s or %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
