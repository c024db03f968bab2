"""The sheets of a workbook and their columns: one description, for the way out and for the way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from funding.models import FundingRequest, Project, RelatedPlan, RequestShare
from plans.models import Framework, Objective, ObjectiveTargetGroup, Outcome, RevisionRow

MOST_ROWS = 5_000
MOST_BYTES = 5_000_000
MOST_EDITS = 1_000  # each row is judged by itself: more would keep the draft locked for a minute
Breakdown = FundingRequest.Breakdown


class Kind(StrEnum):
    """What stands in the cells of a column."""

    TEXT = "text"
    AMOUNT = "amount"
    PERCENT = "percent"
    COUNT = "count"
    YES_NO = "yes_no"
    CHOICE = "choice"


@dataclass(frozen=True)
class Column:
    """One column. ``name`` is that of the model's column, and stands in a hidden row of the sheet."""

    name: str
    title: Promise
    kind: Kind = Kind.TEXT
    width: int = 16
    choices: str = ""
    """Which list the words of a choice are of."""
    of_amount: bool = False
    """Whether it tells of what the row asks for, which is a row of its own in the database."""
    is_required: bool = False


@dataclass(frozen=True)
class Sheet:
    """One table. ``identity``: the columns that no two rows share."""

    code: str
    title: Promise
    row_name: Promise
    model: type[RevisionRow]
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    breakdown: str = ""
    """Of which breakdown its requests are: the rows themselves, or what each row asks for."""

    @property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def has_amounts_beside(self) -> bool:
        """Whether the amount of a row is a funding request beside it, and not the row itself."""
        return bool(self.breakdown) and self.model is not FundingRequest


def _amount(width: int = 18, *, beside: bool = False) -> Column:
    return Column(
        "amount_usd", _("Asked for (US dollars)"), Kind.AMOUNT, width, of_amount=beside, is_required=not beside
    )


