"""From a provider account's row to what an adapter needs."""

from __future__ import annotations

from django.conf import settings

from generations import providers
from generations.models import ProviderAccount


def provider_account(row: ProviderAccount) -> providers.Account:
    """The account as adapters know it, with its credentials in the clear. Raises ImproperlyConfigured."""
    return providers.Account(
        provider=row.provider, credentials=row.get_credentials(), region=row.region, origin=row.origin
    )


def callback_url(row: ProviderAccount, generation_public_id: str) -> str:
    """Where the provider may call us back for one take; empty without a public address.

    The account's token is the part that nobody can guess.
    """
    if not settings.PUBLIC_URL:
        return ""
    return f"{settings.PUBLIC_URL}/callbacks/{row.provider}/{row.callback_token}/{generation_public_id}/"


def provider_session() -> providers.Http:
    """An HTTP session to providers, with our time-outs."""
    return providers.Http(
        submit_timeout_seconds=settings.LIFECYCLE["submit_timeout_seconds"],
        read_timeout_seconds=settings.LIFECYCLE["read_timeout_seconds"],
    )
