"""Requests, projects and contributions: what their tables refuse, and what their forms say."""

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
    Organization,
    OrganizationIdentifier,
    Project,
    RelatedPlan,
    ReportedFunding,
    RequestShare,
    StatusChange,
)
from plans.models import Country, Framework, Objective, Plan, PlanFamily, Revision
from sectors.models import Sector
from tests.constraints import Broken, assert_database_refuses, assert_form_refuses, assert_refused, named_constraints
from tests.factories import (
    add_request,
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_sector,
    make_taxonomy,
)

pytestmark = pytest.mark.usefixtures("empty_database")

ZERO_OR_MORE = "Ensure this value is greater than or equal to 0."
TARGET = "Name exactly one target, the one that the breakdown says."


@pytest.fixture
def world() -> SimpleNamespace:
    """One row of each kind, and beside it a framework, an objective, a sector and a project nothing is asked for."""
    plan = make_plan(taxonomy=make_taxonomy(sectors=3))
    revision = plan.revisions.get()
    made = SimpleNamespace(plan=plan, revision=revision, money=plan.contributions.first())
    made.line = revision.funding_requests.get(breakdown="sector", order=1)
    made.family = PlanFamily.objects.create(code="UNSDCF", name="Framework")
    made.objective = revision.objectives.get(number=1)
    made.project = revision.projects.first()
    made.free = {
        "framework": Framework.objects.create(revision=revision, code="MCOF", name="MCOF"),
        "objective": Objective.objects.create(revision=revision, number=9, title="Nine"),
        "sector": Sector.objects.filter(taxonomy=revision.taxonomy).order_by("order").last(),
        "country": make_country(),
        "project": Project.objects.create(revision=revision, code="FREE", title="Free"),
    }
    add_request(revision, "country", Country.objects.first(), Decimal(1))
    StatusChange.objects.create(contribution=made.money, status="paid", amount_usd=1)
    ReportedFunding.objects.create(plan=plan, amount_usd=1, reported_on="2024-06-01")
    RelatedPlan.objects.create(revision=revision, funding_request=made.line, plan_family=made.family)
    RequestShare.objects.create(
        revision=revision, funding_request=made.line, objective=made.objective, share_percent=50
    )
    OrganizationIdentifier.objects.create(organization=make_organization(), scheme="fts", value="1")
    Contribution.objects.filter(pk=made.money.pk).update(external_scheme="fts", external_id="77")
    return made


def ask(world: Any, breakdown: str, *targets: str, **values: Any) -> FundingRequest:
    chosen = {name: world.free[name] for name in targets}
    return FundingRequest(**{"revision": world.revision, "breakdown": breakdown, "amount_usd": 5} | chosen | values)


def ask_again(world: Any, breakdown: str) -> FundingRequest:
    line = world.revision.funding_requests.filter(breakdown=breakdown).first()
    return FundingRequest(revision=world.revision, breakdown=breakdown, amount_usd=5, **{breakdown: line.target})


def share(world: Any, **values: Any) -> RequestShare:
    other = world.revision.objectives.get(number=2)
    given = {"revision": world.revision, "funding_request": world.line, "objective": other, "share_percent": 50}
    return RequestShare(**given | values)


def related(world: Any, **values: Any) -> RelatedPlan:
    family = PlanFamily.objects.get_or_create(code="HRP", defaults={"name": "Plan"})[0]
    given = {"revision": world.revision, "funding_request": world.line, "plan_family": family}
    return RelatedPlan(**given | values)


def official(world: Any, **values: Any) -> ReportedFunding:
    return ReportedFunding(**{"plan": world.plan, "amount_usd": 5, "reported_on": "2024-07-01"} | values)


def own_child(world: Any) -> Contribution:
    row = Contribution.objects.get(pk=world.money.pk)
    row.parent = row
    return row


def money(world: Any, **values: Any) -> Contribution:
    return Contribution(**{"code": "NEW-1", "plan": world.plan, "status": "paid", "amount_usd": 5} | values)


