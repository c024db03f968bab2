"""Contributions that may be one and the same money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.text import fold
from funding.models import Contribution

WINDOW_DAYS = 30

# What tells two payments apart where both say it.
TELLING = (
    "recipient_id",
    "framework_code",
    "objective_number",
    "sector_id",
    "project_code",
    "usage_year",
    "is_in_kind",
)


def find_duplicates(contribution: Contribution) -> list[Contribution]:
    """Return the contributions that this one may repeat, the likeliest first.

    Two of one plan may be the same where they have the same external identifier, or the same donor, flow and amount
    (in dollars, or the original one in its currency) with decisions at most 30 days apart or of unknown day; unless
    something that both state tells them apart. Queries: 1.
    """
    return pick_duplicates(contribution, lookalikes(contribution))


def lookalikes(contribution: Contribution) -> QuerySet[Contribution]:
    """Return the contributions worth comparing with this one: same plan, and an identifier or an amount in common."""
    same_amount = Q(amount_usd=contribution.amount_usd)
    if contribution.original_amount is not None:
        same_amount |= Q(original_amount=contribution.original_amount, original_currency=contribution.original_currency)
    alike = Q(donor=contribution.donor_id) & same_amount
    if contribution.external_id:
        alike |= Q(external_id=contribution.external_id)
    return (
        Contribution.objects.filter(alike, plan=contribution.plan_id, country=contribution.country_id)
        .exclude(pk=contribution.pk)
        .exclude(review=Contribution.Review.MERGED)
    )


class Pool:
    """The contributions of one plan by what duplicates are found by, for a caller who records many and holds its lock.

    ``plan`` None: those of a country outside any plan, or of none. Queries: 1.
    """

    def __init__(self, plan: int | None, country: int | None = None) -> None:
        self._found: dict[tuple[Any, ...], list[Contribution]] = defaultdict(list)
        there = Contribution.objects.filter(plan=plan, country=country)
        for contribution in there.exclude(review=Contribution.Review.MERGED):
            self.add(contribution)

    def add(self, contribution: Contribution) -> None:
        """Take in one that was recorded."""
        for key in self._keys(contribution):
            self._found[key].append(contribution)

    def find_duplicates(self, contribution: Contribution) -> list[Contribution]:
        """Return what :func:`find_duplicates` does, without a query."""
        alike = {other.pk: other for key in self._keys(contribution) for other in self._found.get(key, ())}
        return pick_duplicates(contribution, alike.values())

    def _keys(self, contribution: Contribution) -> Iterator[tuple[Any, ...]]:
        yield contribution.donor_id, contribution.amount_usd
        if contribution.original_amount is not None:
            yield contribution.donor_id, contribution.original_amount, contribution.original_currency
        if contribution.external_id:
            yield "external_id", contribution.external_id


def pick_duplicates(contribution: Contribution, others: Iterable[Contribution]) -> list[Contribution]:
    """Return those of ``others`` that this one may repeat: first those that count, of them the nearest in time."""
    found = [other for other in others if is_alike(contribution, other)]
    return sorted(found, key=lambda other: _unlikeliness(contribution, other))


def _unlikeliness(contribution: Contribution, other: Contribution) -> tuple[bool, int, int]:
    waits = other.review == Contribution.Review.SUSPECTED
    return waits, _days_apart(contribution, other) or 0, other.pk


def is_alike(one: Contribution, other: Contribution) -> bool:
    """Return whether two contributions may be the same money. The plan of both is the same."""
    if other.pk == one.parent_id or (one.pk is not None and other.parent_id == one.pk):
        return False
    if one.external_id and one.external_id == other.external_id:
        return True
    apart = _days_apart(one, other)
    return (
        one.donor_id == other.donor_id
        and one.flow == other.flow
        and _same_amount(one, other)
        and (apart is None or apart <= WINDOW_DAYS)
        and not _told_apart(one, other)
    )


def _same_amount(one: Contribution, other: Contribution) -> bool:
    if one.amount_usd == other.amount_usd:
        return True
    return (
        one.original_amount is not None
        and one.original_amount == other.original_amount
        and one.original_currency == other.original_currency
    )


def _told_apart(one: Contribution, other: Contribution) -> bool:
    for name in TELLING:
        first, second = getattr(one, name), getattr(other, name)
        if first not in (None, "") and second not in (None, "") and first != second:
            return True
    references = fold(one.grant_reference.strip()), fold(other.grant_reference.strip())
    if all(references) and references[0] != references[1]:
        return True
    return bool(one.external_id and other.external_id) and one.external_scheme == other.external_scheme


def _days_apart(one: Contribution, other: Contribution) -> int | None:
    """Return how far the two decisions lie apart. None: one of the days is not known."""
    if one.decision_on is None or other.decision_on is None:
        return None
    return abs((one.decision_on - other.decision_on).days)


def tell_suspicion(one: Contribution, other: Contribution) -> str:
    """Return in a sentence why two contributions are taken for possible duplicates."""
    if one.external_id and one.external_id == other.external_id:
        return _("Both have the external identifier %(id)s.") % {"id": one.external_id}
    days = _days_apart(one, other)
    if days is None:
        return _("Same plan, donor and amount; a day of decision is not known.")
    if days == 0:
        return _("Same plan, donor, amount and day of decision.")
    return ngettext(
        "Same plan, donor and amount; decided %(days)s day apart.",
        "Same plan, donor and amount; decided %(days)s days apart.",
        days,
    ) % {"days": days}
