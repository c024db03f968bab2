"""One row of an FTS file, read strictly into values of their own types."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeVar

from crp.importing import values

Value = TypeVar("Value")

read_signed = partial(values.read_amount, negative=True)
read_title = partial(values.read_text, most=200)


class LineRefused(ValueError):  # noqa: N818 - a verdict on a line, with the sentence that says why
    """A line that can't be used: which column is at fault, and why."""

    def __init__(self, line: int, column: str, message: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message = line, column, message


@dataclass(frozen=True)
class Cells:
    """The cells of one row by column."""

    line: int
    texts: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return the text of a cell without spaces around it; empty where the file has no such column."""
        return self.texts.get(column, "").strip()

    def read(self, column: str, reader: Callable[[str], Value]) -> Value | None:
        """Return the value of a cell, None where it is empty. Raises: LineRefused."""
        text = self.text(column)
        if not text:
            return None
        try:
            return reader(text)
        except ValueError as error:
            raise LineRefused(self.line, column, str(error)) from None

    def need(self, column: str, reader: Callable[[str], Value]) -> Value:
        """Return the value of a cell. Raises: LineRefused, also where it is empty."""
        value = self.read(column, reader)
        if value is None:
            raise LineRefused(self.line, column, "It is empty: a value was expected.")
        return value


CRP_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*\Z")


def is_of_crp(number: str) -> bool:
    """Return whether what stands in place of a number of FTS is a code of CRP, as in the files that CRP writes."""
    return not number.isdecimal() and CRP_CODE.match(number) is not None


def read_number(text: str) -> str:
    """Return the number that FTS gives something; of what only CRP has, its code. Raises: ValueError."""
    return text if is_of_crp(text) and len(text) <= 60 else read_fts_id(text)


def read_fts_id(text: str) -> str:
    """Return the number that FTS gives something, as text. Raises: ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and text != "0"):
        raise ValueError(f"“{values.shown(text)}” is no number of FTS: digits were expected.")
    return text


def country_reader(known: Collection[str]) -> Callable[[str], str]:
    """Return a reader of ISO3 codes of countries that CRP has."""

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"“{values.shown(text)}” is no ISO3 code of a country that CRP has.")
        return text

    return read


@dataclass(frozen=True)
class PlanRow:
    """What a row of requirements and funding says of its plan itself."""

    fts_id: str
    name: str
    code: str
    type_name: str
    start_on: date
    end_on: date
    year: int


@dataclass(frozen=True)
class RequirementRow:
    """A plan in one country: what it asks for there, and what it has received. ``plan`` None: outside any plan."""

    line: int
    plan: PlanRow | None
    iso3: str
    year: int
    requirements: Decimal | None
    funding: Decimal | None


def read_requirement_row(cells: Cells, countries: Collection[str]) -> RequirementRow:
    """Return a row of a file of requirements and funding. Raises: LineRefused."""
    year = cells.need("year", values.read_year)
    return RequirementRow(
        line=cells.line,
        plan=_read_plan(cells, year) if cells.text("id") else None,
        iso3=cells.need("countryCode", country_reader(countries)),
        year=year,
        requirements=cells.read("requirements", values.read_amount),
        funding=cells.read("funding", read_signed),
    )


def _read_plan(cells: Cells, year: int) -> PlanRow:
    start_on, end_on = cells.need("startDate", values.read_date), cells.need("endDate", values.read_date)
    if end_on < start_on:
        raise LineRefused(cells.line, "endDate", f"The plan ends on {end_on}, before it starts on {start_on}.")
    if not start_on.year <= year <= end_on.year:
        raise LineRefused(cells.line, "year", f"{year} lies outside the plan, {start_on} to {end_on}.")
    return PlanRow(
        fts_id=cells.need("id", read_number),
        name=cells.need("name", read_title),
        code=cells.read("code", read_title) or "",
        type_name=cells.text("typeName"),
        start_on=start_on,
        end_on=end_on,
        year=year,
    )


@dataclass(frozen=True)
class ClusterRow:
    """What a plan asks for, and has received, for one cluster in one country."""

    line: int
    fts_id: str
    iso3: str
    cluster_code: str
    cluster: str
    requirements: Decimal | None
    funding: Decimal | None


def read_cluster_row(cells: Cells, countries: Collection[str]) -> ClusterRow:
    """Return a row of a file by cluster. Raises: LineRefused."""
    return ClusterRow(
        line=cells.line,
        fts_id=cells.need("id", read_number),
        iso3=cells.need("countryCode", country_reader(countries)),
        cluster_code=cells.text("clusterCode"),
        cluster=cells.need("cluster", read_title),
        requirements=cells.read("requirements", values.read_amount),
        funding=cells.read("funding", read_signed),
    )
