"""The schema, and the only door to it."""

from generations.models.asset import Asset, Blob
from generations.models.audit import AuditEvent
from generations.models.generation import (
    OCCUPIES_A_SLOT,
    OPEN,
    TERMINAL,
    TRANSITIONS,
    Attempt,
    CallbackReceipt,
    Generation,
    GenerationEvent,
    GenerationInput,
    GenerationQuerySet,
    IllegalTransition,
    ProviderCall,
    Status,
)
from generations.models.ledger import Entry, LedgerAccount, Movement
from generations.models.price import PriceRule
from generations.models.project import Project, ProjectQuerySet
from generations.models.provider_account import ProviderAccount, PumpLease
from generations.models.statement import fetch
from generations.models.team import Membership, Team, User

__all__ = [
    "OCCUPIES_A_SLOT",
    "OPEN",
    "TERMINAL",
    "TRANSITIONS",
    "Asset",
    "Attempt",
    "AuditEvent",
    "Blob",
    "CallbackReceipt",
    "Entry",
    "Generation",
    "GenerationEvent",
    "GenerationInput",
    "GenerationQuerySet",
    "IllegalTransition",
    "LedgerAccount",
    "Membership",
    "Movement",
    "PriceRule",
    "Project",
    "ProjectQuerySet",
    "ProviderAccount",
    "ProviderCall",
    "PumpLease",
    "Status",
    "Team",
    "User",
    "fetch",
]
