"""IATI 2.03: valid by the XSD, free of the known traps, and with the figures of the plans."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from crp.settings import read_iati_publisher
from funding.models import Contribution, FundingRequest, OrganizationIdentifier, RelatedPlan, StatusChange
from plans.models import Country, Narrative, Plan, PlanFamily, PlanIdentifier, Revision
from tests.conftest import MaliPlans
from tests.exchange.iati_rules import activities_of, problems_of, schema_errors
from tests.factories import (
    add_request,
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
    make_taxonomy,
    publish,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 4, 30)
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
Status, Flow = Contribution.Status, Contribution.Flow


@pytest.fixture(autouse=True)
def _on_a_day() -> Any:
    with time_machine.travel(datetime(2026, 4, 30, 12, tzinfo=UTC), tick=False):
        yield


def fetch(client: Client, name: str = "activities") -> bytes:
    answer: Any = client.get(f"/iati/{name}.xml")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    return b"".join(answer.streaming_content)


def activity(client: Client, plan: Plan) -> Any:
    """Return the activity of a plan, once its file has passed the XSD and every rule."""
    content = fetch(client, plan.code)
    assert schema_errors(content) == []
    (one,) = activities_of(content)
    assert problems_of([one], TODAY) == []
    return one


def shares(one: Any, vocabulary: str) -> dict[str, str]:
    return {
        sector.get("code"): sector.get("percentage")
        for sector in one.findall("sector")
        if sector.get("vocabulary") == vocabulary
    }


def money(one: Any) -> list[tuple[str, str, str]]:
    return [
        (transaction.find("transaction-type").get("code"), transaction.findtext("value"), transaction.get("ref"))
        for transaction in one.findall("transaction")
    ]


def budgets_of(one: Any) -> list[tuple[str, str, str, str]]:
    return [
        (
            budget.get("type"),
            budget.find("period-start").get("iso-date"),
            budget.find("period-end").get("iso-date"),
            budget.findtext("value"),
        )
        for budget in one.findall("budget")
    ]


def test_the_three_mali_plans_are_valid_and_break_no_rule(client: Client, mali: MaliPlans) -> None:
    content = fetch(client)

    assert schema_errors(content) == []
    activities = activities_of(content)
    assert problems_of(activities, TODAY) == []
    assert [one.findtext("iati-identifier") for one in activities] == [
        "XM-DAC-47066-MLI-COMPENDIUM-2017",
        "XM-DAC-47066-MLI-CRP-2021",
        "XM-DAC-47066-MLI-CRP-2025-2026",
    ]
    assert [one.find("activity-status").get("code") for one in activities] == ["4", "4", "2"]
    assert [budgets_of(one) for one in activities] == [
        [("1", "2017-01-01", "2017-12-31", "37360000.00")],
        [],
        [("1", "2025-01-01", "2025-12-31", "16176750.00"), ("1", "2026-01-01", "2026-12-31", "16176750.00")],
    ]
    assert [[amount for _type, amount, _ref in money(one)] for one in activities] == [["112550.00"], [], []]
    (of_2017, of_2021, newest) = activities
    assert (shares(of_2021, "10"), shares(of_2021, "99")) == ({}, {"not-specified": "100"})  # it states no amount
    assert newest.find("recipient-country").get("code") == "ML"
    own = shares(newest, "99")
    assert len(own) == 18
    assert own["IOM-2025/SHELTER"] == "19.1633"  # 6,200,000 of 32,353,500
    clusters = shares(newest, "10")
    assert (clusters["4"], clusters["11"]) == ("19.1633", "8.6544")
    assert shares(of_2017, "10")["26481"] == "66.9165"  # the 25,000,000 of MCOF are in no cluster
    assert [text.text[:24] for text in newest.findall("description[@type='2']/narrative")] == [
        "1. Saving lives and prot"
    ]


def test_one_plan_is_the_same_activity_as_in_the_file_of_all(client: Client, mali: MaliPlans) -> None:
    whole = fetch(client)
    for plan in vars(mali).values():
        alone = fetch(client, plan.code)
        inside = alone[alone.index(b"<iati-activity ") : alone.rindex(b"</iati-activities>")]
        assert inside in whole


def test_a_contribution_is_one_transaction_by_its_last_step(client: Client) -> None:
    plan = make_plan(contributions=0, start_year=2026)
    paid = make_contribution(plan=plan, amount_usd="500.25", status=Status.PAID, code="PAID-1")
    for step, on in ((Status.PLEDGE, 1), (Status.COMMITMENT, 2), (Status.PAID, 3)):
        StatusChange.objects.create(contribution=paid, status=step, amount_usd="500.25", since_on=date(2026, on, 9))
    make_contribution(plan=plan, amount_usd="300.00", status=Status.COMMITMENT, code="COMMITTED-1")
    make_contribution(plan=plan, amount_usd="-40.50", status=Status.COMMITMENT, code="CORRECTION-1")
    make_contribution(plan=plan, amount_usd="70.00", status=Status.PLEDGE, code="PLEDGE-1")
    make_contribution(plan=plan, amount_usd="25.00", flow=Flow.OUTGOING, code="OUT-1", recipient=make_organization())
    make_contribution(plan=plan, amount_usd="90.00", flow=Flow.INTERNAL, code="INSIDE-1")
    make_contribution(plan=plan, amount_usd="11.00", code="TWIN-1", review=Contribution.Review.SUSPECTED)
    make_contribution(plan=plan, amount_usd="12.00", code="TWIN-2", review=Contribution.Review.MERGED)

    one = activity(client, plan)

    assert money(one) == [
        ("1", "500.25", "PAID-1"),
        ("11", "300.00", "COMMITTED-1"),
        ("11", "-40.50", "CORRECTION-1"),
        ("13", "70.00", "PLEDGE-1"),
        ("3", "25.00", "OUT-1"),
    ]
    sign = {"1": 1, "11": 1, "2": -1, "3": -1, "13": 0}
    received = client.get(f"/api/v1/plans/{plan.code}/").json()["received_usd"]
    assert (
        sum(sign[kind] * Decimal(amount) for kind, amount, _ref in money(one)) == Decimal(received) == Decimal("734.75")
    )
    assert one.find("transaction/transaction-date").get("iso-date") == "2026-03-09"
    assert one.find("transaction[@ref='OUT-1']/receiver-org/narrative").text
    assert one.find("transaction[@ref='OUT-1']/provider-org") is None


def test_money_in_another_currency_keeps_it_and_names_its_day(client: Client) -> None:
    plan = make_plan(contributions=0, start_year=2026)
    donor = make_organization(name="Donor & Sons <3", kind="government")
    OrganizationIdentifier.objects.create(organization=donor, scheme="iati", value="XM-DAC-5-7")
    make_contribution(
        plan=plan, donor=donor, amount_usd="606796.00", original_amount="500000.00", original_currency="EUR",
        exchange_rate="0.824", exchange_rate_on=date(2026, 2, 25), earmarking=Contribution.Earmarking.SOFTLY,
        decision_on=date(2026, 3, 1), status=Status.COMMITMENT, note="<b>Private</b> note",
    )  # fmt: skip

    transaction = activity(client, plan).find("transaction")

    value = transaction.find("value")
    assert (value.text, dict(value.attrib)) == ("500000.00", {"currency": "EUR", "value-date": "2026-02-25"})
    assert transaction.findtext("description/narrative") == "In US dollars 606796.00, which is what counts."
    provider = transaction.find("provider-org")
    assert (provider.get("ref"), provider.get("type"), provider.findtext("narrative")) == (
        "XM-DAC-5-7", "10", "Donor & Sons <3",
    )  # fmt: skip
    assert dict(transaction.find("aid-type").attrib) == {"code": "2", "vocabulary": "2"}


@pytest.mark.parametrize(("official", "rest"), [("5000.00", "4000.00"), ("700.00", "-300.00"), ("1000.00", None)])
def test_an_official_total_and_its_contributions_are_never_added(
    client: Client, official: str, rest: str | None
) -> None:
    plan = make_plan(contributions=1)
    make_reported_funding(plan=plan, amount_usd=official)

    found = money(activity(client, plan))

    assert sum(Decimal(amount) for _kind, amount, _ref in found) == Decimal(official)
    assert [amount for _kind, amount, ref in found if ref is None] == ([] if rest is None else [rest])


def test_a_revised_budget_stands_in_place_of_the_original_one(client: Client) -> None:
    plan = make_plan(contributions=0, requested_usd="1000.00", start_year=2025, end_year=2027)
    assert {kind for kind, *_rest in budgets_of(activity(client, plan))} == {"1"}
    first = plan.revisions.get()
    Revision.objects.filter(pk=first.pk).update(status="superseded", superseded_at=datetime(2026, 1, 1, tzinfo=UTC))
    publish(Revision.objects.create(plan=plan, number=2, stated_requested_usd="2000.00"))

    assert budgets_of(activity(client, plan)) == [
        ("2", "2025-01-01", "2025-12-31", "666.67"),
        ("2", "2026-01-01", "2026-12-31", "666.67"),
        ("2", "2027-01-01", "2027-12-31", "666.66"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "status", "kinds"),
    [
        (date(2026, 5, 1), date(2026, 12, 31), "1", ["1", "3"]),
        (date(2026, 4, 30), date(2026, 4, 30), "2", ["1", "2", "3"]),
        (date(2025, 6, 1), date(2026, 4, 29), "4", ["1", "2", "3", "4"]),
    ],
)
def test_status_and_dates_are_those_of_the_day(
    client: Client, start: date, end: date, status: str, kinds: list[str]
) -> None:
    plan = make_plan(start_on=start, end_on=end, start_year=start.year, end_year=end.year, contributions=0)
    one = activity(client, plan)
    assert one.find("activity-status").get("code") == status
    assert [found.get("type") for found in one.findall("activity-date")] == kinds


def test_what_several_countries_do_not_divide_falls_on_their_region(client: Client) -> None:
    first, second = make_country(), make_country()
    plan = make_plan(countries=[first, second], requested_usd="1000.00", contributions=0)
    add_request(plan.revisions.get(), FundingRequest.Breakdown.COUNTRY, first, Decimal("333.33"))
    undivided = make_plan(countries=[first, Country.objects.get(iso3="MLI")], contributions=0)

    one, other = activity(client, plan), activity(client, undivided)

    assert [(place.get("code"), place.get("percentage")) for place in one.findall("recipient-country")] == [
        (first.iso2, "33.333")
    ]
    region = one.find("recipient-region")
    assert (region.get("code"), region.get("vocabulary"), region.get("percentage")) == ("901", "2", "66.667")
    assert second.name in region.findtext("narrative")
    assert one.find("activity-scope").get("code") == "3"
    assert other.findall("recipient-country") == []
    assert (other.find("recipient-region").get("code"), other.find("recipient-region").get("percentage")) == (
        "001", "100",
    )  # fmt: skip


def test_sectors_add_to_100_whatever_the_lines_add_to(client: Client) -> None:
    taxonomy = make_taxonomy(sectors=3, clusters=False)
    short = make_plan(requested_usd="1000.00", taxonomy=taxonomy, sectors=0, projects=0, contributions=0)
    long = make_plan(requested_usd="100.00", taxonomy=taxonomy, sectors=0, projects=0, contributions=0)
    for plan in (short, long):
        for sector in taxonomy.sectors.all():
            add_request(plan.revisions.get(), FundingRequest.Breakdown.SECTOR, sector, Decimal("100.00"))

    of_short, of_long = activity(client, short), activity(client, long)

    assert shares(of_short, "99")["not-specified"] == "70"
    assert sorted(shares(of_long, "99").values()) == ["33.3333", "33.3333", "33.3334"]
    assert shares(of_short, "10") == {}  # none of its sectors belongs to a cluster


def test_a_plan_without_amounts_by_sector_has_all_of_it_not_specified(client: Client) -> None:
    one = activity(client, make_plan(sectors=0, projects=0, contributions=0))

    assert shares(one, "10") == {}  # nobody said that it is outside of the clusters
    assert shares(one, "99") == {"not-specified": "100"}
    assert one.findtext("sector/narrative") == "Not specified"


def test_an_inter_agency_plan_is_told_by_a_secondary_reporter_and_named_as_an_appeal(client: Client) -> None:
    appeal = make_plan(kind=Plan.Kind.HNRP, title="Response plan", contributions=0)
    for scheme, value in (("fts", "1234"), ("fts-code", "HXXX24")):
        PlanIdentifier.objects.create(plan=appeal, scheme=scheme, value=value)
    own = make_plan(contributions=0)
    request = own.revisions.get().funding_requests.first()
    RelatedPlan.objects.create(
        revision=request.revision, funding_request=request, plan_family=PlanFamily.objects.all()[0],
        related_plan=appeal, overlap=RelatedPlan.Overlap.IDENTICAL,
    )  # fmt: skip

    of_appeal, of_own = activity(client, appeal), activity(client, own)

    assert of_appeal.find("reporting-org").get("secondary-reporter") == "1"
    assert of_own.find("reporting-org").get("secondary-reporter") is None
    for one in (of_appeal, of_own):
        scope = one.find("humanitarian-scope")
        assert dict(scope.attrib) == {"type": "2", "vocabulary": "2-1", "code": "HXXX24"}
    related = of_own.find("related-activity")
    assert dict(related.attrib) == {"ref": f"XM-DAC-47066-{appeal.code}", "type": "5"}
    assert [one.get("ref") for one in of_appeal.findall("other-identifier")] == [appeal.code, "1234"]


def test_texts_are_plain_and_in_their_own_language(client: Client) -> None:
    plan = make_plan(contributions=0, title="A & B <c> \x0b")
    revision = plan.revisions.get()
    Narrative.objects.filter(revision=revision).update(
        body="**Bold** and [a link](https://example.org/).\n\n- one\n- two \x08\x1f\ud83d".encode(
            "utf-8", "replace"
        ).decode(),
    )
    Narrative.objects.create(revision=revision, section="vision", order=1, language="fr", body="*Élan*")
    Narrative.objects.create(revision=revision, section="vision", order=2, language="en", body="Élan")

    content = fetch(client, plan.code)

    assert schema_errors(content) == []
    (one,) = activities_of(content)
    assert one.findtext("title/narrative") == "A & B <c>"
    assert [(text.get(LANGUAGE), text.text) for text in one.findall("description[@type='1']/narrative")] == [
        ("fr", "Élan"),
        (None, "Élan"),
    ]
    context = one.findtext("description[@type='4']/narrative")
    assert context.startswith("Bold and a link.\n\none\n\ntwo")


def test_what_changes_is_dated_and_what_does_not_is_not_sent_again(client: Client, mali: MaliPlans) -> None:
    answer = client.get("/iati/activities.xml")
    etag = answer["ETag"]
    assert client.get("/iati/activities.xml", headers={"if-none-match": etag}).status_code == 304
    before = activity(client, mali.crp_2025_2026).get("last-updated-datetime")
    assert before.startswith("2025-04-17")

    make_contribution(plan=mali.crp_2025_2026)

    assert activity(client, mali.crp_2025_2026).get("last-updated-datetime") == "2026-04-30T12:00:00+00:00"
    assert client.get("/iati/activities.xml", headers={"if-none-match": etag}).status_code == 200
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC)):
        (closed,) = activities_of(fetch(client, mali.crp_2025_2026.code))
        assert closed.find("activity-status").get("code") == "4"


def test_what_is_not_published_is_in_no_file(client: Client, mali: MaliPlans) -> None:
    mali.crp_2021.revisions.update(status="draft", published_at=None, requested_usd=None, seal="")
    assert b"MLI-CRP-2021" not in fetch(client)
    assert client.get("/iati/MLI-CRP-2021.xml").status_code == 404
    missing = client.get("/iati/mli-crp-2025-2026.xml")
    assert missing.status_code == 404
    assert missing.json()["detail"].endswith("Did you mean “MLI-CRP-2025-2026”?")
    assert client.get("/iati/%00.xml").status_code == 404
    assert client.get("/iati/activities.xml?contry=MLI").status_code == 400
    assert client.post("/iati/activities.xml").status_code == 405


def test_many_plans_cost_as_many_queries_as_few(client: Client) -> None:
    make_plan(countries=[make_country(), make_country()], contributions=2)
    with CaptureQueriesContext(connection) as few:
        fetch(client)
    for _ in range(9):
        make_plan(countries=[make_country(), make_country()], contributions=2)
    with CaptureQueriesContext(connection) as many:
        activities = activities_of(fetch(client))
    assert len(activities) == 13
    assert len(many) == len(few) <= 27
    assert problems_of(activities, TODAY) == []


def test_another_publisher_has_identifiers_of_its_own(client: Client, mali: MaliPlans) -> None:
    with override_settings(IATI_PUBLISHER="XM-DAC-41127", IATI_PUBLISHER_NAME="OCHA"):
        one = activity(client, mali.crp_2021)
    assert one.findtext("iati-identifier") == "XM-DAC-41127-MLI-CRP-2021"
    assert one.findtext("reporting-org/narrative") == "OCHA"


@pytest.mark.once
@pytest.mark.parametrize("ref", ["47066", "XM-DAC-47066/1", "XM-DAC 47066", "-", "XM-DAC-<b>"])
def test_an_identifier_that_iati_refuses_stops_the_start(monkeypatch: pytest.MonkeyPatch, ref: str) -> None:
    monkeypatch.setenv("IATI_PUBLISHER", ref)
    with pytest.raises(ImproperlyConfigured, match="IATI_PUBLISHER"):
        read_iati_publisher()
