"""The admin of everything that shows money: plans and revisions with their figures, requests, contributions."""

from . import contributions, ledger_official, organizations, plans, requests, revisions

__all__ = ["contributions", "ledger_official", "organizations", "plans", "requests", "revisions"]
