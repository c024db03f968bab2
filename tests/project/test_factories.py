"""The rows that other tests build on: valid, adding up, and all different."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st
from zeal import NPlusOneError

from funding.models import FundingRequest
from plans.models import Plan, RevisionRow
from tests.factories import make_plan, make_plans, split_amount


@given(total=st.decimals(0, 10**12, places=2), parts=st.integers(1, 40))
def test_parts_are_whole_cents_and_add_up(total: Decimal, parts: int) -> None:
    amounts = split_amount(total, parts)
    assert len(amounts) == parts
    assert sum(amounts) == total
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in amounts)


@pytest.mark.usefixtures("empty_database")
def test_a_plan_passes_its_own_rules() -> None:
    plan = make_plan(objectives=3, sectors=4, projects=5, contributions=3)
    revision = plan.revisions.get()
    rows = [row for model in RevisionRow.__subclasses__() for row in model.objects.filter(revision=revision)]
    for row in (plan, revision, *plan.contributions.all(), *rows):
        row.full_clean()


@pytest.mark.usefixtures("empty_database")
def test_the_breakdowns_of_a_plan_are_the_same_money() -> None:
    make_plan(requested_usd="1000000.01", objectives=3, sectors=3, projects=7)
    sums = FundingRequest.objects.values_list("breakdown").annotate(Sum("amount_usd"))
    assert {breakdown: Decimal(total).quantize(Decimal("0.01")) for breakdown, total in sums} == dict.fromkeys(
        ["framework", "objective", "sector", "project"], Decimal("1000000.01")
    )


@pytest.mark.usefixtures("empty_database")
def test_a_plan_may_ask_for_nothing() -> None:
    plan = make_plan(requested_usd=None, contributions=0, reports_funding=False)
    assert plan.revisions.in_force().get().requested_usd is None
    assert not FundingRequest.objects.exists()


@pytest.mark.django_db
def test_thirty_plans_stand_beside_the_mali_data() -> None:
    plans = make_plans(30)
    assert len({country for plan in plans for country in plan.countries.all()}) == 30
    assert Plan.objects.in_force().filter(pk__in=[plan.pk for plan in plans]).count() == 30


@pytest.mark.django_db
def test_a_query_per_row_is_named(per_row_queries: None) -> None:
    with pytest.raises(NPlusOneError, match=r"plans\.Plan\.countries"):
        [list(plan.countries.all()) for plan in Plan.objects.order_by("pk")]
