"""The operator's cockpit: one module per area, each registered with Django's admin. Money is read-only here too."""

from generations.admin import assets, audit, evidence, ledger, people, prices, provider_accounts, site, takes, teams

__all__ = ["assets", "audit", "evidence", "ledger", "people", "prices", "provider_accounts", "site", "takes", "teams"]
