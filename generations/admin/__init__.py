"""The operator's cockpit: one module per area, each registered with Django's admin. Money is read-only here too."""

from generations.admin import (
    assets,
    audit,
    budgets,
    evidence,
    invoices,
    ledger,
    mails,
    people,
    prices,
    provider_accounts,
    provider_money,
    reports,
    reviews,
    site,
    takes,
    teams,
)

__all__ = [
    "assets",
    "audit",
    "budgets",
    "evidence",
    "invoices",
    "ledger",
    "mails",
    "people",
    "prices",
    "provider_accounts",
    "provider_money",
    "reports",
    "reviews",
    "site",
    "takes",
    "teams",
]