NAMES = ("framework", "objective", "sector", "country", "project")
CASES = [
    *(Broken("funding_request_one_target", lambda w, name=name: ask(w, name), TARGET) for name in NAMES),
    *(
        Broken("funding_request_one_target", lambda w, name=name, other=other: ask(w, name, other), TARGET)
        for name in NAMES
        for other in NAMES
        if other != name
    ),
    *(
        Broken("funding_request_one_target", lambda w, name=name, other=other: ask(w, name, name, other), TARGET)
        for name in NAMES
        for other in NAMES
        if other != name
    ),
    Broken(
        "funding_request_amount_not_negative",
        lambda w: ask(w, "objective", "objective", amount_usd=Decimal("-0.01")),
        ZERO_OR_MORE,
        where="amount_usd",
    ),
    *(
        Broken(
            f"funding_request_once_per_{name}",
            lambda w, name=name: ask_again(w, name),
            f"This revision already asks for an amount for this {name}.",
        )
        for name in NAMES
    ),
    Broken(
        "project_code_once_per_revision",
        lambda w: Project(revision=w.revision, code="P-1", title="Again"),
        "This revision already has a project with this code.",
    ),
    Broken(
        "project_received_not_negative",
        lambda w: Project(revision=w.revision, code="NEW", title="New", stated_received_usd=-1),
        ZERO_OR_MORE,
        where="stated_received_usd",
    ),
    Broken(
        "related_plan_once_per_request",
        lambda w: RelatedPlan(revision=w.revision, funding_request=w.line, plan_family=w.family),
        "This funding request already names this inter-agency plan.",
    ),
    Broken(
        "request_share_once_per_objective",
        lambda w: share(w, objective=w.objective),
        "This funding request already states a share for this objective.",
    ),
    Broken("request_share_within_0_100", lambda w: share(w, share_percent=-1), ZERO_OR_MORE, where="share_percent"),
    Broken(
        "request_share_within_0_100",
        lambda w: share(w, share_percent="100.01"),
        "Ensure this value is less than or equal to 100.",
        where="share_percent",
    ),
    Broken("request_share_amount_not_negative", lambda w: share(w, amount_usd=-1), ZERO_OR_MORE, where="amount_usd"),
    Broken(
        "organization_identifier_once",
        lambda w: OrganizationIdentifier(organization=Organization.objects.last(), scheme="fts", value="1"),
        "Another organization already has this identifier.",
    ),
    Broken(
        "contribution_external_id_once",
        lambda w: money(w, external_scheme="fts", external_id="77"),
        "Another contribution already has this external identifier.",
    ),
    *(
        Broken(
            "contribution_original_amount_with_currency",
            lambda w, values=values: money(w, **values),
            "An original amount needs its currency, and a currency its amount.",
        )
        for values in ({"original_amount": 5}, {"original_currency": "EUR"})
    ),
    Broken(
        "contribution_rate_needs_original_amount",
        lambda w: money(w, exchange_rate=2),
        "An exchange rate is above 0 and needs an original amount.",
    ),
    Broken(
        "contribution_rate_needs_original_amount",
        lambda w: money(w, exchange_rate=0, original_amount=5, original_currency="EUR"),
        "An exchange rate is above 0 and needs an original amount.",
    ),
    Broken(
        "contribution_one_sector_or_shared",
        lambda w: money(w, sector=w.free["sector"], is_shared_across_sectors=True),
        "Either one sector or several: not both.",
    ),
    Broken(
        "contribution_amount_not_zero",
        lambda w: money(w, amount_usd=0),
        "An amount of 0 gives nothing: leave the contribution out.",
    ),
    Broken(
        "contribution_converted_needs_rate",
        lambda w: money(w, amount_basis="converted"),
        "An amount that is converted needs the rate it was converted at.",
    ),
    Broken(
        "contribution_plan_or_country",
        lambda w: money(w, country=w.free["country"]),
        "Either a plan or a country: a plan has countries of its own.",
    ),
    Broken(
        "contribution_not_its_own_parent",
        own_child,
        "A contribution can't pass on itself.",
    ),
    Broken(
        "status_change_once_per_status",
        lambda w: StatusChange(contribution=w.money, status="paid", amount_usd=2),
        "This contribution has taken that step already.",
    ),
    *(
        Broken("related_plan_inside_within_bounds", lambda w, v=values: related(w, overlap="partly", **v), said, where)
        for values, said, where in (
            ({"inside_usd": -1}, ZERO_OR_MORE, "inside_usd"),
            ({"inside_percent": -1}, ZERO_OR_MORE, "inside_percent"),
            ({"inside_percent": 101}, "Ensure this value is less than or equal to 100.", "inside_percent"),
        )
    ),
    *(
        Broken(
            "related_plan_part_has_size",
            lambda w, v=values: related(w, **v),
            "“Partly inside” needs an amount or a share; the others have neither.",
        )
        for values in (
            {"overlap": "partly"},
            {"overlap": "partly", "inside_usd": 5, "inside_percent": 5},
            {"overlap": "identical", "inside_usd": 5},
            {"overlap": "", "inside_percent": 5},
        )
    ),
    Broken(
        "reported_funding_one_in_force",
        official,
        "There already is such a total in force: supersede it first.",
    ),
    *(
        Broken(
            "reported_funding_names_its_part",
            lambda w, scope=scope: official(w, scope=scope, sector=w.line.sector),
            "Name the part that the scope says, and no other.",
        )
        for scope in ("total", "country")
    ),
    Broken(
        "reported_funding_plan_or_year",
        lambda w: official(w, plan=None, scope="country", country=w.free["country"]),
        "Money outside any plan needs its year; a plan has its own.",
    ),
    Broken(
        "reported_funding_superseded_later",
        lambda w: official(w, superseded_on="2024-06-30"),
        "A total can't be superseded before the day it speaks of.",
    ),
]


@pytest.mark.parametrize("broken", CASES, ids=str)
def test_a_row_that_breaks_a_rule_is_refused(world: SimpleNamespace, broken: Broken) -> None:
    assert_refused(broken, world)


def test_every_rule_of_the_tables_is_tested() -> None:
    assert {broken.constraint for broken in CASES} == named_constraints("funding")


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
