"""From what was written to the objects whose rows it may have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from crp.exchange.models import Change
from funding.models import Contribution, Organization, ReportedFunding
from plans.models import Plan, Revision

from .resources import KEY_OF_TOTAL, RESOURCES, in_groups, official_key, official_of_plans, revision_key
from .topics import Topic


class Note(NamedTuple):
    """What a trigger noted."""

    order: int
    topic: str
    number: int | None
    key: str
    written_at: datetime


class When(NamedTuple):
    """The last time that something was written, and its place among all that was."""

    order: int
    at: datetime


Subject = tuple[int | None, str]
"""Number and key of a note."""
Found = tuple[int | None, str, str]
"""The number that a note has, and an object that it is about: resource and key."""
Affected = dict[str, dict[str, When]]
"""By resource and key when the object was touched last."""


def affected_by(notes: Iterable[Note]) -> Affected:
    """Return the objects that notes may be about. Queries: a few for each topic and thousand notes of it."""
    by_topic: dict[str, dict[Subject, When]] = defaultdict(dict)
    for note in notes:
        by_topic[note.topic][note.number, note.key] = When(note.order, note.written_at)
    affected: Affected = defaultdict(dict)
    for topic, subjects in by_topic.items():
        for group in in_groups(subjects):
            by_number = {number: subjects[number, key] for number, key in group}
            for number, resource, key in FIND[topic](group):
                # What is found by its code alone has no number.
                when = by_number[number] if number is not None else subjects[None, key]
                objects = affected[resource]
                objects[key] = max(objects.get(key, when), when)
    return affected


Finder = Callable[[Collection[Subject]], Iterable[Found]]


def _numbers(subjects: Collection[Subject]) -> list[int]:
    return [number for number, _key in subjects if number is not None]


def _told(numbers: Collection[int], *resources: str) -> QuerySet[Change]:
    """Return what the feed says is there of some plans."""
    rows = Change.objects.filter(is_deleted=False, plan_number__in=numbers)
    return rows.filter(resource__in=resources) if resources else rows


def _named(resource: str, rows: QuerySet, column: str) -> Iterator[Found]:
    """Yield the objects with a code, each under the number in a column."""
    return ((number, resource, code) for number, code in rows.order_by().values_list(column, "code"))


def _by_code(resource: str) -> Finder:
    return lambda subjects: ((None, resource, key) for _number, key in subjects)


def _steps(subjects: Collection[Subject]) -> Iterator[Found]:
    return _named("contributions", Contribution.objects.filter(pk__in=_numbers(subjects)), "pk")


def _identifiers(subjects: Collection[Subject]) -> Iterator[Found]:
    return _named("organizations", Organization.objects.filter(pk__in=_numbers(subjects)), "pk")


# Plans


def _plans(subjects: Collection[Subject]) -> Iterator[Found]:
    numbers = _numbers(subjects)
    yield from _named("plans", Plan.objects.filter(pk__in=numbers), "pk")
    yield from _told(numbers, "plans").values_list("plan_number", "resource", "key")


def _revisions(subjects: Collection[Subject]) -> Iterator[Found]:
    """Find plans and their revisions, and what comes into other lists, or leaves them, because the plan does."""
    numbers = _numbers(subjects)
    yield from _plans(subjects)
    yield from _own_revisions(numbers)
    seen = set(Plan.objects.in_force().filter(pk__in=numbers).values_list("pk", flat=True))
    yield from _told([number for number in numbers if number not in seen]).values_list("plan_number", "resource", "key")
    told = set(_told(seen).values_list("resource", "key"))
    for found in (*_named("contributions", Contribution.objects.filter(plan__in=seen), "plan_id"), *_official(seen)):
        if found[1:] not in told:
            yield found


def _all_of_plan(subjects: Collection[Subject]) -> Iterator[Found]:
    numbers = _numbers(subjects)
    yield from _named("plans", Plan.objects.filter(pk__in=numbers), "pk")
    yield from _own_revisions(numbers)
    yield from _named("contributions", Contribution.objects.filter(plan__in=numbers), "plan_id")
    yield from _official(numbers)
    yield from _told(numbers).values_list("plan_number", "resource", "key")


def _own_revisions(numbers: Collection[int]) -> Iterator[Found]:
    rows = Revision.objects.filter(plan__in=numbers).order_by()
    for number, code, revision in rows.values_list("plan_id", "plan__code", "number"):
        yield number, "revisions", revision_key(code, revision)
    yield from _told(numbers, "revisions").values_list("plan_number", "resource", "key")


# Official totals


def _official(numbers: Collection[int]) -> Iterator[Found]:
    return ((shown.plan_number, "reported-funding", key) for key, (_pk, shown) in official_of_plans(numbers).items())


def _written_totals(subjects: Collection[Subject]) -> Iterator[Found]:
    """Find the totals in force among those written, and those that are in force no more."""
    # A total of a plan is noted under its own number, and what is gone is found by that of its plan.
    of_plan: dict[int | None, int | None] = {int(key) if key else None: number for number, key in subjects}
    written = set(_numbers(subjects))
    in_force = official_of_plans(of_plan.keys())
    for key, (pk, _shown) in in_force.items():
        if pk in written:
            yield pk, "reported-funding", key
    told = Change.objects.filter(resource="reported-funding", is_deleted=False)
    told_of = told.filter(plan_number__in=[number for number in of_plan if number is not None])
    if None in of_plan:
        told_of |= told.filter(plan_number=None)
    for plan, key in told_of.values_list("plan_number", "key"):
        if key not in in_force:
            yield of_plan[plan], "reported-funding", key


def _renamed(condition: str, subjects: Collection[Subject]) -> Iterator[Found]:
    """Find the official totals whose key has a name that changed, under its old and its new key."""
    number = _numbers(subjects)[0]
    rows = ReportedFunding.objects.in_force().filter(**{f"{condition}__in": _numbers(subjects)})
    written = [official_key(total) for total in rows.select_related(*KEY_OF_TOTAL)]
    if not written:
        return
    told = Change.objects.filter(resource="reported-funding", is_deleted=False).values_list("key", flat=True)
    for key in (*written, *set(told).difference(RESOURCES["reported-funding"].keys())):
        yield number, "reported-funding", key


# Codes and names that other rows show


def _of_contribution(subjects: Collection[Subject]) -> Iterator[Found]:
    for column in ("parent", "duplicate_of"):
        yield from _in_contributions(column, subjects)


def _of_organization(subjects: Collection[Subject]) -> Iterator[Found]:
    for column in ("donor", "recipient"):
        yield from _in_contributions(column, subjects)


def _of_country(subjects: Collection[Subject]) -> Iterator[Found]:
    numbers = _numbers(subjects)
    yield from _named("plans", Plan.objects.filter(countries__in=numbers), "countries")
    yield from _named("organizations", Organization.objects.filter(country__in=numbers), "country")
    yield from _in_contributions("country", subjects)
    yield from _renamed("country", subjects)


def _of_sector(subjects: Collection[Subject]) -> Iterator[Found]:
    yield from _in_contributions("sector", subjects)
    yield from _renamed("sector", subjects)


def _of_taxonomy(subjects: Collection[Subject]) -> Iterator[Found]:
    yield from _in_contributions("sector__taxonomy", subjects)
    yield from _renamed("sector__taxonomy", subjects)


def _of_source(subjects: Collection[Subject]) -> Iterator[Found]:
    yield from _in_contributions("source", subjects)
    yield from _renamed("source", subjects)


def _in_contributions(column: str, subjects: Collection[Subject]) -> Iterator[Found]:
    rows = Contribution.objects.filter(**{f"{column}__in": _numbers(subjects)})
    return _named("contributions", rows, column)


FIND: Mapping[str, Any] = {
    Topic.PLAN: _plans,
    Topic.ALL_OF_PLAN: _all_of_plan,
    Topic.REVISIONS: _revisions,
    Topic.CONTRIBUTION: _by_code("contributions"),
    Topic.STEPS: _steps,
    Topic.OFFICIAL: _written_totals,
    Topic.ORGANIZATION: _by_code("organizations"),
    Topic.IDENTIFIERS: _identifiers,
    Topic.OF_CONTRIBUTION: _of_contribution,
    Topic.OF_ORGANIZATION: _of_organization,
    Topic.OF_COUNTRY: _of_country,
    Topic.OF_SECTOR: _of_sector,
    Topic.OF_TAXONOMY: _of_taxonomy,
    Topic.OF_SOURCE: _of_source,
}
