"""Proof of the sums that the database keeps: everything added up again, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connections, transaction
from django.db.models import Count

from crp.common.money import SumUSD, quantize_usd
from funding.dimensions import SECTOR, Dimension, Residual
from funding.models import Contribution, PlanFigures, SectorFigures, TargetFigures
from plans.models import Plan
from plans.querysets import PlanQuerySet

from .parts import given_parts, official_parts, parts_of, requested_parts
from .plans import FIGURES, figures_of, with_computed_figures, with_figures

TARGET = ("plan", "framework_code", "objective_number", "sector", "is_shared_across_sectors", "project_code")
BATCH = 2_000
SECTOR_KEYS = {
    Residual.NOT_SPECIFIED: SectorFigures.NOT_SPECIFIED,
    Residual.SHARED: SectorFigures.SHARED,
    Residual.OFFICIAL_ONLY: SectorFigures.OFFICIAL_ONLY,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A sum that the database keeps wrong: a defect in CRP, or somebody wrote past its triggers."""

    plan: str
    what: str
    kept: Any
    computed: Any

    def __str__(self) -> str:
        return f"{self.plan}: {self.what} is kept as {self.kept}, and adds up to {self.computed}"


def differences(using: str = "default") -> Iterator[Difference]:
    """Yield every sum that is not what the rows behind it add to, in batches of plans, each in one snapshot.

    Queries: 9 a batch of 2,000 plans. Memory: that of a batch.
    """
    last = 0
    while True:
        with _snapshot(using):
            codes = dict(Plan.objects.using(using).filter(pk__gt=last).order_by("pk").values_list("pk", "code")[:BATCH])
            if not codes:
                return
            plans = Plan.objects.using(using).filter(pk__gt=last, pk__lte=max(codes))
            found = [*_of_plans(plans, codes), *_of_targets(plans, codes), *_of_sectors(plans, codes)]
        yield from found
        last = max(codes)


@contextmanager
def _snapshot(using: str) -> Iterator[None]:
    """Let all queries see the same: what is committed between two of them must not look like an error."""
    connection = connections[using]
    is_ours = not connection.in_atomic_block
    with transaction.atomic(using=using):
        if is_ours and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _of_plans(plans: PlanQuerySet, codes: dict[int, str]) -> Iterator[Difference]:
    columns = (*FIGURES, "official_usd")
    kept = {row["pk"]: row for row in with_figures(plans.with_current()).order_by().values("pk", *columns)}
    for row in with_computed_figures(plans.with_current()).order_by().values("pk", *columns):
        for column in columns:
            pair = kept[row["pk"]][column], row[column]
            if not _same(*pair):
                yield Difference(plan=codes[row["pk"]], what=column, kept=pair[0], computed=pair[1])
    for pk in codes.keys() - set(
        PlanFigures.objects.using(plans.db).filter(plan__in=plans).values_list("pk", flat=True)
    ):
        yield Difference(plan=codes[pk], what="its row of figures", kept=None, computed="there")


def _of_targets(plans: PlanQuerySet, codes: dict[int, str]) -> Iterator[Difference]:
    numbers = ("counted_number", "pledged_number")
    kept = {
        row[: len(TARGET)]: row[len(TARGET) :]
        for row in TargetFigures.objects.using(plans.db)
        .filter(plan__in=plans)
        .values_list(*TARGET, "counted_sum", "pledged_sum", *numbers)
        if row[-1] or row[-2]
    }
    rows = (
        Contribution.objects.using(plans.db)
        .filter(plan__in=plans)
        .order_by()
        .values_list(*TARGET)
        .annotate(
            counted=SumUSD("counted_usd"),
            pledged=SumUSD("pledged_usd"),
            counted_number=Count("counted_usd"),
            pledged_number=Count("pledged_usd"),
        )
    )
    zero = Decimal(0)
    computed = {
        row[: len(TARGET)]: (quantize_usd(row[-4] or zero), quantize_usd(row[-3] or zero), row[-2], row[-1])
        for row in rows
        if row[-1] or row[-2]
    }
    for target in kept.keys() | computed.keys():
        if kept.get(target) != computed.get(target):
            named = ", ".join(str(part) for part in target[1:] if part not in (None, "", False)) or "the whole plan"
            yield Difference(
                plan=codes[target[0]], what=f"given for {named}", kept=kept.get(target), computed=computed.get(target)
            )


def _of_sectors(plans: PlanQuerySet, codes: dict[int, str]) -> Iterator[Difference]:
    kept = {
        (plan, sector): amounts
        for plan, sector, *amounts in SectorFigures.objects.using(plans.db)
        .filter(plan__in=plans)
        .values_list("plan", "sector_key", "requested_usd", "given_usd", "pledged_usd")
    }
    inside: list[Dimension] = [SECTOR]
    wider: list[None] = [None]
    asked = requested_parts(plans, inside, wider, None)
    given = given_parts(plans, inside, wider, None, kept=False)
    official = official_parts(plans, inside, wider, None)
    computed: dict[tuple[int, Any], list[Decimal | None]] = {}
    rows: Any = with_computed_figures(plans.with_current()).order_by()
    for plan in rows:
        parts = parts_of(
            figures_of(plan),
            plan.official_usd,
            inside,
            asked=asked.get(plan.pk, {}),
            given=given.get(plan.pk, {}),
            official=official.get(plan.pk, {}),
            nowhere=(Residual.NOT_SPECIFIED,),
        )
        for (code,), part in parts.items():
            computed[plan.pk, SECTOR_KEYS.get(code, code)] = [part.requested, part.received, part.pledged]
    for key in kept.keys() | computed.keys():
        one, other = kept.get(key), computed.get(key)
        # What is kept knows nothing given from 0 given; what is shown says 0 for both where the plan reports.
        if (
            one is None
            or other is None
            or not all(_same(*pair) for pair in zip(_shown(one), _shown(other), strict=True))
        ):
            yield Difference(plan=codes[key[0]], what=f"sector {key[1]}", kept=one, computed=other)


def _shown(amounts: list[Decimal | None]) -> list[Decimal | None]:
    requested, given, pledged = amounts
    return [requested, given or Decimal(0), pledged]


def _same(kept: Decimal | None, computed: Decimal | None) -> bool:
    if kept is None or computed is None:
        return kept is computed
    return quantize_usd(kept) == quantize_usd(computed)
