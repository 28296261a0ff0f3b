"""Where the official API is, and what proves to it who we are: docs/providers.md 3.2."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping

import jwt
from django.utils.translation import gettext as _

from generations.providers.errors import Misconfigured
from generations.providers.types import Account

TOKEN_LIFE_SECONDS = 1_800
CLOCK_SLACK_SECONDS = 5

_HOSTS = {
    "": "https://api-singapore.klingai.com",
    "global": "https://api-singapore.klingai.com",
    "cn": "https://api-beijing.klingai.com",
}


def host(account: Account) -> str:
    """The host of the account's region, or its place in the sandbox. Raises Misconfigured for an unknown region."""
    if account.origin:
        return f"{account.origin}/kling"
    if account.region not in _HOSTS:
        sentence = _("Kling has no region %(region)s. An administrator must choose global or cn for this account.")
        raise Misconfigured(sentence % {"region": account.region}, provider=account.provider)
    return _HOSTS[account.region]


def bearer(account: Account) -> str:
    """What stands behind `Bearer`: a token signed for this call, or the API key. Raises Misconfigured without either.

    A token is signed anew for every call, which takes microseconds, so none can expire in our hands. Where both kinds
    are given the pair wins: only for the pair do the documents say that it opens every path we call.
    """
    access_key, secret_key, key = (_read(account.credentials, name) for name in _NAMES)
    if access_key and secret_key:
        now = int(time.time())
        claims = {"iss": access_key, "exp": now + TOKEN_LIFE_SECONDS, "nbf": now - CLOCK_SLACK_SECONDS}
        return jwt.encode(claims, secret_key, algorithm="HS256", headers={"typ": "JWT"})
    if key:
        return key
    raise Misconfigured(str(find_gap(account.credentials)), provider=account.provider)


def api_key(account: Account) -> str:
    """What stands behind `Bearer` on the newer API, which takes nothing else. Raises Misconfigured without a key.

    Asked with the pair it answers 1002 and names the console's page for keys: research 3.1, seen live.
    """
    found = _read(account.credentials, "api_key")
    if not found:
        sentence = _(
            "The newer Kling API takes an API key only, and this account has none. An administrator must add one."
        )
        raise Misconfigured(sentence, provider=account.provider)
    return found


def has_api_key(account: Account) -> bool:
    """Whether the account has an API key."""
    return bool(_read(account.credentials, "api_key"))


def has_pair(account: Account) -> bool:
    """Whether the account has an access key with its secret key."""
    return all(_read(account.credentials, name) for name in ("access_key", "secret_key"))


def find_gap(credentials: Mapping[str, str]) -> str | None:
    """A sentence that says which credential is missing or malformed, or None."""
    access_key, secret_key, key = (_read(credentials, name) for name in _NAMES)
    if not key and not (access_key and secret_key):
        return _("Kling official needs an access key with its secret key, or an API key.")
    secret = _read(credentials, "webhook_secret")
    if secret and not is_webhook_secret(secret):
        return _("The webhook secret is not complete. Copy it whole, with whsec_ at its beginning.")
    return None


def is_webhook_secret(secret: str) -> bool:
    """Whether a text can be a webhook secret: base64, with or without its prefix."""
    try:
        return bool(base64.b64decode(secret.removeprefix("whsec_") + "==", validate=False))
    except (binascii.Error, ValueError):
        return False


_NAMES = ("access_key", "secret_key", "api_key")


def _read(credentials: Mapping[str, str], name: str) -> str:
    return credentials.get(name, "").strip()
