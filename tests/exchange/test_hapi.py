"""The HAPI doors, asked by a client that was written from HAPI's own description."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from crp.exchange.hapi.funding import PARAMETERS, location_ref
from crp.exchange.hapi.parameters import MOST_ROWS, HapiRefused, read_parameters
from crp.exchange.hapi.presence import PARAMETERS as PRESENCE_PARAMETERS
from funding.models import FundingRequest, ReportedFunding
from plans.models import Country, Plan, PlanIdentifier
from tests.conftest import MaliPlans
from tests.exchange.hapi_client import FUNDING, PRESENCE, read_all
from tests.factories import add_request, make_contribution, make_country, make_plan, make_reported_funding

ADDRESS = "/api/v2/coordination-context/funding"
Rows = list[dict[str, Any]]


def funding(client: Client, **parameters: Any) -> Rows:
    return list(read_all(client.get, "coordination-context/funding", FUNDING, **parameters))


def presence(client: Client, **parameters: Any) -> Rows:
    return list(read_all(client.get, "coordination-context/operational-presence", PRESENCE, **parameters))


def codes(rows: Rows) -> list[str]:
    return [row["appeal_code"] for row in rows]


def lines_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_a_client_of_hapi_reads_the_figures_of_mali(client: Client, mali: MaliPlans) -> None:
    rows = {row["appeal_code"]: row for row in funding(client, location_code="mli")}

    assert list(rows) == ["MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026"]
    told = {
        code: (row["requirements_usd"], row["funding_usd"], row["funding_pct"], row["appeal_type"])
        for code, row in rows.items()
    }
    assert told == {
        "MLI-COMPENDIUM-2017": (37360000.0, 112550.0, 0.3, "Humanitarian Compendium"),
        "MLI-CRP-2021": (None, None, None, "Crisis Response Plan"),  # not reported, which is not 0
        "MLI-CRP-2025-2026": (32353500.0, None, None, "Crisis Response Plan"),
    }
    newest = rows["MLI-CRP-2025-2026"]
    assert newest["location_ref"] == 12 * 26 * 26 + 11 * 26 + 8
    assert (newest["location_name"], newest["has_hrp"], newest["in_gho"]) == ("Mali", None, None)
    assert (newest["reference_period_start"], newest["reference_period_end"]) == (
        "2025-01-01T00:00:00",
        "2026-12-31T23:59:59",
    )


@pytest.mark.django_db
def test_pages_are_read_until_one_has_fewer_rows_than_the_limit(client: Client) -> None:
    plan = make_plan(countries=[make_country() for _ in range(4)], contributions=0)
    everything = funding(client)

    by_two = funding(client, page=2)

    assert len(everything) == 7
    assert by_two == everything
    assert [row["location_code"] for row in everything if row["appeal_code"] == plan.code] == sorted(
        country.iso3 for country in plan.countries.all()
    )
    assert funding(client, page=7) == everything  # the last page is empty
    assert client.get(ADDRESS, {"limit": 0}).json() == {"data": []}
    assert client.get(ADDRESS, {"offset": 10**17}).json() == {"data": []}


@pytest.mark.django_db
def test_a_plan_of_several_countries_gives_each_what_it_says_of_it_and_nothing_twice(client: Client) -> None:
    first, second, third = countries = [make_country() for _ in range(3)]
    plan = make_plan(countries=countries, requested_usd="900.50", contributions=0, code="SEVERAL-1")
    for country, amount in ((first, "600.25"), (second, "200.00")):
        add_request(plan.revisions.get(), FundingRequest.Breakdown.COUNTRY, country, Decimal(amount))
    undivided = make_plan(countries=countries, requested_usd="5000", code="SEVERAL-2")
    make_reported_funding(plan=plan, amount_usd="400.10")
    make_reported_funding(
        plan=plan,
        amount_usd="-1.05",
        scope=ReportedFunding.Scope.COUNTRY,
        country=second,
        reported_on=date(2024, 6, 30),
    )

    rows = {(row["appeal_code"], row["location_code"]): row for row in funding(client)}

    def told(of: Plan, country: Country) -> tuple[Any, Any, Any]:
        row = rows[of.code, country.iso3]
        return row["requirements_usd"], row["funding_usd"], row["funding_pct"]

    assert told(plan, first) == (600.25, None, None)
    assert told(plan, second) == (200.0, -1.05, -0.53)
    assert told(plan, third) == (None, None, None)
    assert [told(undivided, country) for country in countries] == [(None, None, None)] * 3


@pytest.mark.django_db
def test_filters_match_codes_whole_and_names_in_part_whatever_the_capitals(client: Client, mali: MaliPlans) -> None:
    elsewhere = make_country(name="Île Élan")
    make_plan(countries=[elsewhere], kind=Plan.Kind.FLASH_APPEAL, code="FLASH-1", start_year=2020)
    flash = Plan.objects.get(code="FLASH-1")
    PlanIdentifier.objects.create(plan=flash, scheme="fts-code", value="FXXX20")

    assert codes(funding(client, appeal_code="mli-crp-2021")) == ["MLI-CRP-2021"]
    assert funding(client, appeal_code="MLI-CRP") == []
    assert funding(client, appeal_code="MLI-CRP-202_") == []  # no pattern
    assert codes(funding(client, appeal_code="fxxx20")) == ["FXXX20"]
    assert funding(client, appeal_code="FLASH-1") == []  # the code of FTS is its code here
    assert codes(funding(client, appeal_type="flash APPEAL")) == ["FXXX20"]
    assert codes(funding(client, location_name="éLAN")) == ["FXXX20"]
    assert codes(funding(client, location_name="al", appeal_type="Crisis Response Plan")) == [
        "MLI-CRP-2021",
        "MLI-CRP-2025-2026",
    ]
    assert funding(client, location_code="ML") == []


@pytest.mark.django_db
def test_whether_a_country_has_a_response_plan_is_told_only_where_crp_has_one(client: Client, mali: MaliPlans) -> None:
    with time_machine.travel("2026-05-01T12:00:00Z"):
        make_plan(
            countries=[Country.objects.get(iso3="MLI")],
            kind=Plan.Kind.HNRP,
            code="HRP-26",
            start_year=2026,
            end_year=2026,
        )
        assert {row["has_hrp"] for row in funding(client, location_code="MLI")} == {True}
        assert len(funding(client, has_hrp="true")) == 4
        assert funding(client, has_hrp="false") == []  # which countries have none is not known
        assert funding(client, in_gho="true") == funding(client, in_gho="false") == []
        etag = client.get(ADDRESS)["ETag"]
    with time_machine.travel("2027-05-01T12:00:00Z"):
        assert {row["has_hrp"] for row in funding(client, location_code="MLI")} == {None}
        assert client.get(ADDRESS)["ETag"] != etag


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"start_date": "2022"}, ["DAYS", "MLI-CRP-2025-2026"]),
        ({"start_date": "2024-06-30"}, ["DAYS", "MLI-CRP-2025-2026"]),  # DAYS ends on this day
        ({"start_date": "2024-06-30T23:59:59"}, ["DAYS", "MLI-CRP-2025-2026"]),
        ({"start_date": "2024-07"}, ["MLI-CRP-2025-2026"]),
        ({"end_date": "2017-01"}, ["MLI-COMPENDIUM-2017"]),
        ({"end_date": "2024-02-14"}, ["MLI-COMPENDIUM-2017", "MLI-CRP-2021"]),
        ({"end_date": "2024-02"}, ["DAYS", "MLI-COMPENDIUM-2017", "MLI-CRP-2021"]),  # DAYS begins on the 15th
        ({"start_date": "2021", "end_date": "2021"}, ["MLI-CRP-2021"]),
        ({"start_date": "2026-12-31", "end_date": "9999"}, ["MLI-CRP-2025-2026"]),
        ({"end_date": "2016"}, []),
    ],
)
def test_rows_are_found_by_their_period(
    client: Client, mali: MaliPlans, asked: dict[str, str], found: list[str]
) -> None:
    days = {"start_on": date(2024, 2, 15), "end_on": date(2024, 6, 30), "start_year": 2024, "end_year": 2024}
    make_plan(code="DAYS", contributions=0, **days)
    assert codes(funding(client, **asked)) == found


@pytest.mark.django_db
def test_csv_has_the_same_rows_under_the_same_names(client: Client, mali: MaliPlans) -> None:
    make_plan(title="=1+1", code="AAA", contributions=0)

    header, formula, *rows = lines_of(client.get(ADDRESS, {"output_format": "csv"}))

    assert header == list(FUNDING)
    assert formula[2] == "'=1+1"
    assert rows[0][1:10] == [
        "MLI-COMPENDIUM-2017", "Mali 2017", "Humanitarian Compendium", "37360000.0", "112550.0", "0.3", "8406", "MLI",
        "Mali",
    ]  # fmt: skip
    assert rows[1][4:7] == ["", "", ""]
    assert rows[1][-2:] == ["2021-01-01 00:00:00", "2021-12-31 23:59:59"]
    assert len(rows) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "name", "kind"),
    [
        ("limit=10001", "limit", "less_than_equal"),
        ("limit=-1", "limit", "greater_than_equal"),
        ("limit=٣", "limit", "int_parsing"),
        ("limit=1e3", "limit", "int_parsing"),
        ("offset=-5", "offset", "greater_than_equal"),
        ("offset=" + "9" * 40, "offset", "int_parsing"),
        ("output_format=xml", "output_format", "enum"),
        ("has_hrp=maybe", "has_hrp", "bool_parsing"),
        ("locaton_code=MLI", "locaton_code", "extra_forbidden"),
        ("location_code=", "location_code", "string_too_short"),
        ("location_code=MLI&location_code=BFA", "location_code", "value_error"),
        ("location_name=" + "x" * 10_000, "location_name", "string_too_long"),
        ("appeal_code=%00", "appeal_code", "value_error"),
        ("%00=1", "\ufffd", "extra_forbidden"),
        ("<script>=1", "<script>", "extra_forbidden"),
        ("start_date=2025-13", "start_date", "value_error"),
        ("start_date=2025-02-29", "start_date", "value_error"),
        ("start_date=01/02/2025", "start_date", "value_error"),
        ("end_date=2025-01-01T24:00:00", "end_date", "value_error"),
        ("end_date=0000", "end_date", "value_error"),
        ("end_date=٢٠٢٥", "end_date", "value_error"),
    ],
)
def test_what_cannot_be_used_is_named_in_the_shape_of_fastapi(client: Client, query: str, name: str, kind: str) -> None:
    answer = client.get(f"{ADDRESS}?{query}")

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/json"
    (problem,) = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == (kind, ["query", name])
    assert problem["msg"]
    assert len(problem["input"]) <= 61


@pytest.mark.once
def test_every_problem_of_a_request_is_told_at_once() -> None:
    with pytest.raises(HapiRefused) as refused:
        read_parameters(QueryDict("limit=x&offset=y&colour=z"), PARAMETERS)
    assert [problem["loc"][1] for problem in refused.value.problems] == ["limit", "offset", "colour"]
    read = read_parameters(QueryDict("has_hrp=NO&in_gho=1&app_identifier="), PARAMETERS)
    assert (read["has_hrp"], read["in_gho"], read["limit"], read["offset"]) == (False, True, MOST_ROWS, 0)


@pytest.mark.django_db
def test_slash_accept_and_identifier_make_no_difference(client: Client, mali: MaliPlans) -> None:
    plain = client.get(ADDRESS).json()

    assert client.get(f"{ADDRESS}/").json() == plain
    assert client.get(ADDRESS, headers={"accept": "text/html"}).json() == plain
    assert client.get(ADDRESS, headers={"x-hdx-hapi-app-identifier": "Zm9vOmJhcg=="}).json() == plain
    assert client.get(ADDRESS, {"app_identifier": "not base64"}).json() == plain
    assert client.post(ADDRESS).status_code == 405


@pytest.mark.django_db
def test_a_client_that_has_the_answer_is_told_so(client: Client, mali: MaliPlans) -> None:
    etag = client.get(ADDRESS)["ETag"]
    assert client.get(ADDRESS, headers={"if-none-match": etag}).status_code == 304

    make_contribution(plan=mali.crp_2025_2026, amount_usd="10.00")

    again = client.get(ADDRESS, headers={"if-none-match": etag})
    assert again.status_code == 200
    assert [row["funding_usd"] for row in again.json()["data"]] == [112550.0, None, 10.0]


@pytest.mark.django_db
def test_rows_cost_no_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    client.get(ADDRESS)
    for _ in range(12):
        make_plan(countries=[make_country(), make_country()], contributions=1)
    with django_assert_max_num_queries(9):
        assert len(client.get(ADDRESS).json()["data"]) == 27
    with django_assert_max_num_queries(9):
        client.get("/api/v2/coordination-context/operational-presence")


def test_drafts_are_not_told(client: Client, mali: MaliPlans) -> None:
    mali.crp_2021.revisions.update(status="draft", published_at=None, requested_usd=None, seal="")
    assert codes(funding(client)) == ["MLI-COMPENDIUM-2017", "MLI-CRP-2025-2026"]


def test_presence_names_the_clusters_that_iom_asks_for(client: Client, mali: MaliPlans) -> None:
    several = make_plan(countries=[make_country(), make_country()], code="SEVERAL", contributions=0)
    make_plan(kind=Plan.Kind.HNRP, code="INTER-AGENCY", contributions=0)

    rows = presence(client)

    of_2017 = [row["sector_code"] for row in rows if row["reference_period_start"].startswith("2017")]
    assert of_2017 == ["ERY", "HEA", "PRO", "SHL", "WSH"]  # MCOF's four sectors belong to no cluster
    assert {row["location_code"] for row in rows} == {"MLI"}
    assert {(row["org_acronym"], row["admin_level"], row["org_type_code"]) for row in rows} == {("IOM", 0, "447")}
    assert presence(client, page=3) == rows
    assert [row["sector_name"] for row in presence(client, sector_code="shl", location_name="mal")] == [
        "Emergency Shelter and NFI"
    ] * 2
    assert presence(client, admin_level="1") == presence(client, org_acronym="WFP") == []
    assert several.countries.count() == 2
    assert {row["reference_period_start"][:4] for row in presence(client, end_date="2017-06")} == {"2017"}
    assert {row["reference_period_start"][:4] for row in presence(client, start_date="2018-01-01")} == {"2025"}
    assert presence(client, location_ref=location_ref("MLI")) == rows
    assert presence(client, location_ref=location_ref("BFA")) == presence(client, admin1_code="ML01") == []
    assert presence(client, admin2_name="Bamako") == presence(client, provider_admin1_name="Bamako") == []
    header, *lines = lines_of(
        client.get("/api/v2/coordination-context/operational-presence", {"output_format": "csv", "limit": 2})
    )
    assert header == list(PRESENCE)
    assert len(lines) == 2


def test_a_plan_that_has_not_begun_is_no_presence(client: Client, mali: MaliPlans) -> None:
    with time_machine.travel("2024-12-31T12:00:00Z"):
        assert {row["reference_period_start"][:4] for row in presence(client)} == {"2017"}
    with time_machine.travel("2025-01-01T12:00:00Z"):
        assert {row["reference_period_start"][:4] for row in presence(client)} == {"2017", "2025"}


@pytest.mark.once
@pytest.mark.parametrize(("iso3", "number"), [("AAA", 0), ("AAB", 1), ("ABA", 26), ("ZZZ", 17575)])
def test_a_country_has_the_same_number_everywhere(iso3: str, number: int) -> None:
    assert location_ref(iso3) == number


@pytest.mark.once
def test_an_identifier_is_made_and_asked_for_by_nobody(client: Client) -> None:
    address = "/api/v2/encode_app_identifier"
    made = client.get(address, {"application": "nightly", "email": "me@example.org"})
    assert made.json() == {"encoded_app_identifier": "bmlnaHRseTptZUBleGFtcGxlLm9yZw=="}
    refused = client.get(address, {"application": "abc", "email": "no address"})
    assert [problem["loc"][1] for problem in refused.json()["detail"]] == ["application", "email"]
    missing = client.get(address)
    assert [problem["type"] for problem in missing.json()["detail"]] == ["missing", "missing"]
    assert client.get("/api/v2/util/version").json()["api_version"] == "2"
    for nothing in ("/api/v2/", "/api/v2/metadata/location?app_identifier=x", "/api/v2/<script>"):
        absent = client.get(nothing)
        assert (absent.status_code, absent["Content-Type"]) == (404, "application/json")
        assert "coordination-context/funding" in absent.json()["detail"]


SPEC: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
DESCRIBED = {path: methods["get"] for path, methods in SPEC["paths"].items() if path.startswith("/api/v2/")}


@pytest.mark.parametrize("path", DESCRIBED)
def test_the_schema_describes_it_with_what_it_answers(client: Client, mali: MaliPlans, path: str) -> None:
    operation = DESCRIBED[path]
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"] == ["hapi"]
    assert {"200", "422"} <= set(operation["responses"])
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]
    for response in operation["responses"].values():
        assert response["description"]
    content = operation["responses"]["200"]["content"]["application/json"]
    (example,) = content["examples"].values()
    asked = {"application": "nightly", "email": "me@example.org"} if "encode" in path else {}
    answer = client.get(path, asked).json()
    validator = Draft202012Validator({**content["schema"], "components": SPEC["components"]})
    assert list(validator.iter_errors(answer)) == []
    for row in example["value"].get("data", []):
        assert row in answer["data"]
    assert "data" in answer or answer == example["value"]


@pytest.mark.once
def test_the_schema_names_every_parameter_and_column() -> None:
    for path, known in (("funding", PARAMETERS), ("operational-presence", PRESENCE_PARAMETERS)):
        parameters = DESCRIBED[f"/api/v2/coordination-context/{path}"]["parameters"]
        assert {parameter["name"] for parameter in parameters} == set(known)
    for name, model in (("HapiFunding", FUNDING), ("HapiPresence", PRESENCE)):
        assert set(SPEC["components"]["schemas"][name]["properties"]) == set(model)
