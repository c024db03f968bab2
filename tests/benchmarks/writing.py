"""How long it takes to record a contribution and to read its plan's figures again, with and without the summaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from funding import summaries
from funding.models import Contribution, Organization, StatusChange
from funding.rollups import figures_of, with_figures
from plans.models import Plan

MARK = "BENCH-WRITE"
TIMES = 150
numbers = count(1)


def record(plan: Plan, donor: Organization) -> Contribution:
    """Record a payment as the admin does: the contribution and its first step."""
    contribution = Contribution.objects.create(
        code=f"{MARK}-{next(numbers)}",
        plan=plan,
        donor=donor,
        status=Contribution.Status.PAID,
        amount_usd=Decimal("1234.56"),
        decision_on=date(2026, 1, 1),
    )
    StatusChange.objects.create(contribution=contribution, status="paid", amount_usd=contribution.amount_usd)
    return contribution


def insert(plan: Plan, donor: Organization) -> None:
    with transaction.atomic():
        record(plan, donor)


def insert_and_read(plan: Plan, donor: Organization) -> None:
    with transaction.atomic():
        record(plan, donor)
        figures_of(with_figures(Plan.objects.in_force()).get(pk=plan.pk))


def timed(work: Callable[[Plan, Organization], None], plans: Sequence[Plan], donor: Organization) -> list[float]:
    times = []
    for number in range(TIMES):
        start = perf_counter()
        work(plans[number % len(plans)], donor)
        times.append((perf_counter() - start) * 1000)
    return sorted(times)


def measure(codes: Sequence[str], rounds: int, say: Callable[[str], object]) -> dict[str, Any]:
    """Return milliseconds of each way at the median and for the slowest twentieth; leave the database as it was."""
    plans = list(Plan.objects.filter(code__in=codes[:50]))
    donor = Organization.objects.order_by("pk").first()
    times: dict[str, list[list[float]]] = {"insert": [], "insert_and_read": [], "insert_without_summaries": []}
    try:
        for number in range(rounds):
            say(f"{connection.vendor}: round {number + 1} of {rounds}, recording contributions")
            summaries.TRIGGERS.install(connection)
            times["insert"].append(timed(insert, plans, donor))
            times["insert_and_read"].append(timed(insert_and_read, plans, donor))
            summaries.TRIGGERS.remove(connection)
            times["insert_without_summaries"].append(timed(insert, plans, donor))
    finally:
        StatusChange.objects.filter(contribution__code__startswith=MARK).delete()
        Contribution.objects.filter(code__startswith=MARK).delete()
        summaries.TRIGGERS.install(connection)
        summaries.rebuild(connection)
        if connection.vendor == "postgresql":  # which would read over what was deleted the next time
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")
    return {
        name: {
            "p50_ms": median(values[len(values) // 2] for values in several),
            "p95_ms": median(values[len(values) * 19 // 20] for values in several),
        }
        for name, several in times.items()
    }
