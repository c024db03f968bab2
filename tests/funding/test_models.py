"""Requests, projects and contributions: what their forms say, and what counts."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from funding.models import (
    Contribution,
    FundingRequest,
    Project,
)
from plans.models import Framework, Plan, Revision
from sectors.models import Sector
from tests.constraints import assert_database_refuses, assert_form_refuses
from tests.factories import (
    add_request,
    make_contribution,
    make_plan,
    make_sector,
    make_taxonomy,
)

from .rows import NAMES, ask, make_world, money, share

pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_world), pytest.mark.usefixtures("world")]

ZERO_OR_MORE = "Ensure this value is greater than or equal to 0."
TARGET = "Name exactly one target, the one that the breakdown says."


@pytest.mark.parametrize("name", NAMES)
def test_a_request_names_the_target_of_its_breakdown(world: SimpleNamespace, name: str) -> None:
    request = ask(world, name, name, amount_usd=0)
    request.full_clean()
    request.save()
    assert request.target == world.free[name]


def test_the_amounts_of_a_request_must_be_amounts(world: SimpleNamespace) -> None:
    for amount in ("12,000", "abc", "1.001", "NaN", None):
        with pytest.raises(ValidationError) as refused:
            ask(world, "objective", "objective", amount_usd=amount).full_clean()
        assert set(refused.value.message_dict) == {"amount_usd"}


def refusal_of_sector(row: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert set(refused.value.message_dict) == {"sector"}
    return refused.value.message_dict["sector"][0]


def test_a_sector_of_another_list_is_refused_with_both_lists_named(world: SimpleNamespace) -> None:
    other = make_taxonomy(name="Other list")
    sector = make_sector(taxonomy=other, name="Other sector")
    own = world.revision.taxonomy.name
    expected = f"“Other sector” is of the taxonomy “Other list”; this plan uses “{own}”."
    assert refusal_of_sector(ask(world, "sector", sector=sector)) == expected
    assert refusal_of_sector(Project(revision=world.revision, code="X", title="X", sector=sector)) == expected


def test_a_framework_may_bring_a_list_of_its_own(world: SimpleNamespace) -> None:
    other = make_taxonomy(name="MCOF list")
    framework = world.free["framework"]
    framework.taxonomy = other
    framework.save()
    project = {"revision": world.revision, "code": "X", "title": "X", "framework": framework}
    Project(**project, sector=other.sectors.first()).full_clean()
    own = world.revision.taxonomy.sectors.first()
    assert "this plan uses “MCOF list”" in refusal_of_sector(Project(**project, sector=own))
    without = Project(revision=world.revision, code="X", title="X", sector=other.sectors.first())
    assert f"this plan uses “{world.revision.taxonomy.name}”" in refusal_of_sector(without)


def test_sectors_wait_for_a_list_to_choose_from() -> None:
    plan = make_plan(sectors=0, projects=0)
    Revision.objects.filter(plan=plan).update(taxonomy=None)
    request = FundingRequest(
        revision=plan.revisions.get(), breakdown="sector", sector=make_taxonomy().sectors.first(), amount_usd=1
    )
    assert refusal_of_sector(request) == "Choose the sector taxonomy of the revision first."


def test_shares_stay_within_their_bounds(world: SimpleNamespace) -> None:
    for value in (0, 100, Decimal("33.33")):
        share(world, share_percent=value).full_clean()


def test_the_money_of_a_donor_outlives_the_donors_deletion(world: SimpleNamespace) -> None:
    with pytest.raises(ProtectedError):
        world.money.donor.delete()
    with pytest.raises(ProtectedError):
        Plan.objects.get(pk=world.plan.pk).delete()
    with pytest.raises(ProtectedError):
        Sector.objects.filter(pk=world.line.sector_id).delete()


@pytest.mark.parametrize(("status", "counted"), [("pledge", False), ("commitment", True), ("paid", True)])
def test_commitments_and_payments_count_and_pledges_do_not(status: str, counted: bool) -> None:
    assert Contribution(status=status).is_counted is counted


@pytest.mark.parametrize("code", ["mli-1", "A B", "A_1", "-1", "A\n", ""])
def test_codes_of_contributions_have_one_form(world: SimpleNamespace, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        money(world, code=code).full_clean()
    assert set(refused.value.message_dict) == {"code"}


def test_a_contribution_has_one_code(world: SimpleNamespace) -> None:
    again = money(world, code=world.money.code)
    assert_form_refuses(again, "Contribution with this Code already exists.", where="code")
    assert_database_refuses(again, "funding_contribution_code_key")


def test_external_identifiers_may_be_left_out_many_times(world: SimpleNamespace) -> None:
    for number in range(2):
        row = money(world, code=f"X-{number}", external_scheme="fts", external_id="")
        row.full_clean()
        row.save()


def test_a_correction_is_negative_money(world: SimpleNamespace) -> None:
    money(world, amount_usd=Decimal("-250.50")).full_clean()


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"framework_code": "NOPE"}, "framework_code"),
        ({"objective_number": 8}, "objective_number"),
        ({"project_code": "NOPE"}, "project_code"),
    ],
)
def test_a_target_that_the_plan_does_not_have_is_refused(
    world: SimpleNamespace, values: dict[str, Any], where: str
) -> None:
    kind = where.split("_", maxsplit=1)[0]
    suffix = "number" if kind == "objective" else "code"
    assert_form_refuses(money(world, **values), f"The plan has no {kind} with this {suffix}.", where=where)


def test_a_target_that_the_plan_has_is_accepted(world: SimpleNamespace) -> None:
    money(world, framework_code="HRP", objective_number=2, project_code="P-1", sector=world.free["sector"]).full_clean()


def test_every_wrong_target_is_named_at_once(world: SimpleNamespace) -> None:
    wrong = {"framework_code": "NOPE", "objective_number": 8, "project_code": "NOPE"}
    with pytest.raises(ValidationError) as refused:
        money(world, **wrong, sector=make_taxonomy().sectors.first()).full_clean()
    assert set(refused.value.message_dict) == {*wrong, "sector"}


def test_money_for_a_sector_of_a_list_that_the_plan_does_not_use_is_refused(world: SimpleNamespace) -> None:
    other = make_taxonomy()
    assert refusal_of_sector(money(world, sector=other.sectors.first())) == (
        "This sector is of a taxonomy that the plan does not use."
    )
    framework = world.free["framework"]
    framework.taxonomy = other
    framework.save()
    money(world, sector=other.sectors.first()).full_clean()


def test_money_is_checked_against_what_is_published_and_not_the_draft(world: SimpleNamespace) -> None:
    draft = Revision.objects.create(plan=world.plan, number=2)
    add_request(draft, "framework", Framework.objects.create(revision=draft, code="RRP", name="RRP"), Decimal(1))
    assert_form_refuses(
        money(world, framework_code="RRP"), "The plan has no framework with this code.", where="framework_code"
    )


def test_money_for_a_plan_not_yet_published_is_checked_against_its_newest_revision() -> None:
    plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    anything = Contribution(code="C", plan=plan, status="pledge", amount_usd=1, framework_code="ANY")
    anything.full_clean()  # no revision yet: nothing to check against
    draft = Revision.objects.create(plan=plan)
    assert_form_refuses(anything, "The plan has no framework with this code.", where="framework_code")
    Framework.objects.create(revision=draft, code="ANY", name="Any")
    anything.full_clean()


def test_undated_money_and_money_of_unknown_donors_is_money(world: SimpleNamespace) -> None:
    row = make_contribution(plan=world.plan, donor=None, decision_on=None)
    row.full_clean()
    assert str(row) == row.code
