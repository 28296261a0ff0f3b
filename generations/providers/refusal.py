"""From an answer that is no success to the error that says what to do about it. Shared by all adapters.

A provider that has codes of its own decides by those first; the HTTP status is what is left.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from generations.providers.errors import Busy, Garbled, Misconfigured, ProviderError, Rejected, Uncertain
from generations.providers.reply import Reply, read_retry_after

_ACCOUNT = frozenset({401, 402, 403, 423})
_ENDPOINT = frozenset({404, 405, 410})
# These 4xx do not say that nothing was started: time-outs, conflicts, and connections that somebody else closed.
_UNSURE = frozenset({408, 409, 424, 425, 499})


def class_of_submit(status: int) -> type[ProviderError]:
    """The error class of a submit that was answered with this status and not taken."""
    if status == 429:
        return Busy
    if status in _ACCOUNT | _ENDPOINT:
        return Misconfigured
    return Rejected if 400 <= status < 500 and status not in _UNSURE else Uncertain


def class_of_read(status: int) -> type[ProviderError]:
    """The error class of a read that was answered with this status: whatever is not the account's fault passes."""
    if status == 429:
        return Busy
    return Misconfigured if status in _ACCOUNT else Garbled


def failure(
    kind: type[ProviderError],
    reply: Reply,
    *,
    provider: str,
    label: str,
    reason: str = "",
    provider_code: str = "",
    request_id: str = "",
    **facts: Any,
) -> ProviderError:
    """The error of a class with everything the reply says. `reason` is in the provider's words, already clean."""
    if issubclass(kind, Busy):
        facts["retry_after_seconds"] = read_retry_after(reply.headers, "retry-after", "x-ratelimit-reset")
    return kind(
        _sentence(kind, label, reason),
        provider=provider,
        status=reply.status,
        request_id=request_id or reply.request_id,
        excerpt=reply.text_excerpt,
        provider_code=provider_code,
        **facts,
    )


def _sentence(kind: type[ProviderError], label: str, reason: str) -> str:
    facts = {"provider": label, "reason": reason}
    if issubclass(kind, Rejected):
        if reason:
            return _("%(provider)s refused this: %(reason)s") % facts
        return _("%(provider)s refused this and gave no reason. Change the prompt or the images and try again.") % facts
    if issubclass(kind, Misconfigured):
        sentence = _("%(provider)s does not serve this account. An administrator must check its key and its balance.")
        return f"{sentence % facts} ({reason})" if reason else sentence % facts
    if issubclass(kind, Busy):
        return _("%(provider)s asks us to wait. We will try again.") % facts
    if issubclass(kind, Uncertain):
        return _("%(provider)s did not say whether it took the job, so it may be making the take.") % facts
    return _("%(provider)s sent an answer that cannot be used. We will ask again.") % facts
