"""The schema, and the only door to it."""

from generations.models.approval import Approval
from generations.models.asset import Asset, Blob
from generations.models.audit import AuditEvent
from generations.models.budget import (
    Budget,
    BudgetAlert,
    BudgetPeriod,
    BudgetQuerySet,
    BudgetRaise,
    BudgetRequest,
    scope_key,
)
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
from generations.models.invoice import InvoiceImport, InvoiceLine
from generations.models.ledger import Account, BookProof, CreditLot, Entry, Movement, Purse
from generations.models.mail import Mail
from generations.models.price import PriceRule
from generations.models.project import Project, ProjectQuerySet
from generations.models.provider_account import ProviderAccount, PumpLease
from generations.models.provider_money import BalanceReading, ClosedRoute, DriftCheck, DriftReading, ProviderPack
from generations.models.review import ReviewDecision
from generations.models.rollup import (
    Counted,
    Fate,
    RollUpMark,
    ShotTally,
    Slice,
    SpendDay,
    SpendMonth,
    SpendWeek,
    TakeTally,
    TimingDay,
)
from generations.models.shot import Shot
from generations.models.statement import fetch
from generations.models.subscription import ReportSubscription
from generations.models.team import Membership, Team, User

__all__ = [
    "OCCUPIES_A_SLOT",
    "OPEN",
    "TERMINAL",
    "TRANSITIONS",
    "Account",
    "Approval",
    "Asset",
    "Attempt",
    "AuditEvent",
    "BalanceReading",
    "Blob",
    "BookProof",
    "Budget",
    "BudgetAlert",
    "BudgetPeriod",
    "BudgetQuerySet",
    "BudgetRaise",
    "BudgetRequest",
    "CallbackReceipt",
    "ClosedRoute",
    "Counted",
    "CreditLot",
    "DriftCheck",
    "DriftReading",
    "Entry",
    "Fate",
    "Generation",
    "GenerationEvent",
    "GenerationInput",
    "GenerationQuerySet",
    "IllegalTransition",
    "InvoiceImport",
    "InvoiceLine",
    "Mail",
    "Membership",
    "Movement",
    "PriceRule",
    "Project",
    "ProjectQuerySet",
    "ProviderAccount",
    "ProviderCall",
    "ProviderPack",
    "PumpLease",
    "Purse",
    "ReportSubscription",
    "ReviewDecision",
    "RollUpMark",
    "Shot",
    "ShotTally",
    "Slice",
    "SpendDay",
    "SpendMonth",
    "SpendWeek",
    "Status",
    "TakeTally",
    "Team",
    "TimingDay",
    "User",
    "fetch",
    "scope_key",
]
