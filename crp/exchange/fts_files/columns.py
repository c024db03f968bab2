"""The columns of FTS's files on HDX, in their order, and the HXL hashtags they had there until 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PLAN = ("countryCode", "id", "name", "code")
DAYS = ("startDate", "endDate", "year")
MONEY = ("requirements", "funding", "percentFunded")

REQUIREMENTS = (*PLAN, "typeId", "typeName", *DAYS, *MONEY)
CLUSTERS = (*PLAN, *DAYS, "clusterCode", "cluster", *MONEY)
FLOWS = (
    "date", "budgetYear", "description", "amountUSD", "srcOrganization", "srcOrganizationTypes", "srcLocations",
    "srcUsageYearStart", "srcUsageYearEnd", "destPlan", "destPlanCode", "destPlanId", "destOrganization",
    "destOrganizationTypes", "destGlobalClusters", "destLocations", "destProject", "destProjectCode", "destEmergency",
    "destUsageYearStart", "destUsageYearEnd", "contributionType", "flowType", "method", "boundary", "onBoundary",
    "status", "firstReportedDate", "decisionDate", "keywords", "originalAmount", "originalCurrency", "exchangeRate",
    "id", "refCode", "createdAt", "updatedAt",
)  # fmt: skip

_HASHTAGS: Mapping[str, str] = {
    "countryCode": "#country+code",
    "id": "#activity+appeal+id+fts_internal",
    "name": "#activity+appeal+name",
    "code": "#activity+appeal+id+external",
    "typeId": "#activity+appeal+type+id+fts_internal",
    "typeName": "#activity+appeal+type+name",
    "startDate": "#date+start",
    "endDate": "#date+end",
    "year": "#date+year",
    "clusterCode": "#sector+cluster+code+fts_internal",
    "cluster": "#sector+cluster+name",
    "requirements": "#value+funding+required+usd",
    "funding": "#value+funding+total+usd",
    "percentFunded": "#value+funding+pct",
}
_HASHTAGS_OF_FLOWS: Mapping[str, str] = {
    "date": "#date",
    "budgetYear": "#date+year+budget",
    "description": "#description+notes",
    "amountUSD": "#value+funding+total+usd",
    "srcOrganization": "#org+name+funder",
    "srcOrganizationTypes": "#org+type+funder+list",
    "srcLocations": "#country+code+iso3+funder+list",
    "srcUsageYearStart": "#date+year+start+funder",
    "srcUsageYearEnd": "#date+year+end+funder",
    "destPlan": "#activity+appeal+name",
    "destPlanCode": "#activity+appeal+id+external",
    "destPlanId": "#activity+appeal+id+fts_internal",
    "destOrganization": "#org+name+impl",
    "destOrganizationTypes": "#org+type+impl+list",
    "destGlobalClusters": "#sector+cluster+name+list",
    "destLocations": "#country+code+iso3+impl+list",
    "destProject": "#activity+project+name",
    "destProjectCode": "#activity+project+code",
    "destEmergency": "#crisis+name",
    "destUsageYearStart": "#date+year+start+impl",
    "destUsageYearEnd": "#date+year+end+impl",
    "contributionType": "#financial+contribution+type",
    "flowType": "#financial+flow+type",
    "method": "#financial+method",
    "boundary": "#financial+direction",
    "onBoundary": "#financial+direction+type",
    "status": "#status+text",
    "firstReportedDate": "#date+reported",
    "decisionDate": "#date+decision",
    "keywords": "#description+keywords",
    "originalAmount": "#value+funding+total",
    "originalCurrency": "#value+funding+total+currency",
    "exchangeRate": "#financial+fx",
    "id": "#activity+id+fts_internal",
    "refCode": "#activity+code",
    "createdAt": "#date+created",
    "updatedAt": "#date+updated",
}


def hashtags_of(columns: Sequence[str]) -> list[str]:
    """Return the row of HXL hashtags below a header."""
    tags = _HASHTAGS_OF_FLOWS if "amountUSD" in columns else _HASHTAGS
    return [tags[column] for column in columns]
