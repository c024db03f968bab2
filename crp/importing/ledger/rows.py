"""From the cells of a row to a contribution, with every cell that can't be used named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from django.utils.translation import gettext as _

from crp.common.text import fold
from crp.importing.report import Problem
from crp.importing.values import (
    read_amount,
    read_choice,
    read_currency,
    read_date,
    read_rate,
    read_text,
    read_year,
    tell_unknown,
)
from funding.models import Contribution, Organization, OrganizationIdentifier
from funding.services import PlanFacts
from plans.models import Plan, PlanIdentifier
from sectors.models import Sector

from .columns import BY_NAME
from .reading import Line

CHOICES = {"status": "status", "flow": "flow", "earmarking": "earmarking", "new_money": "is_new_money"}
NAMES = ("name", "name_fr", "name_es", "name_ar")
FLAGS = {"in_kind": "is_in_kind", "several_sectors": "is_shared_across_sectors"}
DATES = ("decision_on", "reported_on", "exchange_rate_on")
TEXTS = {
    "framework_code": "framework_code",
    "project_code": "project_code",
    "grant_reference": "grant_reference",
    "exchange_rate_source": "exchange_rate_source",
    "external_system": "external_scheme",
    "external_id": "external_id",
    "code": "code",
    "note": "note",
}
MOST_NOTE_CHARACTERS = 10_000
# The other way round: in which column a field of a contribution stands.
COLUMN_OF = (
    {field_name: column for column, field_name in (CHOICES | FLAGS | TEXTS).items()}
    | {name: name for name in (*DATES, "since_on", "plan", "donor", "recipient", "parent", "sector")}
    | {name: name for name in ("amount_usd", "original_amount", "original_currency", "exchange_rate")}
    | {name: name for name in ("usage_year", "objective_number")}
)


@dataclass
class Row:
    """One row that was read. ``given``: the fields of a contribution that the file says something of."""

    line: int
    contribution: Contribution = field(default_factory=Contribution)
    given: list[str] = field(default_factory=list)
    since_on: date | None = None
    problems: list[Problem] = field(default_factory=list)

    def fail(self, column: str, sentence: str) -> None:
        self.problems.append(Problem(self.line, column, sentence))


class Names:
    """What cells call plans, organizations and sectors, looked up once for a whole file."""

    def __init__(self) -> None:
        self._facts: dict[int, PlanFacts] = {}
        self._plans: dict[str, Plan | None] = {}
        self._known: dict[int, Organization] = {}

    def facts(self, plan: Plan) -> PlanFacts:
        """Return what contributions to a plan are held against."""
        return self._facts.setdefault(plan.pk, PlanFacts(plan))

    def plan(self, text: str) -> Plan:
        """Return the plan with a code, or with an identifier of another system. Raises: ValueError."""
        if text not in self._plans:
            found = Plan.objects.filter(code=text.upper()).first()
            if found is None:
                ids = PlanIdentifier.objects.filter(value__iexact=text).values_list("plan", flat=True).distinct()[:2]
                found = Plan.objects.get(pk=ids[0]) if len(ids) == 1 else None
            self._plans[text] = found
        plan = self._plans[text]
        if plan is None:
            raise ValueError(tell_unknown(_("No plan has the code “%(text)s”."), text, text.upper(), self._plan_codes))
        return plan

    @cached_property
    def _plan_codes(self) -> list[str]:
        return list(Plan.objects.values_list("code", flat=True))

    @cached_property
    def _organizations(self) -> dict[str, set[int]]:
        names: dict[str, set[int]] = defaultdict(set)
        columns = ("pk", "code", *NAMES, "acronym")
        for pk, *values in Organization.objects.values_list(*columns):
            for value in filter(None, values):
                names[fold(value)].add(pk)
        for pk, value in OrganizationIdentifier.objects.values_list("organization", "value"):
            names[fold(value)].add(pk)
        return names

    def organization(self, text: str) -> Organization:
        """Return the organization of a code, name or acronym. Raises: ValueError where none has it, or several."""
        found = self._organizations.get(fold(text), set())
        if len(found) == 1:
            return self._organization(next(iter(found)))
        exact = Organization.objects.filter(code=text).first()
        if exact is not None:
            return exact
        if not found:
            told = _("No organization is called “%(text)s”: add it first, or write its code.")
            raise ValueError(tell_unknown(told, text, fold(text), self._organizations, self._name_of))
        codes = Organization.objects.filter(pk__in=found).order_by("code").values_list("code", flat=True)
        raise ValueError(
            _("“%(text)s” is the name of several organizations: write the code, one of %(codes)s.")
            % {"text": text, "codes": ", ".join(codes)}
        )

    def _organization(self, pk: int) -> Organization:
        if pk not in self._known:
            self._known[pk] = Organization.objects.get(pk=pk)
        return self._known[pk]

    def _name_of(self, folded: str) -> str:
        return Organization.objects.filter(pk__in=self._organizations[folded]).order_by("pk")[0].name

    def sector(self, text: str, plan: Plan) -> Sector:
        """Return the sector of a plan's lists with a code or a name. Raises: ValueError."""
        taxonomies = [pk for pk in self.facts(plan).taxonomies if pk is not None]
        sectors = list(Sector.objects.filter(taxonomy__in=taxonomies))
        for sector in sectors:
            if fold(text) in {fold(getattr(sector, column)) for column in ("code", *NAMES)}:
                return sector
        told = _("No sector of this plan is called “%(text)s”.")
        known = [name for sector in sectors for name in (sector.name, sector.code)]
        raise ValueError(tell_unknown(told, text, text, known))


