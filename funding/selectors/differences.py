"""What changed between two revisions of a plan, in the order that a reader asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crp.common.money import percent_of
from crp.common.numbers import write_change, write_number, write_percent_change
from funding.models import FundingRequest, Project, RelatedPlan, RequestShare
from funding.rollups import requested_of
from funding.selectors.citations import row_name
from plans.diff import (
    ADDED,
    CHANGED,
    MOVED,
    REMOVED,
    RENAMED,
    TEXT,
    CitationChange,
    Comparison,
    FieldChange,
    RowChange,
    compare,
)
from plans.diff.matching import is_words
from plans.models import (
    Achievement,
    Framework,
    Modality,
    Narrative,
    Objective,
    ObjectiveTargetGroup,
    Office,
    Outcome,
    Presence,
    Priority,
    Revision,
    RiskIndicator,
)
from plans.tree import links

Kind = FundingRequest.Breakdown

COLUMNS_OF_PEOPLE = ("people_in_need", "people_targeted", "entities_targeted")
FIGURES, PEOPLE, OBJECTIVES, SECTORS, PROJECTS = "figures", "people", "objectives", "sectors", "projects"
NARRATIVE, PRESENCE, OTHER, SOURCES = "narrative", "presence", "other", "sources"
GROUP_OF_MODEL: dict[type, str] = {
    Objective: OBJECTIVES,
    ObjectiveTargetGroup: OBJECTIVES,
    Outcome: OBJECTIVES,
    Framework: PROJECTS,
    Project: PROJECTS,
    Narrative: NARRATIVE,
    Achievement: NARRATIVE,
    Modality: NARRATIVE,
    Priority: NARRATIVE,
    Presence: PRESENCE,
    Office: PRESENCE,
    RiskIndicator: PRESENCE,
}
GROUP_OF_BREAKDOWN = {Kind.OBJECTIVE: OBJECTIVES, Kind.SECTOR: SECTORS, Kind.GLOBAL_CLUSTER: SECTORS}


GROUP_TITLES = {
    FIGURES: gettext_lazy("Figures"),
    PEOPLE: gettext_lazy("People"),
    OBJECTIVES: gettext_lazy("Objectives and outcomes"),
    SECTORS: gettext_lazy("Sectors"),
    PROJECTS: gettext_lazy("Frameworks and projects"),
    NARRATIVE: gettext_lazy("Narrative"),
    PRESENCE: gettext_lazy("Presence and risk"),
    OTHER: gettext_lazy("Other"),
    SOURCES: gettext_lazy("Sources"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureLine:
    """One figure before and after."""

    kind: str
    """Of the row that holds it: added, removed, renamed or changed."""
    name: str
    """Of that row; empty for the plan itself."""
    old_name: str
    """Its former name, where it had another one."""
    change: FieldChange

    @property
    def is_added(self) -> bool:
        return self.kind == ADDED

    @property
    def is_removed(self) -> bool:
        return self.kind == REMOVED

    @property
    def points(self) -> int:
        """Which number of points the difference is told in: 1 is one point, and all others are several."""
        return 1 if self.change.difference in {1, -1} else 2

    @property
    def is_share(self) -> bool:
        """Whether the figure is a percentage itself: its difference is told in points."""
        return self.change.unit == "percent"


@dataclass(frozen=True, kw_only=True, slots=True)
class RowLine:
    """A row with what changed besides its figures."""

    row: RowChange
    words: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The differences in one part of the plan."""

    name: str
    title: str
    figures: Sequence[FigureLine] = ()
    fields: Sequence[FieldChange] = ()
    """Of the plan itself, besides figures."""
    rows: Sequence[RowLine] = ()
    moved: Sequence[RowChange] = ()
    citations: Sequence[CitationChange] = ()

    def __bool__(self) -> bool:
        return bool(self.figures or self.fields or self.rows or self.moved or self.citations)


