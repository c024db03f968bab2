"""The sources of a revision or profile, numbered as a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from funding.models import FundingRequest, RelatedPlan, RequestShare
from plans.models import Citation, CountryProfile, Revision, Source


@dataclass(frozen=True)
class Cited:
    """A citation with its number on the page and the name of what it is the source of."""

    number: int
    citation: Citation
    what: str

    @property
    def is_inferred(self) -> bool:
        return self.citation.basis == Citation.Basis.INFERRED

    @property
    def is_computed(self) -> bool:
        return self.citation.basis == Citation.Basis.COMPUTED


class CitationBook:
    """Citations by what they are the source of, and by source. ``rows`` are the rows they may name, by row key."""

    def __init__(self, citations: Sequence[Citation], rows: Mapping[str, Model]) -> None:
        ordered = sorted(citations, key=lambda item: (item.source.code, item.first_line or 0))
        self.all = [Cited(number, item, name_of(item, rows)) for number, item in enumerate(ordered, start=1)]
        self._found: dict[tuple[str, str], Cited] = {}
        for cited in self.all:
            self._found.setdefault((cited.citation.subject, cited.citation.field), cited)

    def of(self, row: Any, *fields: str) -> Cited | None:
        """Return the source of the first of these columns that has one."""
        found = (self._found.get((row.row_key, field)) for field in fields)
        return next((cited for cited in found if cited), None)

    def inferred(self, row: Any, *fields: str) -> Cited | None:
        """Return the reasoning behind a row, where one of these columns was inferred."""
        found = (self._found.get((row.row_key, field)) for field in fields)
        return next((cited for cited in found if cited and cited.is_inferred), None)

    def by_source(self) -> list[tuple[Source, list[Cited]]]:
        """Return each source with what was read from it, in the order of its lines."""
        groups: dict[int, tuple[Source, list[Cited]]] = {}
        for cited in self.all:
            groups.setdefault(cited.citation.source_id, (cited.citation.source, []))[1].append(cited)
        return list(groups.values())


def name_of(citation: Citation, rows: Mapping[str, Model]) -> str:
    """Return what a citation is the source of, in words: the row and its column."""
    row = rows.get(citation.subject)
    if row is None:
        return f"{citation.subject}.{citation.field}"
    try:
        column = capfirst(str(row._meta.get_field(citation.field).verbose_name))  # type: ignore[union-attr]
    except FieldDoesNotExist:
        column = citation.field
    subject = row_name(row)
    return _("%(subject)s: %(column)s") % {"subject": subject, "column": column} if subject else column


def row_name(row: Model) -> str:
    """Return the name of a row where it stands beside the names of its columns; the plan itself needs none."""
    if isinstance(row, Revision | CountryProfile):
        return ""
    if isinstance(row, FundingRequest):
        return str(row.target)
    if isinstance(row, RequestShare):
        return _("%(line)s, objective %(number)s") % {
            "line": row.funding_request.target,
            "number": row.objective.number,
        }
    if isinstance(row, RelatedPlan):
        return str(row.funding_request.target)
    return str(row)
