"""The admin of everything that shows money: plans and revisions with their figures, requests, contributions."""

from . import contributions, organizations, plans, requests, revisions

__all__ = ["contributions", "organizations", "plans", "requests", "revisions"]