class Differences:
    """Two revisions side by side. Queries: those of :func:`plans.diff.compare`, and of the total of a draft."""

    def __init__(self, old: Revision, new: Revision) -> None:
        self.old, self.new = (with_total(revision) for revision in (old, new))
        self.comparison: Comparison = compare(self.old, self.new, name_of=name_of)

    @property
    def both(self) -> tuple[Revision, Revision]:
        return self.old, self.new

    @property
    def is_same(self) -> bool:
        """Whether a revision was compared with itself."""
        return self.old.pk == self.new.pk

    @property
    def is_backwards(self) -> bool:
        """Whether the later revision was taken for the earlier one."""
        return self.old.number > self.new.number

    @property
    def sentence(self) -> str:
        """What became of the total, in words."""
        return tell_total(self.old.requested_usd, self.new.requested_usd)

    @cached_property
    def counts(self) -> list[str]:
        """How many rows and sources changed, in words; empty where none did."""
        kinds = [change.kind for change in self.comparison.rows]
        told = (
            (ADDED, lambda number: ngettext("%(number)s row added", "%(number)s rows added", number)),
            (REMOVED, lambda number: ngettext("%(number)s row removed", "%(number)s rows removed", number)),
            (RENAMED, lambda number: ngettext("%(number)s row renamed", "%(number)s rows renamed", number)),
            (CHANGED, lambda number: ngettext("%(number)s row changed", "%(number)s rows changed", number)),
        )
        counts = [sentence(number) % {"number": number} for kind, sentence in told if (number := kinds.count(kind))]
        if sources := len(self.comparison.citations):
            words = ngettext("%(number)s source reference changed", "%(number)s source references changed", sources)
            counts.append(words % {"number": sources})
        return counts

    @cached_property
    def groups(self) -> list[Group]:
        """The parts of the plan in which something changed."""
        return [group for name, title in GROUP_TITLES.items() if (group := self._group(name, str(title)))]

    def _group(self, name: str, title: str) -> Group:
        fields = [change for change in self._own_fields() if group_of_field(change) == name]
        rows = [change for change in self.comparison.rows if group_of(change) == name]
        return Group(
            name=name,
            title=title,
            figures=[*self._figures_of_plan(fields), *_figures(rows)],
            fields=[change for change in fields if not change.is_figure],
            rows=[line for line in map(_row_line, rows) if line is not None],
            moved=[change for change in rows if change.kind == MOVED],
            citations=self.comparison.citations if name == SOURCES else (),
        )

    def _own_fields(self) -> Iterator[FieldChange]:
        """Yield what changed in the revision itself; a total that is the stated one is told once."""
        total = self.comparison.field("requested_usd")
        for change in self.comparison.fields:
            is_repeated = total and (change.field, change.old, change.new) == (
                "stated_requested_usd",
                total.old,
                total.new,
            )
            if not is_repeated:
                yield change

    def _figures_of_plan(self, fields: Sequence[FieldChange]) -> Iterator[FigureLine]:
        for change in fields:
            if change.is_figure:
                yield FigureLine(kind=CHANGED, name="", old_name="", change=change)


def group_of_field(change: FieldChange) -> str:
    """Return the part of the plan that a column of the revision itself belongs to."""
    return PEOPLE if change.field in COLUMNS_OF_PEOPLE else FIGURES


def group_of(change: RowChange) -> str:
    """Return the part of the plan that a row belongs to."""
    row: Any = change.row
    if isinstance(row, RelatedPlan | RequestShare):
        row = row.funding_request
    if isinstance(row, FundingRequest):
        return GROUP_OF_BREAKDOWN.get(Kind(row.breakdown), PROJECTS)
    return GROUP_OF_MODEL.get(type(row), OTHER)


def _figures(rows: Sequence[RowChange]) -> Iterator[FigureLine]:
    for row in rows:
        for change in row.figures:
            yield FigureLine(kind=row.kind, name=row.name, old_name=row.old_name, change=change)


def _row_line(change: RowChange) -> RowLine | None:
    """Return a row for the list. None: it only moved, or all that there is to say of it stands among the figures."""
    if change.kind == MOVED:
        return None
    words = change.words
    if change.kind in {ADDED, REMOVED}:
        # Its name says what its key and its title say.
        said = {path.partition("__")[0] for path in change.model.row_key_fields} | {
            name for name, _to in links(change.model)
        }
        words = tuple(item for item in words if item.field not in said and not _in_name(change, item))
    if not words and change.figures and change.kind != RENAMED:
        return None
    return RowLine(row=change, words=words)


def _in_name(change: RowChange, item: FieldChange) -> bool:
    """Return whether a text is a mere code, or stands in the name of its row."""
    if item.unit != TEXT:
        return False
    return not is_words(change.model._meta.get_field(item.field)) or (item.new or item.old) in change.name


def name_of(row: Any) -> str:
    """Return the name of a row for readers."""
    if isinstance(row, Presence):
        return _("Presence")
    if isinstance(row, ObjectiveTargetGroup):
        return _("%(line)s, objective %(number)s") % {"line": row.target_group, "number": row.objective.number}
    if isinstance(row, RelatedPlan):
        return _("%(line)s in %(plan)s") % {"line": row.funding_request.target, "plan": row.plan_family}
    return row_name(row)


def with_total(revision: Revision) -> Revision:
    """Return a revision that says what it asks for in all: of a draft a copy, as publication will fix it."""
    if not revision.is_open:
        return revision
    revision = copy(revision)
    revision.requested_usd = requested_of(revision)
    return revision


def tell_total(old: Decimal | None, new: Decimal | None) -> str:
    """Return what became of the funding required, in a sentence."""
    if old == new:
        if new is None:
            return _("It states no funding required, as before.")
        return _("Funding required stays at USD %(amount)s.") % {"amount": write_number(new)}
    if old is None:
        return _("Funding required is now stated: USD %(amount)s.") % {"amount": write_number(new or 0)}
    if new is None:
        return _("Funding required is no longer stated; it was USD %(amount)s.") % {"amount": write_number(old)}
    values = {"old": write_number(old), "new": write_number(new), "difference": write_change(new - old)}
    share = percent_of(new - old, old)
    if share is None:
        sentence = _("Funding required goes from USD %(old)s to USD %(new)s (%(difference)s).")
    else:
        values["percent"] = write_percent_change(share)
        sentence = _("Funding required goes from USD %(old)s to USD %(new)s (%(difference)s, %(percent)s).")
    return sentence % values
