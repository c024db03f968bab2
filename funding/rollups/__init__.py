"""Requested, received, pledged: the only place in CRP that adds money up.

Each function runs a number of queries that does not depend on how many plans there are. Each measure is summed in a
query of its own and merged here: two sums over two joins in one query would multiply each other. Today's figures come
from the sums that the database keeps (:mod:`funding.summaries`); ``manage.py check_rollups`` compares them with those
that are added up from every contribution, as the figures of a past day are.
"""

from .breakdowns import break_down, break_down_each, break_down_plan, total_of
from .plans import (
    TOTAL_FROM,
    add_parts,
    add_up,
    figures_of,
    requested_of,
    sums_by_breakdown,
    with_amounts,
    with_figures,
)

__all__ = [
    "TOTAL_FROM",
    "add_parts",
    "add_up",
    "break_down",
    "break_down_each",
    "break_down_plan",
    "figures_of",
    "requested_of",
    "sums_by_breakdown",
    "total_of",
    "with_amounts",
    "with_figures",
]
