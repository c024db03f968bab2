"""Which contributions count, and by when they had been decided."""

from __future__ import annotations

from datetime import date

import pytest

from funding.models import Contribution
from tests.factories import make_contribution, make_plan

pytestmark = pytest.mark.usefixtures("empty_module", "db")


@pytest.fixture
def given() -> dict[str, Contribution]:
    plan = make_plan(contributions=0)
    days = {"undated": None, "march": date(2024, 3, 1), "april": date(2024, 4, 1)}
    return {
        f"{status} {name}": make_contribution(plan=plan, status=status, decision_on=day)
        for status in Contribution.Status
        for name, day in days.items()
    }


def test_commitments_and_payments_count(given: dict[str, Contribution]) -> None:
    counted = {name for name, item in given.items() if item in Contribution.objects.counted()}
    assert counted == {name for name in given if name.startswith(("commitment", "paid"))}
    assert len(counted) == 6


def test_pledges_are_the_rest(given: dict[str, Contribution]) -> None:
    assert Contribution.objects.pledged().count() == 3
    assert not Contribution.objects.pledged() & Contribution.objects.counted()
    assert all(item.is_counted for item in Contribution.objects.counted())
    assert not any(item.is_counted for item in Contribution.objects.pledged())


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2024, 2, 29), {"undated"}),
        (date(2024, 3, 1), {"undated", "march"}),
        (date(2024, 3, 31), {"undated", "march"}),
        (date(2024, 4, 1), {"undated", "march", "april"}),
        (None, {"undated", "march", "april"}),
    ],
)
def test_what_had_been_decided_by_a_day(given: dict[str, Contribution], on: date | None, expected: set[str]) -> None:
    found = Contribution.objects.decided_by(on)
    assert {name.split()[1] for name, item in given.items() if item in found} == expected
    assert found.count() == 3 * len(expected)
