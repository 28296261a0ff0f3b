"""Where a download may go: public addresses over https, or the one exempt origin. Judged again on every hop."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from generations.media.errors import DownloadFailed, UnsafeURL

Resolver = Callable[[str, int], Sequence[str]]
"""Host name and port to all its addresses, as text. Raises OSError where the name is unknown."""

HTTPS_PORT = 443
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Inside 2000::/3, yet not hosts of the open internet: IETF protocols with Teredo, documentation, 6to4, documentation.
_SPECIAL = tuple(ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


class Origin(NamedTuple):
    """Scheme, host in ASCII lower case, and port: the default port of the scheme where the link names none."""

    scheme: str
    host: str
    port: int


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host name from the system's resolver, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(origin: Origin, resolver: Resolver) -> list[str]:
    """The addresses to dial for an origin, every one of them public.

    Raises UnsafeURL where the origin is not https on port 443, or where any address is not public: a name with one
    good and one private address is an attack, not an accident. Raises DownloadFailed where the name is unknown.
    """
    if origin.scheme != "https" or origin.port != HTTPS_PORT:
        raise unsafe(_("The link to the file is not an ordinary https address, so it was not followed."))
    try:
        addresses = list(resolver(origin.host, origin.port))
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise DownloadFailed(
            _("The host %(host)s of the file cannot be found. It will be tried again.") % {"host": origin.host},
            data={"host": origin.host},
        )
    if not all(is_public(address) for address in addresses):
        raise unsafe(_("The link to the file leads into a private network, so it was not followed."))
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is a host of the open internet."""
    try:
        parsed: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        return _is_public_v6(parsed)
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    # Only what is known to be global unicast: the library's own answer differs between patch releases of Python.
    if address in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)))
    return address in _GLOBAL_UNICAST and not any(address in network for network in _SPECIAL)


def unsafe(sentence: str) -> UnsafeURL:
    """The refusal of a link, with what to do about it."""
    return UnsafeURL(f"{sentence} {_('Ask the administrators to check the provider account.')}")
