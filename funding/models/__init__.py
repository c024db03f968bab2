"""Who gives, what is asked for, what has been received."""

from .contributions import Contribution, StatusChange
from .idempotency import IdempotentAnswer
from .organizations import Organization, OrganizationIdentifier
from .reported import ReportedFunding
from .requests import FundingRequest, Project, RelatedPlan, RequestShare
from .summaries import ChangeCounter, PlanFigures, SectorFigures, TargetFigures

__all__ = [
    "ChangeCounter",
    "Contribution",
    "FundingRequest",
    "IdempotentAnswer",
    "Organization",
    "OrganizationIdentifier",
    "PlanFigures",
    "Project",
    "RelatedPlan",
    "ReportedFunding",
    "RequestShare",
    "SectorFigures",
    "StatusChange",
    "TargetFigures",
]
