"""All addresses of the official Kling host, both generations, in the order in which they are tried."""

from __future__ import annotations

from starlette.routing import Route as Address

from generations.sandbox.desk import Desk
from generations.sandbox.downloads import Downloads
from generations.sandbox.kling import KlingHost
from generations.sandbox.kling_account import KlingAccount
from generations.sandbox.kling_create import Counter
from generations.sandbox.kling_new import KlingNew
from generations.sandbox.kling_sync import KlingSync


def kling_addresses(desk: Desk, downloads: Downloads, origin: str) -> list[Address]:
    """The official host over one desk."""
    counter = Counter(desk, f"{origin}/kling/cdn")
    legacy = KlingHost(counter)
    return [
        downloads.film_address("/cdn/{id}/{name}"),
        *KlingSync(counter).addresses(),
        *KlingAccount(counter).addresses(),
        *KlingNew(counter).addresses(),
        *legacy.addresses(),
        legacy.unknown(),
    ]