def read_row(line: Line, names: Names) -> Row:
    """Return the contribution that a row describes, not saved, or what is wrong with its cells."""
    row = Row(line.number)
    cells = {name: cell for name, cell in line.cells.items() if cell}
    for name in (column.name for column in BY_NAME.values() if column.is_required and column.name not in cells):
        row.fail(name, _("It is empty: every row needs it."))
    for column, (field_name, reader) in _readers(row, names).items():
        if column not in cells:
            continue
        try:
            setattr(row if field_name == "since_on" else row.contribution, field_name, reader(cells[column]))
        except ValueError as error:
            row.fail(column, str(error))
        else:
            row.given += [] if field_name == "since_on" else [field_name]
    return row


def _readers(row: Row, names: Names) -> dict[str, tuple[str, Callable[[str], Any]]]:
    """Return, by column, which field it fills and how it is read; the plan first, whose sectors come later."""

    def read_sector(text: str) -> Sector | None:
        return names.sector(text, row.contribution.plan) if row.contribution.plan else None

    def read_money(text: str) -> Decimal:
        return read_amount(text, negative=True, zero=False)

    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "plan": ("plan", names.plan),
        "donor": ("donor", names.organization),
        "recipient": ("recipient", names.organization),
        "amount_usd": ("amount_usd", read_money),
        "original_amount": ("original_amount", read_money),
        "original_currency": ("original_currency", lambda text: read_currency(text.upper())),
        "exchange_rate": ("exchange_rate", read_rate),
        "usage_year": ("usage_year", read_year),
        "objective_number": ("objective_number", _read_number),
        "sector": ("sector", read_sector),
    }
    readers |= {column: (column, read_date) for column in (*DATES, "since_on")}
    for column, field_name in (CHOICES | FLAGS).items():
        readers[column] = (field_name, partial(read_choice, choices=BY_NAME[column].choices or {}))
    for column, field_name in TEXTS.items():
        most = Contribution._meta.get_field(field_name).max_length or MOST_NOTE_CHARACTERS  # type: ignore[union-attr]
        readers[column] = (field_name, partial(read_text, most=most))
    return readers


def _read_number(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise ValueError(_("“%(text)s” is no number of an objective: digits were expected.") % {"text": text[:40]})
    return int(text)


def read_parent(line: Line, row: Row) -> None:
    """Find the contribution that a row passes on; it may stand further up in the same file. Queries: 1."""
    text = line.cells.get("parent", "")
    if not text:
        return
    row.contribution.parent = Contribution.objects.select_related("plan").filter(code=text.upper()).first()
    if row.contribution.parent is None:
        row.fail("parent", _("No contribution has the code “%(text)s”.") % {"text": text})
    else:
        row.given.append("parent")
