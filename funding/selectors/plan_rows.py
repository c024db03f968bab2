"""One published plan: its rows, headline figures, sources, checks and text, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from django.utils.translation import get_language, get_language_info

from funding.checks import Check, Verdict, check_revision, worst
from funding.models import FundingRequest
from funding.rollups import figures_of
from funding.selectors.citations import CitationBook, Cited
from funding.selectors.plan_parts import SCALES, IndicatorPart
from funding.selectors.portfolio import PlanLine
from plans.models import (
    Achievement,
    Modality,
    Narrative,
    Office,
    Plan,
    Presence,
    Priority,
    RevisionRow,
    RiskIndicator,
)
from plans.translating import Telling, language_of, tell_titles
from plans.tree import rows_of

Row = TypeVar("Row", bound=RevisionRow)


class PublishedPlan:
    """A plan that came from ``published_plans(on)``, with all that its revision in force says.

    Queries: one a model of rows, those of the checks; none depends on how many rows there are.
    """

    def __init__(self, plan: Plan, on: date | None = None) -> None:
        self.on = on
        self.plan = plan
        self.revision = plan.current
        self.revision.plan = plan
        tell_titles([plan])
        self.figures = figures_of(plan)
        self.line = PlanLine(plan=plan, figures=self.figures)

    # Rows

    @cached_property
    def _rows(self) -> Mapping[type, list[Any]]:
        rows: dict[type, list[Any]] = defaultdict(list)
        for row in self.telling.rows:
            rows[type(row)].append(row)
        return rows

    @cached_property
    def telling(self) -> Telling:
        """Its texts, from now on in the language of the reader where somebody has translated them.

        Its figures, citations and checks read columns that nobody translates.
        """
        telling = Telling(self.plan, [*rows_of(self.revision)])
        telling.tell()
        return telling

    def rows(self, model: type[Row]) -> list[Row]:
        """Return the rows of a model in the order the plan has them."""
        return self._rows.get(model, [])

    @cached_property
    def citations(self) -> CitationBook:
        rows = {row.row_key: row for group in self._rows.values() for row in group}
        rows[self.revision.row_key] = self.revision
        return CitationBook(list(self.revision.citations.select_related("source")), rows)

    @cached_property
    def requests(self) -> dict[tuple[str, Any], FundingRequest]:
        """Funding requests by breakdown and target."""
        return {(request.breakdown, request.target): request for request in self.rows(FundingRequest)}

    # Headline

    @cached_property
    def requested_source(self) -> Cited | None:
        fields = ("stated_requested_usd", "requested_usd")
        stated = self.revision.stated_requested_usd is not None
        return self.citations.of(self.revision, *(fields if stated else reversed(fields)))

    @cached_property
    def published_inferred(self) -> Cited | None:
        return self.citations.inferred(self.revision, "published_at")

    @cached_property
    def checks(self) -> list[Check]:
        rows = (row for group in self._rows.values() for row in group)
        return check_revision(self.revision, as_of=self.on, rows=rows)

    @cached_property
    def verdict(self) -> Verdict:
        return worst(self.checks)

    @cached_property
    def verdicts(self) -> list[tuple[Verdict, int]]:
        """How many checks ended in each way, the gravest first."""
        order = (Verdict.ERROR, Verdict.WARNING, Verdict.NOTE, Verdict.NOT_REPORTED, Verdict.OK)
        counts = [(verdict, sum(check.verdict == verdict for check in self.checks)) for verdict in order]
        return [(verdict, count) for verdict, count in counts if count]

    def check(self, rule: str) -> Check | None:
        """Return the result of a rule, where it had something to check."""
        return next((check for check in self.checks if check.rule == rule), None)

    @cached_property
    def overlaps(self) -> list[Check]:
        """What must not be added: people or entities that stand under more than one objective."""
        rules = ("people_targeted_by_objective", "entities_targeted_by_objective")
        return [check for check in self.checks if check.rule in rules and check.verdict == Verdict.NOTE]

    @cached_property
    def need_check(self) -> Check | None:
        return self.check("people_targeted_within_need")

    @cached_property
    def adds_up(self) -> list[Check]:
        """The sums of the breakdowns against the total."""
        return [check for check in self.checks if check.rule.startswith("sum_of_")]

    @cached_property
    def indicators(self) -> list[IndicatorPart]:
        return [IndicatorPart(row=row, top=SCALES.get(row.indicator)) for row in self.rows(RiskIndicator)]

    # Text

    @cached_property
    def narratives(self) -> list[Narrative]:
        own_place = {Narrative.Section.OBJECTIVE, Narrative.Section.SECTOR}
        return [item for item in self.rows(Narrative) if item.section not in own_place]

    @cached_property
    def sector_narratives(self) -> list[Narrative]:
        return [item for item in self.rows(Narrative) if item.section == Narrative.Section.SECTOR]

    @cached_property
    def narrative_headings(self) -> list[tuple[Narrative, Cited | None]]:
        """Passages, each with the reasoning behind its heading where the document has none."""
        return [(item, self.citations.inferred(item, "section", "heading")) for item in self.narratives]

    @cached_property
    def language(self) -> str:
        """The language of the plan's own text."""
        return language_of(self.telling.rows)

    @property
    def foreign_language(self) -> str:
        """The name of that language in the reader's, where it is another one; else empty."""
        if self.language == (get_language() or "en")[:2]:
            return ""
        return str(get_language_info(self.language)["name_translated"]).lower()

    @cached_property
    def untold(self) -> int:
        """How many of its texts are shown in another language than the reader's."""
        return len(self.telling.foreign)

    # How and where

    @cached_property
    def presence(self) -> Presence | None:
        return next(iter(self.rows(Presence)), None)

    @cached_property
    def offices(self) -> list[Office]:
        return self.rows(Office)

    @cached_property
    def achievements(self) -> list[Achievement]:
        return self.rows(Achievement)

    @cached_property
    def modalities(self) -> list[Modality]:
        return self.rows(Modality)

    @cached_property
    def priorities(self) -> list[Priority]:
        return self.rows(Priority)
