"""Where fal is: its queue, its REST host and its storage, or their places below the root of the sandbox."""

from __future__ import annotations

from urllib.parse import urlsplit

from generations.providers.reply import is_web_url
from generations.providers.types import JSON, Account


def queue(account: Account) -> str:
    """The host that takes, follows and cancels requests."""
    return f"{account.origin}/fal" if account.origin else "https://queue.fal.run"


def rest(account: Account) -> str:
    """The host of upload tokens and of the keys that sign webhooks."""
    return f"{account.origin}/fal-rest" if account.origin else "https://rest.fal.ai"


def cdn(account: Account) -> str:
    """The host that stores inputs."""
    return f"{account.origin}/fal-cdn" if account.origin else "https://v3.fal.media"


def platform(account: Account) -> str:
    """The host of prices and of the account's balance."""
    return f"{account.origin}/fal-api" if account.origin else "https://api.fal.ai/v1"


def is_ours(url: JSON, task_id: str, account: Account) -> bool:
    """Whether a URL from a reply is one of the queue's own for this request, so that the key may be sent there."""
    if not is_web_url(url) or "\\" in url or ".." in url:
        return False
    found, expected = urlsplit(url), urlsplit(queue(account))
    same_origin = (found.scheme, found.netloc) == (expected.scheme, expected.netloc)
    names_request = found.path.startswith(f"{expected.path}/") and task_id in found.path.split("/")
    return same_origin and names_request and not found.query and not found.fragment
