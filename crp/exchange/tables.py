"""A download before it is written: its tables, what they are of, and what their columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from crp.exchange.terms import DEFINITIONS

Row = Mapping[str, Any]

MEANINGS: dict[str, Any] = {
    "requested_usd": DEFINITIONS["requested"][1],
    "received_usd": DEFINITIONS["received"][1],
    "pledged_usd": DEFINITIONS["pledged"][1],
    "gap_usd": DEFINITIONS["gap"][1],
    "over_funded_usd": DEFINITIONS["over-funding"][1],
    "percent_funded": DEFINITIONS["percent-funded"][1],
    "people_in_need": DEFINITIONS["people"][1],
    "people_targeted": DEFINITIONS["people"][1],
    "entities_targeted": DEFINITIONS["people"][1],
    "funding_reported": _("Whether the plan reports the money it received."),
    "code": _("Public and permanent: what other tables name it by."),
    "countries": _("ISO 3166-1 codes of three letters, joined by semicolons."),
    "requested_in_sectors_usd": _("What the plan asks for in the sectors or clusters chosen."),
    "cost_per_person_usd": _("Requested, divided by people targeted."),
    "funding_as_of": _("The day that the money received speaks of."),
    "document_on": _("The date of the document."),
    "residual": _("Empty for a real line; otherwise which kind of rest it is: lines and rests add to the total."),
    "breakdown": _("Breakdowns tell the same money in different ways: add within one of them only."),
    "share_percent": _("Percent of what the whole plan asks for."),
    "counts_as": _("What the contribution counts as: only “counted” and “outgoing” change what a plan received."),
    "received_known": _(
        "How much is known of what the line received: known; partly (the plan received money for no line of its own); "
        "silent (not reported); unsplit (figures of the whole plan)."
    ),
    "unplaced_usd": _("What the plan received without saying for which of its lines."),
    "put_usd": _("The amount to be placed."),
    "used_usd": _("The part of it that what is missing can take."),
    "missing_after_usd": _("What stays missing; where received is not reported the most that can be missing."),
    "percent_after": _("Percent funded with the amount; where received is not reported at least this."),
    "percent_closed": _(
        "The share of what is missing that the amount closes; where received is not reported at least this."
    ),
    "people_estimate": _("How many people the used part would reach at the average cost of the plan: an estimate."),
    "amount_usd": _("US dollars. Negative for a correction."),
}
"""What a column holds, by its name, where its name alone doesn't say it."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows with a value under each column's name: money and percentages as decimals, None for not reported."""

    name: str
    title: Any
    columns: Sequence[str]
    rows: Iterable[Row]


@dataclass(frozen=True, kw_only=True)
class Download:
    """Tables of one page. ``name`` begins the name of the file; ``on`` is the past day that is asked for."""

    name: str
    title: Any
    address: str
    """Of the page that shows the same, with its host."""
    tables: Sequence[Table]
    """The first one is what a format of one table holds."""
    on: date | None
    made_at: datetime
    filters: Sequence[tuple[str, str]] = ()
    """What narrows it, in words: title and value."""
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The same as the address has it."""
    facts: Sequence[tuple[str, str, Any]] = ()
    """Figures of the whole, each with its name and title."""

    @property
    def file_name(self) -> str:
        """What it is and of which day, without its ending."""
        return f"crp-{self.name}-{(self.on or self.made_at.date()).isoformat()}"

    @property
    def meanings(self) -> list[tuple[str, str]]:
        """Columns that need it, with what they mean, in the order of the tables."""
        names = dict.fromkeys(column for table in self.tables for column in table.columns)
        return [(name, str(MEANINGS[name])) for name in names if name in MEANINGS]
