"""From a provider account's row to what an adapter needs."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils.translation import gettext as _

from generations import providers
from generations.models import ProviderAccount, ProviderCall


def provider_account(row: ProviderAccount) -> providers.Account:
    """The account as adapters know it, with its credentials in the clear. Raises providers.Misconfigured."""
    try:
        credentials = row.get_credentials()
    except ImproperlyConfigured as error:
        sentence = _("The stored credentials cannot be read with any key in CREDENTIALS_KEYS. Enter them again.")
        raise providers.Misconfigured(sentence, provider=row.provider) from error
    return providers.Account(
        provider=row.provider,
        credentials=credentials,
        region=row.region,
        origin=row.origin,
        base_url=row.base_url,
        dialect=row.dialect,
    )


def callback_url(row: ProviderAccount, generation_public_id: UUID) -> str:
    """Where the provider may call us back for one take; empty without a public address.

    The account's token is the part that nobody can guess.
    """
    if not settings.PUBLIC_URL:
        return ""
    return settings.PUBLIC_URL + reverse("callback", args=[row.provider, row.callback_token, generation_public_id])


def input_url(token: str, name: str) -> str:
    """Where a provider may fetch the copy of an input that a signed token names; there must be a public address."""
    return settings.PUBLIC_URL + reverse("portal:public_input", args=[token, name])


def call_row(exchange: providers.Exchange, *, account_id: int, generation_id: int | None) -> ProviderCall:
    """The record of a call, not yet stored. It holds no header and nothing that was sent."""
    return ProviderCall(
        account_id=account_id,
        generation_id=generation_id,
        method=exchange.method,
        url=exchange.url[:400],
        status_code=exchange.status_code,
        duration_ms=exchange.duration_ms,
        request_id=exchange.request_id[:120],
        excerpt=exchange.excerpt[:600],
    )


def provider_session(record: Callable[[providers.Exchange], None] | None = None) -> providers.Http:
    """An HTTP session to providers, with our time-outs. `record` is told of every call, without its secrets."""
    return providers.Http(
        record=record,
        submit_timeout_seconds=settings.LIFECYCLE["submit_timeout_seconds"],
        read_timeout_seconds=settings.LIFECYCLE["read_timeout_seconds"],
    )
