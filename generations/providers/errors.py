"""Errors of the provider calls. Callers decide by class; the sentence in `public` is safe to show.

ProviderError
├─ Unreachable        nothing was sent: connect, pool, DNS. Try again.
├─ Uncertain          it may have been received: never repeat a submit blindly.
├─ Busy               the provider asks to wait (429, concurrency); `retry_after_seconds` where it says how long.
├─ Rejected           moderation or invalid input; nothing runs. `charged` as in `types.Failed`.
├─ Misconfigured      bad key, no permission, empty balance: the account's admins must act, not the user.
└─ Garbled            a reply that cannot be read, or a server error on a read. On a submit these are Uncertain.
UnsupportedOption     the route has no field for a part of the recipe (a Refused).
CallbackInvalid       a forged, stale or unreadable webhook.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import SuspiciousOperation

from generations.errors import PortalError, Refused, Retry
from generations.providers.types import Cost


class ProviderError(PortalError):
    code = "provider_error"

    def __init__(
        self,
        public: str,
        *,
        provider: str,
        status: int | None = None,
        request_id: str = "",
        excerpt: str = "",
        provider_code: str = "",
    ) -> None:
        facts: dict[str, Any] = {
            "provider": provider,
            "status": status,
            "request_id": request_id,
            "excerpt": excerpt,
            "provider_code": provider_code,
        }
        super().__init__(public, data=facts)
        self.provider = provider
        self.status = status
        self.request_id = request_id
        self.excerpt = excerpt
        self.provider_code = provider_code


class Unreachable(ProviderError):
    code = "unreachable"
    retry = Retry.LATER


class Uncertain(ProviderError):
    code = "uncertain"
    retry = Retry.UNSURE


class Busy(ProviderError):
    code = "busy"
    retry = Retry.LATER

    def __init__(self, public: str, *, retry_after_seconds: float | None = None, **facts: Any) -> None:
        super().__init__(public, **facts)
        self.retry_after_seconds = retry_after_seconds


class Rejected(ProviderError):
    code = "rejected"

    def __init__(self, public: str, *, charged: Cost | None = None, moderated: bool = False, **facts: Any) -> None:
        super().__init__(public, **facts)
        self.charged = charged
        self.moderated = moderated


class Misconfigured(ProviderError):
    code = "misconfigured"


class Garbled(ProviderError):
    code = "garbled"
    retry = Retry.LATER


class UnsupportedOption(Refused):
    code = "unsupported_option"

    def __init__(self, provider: str, option: str) -> None:
        super().__init__(f"{provider} has no field for {option} on this route.", data={"option": option})


class CallbackInvalid(PortalError, SuspiciousOperation):
    code = "callback_invalid"
