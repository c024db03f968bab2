"""The lists that the feed tells of: what they hold now, and the rows as they show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from funding.api import fast
from funding.api.revisions import show_revision
from funding.api.views import ContributionViewSet, OrganizationViewSet, ReportedFundingViewSet
from funding.models import Organization, ReportedFunding
from funding.rollups import with_figures
from funding.rollups.ledger import public
from funding.selectors.revisions import entries_of
from plans.models import Plan, Revision

AT_ONCE = 1_000
NO_PLAN = "-"
"""Stands for the plan in the key of what is outside any; no plan has this code."""

KEY_OF_TOTAL = ("plan", "country", "sector__taxonomy")
"""What the key of an official total is read from."""

Row = dict[str, Any]
Item = TypeVar("Item")


class Shown(NamedTuple):
    """An object that its list holds now."""

    plan_number: int | None
    version: str


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A list, and how the feed reads it."""

    name: str
    letter: str
    """Stands for it in a cursor."""
    comes: str
    """What is said of an object that is new in the list."""
    shown: Callable[[Collection[str]], Mapping[str, Shown]]
    """Returns those of the keys that the list holds."""
    keys: Callable[[], Iterator[str]]
    """Yields all keys that the list holds."""
    rows: Callable[[Collection[str]], Mapping[str, Row]]
    """Returns the rows of those of the keys that the list holds. Queries: a number that no key adds to."""
    address: Callable[[str], str]
    """Returns where the object is, below the root of the API."""
    is_new_with_version: bool = False
    """Whether another version is told as ``comes``, like a new object."""
    is_fixed_with_version: bool = False
    """Whether an object whose version, which is not empty, is the same has not changed."""


def in_groups(items: Iterable[Item], size: int = AT_ONCE) -> Iterator[list[Item]]:
    """Yield the items some at a time, as many as a statement can name."""
    group: list[Item] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _rows_of(view_class: type[Any], narrow: Callable[[QuerySet], QuerySet]) -> Iterator[tuple[Any, Row]]:
    """Yield objects of a list of the API with their rows: its own queryset, and its own serializer."""
    view = view_class(action="list", request=_plain_request(), format_kwarg=None)
    rows = view.with_columns(narrow(view.get_queryset()))
    serializer = view.get_serializer_class()()
    for row in rows:
        yield row, serializer.to_representation(row)


def _plain_request() -> Request:
    """Return the request of a client that asks for a list as it is."""
    request = Request(HttpRequest())
    request.accepted_renderer = JSONRenderer()
    return request


# Plans


def _shown_plans(keys: Collection[str]) -> dict[str, Shown]:
    found: Any = Plan.objects.in_force().filter(code__in=keys).values_list("code", "pk", "current__number")
    return {code: Shown(pk, str(number)) for code, pk, number in found}


def _all_plans() -> Iterator[str]:
    return Plan.objects.in_force().order_by("pk").values_list("code", flat=True).iterator()


def _plan_rows(keys: Collection[str]) -> dict[str, Row]:
    plans = with_figures(Plan.objects.in_force()).filter(code__in=keys)
    prepared = fast.prepare(plans, fast.country_codes())
    return {} if prepared is None else {row["code"]: row for row in prepared.rows()}


# Revisions, whose key is PLAN/NUMBER


def revision_key(code: str, number: int) -> str:
    """Return the key of a revision."""
    return f"{code}/{number}"


def _public_revisions(keys: Collection[str] | None = None) -> Iterator[list[Revision]]:
    """Yield the public revisions of each plan in force, in the order of their numbers; of all plans without keys."""
    revisions = Revision.objects.public().filter(plan__in=Plan.objects.in_force().values("pk"))
    if keys is not None:
        revisions = revisions.filter(plan__code__in={key.partition("/")[0] for key in keys})
    of_plan: list[Revision] = []
    for revision in revisions.select_related("plan").order_by("plan", "number").iterator():
        if of_plan and of_plan[0].plan_id != revision.plan_id:
            yield of_plan
            of_plan = []
        of_plan.append(revision)
    if of_plan:
        yield of_plan


def _shown_revisions(keys: Collection[str]) -> dict[str, Shown]:
    wanted, shown = set(keys), {}
    for of_plan in _public_revisions(keys):
        before: Revision | None = None
        for revision in of_plan:
            key = revision_key(revision.plan.code, revision.number)
            if key in wanted:
                # What is sealed changes no more, but for the later one that takes its place.
                seals = [revision.seal, *([] if before is None else [before.seal])]
                version = " ".join([revision.status, *seals]) if all(seals) else ""
                shown[key] = Shown(revision.plan_id, version)
            before = revision
    return shown


def _all_revisions() -> Iterator[str]:
    for of_plan in _public_revisions():
        yield from (revision_key(revision.plan.code, revision.number) for revision in of_plan)


def _revision_rows(keys: Collection[str]) -> dict[str, Row]:
    wanted, rows = set(keys), {}
    for of_plan in _public_revisions(keys):
        for entry in entries_of(of_plan[0].plan, of_plan):
            key = revision_key(entry.revision.plan.code, entry.revision.number)
            if key in wanted:
                rows[key] = show_revision(entry)
    return rows


# Contributions


