"""Who gives, what is asked for, what has been received."""

from .contributions import Contribution, StatusChange
from .organizations import Organization, OrganizationIdentifier
from .reported import ReportedFunding
from .requests import FundingRequest, Project, RelatedPlan, RequestShare

__all__ = [
    "Contribution",
    "FundingRequest",
    "Organization",
    "OrganizationIdentifier",
    "Project",
    "RelatedPlan",
    "ReportedFunding",
    "RequestShare",
    "StatusChange",
]
