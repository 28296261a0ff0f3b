"""Where a request of ours may go when the address was not written by us: an admin typed it, or a reply named it.

Only https to a host with a public name, whose certificate the transport checks: a name that was bent towards our own
network has no certificate for what stands there. The sandbox is exempt, by its exact origin.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from generations.providers.reply import is_web_url
from generations.providers.types import JSON

_INSIDE = ("localhost", "local", "internal", "lan", "home", "intranet", "localdomain")
_DOT = re.compile("[.\u3002\uff0e\uff61]")  # whoever resolves an international name takes all four for one


def is_allowed(url: JSON, origin: str) -> bool:
    """Whether the URL may be called by an account: https outside, or, where it has an origin, only below that."""
    if not is_web_url(url) or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or ".." in parts.path.split("/"):
        return False
    if origin:
        return f"{parts.scheme}://{parts.netloc}" == origin.rstrip("/")
    return parts.scheme == "https" and _is_public_name(parts.hostname or "")


def _is_public_name(host: str) -> bool:
    """Whether a host is a name of the public kind: not an address, and not one that only an own network resolves."""
    labels = _DOT.sub(".", host.lower()).rstrip(".").split(".")
    is_address = ":" in host or "%" in host or labels[-1].isdecimal() or labels[-1].startswith("0x")
    return len(labels) > 1 and not is_address and labels[-1] not in _INSIDE
