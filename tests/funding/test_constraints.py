"""What the tables of requests, projects and contributions refuse, past every form."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from funding.models import (
    Organization,
    OrganizationIdentifier,
    Project,
    RelatedPlan,
    StatusChange,
)
from tests.constraints import Broken, assert_refused, named_constraints

from .rows import NAMES, ask, ask_again, make_world, money, official, own_child, related, share

pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_world), pytest.mark.usefixtures("world")]

ZERO_OR_MORE = "Ensure this value is greater than or equal to 0."
TARGET = "Name exactly one target, the one that the breakdown says."


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
