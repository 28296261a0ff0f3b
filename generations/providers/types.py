"""What goes into an adapter and what comes out: plain values, JSON where they are stored, no ORM, no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from generations.catalog import Recipe, Route
from generations.choices import InputRole, MediaKind

JSON = Any


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account as an adapter needs it.

    `origin` is empty for the provider's own hosts, and the root of the sandbox otherwise. `credentials` is never
    printed: use the fields named by the adapter's `credential_fields`. `base_url` is where a gateway is, and `dialect`
    how it answers; both are empty where the adapter knows.
    """

    provider: str
    credentials: Mapping[str, str] = field(repr=False)
    region: str = ""
    origin: str = ""
    base_url: str = ""
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input file of a recipe, ready to be sent: stripped of location data, upright, in a format providers take.

    `index` is its place among the inputs of its role. `key` names the upload: equal keys are equal bytes.
    """

    role: InputRole
    index: int
    key: str
    path: Path
    media_type: str
    size_bytes: int
    provider_id: str = ""
    """Under which id the account's provider still holds this very file, where it made it."""
    public_url: str = ""
    """Where the provider can read it from us, for as long as a submit takes; empty without a public address."""
    seconds: Decimal | None = None
    """How long a video or a sound is, where that is known."""


@dataclass(frozen=True, slots=True)
class Task:
    """One submit: the recipe on its route, our own id for it, its files, and where the provider may call us back.

    `our_id` is stable over every attempt of the same generation. `callback_url` is empty when we have no public URL.
    """

    our_id: str
    recipe: Recipe
    route: Route
    files: tuple[InputFile, ...] = ()
    callback_url: str = ""

    def files_for(self, role: InputRole) -> tuple[InputFile, ...]:
        """The files with a role, in the recipe's order."""
        return tuple(item for item in self.files if item.role == role)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task whose inputs are where the provider can read them: file key → URL, or bare base64."""

    task: Task
    references: Mapping[str, str] = field(repr=False)
    session: Mapping[str, JSON] = field(default_factory=dict)
    """What the call before the submit gave, where there is one (`Adapter.begin`)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a provider says a job cost, in its own units; `currency` is a `choices.Currency` or `fal_unit`.

    A `fal_unit` is one unit of the endpoint's price (header `x-fal-billable-units`).
    """

    amount: Decimal
    currency: str

    def as_json(self) -> dict[str, str]:
        return {"amount": format(self.amount, "f"), "currency": self.currency}

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> Cost:
        return cls(amount=Decimal(value["amount"]), currency=value["currency"])


@dataclass(frozen=True, slots=True)
class Operation:
    """A job the provider has taken. `state` is the adapter's own, JSON, and never read by anybody else."""

    task_id: str
    state: Mapping[str, JSON] = field(default_factory=dict)
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not finished. `position` is the place in the provider's queue where it tells; `rendering` once it has begun."""

    rendering: bool
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One result file at the provider. The URL is hostile until `media.fetch` has checked it."""

    url: str
    kind: MediaKind
    provider_id: str = ""
    media_type: str = ""
    expires_at: datetime | None = None

    def as_json(self) -> dict[str, str]:
        return {
            "url": self.url,
            "kind": str(self.kind),
            "provider_id": self.provider_id,
            "media_type": self.media_type,
            "expires_at": self.expires_at.isoformat() if self.expires_at else "",
        }

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> Output:
        expires_at = value.get("expires_at")
        return cls(
            url=value["url"],
            kind=MediaKind(value["kind"]),
            provider_id=value.get("provider_id", ""),
            media_type=value.get("media_type", ""),
            expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider is done. `cost` is None where it does not say: then the quoted price is what was charged."""

    outputs: tuple[Output, ...]
    cost: Cost | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider gave up. `charged` is None where it is unknown; a zero cost means that nothing was charged."""

    code: str
    reason: str  # the provider's own words, as plain text
    charged: Cost | None
    moderated: bool = False
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left in one purse or pack of an account, as the provider tells it, in `choices.Currency`.

    `as_of_note` is a sentence where the figure may be old; `name` is the pack's own name.
    """

    amount: Decimal
    currency: str
    as_of_note: str = ""
    expires_at: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What a provider says a task costs: an amount in a currency's code, in lower case, for one `unit`.

    `unit` is the provider's own word, or `call` where the price is of the whole task as it was asked for.
    """

    amount: Decimal
    currency: str
    unit: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A verified or unsigned webhook, reduced to a hint: which task it speaks of. It decides nothing.

    `our_id` is the id of ours that the delivery names, where it names one: to be compared before anything is asked.
    """

    delivery_id: str  # unique per delivery as far as the provider allows; repeats are the same delivery
    task_id: str
    verified: bool
    our_id: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook request as it arrived: header names in lower case, the raw body, and our clock."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP call to a provider, for the record: never a header value, never a body that was sent."""

    method: str
    url: str  # without query string
    status_code: int | None
    duration_ms: int
    request_id: str = ""
    excerpt: str = ""  # of the reply, shortened and redacted; empty for a plain success