def _shown_contributions(keys: Collection[str]) -> dict[str, Shown]:
    found = public().filter(code__in=keys).order_by().values_list("code", "plan_id")
    return {code: Shown(plan, "") for code, plan in found}


def _all_contributions() -> Iterator[str]:
    return public().order_by("pk").values_list("code", flat=True).iterator()


def _contribution_rows(keys: Collection[str]) -> dict[str, Row]:
    return {item.code: row for item, row in _rows_of(ContributionViewSet, lambda rows: rows.filter(code__in=keys))}


# Organizations


def _shown_organizations(keys: Collection[str]) -> dict[str, Shown]:
    found = Organization.objects.filter(code__in=keys).order_by().values_list("code", flat=True)
    return dict.fromkeys(found, Shown(None, ""))


def _all_organizations() -> Iterator[str]:
    return Organization.objects.order_by("pk").values_list("code", flat=True).iterator()


def _organization_rows(keys: Collection[str]) -> dict[str, Row]:
    return {item.code: row for item, row in _rows_of(OrganizationViewSet, lambda rows: rows.filter(code__in=keys))}


# Official totals, whose key says what they are of: a newer one takes the place of the older


def official_key(total: ReportedFunding) -> str:
    """Return the key of an official total: PLAN/total, PLAN/country/MLI, -/2025/country/MLI, PLAN/sector/LIST/CODE."""
    parts: list[Any] = [total.plan.code] if total.plan else [NO_PLAN, total.year]
    parts.append(total.scope)
    if total.country:
        parts.append(total.country.iso3)
    elif total.sector:
        parts += [total.sector.taxonomy.code, total.sector.code]
    elif total.scope != ReportedFunding.Scope.TOTAL:
        parts.append("shared" if total.is_shared_across_sectors else "not_specified")
    return "/".join(map(str, parts))


def _official_in_force() -> Any:
    view = ReportedFundingViewSet(action="list", request=_plain_request())
    return view.get_queryset().select_related(*KEY_OF_TOTAL)


def official_of_plans(numbers: Collection[int | None]) -> dict[str, tuple[int, Shown]]:
    """Return by their keys the number of each official total in force of some plans; of None, those outside any."""
    found = list(_official_in_force().filter(plan__in=[number for number in numbers if number is not None]))
    if None in numbers:
        found += _official_in_force().filter(plan=None)
    return {official_key(total): (total.pk, Shown(total.plan_id, "")) for total in found}


def _of_keys(rows: QuerySet, keys: Collection[str]) -> QuerySet:
    codes, years = set(), set()
    for key in keys:
        first, second, *_rest = key.split("/")
        (years.add(second) if first == NO_PLAN else codes.add(first))
    found = rows.filter(plan__code__in=codes)
    return found | rows.filter(plan=None, year__in=years) if years else found


def _shown_official(keys: Collection[str]) -> dict[str, Shown]:
    wanted = set(keys)
    found = ((official_key(total), total) for total in _of_keys(_official_in_force(), keys))
    return {key: Shown(total.plan_id, "") for key, total in found if key in wanted}


def _all_official() -> Iterator[str]:
    return (official_key(total) for total in _official_in_force().order_by("pk").iterator())


def _official_rows(keys: Collection[str]) -> dict[str, Row]:
    wanted = set(keys)
    rows = _rows_of(ReportedFundingViewSet, lambda rows: _of_keys(rows, keys).select_related(*KEY_OF_TOTAL))
    found = ((official_key(total), row) for total, row in rows)
    return {key: row for key, row in found if key in wanted}


def _official_address(key: str) -> str:
    first, year, *rest = key.split("/")
    if first == NO_PLAN:
        return f"reported-funding/?has_plan=false&year={year}&country={quote(rest[-1])}"
    return f"reported-funding/?plan={quote(first)}"


RESOURCES: Mapping[str, Resource] = {
    item.name: item
    for item in (
        Resource(
            name="plans",
            letter="p",
            comes="published",
            shown=_shown_plans,
            keys=_all_plans,
            rows=_plan_rows,
            address=lambda key: f"plans/{quote(key)}/",
            is_new_with_version=True,
        ),
        Resource(
            name="revisions",
            letter="r",
            comes="published",
            shown=_shown_revisions,
            keys=_all_revisions,
            rows=_revision_rows,
            address=lambda key: f"plans/{quote(key.replace('/', '/revisions/'))}/",
            is_fixed_with_version=True,
        ),
        Resource(
            name="contributions",
            letter="c",
            comes="created",
            shown=_shown_contributions,
            keys=_all_contributions,
            rows=_contribution_rows,
            address=lambda key: f"contributions/{quote(key)}/",
        ),
        Resource(
            name="organizations",
            letter="o",
            comes="created",
            shown=_shown_organizations,
            keys=_all_organizations,
            rows=_organization_rows,
            address=lambda key: f"organizations/{quote(key)}/",
        ),
        Resource(
            name="reported-funding",
            letter="f",
            comes="created",
            shown=_shown_official,
            keys=_all_official,
            rows=_official_rows,
            address=_official_address,
        ),
    )
}


def by_resource(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the keys of each resource."""
    found: dict[str, list[str]] = defaultdict(list)
    for resource, key in pairs:
        found[resource].append(key)
    return found
