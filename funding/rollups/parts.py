"""What single plans add to each line: asked for, given, and what their totals have beyond that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Min, QuerySet, Sum

from crp.common.figures import ZERO, add_known
from crp.common.money import SumUSD, quantize_usd
from funding.dimensions import Dimension, Residual, breakdowns_of, lines_used
from funding.models import Contribution, FundingRequest, ReportedFunding, TargetFigures
from plans.models import Plan
from plans.querysets import in_force

Codes = tuple[Any, ...]
Wider = Sequence[Mapping[Any, Any] | None]
"""For each dimension what its raw values belong to, where they are regrouped: read once for all parts."""


class Part(NamedTuple):
    """What one plan adds to one line."""

    requested: Decimal | None
    received: Decimal | None
    pledged: Decimal | None


class Given(NamedTuple):
    """What contributions on record give to one line."""

    received: Decimal | None
    pledged: Decimal | None


def requested_parts(
    plans: QuerySet[Plan], inside: Sequence[Dimension], wider: Wider, on: date | None
) -> dict[int, dict[Codes, Decimal]]:
    """Return, by plan and by raw value of the dimensions, what is asked for, in the order the plan prints it."""
    breakdowns = inside[0].breakdowns if len(inside) == 1 else breakdowns_of(inside)
    if not breakdowns:
        return {}
    keys = {f"key_{position}": dimension.request_key for position, dimension in enumerate(inside)}
    lines = (
        FundingRequest.objects.filter(in_force(on, "revision__"), revision__plan__in=plans.order_by().values("pk"))
        .filter(lines_used(breakdowns))
        .annotate(**keys)
        .order_by()
        .values("revision__plan", *keys)
        .annotate(total=SumUSD("amount_usd"), place=Min("order"))
        .order_by("revision__plan", "place", *keys)
    )
    parts: dict[int, dict[Codes, Decimal]] = defaultdict(dict)
    for line in lines:
        codes = _codes(line, wider)
        of_plan = parts[line["revision__plan"]]
        of_plan[codes] = of_plan.get(codes, ZERO) + quantize_usd(line["total"])
    return parts


def given_parts(
    plans: QuerySet[Plan], inside: Sequence[Dimension], wider: Wider, on: date | None, *, kept: bool = True
) -> dict[int, dict[Codes, Given]]:
    """Return, by plan and by raw value of the dimensions, what is received and what is pledged.

    ``kept``: whether the sums that the database keeps may be used; they are for today, and by target.
    """
    keys = {
        f"key_{position}": dimension.contribution_key(on)
        for position, dimension in enumerate(inside)
        if dimension.contribution_key is not None
    }
    if not keys:
        return {}
    rows: Any
    if kept and on is None and all(dimension.is_kept_by_target for dimension in inside):
        rows, total, names = TargetFigures.objects, Sum, ("counted_sum", "pledged_sum")
        numbers = {"received_number": Sum("counted_number"), "pledged_number": Sum("pledged_number")}
    else:
        rows, total, names, numbers = Contribution.objects.decided_by(on), SumUSD, ("counted", "pledged"), {}
    lines = (
        rows.filter(plan__in=plans.order_by().values("pk"))
        .annotate(**keys)
        .order_by()
        .values("plan", "is_shared_across_sectors", *keys)
        .annotate(received=total(names[0]), pledged=total(names[1]), **numbers)
        .order_by("plan", *keys)
    )
    parts: dict[int, dict[Codes, Given]] = defaultdict(dict)
    for line in lines:
        given = [
            line[name] if line.get(f"{name}_number", 1) and line[name] is not None else None
            for name in ("received", "pledged")
        ]
        if given == [None, None]:
            continue
        codes = tuple(
            Residual.SHARED if dimension.is_sectoral and line["is_shared_across_sectors"] else code
            for code, dimension in zip(_codes(line, wider), inside, strict=True)
        )
        of_plan = parts[line["plan"]]
        before = of_plan.get(codes, Given(None, None))
        of_plan[codes] = Given(add_known((before.received, given[0])), add_known((before.pledged, given[1])))
    return parts


def official_parts(
    plans: QuerySet[Plan], inside: Sequence[Dimension], wider: Wider, on: date | None
) -> dict[int, dict[Codes, Decimal]]:
    """Return, by plan and by raw value, the lines of official totals; of several scopes the best that a plan has."""
    if len(inside) != 1 or not inside[0].official_scopes:
        return {}
    dimension = inside[0]
    lines = (
        ReportedFunding.objects.in_force(on)
        .filter(scope__in=dimension.official_scopes, plan__in=plans.order_by().values("pk"))
        .order_by("plan", "pk")
        .values_list("plan", "scope", dimension.official_key, "is_shared_across_sectors", "amount_usd")
    )
    group = wider[0]
    by_scope: dict[int, dict[str, dict[Codes, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for plan, scope, value, is_shared, amount in lines:
        code = Residual.NOT_SPECIFIED if value is None else group[value] if group else value
        codes = (Residual.SHARED if is_shared else code,)
        of_scope = by_scope[plan][scope]
        of_scope[codes] = of_scope.get(codes, ZERO) + quantize_usd(amount)
    return {
        plan: next(scopes[scope] for scope in dimension.official_scopes if scope in scopes)
        for plan, scopes in by_scope.items()
    }


def _codes(line: Mapping[str, Any], wider: Wider) -> Codes:
    values = [line[f"key_{position}"] for position in range(len(wider))]
    return tuple(
        Residual.NOT_SPECIFIED if value is None else group[value] if group is not None else value
        for value, group in zip(values, wider, strict=True)
    )


def parts_of(
    figures: Any,
    official_usd: Any,
    inside: Sequence[Dimension],
    *,
    asked: dict[Codes, Any],
    given: dict[Codes, Given],
    official: dict[Codes, Any],
    nowhere: Codes,
    zero: Any = ZERO,
) -> dict[Codes, Part]:
    """Return the parts of one plan by raw value; what its totals have beyond them becomes a named rest.

    Where the plan has an official total, its lines are what was received; the contributions on record are a sample of
    it, used where it has no lines, and never added to it. A total of 0 needs a part to stand in as much as any other:
    it is reported, not unknown. ``figures`` has the names of a Rollup. Amounts are dollars, or with
    ``zero=0`` whole cents.
    """
    if figures.requested_usd is not None and all(dimension.breakdowns for dimension in inside):
        rest = figures.requested_usd - sum(asked.values(), zero)
        if rest or not asked:
            asked = {**asked, nowhere: asked.get(nowhere, zero) + rest}
    received = {codes: part.received for codes, part in given.items() if part.received is not None}
    pledged = {codes: part.pledged for codes, part in given.items() if part.pledged is not None}
    is_place = any(dimension.is_place for dimension in inside)
    if official_usd is not None or is_place:
        lines = official if official_usd is not None else {}
        total = figures.received_usd if is_place else official_usd
        if lines or is_place:
            received = dict(lines)
        if total is not None:
            exact = quantize_usd(total) if isinstance(total, Decimal) else total
            rest = exact - sum(received.values(), zero)
            if rest:
                beyond = nowhere if is_place else (Residual.OFFICIAL_ONLY,) * len(inside)
                received[beyond] = received.get(beyond, zero) + rest
        if is_place and figures.pledged_usd is not None:
            pledged = {nowhere: figures.pledged_usd}
    if figures.funding_reported and not (asked or received or pledged):
        received = {nowhere: zero}
    return {
        codes: Part(
            requested=asked.get(codes),
            received=received.get(codes, zero) if figures.funding_reported else None,
            pledged=pledged.get(codes),
        )
        for codes in dict.fromkeys((*asked, *received, *pledged))
    }
