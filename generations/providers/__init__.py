"""Providers: one adapter per API, plain values in, plain values out. No ORM, no loop, no retry, no sleep.

async with providers.Http() as http:
    adapter = providers.get(account, http)
    operation = await adapter.submit(await adapter.prepare(task))
"""

from generations.providers.base import Adapter
from generations.providers.errors import (
    Busy,
    CallbackInvalid,
    Garbled,
    Misconfigured,
    ProviderError,
    Rejected,
    Uncertain,
    Unreachable,
    UnsupportedOption,
)
from generations.providers.http import Http
from generations.providers.registry import ADAPTERS
from generations.providers.reply import Reply, redact
from generations.providers.search import Candidate, Sought
from generations.providers.types import (
    Account,
    Balance,
    Callback,
    Cost,
    Delivery,
    Exchange,
    Failed,
    Finished,
    InputFile,
    ListPrice,
    Operation,
    Output,
    Pending,
    Prepared,
    Task,
)

__all__ = [
    "Account",
    "Adapter",
    "Balance",
    "Busy",
    "Callback",
    "CallbackInvalid",
    "Candidate",
    "Cost",
    "Delivery",
    "Exchange",
    "Failed",
    "Finished",
    "Garbled",
    "Http",
    "InputFile",
    "ListPrice",
    "Misconfigured",
    "Operation",
    "Output",
    "Pending",
    "Prepared",
    "ProviderError",
    "Rejected",
    "Reply",
    "Sought",
    "Task",
    "Uncertain",
    "Unreachable",
    "UnsupportedOption",
    "adapter_class",
    "get",
    "redact",
    "slugs",
]


def get(account: Account, http: Http) -> Adapter:
    """The adapter of an account, over an open session. Raises KeyError for a provider that does not exist."""
    return adapter_class(account.provider)(account, http)


def adapter_class(slug: str) -> type[Adapter]:
    """The class behind a slug, for its credential fields and abilities. Raises KeyError where there is none."""
    return ADAPTERS[slug]


def slugs() -> tuple[str, ...]:
    """Every provider's slug, in the order of the registry."""
    return tuple(ADAPTERS)
