"""The published revisions of a plan: the line of them, one of them whole, and which two of them to compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crp.common.pages import BadParameterError
from crp.common.parameters import refuse_unknown
from funding.selectors.citations import CitationBook
from funding.selectors.differences import name_of, tell_total
from plans.diff import ADDED, TEXT, WORD
from plans.diff.columns import COLUMNS_OF_NO_ROW, say_column, unit_of
from plans.diff.compare import OF_THE_WORKFLOW
from plans.diff.trees import Trees
from plans.models import Plan, Revision, RevisionRow
from plans.tree import row_models

PAIR = ("from", "to")
SHORT_SEAL = 12  # digits
LONGEST_CELL = 300  # letters; what is longer opens on a click


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A published revision and the one before it."""

    revision: Revision
    before: Revision | None

    @property
    def in_force_from(self) -> datetime | None:
        return self.revision.published_at

    @property
    def in_force_until(self) -> datetime | None:
        """When the next revision took its place. None: it is in force."""
        return self.revision.superseded_at

    @property
    def difference_usd(self) -> Decimal | None:
        """What its total has more than the one before. None: one of them is not known, or it is the first."""
        old = None if self.before is None else self.before.requested_usd
        new = self.revision.requested_usd
        return None if old is None or new is None else new - old

    @property
    def sentence(self) -> str:
        """What became of the total, in words; empty for the first revision."""
        return "" if self.before is None else tell_total(self.before.requested_usd, self.revision.requested_usd)

    @property
    def short_seal(self) -> str:
        return self.revision.seal[:SHORT_SEAL]


class RevisionHistory:
    """What a plan published, the newest first. Queries: 1."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.entries = entries_of(plan, plan.revisions.public().order_by("number"))
        self._by_number = {entry.revision.number: entry for entry in self.entries}

    @property
    def numbers(self) -> list[int]:
        """The numbers of its published revisions, in order."""
        return sorted(self._by_number)

    @property
    def last_pair(self) -> tuple[Revision, Revision]:
        """The last two revisions; the only one twice where there is one."""
        newest = self.entries[0]
        return newest.before or newest.revision, newest.revision

    def entry(self, number: str) -> Entry | None:
        """Return a published revision by its number as an address writes it. None: there is none."""
        plain = number.isascii() and number.isdecimal() and len(number) <= 5 and str(int(number)) == number
        return self._by_number.get(int(number)) if plain else None

    def read_pair(self, parameters: Mapping[str, str]) -> tuple[Revision, Revision]:
        """Return the revisions that ``from`` and ``to`` name; the last two where they don't say.

        Raises: BadParameterError for what is no number of a published revision.
        """
        chosen = dict(zip(PAIR, self.last_pair, strict=True))
        for name in PAIR:
            value = parameters.get(name, "").strip()
            if value:
                chosen[name] = self._read(name, value)
        return chosen["from"], chosen["to"]

    def _read(self, name: str, value: str) -> Revision:
        entry = self.entry(value)
        if entry is None:
            shown = value if len(value) <= 60 else f"{value[:60]}…"
            raise BadParameterError(
                name,
                _("“%(value)s” is no published revision of this plan. Choose from: %(numbers)s.")
                % {
                    "value": shown.replace("\0", "\N{REPLACEMENT CHARACTER}"),
                    "numbers": ", ".join(map(str, self.numbers)),
                },
            )
        return entry.revision

    def problems(self, parameters: Mapping[str, str]) -> dict[str, list[str]]:
        """Return what is wrong with each parameter of an address that compares; empty where nothing is."""
        problems = refuse_unknown(parameters.keys(), PAIR)
        for name in PAIR:
            try:
                self.read_pair({name: parameters.get(name, "")})
            except BadParameterError as error:
                problems[name] = [error.sentence]
        return problems


def entries_of(plan: Plan, revisions: Iterable[Revision]) -> list[Entry]:
    """Return revisions that come in the order of their numbers with those before them, the newest first."""
    entries: list[Entry] = []
    before: Revision | None = None
    for revision in revisions:
        revision.plan = plan
        entries.append(Entry(revision=revision, before=before))
        before = revision
    return entries[::-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A value of a row as its table shows it."""

    label: str
    unit: str
    value: Any = None
    """None: not stated."""

    @property
    def is_long(self) -> bool:
        return self.unit == TEXT and len(self.value or "") > LONGEST_CELL

    @property
    def is_figure(self) -> bool:
        return self.unit not in {TEXT, WORD}


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The rows of one model with the columns that at least one of them fills."""

    name: str
    title: str
    columns: Sequence[Cell]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    """The name of each row, and its cells."""


class RevisionPage:
    """One published revision with every row that it holds.

    Queries: one a model of rows, one a list they choose from, one for citations; none depends on how many there are.
    """

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.revision = entry.revision
        self._trees = Trees([self.revision], name_of)

    @cached_property
    def fields(self) -> list[Cell]:
        """What the revision itself says, in the order of its form."""
        fields = [field for field in Revision._meta.concrete_fields if field.name not in OF_THE_WORKFLOW]
        return [self._cell(self.revision, field) for field in fields]

    @cached_property
    def tables(self) -> list[Table]:
        return [self._table(model, rows) for model in row_models() if (rows := self._trees.of(model)[0])]

    @cached_property
    def citations(self) -> CitationBook:
        rows = {row.row_key: row for rows in self._trees.rows[0].values() for row in rows}
        citations = list(self.revision.citations.select_related("source"))
        return CitationBook(citations, {**rows, self.revision.row_key: self.revision})

    def _table(self, model: type[RevisionRow], rows: Sequence[Any]) -> Table:
        fields = [field for field in model._meta.concrete_fields if field.name not in COLUMNS_OF_NO_ROW]
        named = [(name_of(row), [self._cell(row, field) for field in fields]) for row in rows]
        # What stands in the name of every row is not said again.
        kept = [
            index
            for index in range(len(fields))
            if any(cells[index].value is not None and str(cells[index].value) not in name for name, cells in named)
        ]
        return Table(
            name=str(model._meta.model_name),
            title=capfirst(str(model._meta.verbose_name_plural)),
            columns=[named[0][1][index] for index in kept],
            rows=[(name, [cells[index] for index in kept]) for name, cells in named],
        )

    def _cell(self, row: Any, field: models.Field[Any, Any]) -> Cell:
        value = self._trees.value(row, field)
        said = say_column(field, value, ADDED)
        told = said.new if said else _("no") if value is False and row is self.revision else None
        return Cell(label=capfirst(str(field.verbose_name)), unit=unit_of(field), value=told)