SHEETS = (
    Sheet(
        "objectives",
        _("Objectives"),
        _("Objective"),
        Objective,
        (
            Column("number", _("Number"), Kind.COUNT, 9, is_required=True),
            Column("title", _("Title"), width=50, is_required=True),
            Column("strategic_objective", _("Strategic objective"), Kind.CHOICE, 36, "strategic_objective"),
            _amount(beside=True),
            Column("people_targeted", _("People targeted (persons)"), Kind.COUNT),
            Column("entities_targeted", _("Entities targeted (number)"), Kind.COUNT),
            Column("stated_percent_funded", _("Funded, as printed (%)"), Kind.PERCENT, 14),
        ),
        ("number",),
        Breakdown.OBJECTIVE,
    ),
    Sheet(
        "outcomes",
        _("Outcomes"),
        _("Outcome"),
        Outcome,
        (
            Column("objective", _("Objective (its number)"), Kind.CHOICE, 12, "objective", is_required=True),
            Column("code", _("Code"), width=9, is_required=True),
            Column("name", _("Name"), width=60, is_required=True),
            Column("strategic_outcome", _("Strategic outcome"), Kind.CHOICE, 40, "strategic_outcome"),
            Column("share_percent", _("Share of the objective (%)"), Kind.PERCENT, 14, is_required=True),
        ),
        ("code",),
    ),
    Sheet(
        "target_groups",
        _("Target groups"),
        _("Target group"),
        ObjectiveTargetGroup,
        (
            Column("objective", _("Objective (its number)"), Kind.CHOICE, 12, "objective", is_required=True),
            Column("target_group", _("Target group"), Kind.CHOICE, 50, "target_group", is_required=True),
        ),
        ("objective", "target_group"),
    ),
    Sheet(
        "sectors",
        _("Sectors"),
        _("Sector"),
        FundingRequest,
        (
            Column("sector", _("Sector"), Kind.CHOICE, 60, "sector", is_required=True),
            _amount(),
            Column("is_priority", _("Priority (yes or no)"), Kind.YES_NO, 12),
        ),
        ("sector",),
        Breakdown.SECTOR,
    ),
    Sheet(
        "shares",
        _("Shares by objective"),
        _("Share"),
        RequestShare,
        (
            Column("funding_request", _("Of which amount"), Kind.CHOICE, 60, "request", is_required=True),
            Column("objective", _("Objective (its number)"), Kind.CHOICE, 12, "objective", is_required=True),
            Column("share_percent", _("Share of the amount (%)"), Kind.PERCENT, 14, is_required=True),
            Column("amount_usd", _("Share (US dollars)"), Kind.AMOUNT, 18),
        ),
        ("funding_request", "objective"),
    ),
    Sheet(
        "related_plans",
        _("Related plans"),
        _("Related plan"),
        RelatedPlan,
        (
            Column("funding_request", _("Of which amount"), Kind.CHOICE, 60, "request", is_required=True),
            Column("plan_family", _("Inter-agency plan"), Kind.CHOICE, 30, "plan_family", is_required=True),
            Column("related_plan", _("Which one (code of the plan)"), Kind.CHOICE, 24, "plan"),
            Column("overlap", _("Overlap"), Kind.CHOICE, 36, "overlap"),
            Column("inside_usd", _("Of it inside (US dollars)"), Kind.AMOUNT, 18),
            Column("inside_percent", _("Of it inside (%)"), Kind.PERCENT, 14),
        ),
        ("funding_request", "plan_family"),
    ),
    Sheet(
        "frameworks",
        _("Frameworks"),
        _("Framework"),
        Framework,
        (
            Column("code", _("Code"), width=16, is_required=True),
            Column("name", _("Name"), width=50, is_required=True),
            Column("plan_family", _("Plan family"), Kind.CHOICE, 30, "plan_family"),
            Column("taxonomy", _("List of sectors, where another"), Kind.CHOICE, 30, "taxonomy"),
            _amount(beside=True),
            Column("stated_received_usd", _("Received, as stated (US dollars)"), Kind.AMOUNT, 18),
            Column("stated_percent_funded", _("Funded, as printed (%)"), Kind.PERCENT, 14),
        ),
        ("code",),
        Breakdown.FRAMEWORK,
    ),
    Sheet(
        "projects",
        _("Projects"),
        _("Project"),
        Project,
        (
            Column("code", _("Code"), width=22, is_required=True),
            Column("title", _("Title"), width=50, is_required=True),
            Column("framework", _("Framework (its code)"), Kind.CHOICE, 16, "framework"),
            Column("sector", _("Sector"), Kind.CHOICE, 40, "project_sector"),
            _amount(beside=True),
            Column("is_priority", _("Priority (yes or no)"), Kind.YES_NO, 12, of_amount=True),
            Column("stated_received_usd", _("Received, as stated (US dollars)"), Kind.AMOUNT, 18),
            Column("description", _("Description"), width=60),
            Column("beneficiaries", _("Beneficiaries"), width=40),
        ),
        ("code",),
        Breakdown.PROJECT,
    ),
    Sheet(
        "clusters",
        _("Global clusters"),
        _("Global cluster"),
        FundingRequest,
        (Column("sector", _("Global cluster"), Kind.CHOICE, 60, "cluster", is_required=True), _amount()),
        ("sector",),
        Breakdown.GLOBAL_CLUSTER,
    ),
    Sheet(
        "countries",
        _("Countries"),
        _("Country"),
        FundingRequest,
        (Column("country", _("Country"), Kind.CHOICE, 40, "country", is_required=True), _amount()),
        ("country",),
        Breakdown.COUNTRY,
    ),
)
"""In the order of the tabs, which is also the order in which a person fills them in."""

BY_CODE: Mapping[str, Sheet] = {sheet.code: sheet for sheet in SHEETS}

SAVED_IN_ORDER = ("objectives", "frameworks", "outcomes", "target_groups", "projects", "sectors", "clusters",
                  "countries", "shares", "related_plans")  # fmt: skip
"""Each after those that its rows point to; rows are removed the other way round."""
