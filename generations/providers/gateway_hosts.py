"""Where a Kling-compatible gateway is: MuleRun unless the account says otherwise. docs/providers.md 5.1 and 5.3.

The address is an administrator's, not a constant of ours, and our key goes there with every call: it must lead outside,
over https. A sandbox account may only go to its sandbox.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from generations.providers.errors import Misconfigured
from generations.providers.foreign_url import is_allowed
from generations.providers.types import Account

MULERUN = "https://api.mulerun.com/vendors/kling/v1"
SANDBOX_PATH = "/gateway/vendors/kling/v1"


def base(account: Account) -> str:
    """The address before `/videos/`, without a slash at its end. Raises Misconfigured for one that we do not call."""
    if not account.base_url:
        return f"{account.origin}{SANDBOX_PATH}" if account.origin else MULERUN
    url = account.base_url.strip().rstrip("/")
    parts = urlsplit(url) if is_allowed(url, account.origin) else None
    if parts is None or parts.query or parts.fragment:
        raise Misconfigured(_refusal(account), provider=account.provider)
    return url


def _refusal(account: Account) -> str:
    if account.origin:
        return _("The base URL of this gateway does not lead to the sandbox. Leave it empty, or correct it.")
    return _("The base URL of this gateway cannot be used. Enter an https address with a public host name.")
