"""What passes between the submit pump and the writing down of its outcomes: plain values for coroutines."""

from __future__ import annotations

from dataclasses import dataclass

from generations import providers
from generations.errors import PortalError
from generations.models import Generation, ProviderAccount


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this process may submit, as plain values for a coroutine."""

    generation: Generation
    attempt_id: int
    lease_token: int
    account: ProviderAccount
    task: providers.Task
    sources: tuple[tuple[str, str, int], ...]  # role, storage key, index


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one claim. Neither answer nor error: it must not be sent any more, and was not."""

    claim: Claim
    was_sent: bool
    answer: providers.Operation | providers.Finished | None = None
    error: PortalError | None = None
    notes: tuple[str, ...] = ()
