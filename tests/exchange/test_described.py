"""What pages tell search engines: parsed as a program parses it, and compared with what the page and the API say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.exchange.described import write_script
from plans.models import Plan
from tests.api import get
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan, make_plans

pytestmark = [pytest.mark.django_db, pytest.mark.once]

BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
PAGES = ("/", "/data/", "/plans/MLI-CRP-2025-2026/", "/plans/MLI-COMPENDIUM-2017/", "/countries/MLI/")
LANGUAGES = ("", "/ar")


def graph_of(client: Client, address: str) -> list[dict[str, Any]]:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    (block,) = BLOCK.findall(answer.content.decode())
    told = json.loads(block)
    assert told["@context"] == "https://schema.org"
    return told["@graph"]


def datasets(graph: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [node for node in graph if node["@type"] == "Dataset"]
    return found + [part for node in graph for part in node.get("dataset", [])]


def node(graph: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = [item for item in graph if item["@type"] == kind]
    return found


def values(dataset: dict[str, Any]) -> dict[str, str | None]:
    return {item["propertyID"]: item.get("value") for item in dataset["variableMeasured"]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", PAGES)
def test_every_dataset_has_what_a_search_engine_needs(
    mali: MaliPlans, client: Client, address: str, language: str
) -> None:
    for dataset in datasets(graph_of(client, f"{language}{address}")):
        assert dataset["name"]
        assert 50 <= len(dataset["description"]) <= 5_000
        assert dataset["license"].endswith("/data/#terms")
        assert dataset["isAccessibleForFree"] is True
        assert dataset["inLanguage"] == (language.strip("/") or "en")
        assert all(creator["name"] for creator in dataset["creator"])
        assert not dataset["@id"].startswith(f"http://testserver{language}/") or not language
        assert dataset["distribution"]
        for file in dataset["distribution"]:
            assert file["contentUrl"].startswith("http://testserver/")
            assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", file["encodingFormat"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*\+00:00", dataset["dateModified"])
        assert re.fullmatch(r"\d{4}(-\d\d-\d\d)?/\d{4}(-\d\d-\d\d)?", dataset["temporalCoverage"])
        assert dataset["spatialCoverage"][0]["name"]
        if address != "/data/":
            assert set(values(dataset)) == {"requested_usd", "received_usd", "gap_usd", "percent_funded"}


@pytest.mark.parametrize("address", ["/", "/plans/MLI-CRP-2021/", "/countries/MLI/"])
def test_every_file_is_there(mali: MaliPlans, client: Client, address: str) -> None:
    for dataset in datasets(graph_of(client, address)):
        for file in dataset["distribution"]:
            answer = client.head(file["contentUrl"].removeprefix("http://testserver"))
            assert answer.status_code == 200, file
            assert answer["Content-Type"].partition(";")[0] == file["encodingFormat"]


def test_a_plan_tells_its_own_figures(mali: MaliPlans, client: Client) -> None:
    dataset = node(graph_of(client, "/plans/MLI-COMPENDIUM-2017/"), "Dataset")
    assert values(dataset) == {
        "requested_usd": "37360000.00",
        "received_usd": "112550.00",
        "gap_usd": "37247450.00",
        "percent_funded": "0.30",
    }
    assert dataset["identifier"] == "MLI-COMPENDIUM-2017"
    assert dataset["temporalCoverage"] == "2017/2017"
    assert dataset["spatialCoverage"][0]["identifier"] == "MLI"
    assert dataset["creator"][0]["url"] == "https://www.iom.int"


@pytest.mark.parametrize("prefix", ["", "/fr"])
def test_the_parts_of_a_country_are_the_datasets_of_its_plans(mali: MaliPlans, client: Client, prefix: str) -> None:
    (dataset,) = datasets(graph_of(client, f"{prefix}/countries/MLI/"))
    named = [part["@id"] for part in dataset["hasPart"]]
    assert len(named) == 3
    for part in dataset["hasPart"]:
        assert list(part) == ["@id"]  # a node with a type would be a dataset without a name
        path = part["@id"].removeprefix("http://testserver").partition("#")[0]
        assert datasets(graph_of(client, f"{prefix}{path}"))[0]["@id"] == part["@id"]


def test_what_is_not_reported_has_no_value(mali: MaliPlans, client: Client) -> None:
    told = values(node(graph_of(client, "/plans/MLI-CRP-2025-2026/"), "Dataset"))
    assert told == {"requested_usd": "32353500.00", "received_usd": None, "gap_usd": None, "percent_funded": None}


def test_all_plans_tell_the_total_of_the_api(mali: MaliPlans, client: Client) -> None:
    total = get("rollups/?by=country")["total"]
    told = values(node(graph_of(client, "/"), "Dataset"))
    assert {name: told[name] for name in ("requested_usd", "received_usd", "gap_usd")} == {
        name: total[name] for name in ("requested_usd", "received_usd", "gap_usd")
    }
    assert float(told["percent_funded"] or "nan") == total["percent_funded"]
    country = values(node(graph_of(client, "/countries/MLI/"), "Dataset"))
    assert country == told  # the fixtures have plans for Mali alone


def test_new_money_is_a_new_day(mali: MaliPlans, client: Client) -> None:
    addresses = ("/", "/plans/MLI-COMPENDIUM-2017/", "/countries/MLI/")
    before = {address: node(graph_of(client, address), "Dataset")["dateModified"] for address in addresses}
    contribution = make_contribution(plan=mali.compendium_2017)
    for address in addresses:
        after = node(graph_of(client, address), "Dataset")["dateModified"]
        assert after == contribution.updated_at.isoformat() > before[address]


def test_crumbs_lead_where_those_of_the_page_do(mali: MaliPlans, client: Client) -> None:
    steps = node(graph_of(client, "/fr/countries/MLI/"), "BreadcrumbList")["itemListElement"]
    assert [(step["position"], step["item"]) for step in steps] == [
        (1, "http://testserver/fr/"),
        (2, "http://testserver/fr/countries/"),
        (3, "http://testserver/fr/countries/MLI/"),
    ]
    for step in steps:
        assert client.get(step["item"].removeprefix("http://testserver")).status_code == 200


def test_the_search_is_there(mali: MaliPlans, client: Client) -> None:
    target = node(graph_of(client, "/"), "WebSite")["potentialAction"]["target"]["urlTemplate"]
    address = target.removeprefix("http://testserver").format(search_term_string="Mali")
    assert "MLI-CRP-2021" in client.get(address).content.decode()


def test_the_terms_are_there(client: Client) -> None:
    assert 'id="terms"' in client.get("/fr/data/").content.decode()


EVIL = '</script><script>alert(1)</script> <!-- & \u2028 “quoted" \\'


def test_a_name_ends_no_block(client: Client) -> None:
    plan = make_plan(contributions=0, title=EVIL)
    answer: Any = client.get(f"/plans/{plan.code}/")
    text = answer.content.decode()
    assert "<script>alert" not in text
    assert text.count('<script type="application/ld+json">') == 1
    dataset = node(graph_of(client, f"/plans/{plan.code}/"), "Dataset")
    assert dataset["name"] == Plan.objects.get(pk=plan.pk).title


def test_every_sign_that_could_end_a_block_is_escaped() -> None:
    block = str(write_script([{"name": EVIL}]))
    body = block.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set("<>&") & set(body)
    assert json.loads(body)["@graph"] == [{"name": EVIL}]


def test_a_past_day_and_a_mistake_tell_nothing(mali: MaliPlans, client: Client) -> None:
    for address in ("/?as_of=2025-12-31", "/plans/MLI-CRP-2025-2026/?as_of=2025-12-31", "/plans/NOPE/", "/gaps/"):
        assert not BLOCK.search(client.get(address).content.decode())


def test_a_country_without_a_plan_has_no_dataset(mali: MaliPlans, client: Client) -> None:
    graph = graph_of(client, "/countries/BFA/")
    assert [item["@type"] for item in graph] == ["BreadcrumbList"]


def test_more_plans_take_no_more_queries(mali: MaliPlans, client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/countries/MLI/")
        return len(captured)

    make_plan()
    before = count()
    make_plans(9)
    assert count() == before
