"""Reconciliation: does a plan agree with itself? Each rule says what it expected, what it found, what that means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from plans.models import Revision, RevisionRow

from . import content, contributions, received, requirement
from .facts import Facts
from .values import Check, Unit, Verdict

__all__ = ["RULES", "Check", "Facts", "Unit", "Verdict", "check_revision", "worst"]

RULES: tuple[Callable[[Facts], Iterator[Check]], ...] = (
    requirement.breakdowns_against_total,
    requirement.projects_against_frameworks,
    requirement.frozen_total,
    received.received_within_reason,
    received.received_as_stated,
    received.printed_percentages,
    received.contribution_targets,
    contributions.official_total,
    contributions.contribution_period,
    contributions.contribution_rates,
    contributions.old_pledges,
    contributions.suspected_duplicates,
    requirement.outcome_shares,
    requirement.request_shares,
    contributions.related_plan_parts,
    content.people_and_entities,
    content.targeted_within_need,
    content.offices,
    content.citations,
)


def check_revision(
    revision: Revision,
    on: date | None = None,
    *,
    as_of: date | None = None,
    rows: Iterable[RevisionRow] | None = None,
) -> list[Check]:
    """Return the result of every rule that the revision, a draft too, gives something to check.

    ``on`` is the day that ages are counted to, today where it is None. ``as_of``: a past day that is judged as it was,
    with the money and the official totals of then. ``rows``: all rows of the revision, where they have been read.
    Queries: a number that depends on the kinds of rows and not on how many there are.
    """
    facts = Facts(revision, on, as_of, rows)
    return [check for rule in RULES for check in rule(facts)]


def worst(checks: Iterable[Check]) -> Verdict:
    """Return the gravest verdict; OK where there is nothing to check."""
    order = [Verdict.OK, Verdict.NOT_REPORTED, Verdict.NOTE, Verdict.WARNING, Verdict.ERROR]
    return max((check.verdict for check in checks), key=order.index, default=Verdict.OK)
