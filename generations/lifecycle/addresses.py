"""Addresses of our own pages, for mails: the only thing of the web that they need."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from generations.models import Generation, ProviderAccount


def take_page(generation: Generation) -> str:
    """Where the team looks at a take; without a public address only the path on this site."""
    return settings.PUBLIC_URL + reverse("portal:take", args=[generation.public_id])


def account_page(account: ProviderAccount) -> str:
    """Where administrators look at a provider account; empty without a public address."""
    path = reverse("admin:generations_provideraccount_change", args=[account.pk])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else ""


def request_page(token: str) -> str:
    """Where a request is answered with a link from a mail; without a public address only the path on this site."""
    return settings.PUBLIC_URL + reverse("portal:request_by_mail", args=[token])


def credits_page() -> str:
    """Where a team sees its credits and budgets; without a public address only the path on this site."""
    return settings.PUBLIC_URL + reverse("portal:credits")
