"""Who calls fal: any key but a few with a meaning of their own, in the form `Authorization: Key <key>`."""

from __future__ import annotations

from functools import lru_cache

from starlette.datastructures import Headers

from generations.sandbox.fal_replies import LOCKED
from generations.sandbox.wire import SPECIAL_KEYS, account_label


class Stranger(Exception):
    """A call that is not answered: the HTTP status and the words of the reply."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def account_of(headers: Headers) -> str:
    """The label of the calling key's account. Raises Stranger."""
    return _account(headers.get("authorization", ""))


@lru_cache(maxsize=1024)
def _account(header: str) -> str:
    prefix, _, key = header.partition(" ")
    key = key.strip()
    if prefix != "Key" or not key:
        raise Stranger(401, "Authentication is required to access this application.")
    owner = key.partition(":")[0]
    special = SPECIAL_KEYS.get(key) or SPECIAL_KEYS.get(owner)
    if special == "refused":
        raise Stranger(401, "No user found for this key. It is wrong or was revoked.")
    if special == "empty":
        raise Stranger(403, LOCKED)
    return account_label(owner)
