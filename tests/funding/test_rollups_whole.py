"""A plan opened in every way at once is the plan opened one way after the other, whatever its money looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.renderers import JSONRenderer

from crp.common.figures import Breakdown, FigureError
from funding.api.detail import PlanDetailSerializer
from funding.rollups import break_down_plan, with_figures
from funding.rollups.whole import Whole, asked_of, open_whole, whole_of
from funding.updated import updated_at
from plans.models import Plan
from tests.api import get
from tests.factories import make_contribution, make_plan
from tests.funding.world import World

pytestmark = [pytest.mark.usefixtures("empty_module", "db"), pytest.mark.once]


Cents = tuple[int | None, int | None, int | None]


def in_cents(figures: Any) -> Cents:
    known = (figures.requested_usd, figures.received_usd, figures.pledged_usd)
    return tuple(None if amount is None else int(amount * 100) for amount in known)  # type: ignore[return-value]


def raw_lines(opened: Breakdown) -> list[tuple[Any, Cents]]:
    """Return what each line is of, by the value that the database has for it, and its amounts."""
    lines = []
    for line in opened.lines:
        subject = line.key.subject
        value = line.key.code if subject is None else subject.pk  # type: ignore[attr-defined]
        lines.append((line.key.residual or value, in_cents(line.figures)))
    return lines


def whole(plan: Plan) -> Whole:
    found = whole_of(plan.code)
    assert found is not None
    return found


def public_plans() -> Any:
    return with_figures(Plan.objects.in_force()).order_by("pk")


@pytest.mark.parametrize("seed", range(50, 52))
def test_the_whole_is_every_breakdown(seed: int) -> None:
    world = World(seed, plans=14)
    seen: list[tuple[Any, Cents]] = []
    for _round in range(2):
        for plan in public_plans():
            opened = open_whole(whole(plan), asked_of(plan))
            assert list(opened) == ["framework", "objective", "sector", "project"]
            for name, lines in opened.items():
                expected = break_down_plan(plan, name)
                assert whole(plan)[2:5] == in_cents(expected.total)
                assert list(lines.items()) == raw_lines(expected), (plan.code, name)
                seen += lines.items()
        world.change_something()
    # The worlds have what makes this hard.
    assert {"official_only", "shared", "not_specified"} <= {value for value, _cents in seen}
    assert len(seen) > 150


@pytest.mark.parametrize("seed", range(60, 62))
def test_the_api_shows_what_the_serializer_says(seed: int) -> None:
    world = World(seed)
    compared = 0
    for _round in range(2):
        for plan in public_plans().select_related("current__taxonomy").annotate(updated_at=updated_at()):
            expected = json.loads(JSONRenderer().render(PlanDetailSerializer(plan).data))
            assert get(f"plans/{plan.code}/") == expected, plan.code
            compared += 1
        world.change_something()
    assert compared > 12


def test_money_that_cancels_out_is_nought_and_not_unknown() -> None:
    plan = make_plan(contributions=0)
    for amount in ("5.00", "-5.00"):
        for status in ("paid", "pledge"):
            make_contribution(plan=plan, amount_usd=amount, status=status, framework_code="F")
    found = public_plans().get(pk=plan.pk)
    assert open_whole(whole(found), asked_of(found))["framework"]["F"] == (None, 0, 0)


def test_money_that_moves_between_two_statements_is_noticed() -> None:
    plan = make_plan()
    before, asked = whole(plan), asked_of(public_plans().get(pk=plan.pk))
    make_contribution(plan=plan)
    with pytest.raises(FigureError):
        open_whole(before, asked)
