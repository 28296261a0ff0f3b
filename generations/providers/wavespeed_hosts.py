"""Where WaveSpeedAI is, or its place below the root of the sandbox: docs/providers.md 4.1."""

from __future__ import annotations

from urllib.parse import quote

from generations.providers.types import JSON, Account


def api(account: Account) -> str:
    """The root of the API, version 3."""
    return f"{account.origin}/wavespeed/api/v3" if account.origin else "https://api.wavespeed.ai/api/v3"


def result_url(task_id: str, account: Account) -> str:
    """Where a prediction and its result are read."""
    return f"{api(account)}/predictions/{quote(task_id, safe='')}/result"


def is_result_url(url: JSON, task_id: str, account: Account) -> bool:
    """Whether a URL from a reply is one of the two that the documents name for this prediction, so that the key may be
    sent there (docs/providers.md section 9, row 10)."""
    full = result_url(task_id, account)
    return url in (full, full.removesuffix("/result"))
