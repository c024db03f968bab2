"""One published plan: everything its page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from crp.common.figures import Breakdown, Line, Rollup
from crp.common.money import percent_of
from crp.common.numbers import write_number, write_percent
from funding.checks import Check
from funding.dimensions import WITHIN_PLAN, Residual
from funding.models import FundingRequest, Project, RelatedPlan, RequestShare
from funding.rollups import add_parts, break_down_plan
from funding.selectors.ledger import coverage_of, named_share
from funding.selectors.overlaps import InterAgencyPart, NamingPlan, inter_agency_parts, plans_naming
from funding.selectors.plan_around import PlansAround
from funding.selectors.plan_contents import contents_of, sections_of
from funding.selectors.plan_parts import (
    BreakdownPart,
    ObjectivePart,
    ProjectGroup,
    ProjectPart,
    Section,
    SectorGroup,
    SectorPart,
)
from funding.selectors.plan_rows import PublishedPlan
from funding.selectors.portfolio import scale_of
from plans.models import Framework, Narrative, Objective, ObjectiveTargetGroup, Outcome, Plan, PlanFamily
from sectors.models import Sector

Kind = FundingRequest.Breakdown
NAMED_BY_ROWS: dict[str, tuple[Any, str, str]] = {
    "framework": (Framework, "code", "name"),
    "objective": (Objective, "number", "title"),
    "project": (Project, "code", "title"),
}
"""What a plan names itself: the rows that hold the code and the name of each line."""
LARGEST_FIRST = ("sector", "global_cluster", "country", "donor")


class PlanPage(PublishedPlan):
    """The same with its money, opened in every way that the plan gives.

    Queries: five at most for each breakdown besides.
    """

    def __init__(self, plan: Plan, on: date | None = None) -> None:
        super().__init__(plan, on)
        self._breakdowns: dict[str, Breakdown] = {}

    def breakdown(self, by: str) -> Breakdown:
        """Return the plan's total, opened by one dimension; read once."""
        if by not in self._breakdowns:
            self._breakdowns[by] = self._told(break_down_plan(self.plan, by, self.on), by)
        return self._breakdowns[by]

    def _told(self, breakdown: Breakdown, by: str) -> Breakdown:
        """Return a breakdown with the names of its lines as the reader gets them."""
        if by not in NAMED_BY_ROWS:
            return breakdown
        model, code, name = NAMED_BY_ROWS[by]
        names = {getattr(row, code): getattr(row, name) for row in self.rows(model)}
        lines = [
            replace(line, keys=(replace(line.key, name=names[line.key.code]), *line.keys[1:]))
            if line.key.code in names
            else line
            for line in breakdown.lines
        ]
        return replace(breakdown, lines=tuple(lines))

    @property
    def whole(self) -> Decimal | None:
        """What the shares of a plan add to."""
        return self._share(self.figures)

    # Objectives

    @cached_property
    def objectives(self) -> list[ObjectivePart]:
        objectives = self.rows(Objective)
        if not objectives:
            return []
        lines = {line.key.code: line for line in self.breakdown("objective").rows}
        return [self._objective_part(objective, lines.get(objective.number)) for objective in objectives]

    def _objective_part(self, objective: Objective, line: Line | None) -> ObjectivePart:
        def of(rows: Iterable[Any]) -> list[Any]:
            return [row for row in rows if row.objective_id == objective.pk]

        return ObjectivePart(
            objective=objective,
            figures=line.figures if line else None,
            share=self._share(line.figures) if line else None,
            request=self.requests.get((Kind.OBJECTIVE, objective)),
            outcomes=of(self.rows(Outcome)),
            target_groups=of(self.rows(ObjectiveTargetGroup)),
            narratives=of(self.rows(Narrative)),
        )

    def _share(self, figures: Rollup) -> Decimal | None:
        return percent_of(figures.requested_usd, self.figures.requested_usd)

    # Sectors

    @cached_property
    def has_sectors(self) -> bool:
        return any(request.breakdown in {Kind.SECTOR, Kind.PROJECT} for request in self.rows(FundingRequest))

    @cached_property
    def sector_parts(self) -> list[SectorPart]:
        if not self.has_sectors:
            return []
        return [self._sector_part(line) for line in self.breakdown("sector").largest_first()]

    def _sector_part(self, line: Line) -> SectorPart:
        share = self._share(line.figures)
        request = self.requests.get((Kind.SECTOR, line.key.subject))
        if request is None:
            return SectorPart(line=line, share=share)
        return SectorPart(
            line=line,
            share=share,
            request=request,
            related=[row.plan_family for row in self.rows(RelatedPlan) if row.funding_request_id == request.pk],
            shares=[row for row in self.rows(RequestShare) if row.funding_request_id == request.pk],
            inferred=self.citations.inferred(request, "sector"),
        )

    @cached_property
    def sector_groups(self) -> list[SectorGroup]:
        """Priority sectors, the others, what runs through all, what is not specified: each with its subtotal."""
        groups: dict[str, list[SectorPart]] = {}
        for part in self.sector_parts:
            groups.setdefault(self._group_of(part), []).append(part)
        titles = {
            "priority": _("Priority sectors"),
            "other": _("Other sectors") if "priority" in groups else "",
            "cross_cutting": _("Cross-cutting"),
            "rest": _("Without a sector"),
        }
        return [
            SectorGroup(
                title=title,
                parts=groups[name],
                total=(total := add_parts(part.figures for part in groups[name])),
                share=self._share(total),
            )
            for name, title in titles.items()
            if name in groups
        ]

    def _group_of(self, part: SectorPart) -> str:
        if part.line.is_residual:
            return "rest"
        if part.sector is not None and part.sector.is_cross_cutting:
            return "cross_cutting"
        return "priority" if part.request is not None and part.request.is_priority else "other"

    @cached_property
    def sector_scale(self) -> Decimal:
        return scale_of(part.line for part in self.sector_parts)

    @cached_property
    def plan_families(self) -> list[PlanFamily]:
        """The inter-agency plans that its sectors name, once each."""
        found = {row.plan_family.code: row.plan_family for row in self.rows(RelatedPlan)}
        return [found[code] for code in sorted(found)]

    @cached_property
    def shared_lines(self) -> list[SectorPart]:
        """Lines that state their shares by objective."""
        return [part for part in self.sector_parts if part.shares]

    # Frameworks, projects, donors

    @cached_property
    def frameworks(self) -> list[Line]:
        return list(self.breakdown("framework").lines) if self.rows(Framework) else []

    @cached_property
    def framework_scale(self) -> Decimal:
        return scale_of(self.frameworks)

    @cached_property
    def project_groups(self) -> list[ProjectGroup]:
        projects = self.rows(Project)
        if not projects:
            return []
        frameworks = {framework.pk: framework for framework in self.rows(Framework)}
        sectors = Sector.objects.select_related("taxonomy").in_bulk(
            {project.sector_id for project in projects} - {None}
        )
        groups: dict[int | None, list[Project]] = {}
        for project in projects:
            if project.sector_id:
                project.sector = sectors[project.sector_id]
            groups.setdefault(project.framework_id, []).append(project)
        of_framework = {line.key.code: line for line in self.frameworks}
        return [
            ProjectGroup(
                framework=frameworks.get(pk or 0),
                line=of_framework.get(frameworks[pk].code) if pk else None,
                projects=[self._project_part(project) for project in members],
            )
            for pk, members in groups.items()
        ]

    @cached_property
    def _project_figures(self) -> dict[Any, Rollup]:
        return {line.key.code: line.figures for line in self.breakdown("project").rows}

    def _project_part(self, project: Project) -> ProjectPart:
        unknown = Rollup(requested_usd=None, requested_reporting_usd=None, received_usd=None, pledged_usd=None)
        return ProjectPart(
            project=project,
            figures=self._project_figures.get(project.code, unknown),
            request=self.requests.get((Kind.PROJECT, project)),
            inferred=self.citations.inferred(project, "sector"),
        )

    @cached_property
    def project_scale(self) -> Decimal:
        return scale_of(self.breakdown("project").lines)

    DONORS_SHOWN = 12

    @cached_property
    def donors(self) -> list[Line]:
        """Who gave to it, the largest sum first; what no donor is known of last."""
        if not self.figures.funding_reported and self.figures.pledged_usd is None:
            return []
        return sorted(
            self.breakdown("donor").lines,
            key=lambda line: (
                line.is_residual,
                -(line.figures.received_usd or 0),
                -(line.figures.pledged_usd or 0),
            ),
        )

    @property
    def donors_shown(self) -> list[Line]:
        """The largest donors, and every rest."""
        named = [line for line in self.donors if not line.is_residual]
        return [*named[: self.DONORS_SHOWN], *(line for line in self.donors if line.is_residual)]

    @cached_property
    def coverage(self) -> list[str]:
        """How much of the plan its money received speaks for: sentences; empty where none is reported."""
        if not self.figures.received_usd:
            return []
        sentences = []
        parts = {
            "sector": (_("Money is on record for %(found)s of %(all)s sectors."), self.has_sectors),
            "project": (_("Money is on record for %(found)s of %(all)s projects."), bool(self.rows(Project))),
        }
        for by, (sentence, has_parts) in parts.items():
            if has_parts:
                found, every = coverage_of(self.breakdown(by))
                sentences.append(sentence % {"found": write_number(found), "all": write_number(every)})
        named = {
            "donor": _("%(share)s of what was received names its donor."),
            "sector": _("%(share)s of what was received is for one sector by name."),
        }
        shares = {by: named_share(self.breakdown(by)) for by in named}
        sentences += [named[by] % {"share": write_percent(share)} for by, share in shares.items() if share is not None]
        return sentences

    @cached_property
    def inter_agency(self) -> list[InterAgencyPart]:
        """The inter-agency plans that its lines name, with how much of them lies inside each."""
        return inter_agency_parts(self.rows(FundingRequest), self.rows(RelatedPlan), self.figures, self.on)

    @cached_property
    def named_by(self) -> list[NamingPlan]:
        """The plans whose lines name this one, with how much of them lies inside it."""
        return plans_naming(self.line, self.on)

    @cached_property
    def breakdowns(self) -> list[BreakdownPart]:
        """Every way to open the total that the plan gives, the widest first."""
        kinds = {request.breakdown for request in self.rows(FundingRequest)}
        given = self.figures.funding_reported or self.figures.pledged_usd is not None
        # Where nothing but an official total is known, there is nothing to open.
        on_record = given and any(
            line.key.residual != Residual.OFFICIAL_ONLY and (line.figures.received_usd or line.figures.pledged_usd)
            for line in self.breakdown("donor").lines
        )
        offered = (
            ("framework", _("By framework"), _("Framework"), bool(kinds & {Kind.FRAMEWORK, Kind.PROJECT})),
            ("objective", _("By objective"), _("Objective"), Kind.OBJECTIVE in kinds),
            ("sector", _("By sector"), _("Sector"), self.has_sectors),
            ("global_cluster", _("By global cluster"), _("Global cluster"), Kind.GLOBAL_CLUSTER in kinds),
            ("country", _("By country"), _("Country"), Kind.COUNTRY in kinds),
            ("project", _("By project"), _("Project"), Kind.PROJECT in kinds),
            ("donor", _("By donor"), _("Donor"), given and (on_record or not self.figures.received_usd)),
            ("status", _("By status"), _("Status"), on_record),
            ("earmarking", _("By earmarking"), _("Earmarking"), on_record),
            ("decision_year", _("By year of decision"), _("Year"), on_record),
        )
        return [self._breakdown_part(name, title, column) for name, title, column, offer in offered if offer]

    def _breakdown_part(self, name: str, title: str, column: str) -> BreakdownPart:
        breakdown = self.breakdown(name)
        return BreakdownPart(
            name=name,
            title=title,
            column=column,
            lines=breakdown.largest_first() if name in LARGEST_FIRST else breakdown.lines,
            total=breakdown.total,
            scale=scale_of(breakdown.lines),
            splits_requirement="requested_usd" in breakdown.measures,
            is_official_split=bool(self._official_scopes & set(WITHIN_PLAN[name].official_scopes)),
        )

    @cached_property
    def _official_scopes(self) -> set[str]:
        """The parts of which it has an official total."""
        totals = self.plan.reported_funding.in_force(self.on)
        return set(totals.order_by().values_list("scope", flat=True).distinct())

    @cached_property
    def sections(self) -> list[Section]:
        return sections_of(self)

    @cached_property
    def checks_gravest_first(self) -> list[Check]:
        order = [verdict for verdict, _count in self.verdicts]
        return sorted(self.checks, key=lambda check: order.index(check.verdict))

    # Presence and around

    @cached_property
    def around(self) -> PlansAround:
        return PlansAround(self.line, self.on)

    @cached_property
    def openings(self) -> list[BreakdownPart]:
        """The ways to open what is asked for that the plan is shown by: each adds to the same total."""
        kinds = {request.breakdown for request in self.rows(FundingRequest)}
        ways = (
            ("framework", _("By framework"), _("Framework"), self.frameworks),
            ("objective", _("By objective"), _("Objective"), Kind.OBJECTIVE in kinds),
            ("sector", _("By sector"), _("Sector"), self.has_sectors),
            ("project", _("By project"), _("Project"), Kind.PROJECT in kinds),
        )
        parts = [self._breakdown_part(name, title, column) for name, title, column, given in ways if given]
        return [part for part in parts if part.splits_requirement]

    @property
    def said(self) -> str:
        """What the plan asks for and has received, in a sentence for a preview of a link."""
        asked, given = self.figures.requested_usd, self.figures.received_usd
        return _("Requested: %(requested)s. Received: %(received)s. In US dollars.") % {
            "requested": _("Not reported") if asked is None else write_number(asked),
            "received": _("Not reported") if given is None else write_number(given),
        }

    WHAT_IF_USD = 500_000

    @property
    def what_if_put(self) -> str:
        """What the link to the what-if puts on this plan, as its address takes it."""
        return f"{self.plan.code}:{self.WHAT_IF_USD}"

    @cached_property
    def contents(self) -> list[Section]:
        return contents_of(self)
