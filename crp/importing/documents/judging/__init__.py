"""What does not fit together in a draft, as questions for a person and as remarks.

Each rule looks at the whole draft. It changes no value that stands in the document: it asks, it notes the arithmetic
behind a value, and it adds what follows from others, marked as computed or inferred. Where a revision in the database
is checked for the same (``funding.checks``), the limits are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from crp.importing.documents.draft import Draft
from crp.importing.documents.names import Names

from . import amounts, dates, frameworks, headings, people, shares, totals
from .reading import Reading

__all__ = ["RULES", "judge"]

RULES: tuple[Callable[[Reading], None], ...] = (
    totals.total_of_plan,
    headings.lost_headings,
    totals.breakdowns_against_total,
    frameworks.projects_of_frameworks,
    frameworks.received_by_frameworks,
    frameworks.printed_percentages,
    amounts.lost_commas,
    amounts.sectors_twice,
    amounts.figures_of_two_labels,
    people.parts_within_plan,
    people.targeted_within_need,
    people.entities_against_people,
    people.objectives_together,
    people.offices,
    shares.outcome_shares,
    shares.request_shares,
    shares.share_amounts,
    dates.years,
    dates.days,
)


def judge(draft: Draft, names: Names, *, on: date | None = None) -> Draft:
    """Return a copy of a draft with what there is to ask and to remark; of one that was judged, the same again.

    ``on``: the day that it is read on, today where it is None.
    """
    reading = Reading(draft, names, on)
    for rule in RULES:
        rule(reading)
    return reading.draft
