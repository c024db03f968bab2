"""Codes of IATI's lists, and what of CRP they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from funding.models import Contribution, Organization

Status, Earmarking, Kind = Contribution.Status, Contribution.Earmarking, Organization.Kind

VERSION = "2.03"
USD = "USD"
MULTILATERAL = "40"  # OrganisationType
FUNDING, IMPLEMENTING = "1", "4"  # OrganisationRole
GENERAL, OBJECTIVES, OTHER_DESCRIPTION = "1", "2", "4"  # DescriptionType
PIPELINE, IMPLEMENTATION, CLOSED = "1", "2", "4"  # ActivityStatus
PLANNED_START, ACTUAL_START, PLANNED_END, ACTUAL_END = "1", "2", "3", "4"  # ActivityDateType
NATIONAL, MULTI_NATIONAL = "4", "3"  # ActivityScope
UN_REGIONS = "2"  # RegionVocabulary: UN M49
WORLD = "001"
CLUSTERS, OWN = "10", "99"  # SectorVocabulary
APPEAL, FTS_PLANS = "2", "2-1"  # HumanitarianScopeType, HumanitarianScopeVocabulary
INDICATIVE, COMMITTED = "1", "2"  # BudgetStatus
ORIGINAL, REVISED = "1", "2"  # BudgetType
EARMARKINGS = "2"  # AidTypeVocabulary
OWN_IDENTIFIER, OTHER_IDENTIFIER = "A1", "A9"  # OtherIdentifierType
PURPOSE, WEB_PAGE = "A02", "A12"  # DocumentCategory
THIRD_PARTY = "5"  # RelatedActivityType
OCHA, OCHA_NAME = "XM-DAC-41127", "OCHA Financial Tracking Service"

INCOMING: Mapping[str, str] = {Status.PLEDGE: "13", Status.COMMITMENT: "11", Status.PAID: "1"}
"""TransactionType of money that reaches a plan."""
OUTGOING: Mapping[str, str] = {Status.COMMITMENT: "2", Status.PAID: "3"}
"""TransactionType of money that leaves it for another: a commitment to somebody else, a disbursement."""
INCOMING_COMMITMENT = INCOMING[Status.COMMITMENT]

EARMARKING: Mapping[str, str] = {
    Earmarking.UNEARMARKED: "1",
    Earmarking.SOFTLY: "2",
    Earmarking.EARMARKED: "3",
    Earmarking.TIGHTLY: "4",
}
ORGANIZATION_TYPES: Mapping[str, str] = {
    Kind.GOVERNMENT: "10",
    Kind.UN_AGENCY: MULTILATERAL,
    Kind.INTER_GOVERNMENTAL: MULTILATERAL,
    Kind.OTHER: "90",
}
"""OrganisationType of the kinds that are one in IATI's list; the others could be several, and are left out."""

CLUSTER_NUMBERS: Mapping[str, str] = {
    "CCM": "1",
    "ERY": "2",
    "EDU": "3",
    "SHL": "4",
    "TEL": "5",
    "FSC": "6",
    "HEA": "7",
    "LOG": "8",
    "NUT": "9",
    "PRO": "10",
    "WSH": "11",
    "PRO-CPN": "5403",
    "PRO-GBV": "5404",
    "PRO-HLP": "5405",
    "PRO-MIN": "5406",
}
"""The IASC global clusters and areas of responsibility under the numbers of OCHA's list."""
NO_CLUSTER, NO_CLUSTER_NAME = "26481", "Other: belongs to no global cluster, or names none"
"""What asks for money outside of the clusters: “Other” among the global clusters of FTS."""
NOT_SPECIFIED = "not-specified"
