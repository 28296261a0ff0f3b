"""System checks: a warning for each setting of ours that can be wrong."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def check_catalog(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The catalog's files must agree with each other."""
    from pydantic import ValidationError

    from generations import catalog

    try:
        catalog.load()
    except (catalog.CatalogError, ValidationError, KeyError) as error:
        return [Error(f"The catalog cannot be read: {error}", id="generations.E001")]
    return []


@register()
def check_credentials_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every key must be a Fernet key."""
    try:
        for key in settings.CREDENTIALS_KEYS:
            Fernet(key)
    except ValueError:
        return [Error("CREDENTIALS_KEYS holds a value that is not a Fernet key.", id="generations.E002")]
    return []


@register()
def check_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """PUBLIC_URL and SANDBOX_ORIGIN must be origins; the sandbox must be on this machine."""
    found: list[CheckMessage] = []
    for name in ("PUBLIC_URL", "SANDBOX_ORIGIN"):
        value = getattr(settings, name)
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query):
            found.append(Error(f"{name} must look like https://host or http://host:port.", id="generations.E003"))
    if settings.HTTPS and settings.SANDBOX_ORIGIN:
        found.append(
            Warning(
                "SANDBOX_ORIGIN is set on a site that serves HTTPS: takes may be drawn, not made.",
                id="generations.W001",
            )
        )
    return found
