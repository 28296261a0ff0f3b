"""What passes between the submit pump and the writing down of its outcomes: plain values for coroutines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from generations import providers
from generations.errors import PortalError
from generations.models import Generation, ProviderAccount, Team


@dataclass(frozen=True, slots=True)
class Source:
    """One stored input of a take, before it is made ready for sending."""

    role: str
    index: int
    storage_key: str
    provider_id: str = ""
    """Under which id this account's provider still holds it, where it made it."""
    seconds: Decimal | None = None
    """How long a video or a sound is, where the library knows it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this process may submit, as plain values for a coroutine."""

    generation: Generation
    attempt_id: int
    lease_token: int
    account: ProviderAccount
    task: providers.Task
    team: Team
    sources: tuple[Source, ...]
    session: Mapping[str, Any] = field(default_factory=dict)
    """What an earlier try got from the call before the submit, so that it is not paid for again."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one claim. Neither answer nor error: it must not be sent any more, and was not."""

    claim: Claim
    was_sent: bool
    answer: providers.Operation | providers.Finished | None = None
    error: PortalError | None = None
    notes: tuple[str, ...] = ()
