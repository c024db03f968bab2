"""Small files in the shape of FTS, written by the tests themselves."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

REQUIREMENTS = "countryCode,id,name,code,typeId,typeName,startDate,endDate,year,requirements,funding,percentFunded"
CLUSTERS = "countryCode,id,name,code,startDate,endDate,year,clusterCode,cluster,requirements,funding,percentFunded"
FLOWS = (
    "date,budgetYear,description,amountUSD,srcOrganization,srcOrganizationTypes,srcLocations,srcUsageYearStart,"
    "srcUsageYearEnd,destPlan,destPlanCode,destPlanId,destOrganization,destOrganizationTypes,destGlobalClusters,"
    "destLocations,destProject,destProjectCode,destEmergency,destUsageYearStart,destUsageYearEnd,contributionType,"
    "flowType,method,boundary,onBoundary,status,firstReportedDate,decisionDate,keywords,originalAmount,"
    "originalCurrency,exchangeRate,id,refCode,createdAt,updatedAt"
)
PLAN = {
    "countryCode": "MLI",
    "id": "900",
    "name": "Mali 2024",
    "code": "HMLI24",
    "typeName": "Humanitarian response plan",
    "startDate": "2024-01-01",
    "endDate": "2024-12-31",
    "year": "2024",
    "requirements": "1000",
    "funding": "250",
}
OUTSIDE = {"countryCode": "MLI", "name": "Not specified", "year": "2024", "funding": "70"}
CLUSTER = {
    "countryCode": "MLI",
    "id": "900",
    "name": "Mali 2024",
    "code": "HMLI24",
    "year": "2024",
    "clusterCode": "5001",
    "cluster": "Santé",
    "requirements": "600",
    "funding": "200",
}
FLOW = {
    "date": "2024-05-02",
    "description": "Food for the north",
    "amountUSD": "1500",
    "srcOrganization": "Norway, Government of",
    "srcOrganizationTypes": "Government",
    "destPlan": "Mali 2024",
    "destPlanCode": "HMLI24",
    "destPlanId": "900",
    "destOrganization": "World Food Programme",
    "destOrganizationTypes": "UN agency",
    "destGlobalClusters": "Food Security",
    "destLocations": "MLI",
    "destUsageYearStart": "2024",
    "destUsageYearEnd": "2024",
    "contributionType": "financial",
    "flowType": "Standard",
    "method": "Traditional aid",
    "boundary": "incoming",
    "onBoundary": "single",
    "status": "commitment",
    "firstReportedDate": "2024-05-03",
    "decisionDate": "2024-05-01",
    "id": "70001",
    "updatedAt": "2024-06-01",
}

Row = Mapping[str, str]


def text_of(columns: str, rows: Sequence[Row]) -> str:
    """Return rows as the text of a CSV file."""
    text = StringIO(newline="")
    writer = csv.DictWriter(text, columns.split(","), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def requirements(path: Path, *rows: Row) -> Path:
    """Write a file of requirements and funding; each row says what differs from the plan of Mali."""
    path.write_text(text_of(REQUIREMENTS, [row if row.get("name") == "Not specified" else PLAN | row for row in rows]))
    return path


def clusters(path: Path, *rows: Row) -> Path:
    """Write a file by cluster; each row says what differs from one cluster of the plan of Mali."""
    path.write_text(text_of(CLUSTERS, [CLUSTER | row for row in rows]))
    return path


def flows(path: Path, *rows: Row) -> Path:
    """Write a file of flows; each row says what differs from one flow to the plan of Mali."""
    path.write_text(text_of(FLOWS, [FLOW | row for row in rows]))
    return path


def run(*paths: Path, **options: Any) -> str:
    """Import files and return what the command says of them."""
    out = StringIO()
    call_command("import_fts", *map(str, paths), stdout=out, verbosity=0, skip_checks=True, **options)
    return out.getvalue()
