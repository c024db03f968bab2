"""What holds for every address of the API: who may do what, errors, queries, and what is never told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, reverse
from rest_framework.test import APIRequestFactory

from crp.api_urls import urlpatterns
from crp.common.api.exceptions import answer_error, explain
from tests.api import LISTS, ask, count_queries, get, text_of
from tests.conftest import MaliPlans
from tests.factories import make_plan, make_plans, make_reported_funding

PLAN = "MLI-CRP-2025-2026"
# Each route, with an address that it answers.
ADDRESSES = {
    "root": "",
    **{f"{name}-list": f"{name}/" for name in LISTS},
    "plans-detail": f"plans/{PLAN}/",
    "plans-rollup": f"plans/{PLAN}/rollup/?by=sector",
    "plans-checks": f"plans/{PLAN}/checks/",
    "plans-revisions": f"plans/{PLAN}/revisions/",
    "plans-revision": f"plans/{PLAN}/revisions/1/",
    "plans-diff": f"plans/{PLAN}/diff/",
    "contributions-detail": "contributions/MLI-2017-0001/",
    "organizations-detail": "organizations/iom/",
    "organizations-rollup": "organizations/iom/rollup/?by=country",
    "taxonomies-detail": "taxonomies/IOM-2025/",
    "countries-detail": "countries/MLI/",
    "terms-list": "terms/",
    "changes-list": "changes/",
    "dumps-list": "dumps/",
    "rollups": "rollups/?by=country,year",
    "schema": "schema/?format=json",
    "docs": "docs/",
}
# What takes a key is looked at in tests/funding/test_api_writing.py, and by role in tests/accounts/test_api_rights.py.
WRITTEN = {"contributions-list": "POST", "contributions-detail": "PATCH"}
ONLY_WRITTEN = {"contributions-batch", "contributions-take-back"}
DATA = {name: address for name, address in ADDRESSES.items() if name not in {"root", "schema", "docs"}}


def routes(patterns: list[Any]) -> Iterator[str]:
    for item in patterns:
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns)
        elif isinstance(item, URLPattern) and item.name:
            yield item.name


def test_the_table_has_every_route() -> None:
    # A file of a dump is there once one was made: tests/exchange/test_dump_files.py asks for it.
    assert set(routes(urlpatterns)) - {"dumps-file", *ONLY_WRITTEN} == set(ADDRESSES)


@pytest.mark.parametrize("name", ADDRESSES)
def test_everybody_may_read(mali: MaliPlans, name: str) -> None:
    assert ask(ADDRESSES[name]).status_code == 200
    head: Any = ask(ADDRESSES[name], "head")
    assert head.status_code == 200
    assert text_of(head) == ""
    assert ask(ADDRESSES[name], "options").status_code == 200


@pytest.mark.once
@pytest.mark.parametrize("name", ADDRESSES)
def test_nobody_may_write(mali: MaliPlans, officer: Client, name: str) -> None:
    for client, method in product((Client(), officer), ("post", "put", "patch", "delete")):
        response = getattr(client, method)(
            f"/api/v1/{ADDRESSES[name]}", data={"code": "X"}, content_type="application/json"
        )
        allowed = {"GET", "HEAD", "OPTIONS", *filter(None, [WRITTEN.get(name)])}
        assert response.status_code == (401 if method.upper() in allowed else 405)
        assert set(response["Allow"].split(", ")) == allowed
        if name != "docs":
            assert response.json()["code"] == ("key_required" if method.upper() in allowed else "method_not_allowed")


@pytest.fixture
def officer(db: None, django_user_model: Any) -> Client:
    """Return a client signed in as somebody who may do everything."""
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("chief"))
    return client


@pytest.mark.once
@pytest.mark.parametrize("name", DATA)
def test_an_unknown_parameter_is_refused_by_name(mali: MaliPlans, name: str) -> None:
    address = DATA[name]
    errors = get(f"{address}{'&' if '?' in address else '?'}contry=MLI", 400)["errors"]
    assert list(errors) == ["contry"]
    assert "contry" in errors["contry"][0]


@pytest.mark.once
@pytest.mark.parametrize("name", DATA)
def test_an_unknown_format_is_refused(mali: MaliPlans, name: str) -> None:
    address = DATA[name]
    errors = get(f"{address}{'&' if '?' in address else '?'}format=xml", 400)["errors"]
    assert "“xml”" in errors["format"][0]
    assert "json" in errors["format"][0]


@pytest.mark.once
@pytest.mark.parametrize("name", ["plans-detail", "contributions-detail", "countries-detail", "root"])
def test_what_is_no_table_has_no_csv(mali: MaliPlans, name: str) -> None:
    assert get(f"{ADDRESSES[name]}?format=csv", 400)["errors"] == {
        "format": ["“csv” is not a format here. Choose from: json."]
    }


@pytest.mark.once
@pytest.mark.parametrize("accept", ["application/xml", "text/html", "nonsense"])
def test_a_format_that_is_not_there_is_406(mali: MaliPlans, accept: str) -> None:
    body = get("plans/", 406, accept=accept)
    assert body["code"] == "not_acceptable"
    assert "application/json, text/csv" in body["detail"]


@pytest.mark.once
@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/html,application/xml;q=0.9,*/*;q=0.8"])
def test_json_is_what_most_get(mali: MaliPlans, accept: str) -> None:
    assert get("plans/", accept=accept)["count"] == 3


@pytest.mark.once
@pytest.mark.parametrize(
    "address", ["nope/", "plans/MLI-CRP-2021/nope/", "sectors/WASH/", "plans/a/b/c/", "countries/M%00I/x/", "%2E%2E/x/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_leads_nowhere_is_404_in_json(mali: MaliPlans, address: str, method: str) -> None:
    response: Any = ask(address, method)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert "/api/v1/docs/" in response.json()["detail"]


@pytest.mark.once
@pytest.mark.parametrize("address", ["plans", "plans/MLI-CRP-2021", "rollups?by=year", "nope"])
def test_a_missing_slash_is_sent_on(mali: MaliPlans, address: str) -> None:
    response = ask(address)
    path, _mark, query = address.partition("?")
    assert response.status_code == 301
    assert response["Location"] == f"/api/v1/{path}/" + (f"?{query}" if query else "")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("plans/NOPE/", "No plan has the code “NOPE”."),
        ("plans/NOPE/rollup/?by=sector", "No plan has the code “NOPE”."),
        ("plans/NOPE/checks/", "No plan has the code “NOPE”."),
        ("plans/mli-crp-2021/", "No plan has the code “mli-crp-2021”. Did you mean “MLI-CRP-2021”?"),
        ("plans/%00/", "No plan has the code “�”."),
        ("plans/" + "A" * 3000 + "/", "No plan has the code “" + "A" * 60 + "…”."),
        ("plans/MLI-CRP-2021'--/", "No plan has the code “MLI-CRP-2021'--”."),
        ("countries/mli/", "No country has the code “mli”. Did you mean “MLI”?"),
        ("countries/XXX/", "No country has the code “XXX”."),
        ("taxonomies/IOM-1999/", "No sector taxonomy has the code “IOM-1999”."),
        ("organizations/nobody/", "No organization has the code “nobody”."),
        ("contributions/C-0/", "No contribution has the code “C-0”."),
    ],
)
def test_an_unknown_code_is_404_in_json(mali: MaliPlans, address: str, sentence: str) -> None:
    assert get(address, 404) == {"detail": sentence, "code": "not_found"}
    assert get(address, 404, accept="text/csv, application/json;q=0.1")["code"] == "not_found"


def test_an_error_is_json_where_csv_was_asked_for(mali: MaliPlans) -> None:
    assert get("plans/?format=csv&contry=MLI", 400)["code"] == "invalid"
    assert get("plans/?contry=MLI", 400, accept="text/csv")["code"] == "invalid"


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=5)
def test_more_parameters_than_are_read_is_400_in_json(mali: MaliPlans) -> None:
    body = get("plans/?" + "&".join(f"p{number}=1" for number in range(9)), 400)
    assert body["code"] == "bad_request"


@pytest.mark.parametrize(("status", "code"), [(400, "bad_request"), (404, "not_found"), (500, "error")])
def test_the_sites_own_errors_are_json_below_the_api_only(status: int, code: str) -> None:
    requests = APIRequestFactory()
    answer = answer_error(requests.get("/api/v2/plans/"), status)
    assert answer is not None
    assert answer.status_code == status
    assert json.loads(answer.content)["code"] == code
    assert answer_error(requests.get("/plans/"), status) is None


def test_an_error_of_the_program_is_not_explained_away() -> None:
    assert explain(RuntimeError("a defect"), {}) is None


@pytest.mark.once
def test_the_root_leads_to_every_list(mali: MaliPlans) -> None:
    root = get("")
    assert set(root["entry_points"]) == {*LISTS, "terms", "changes", "dumps", "rollups"}
    for address in [*root["entry_points"].values(), root["schema"], root["documentation"]]:
        path = address.removeprefix("http://testserver/api/v1/")
        assert ask(f"{path}?by=year" if path == "rollups/" else path).status_code == 200
    assert root["documentation"].endswith(reverse("api:docs"))


@pytest.mark.once
@pytest.mark.parametrize("name", DATA)
def test_the_answer_is_the_same_in_every_language(mali: MaliPlans, name: str) -> None:
    assert text_of(ask(DATA[name], accept_language="fr")) == text_of(ask(DATA[name], accept_language="en"))


GROWING = {
    name: address
    for name, address in DATA.items()
    # The feed of changes takes up what was written first: tests/exchange/changes/ counts what an answer takes after it.
    if name
    not in {"countries-detail", "taxonomies-detail", "organizations-detail", "contributions-detail", "changes-list"}
} | {
    "filtered": "plans/?country=MLI&sector=WASH&framework=HRP&percent_funded_min=0&search=Mali&ordering=-gap_usd",
    "rollup by framework": f"plans/{PLAN}/rollup/?by=framework",
    "rollups by sector and donor": "rollups/?by=global_cluster",
    "rollups by framework and sector": "rollups/?by=framework,sector",
}


def test_more_plans_take_no_more_queries(mali: MaliPlans) -> None:
    make_plan()
    before = {name: count_queries(address) for name, address in GROWING.items()}
    make_plans(12)
    assert {name: count_queries(address) for name, address in GROWING.items()} == before


# The stamp of the data is one of them.
MOST_QUERIES = {
    **dict.fromkeys(("outcomes", "projects", "reported-funding", "sectors", "taxonomies", "countries"), 3),
    **dict.fromkeys(("organizations", "contributions"), 4),
    "plans": 4,  # the stamp and the codes of countries; the next time 1, see test_api_fast.py
    **dict.fromkeys(("objectives", "funding-requests"), 5),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_a_count_a_page_and_what_is_prefetched(mali: MaliPlans, name: str) -> None:
    make_reported_funding(plan=mali.compendium_2017)  # the only list that the fixtures leave empty
    assert count_queries(f"{name}/") == MOST_QUERIES[name]
    assert count_queries(f"{name}/?format=csv") == MOST_QUERIES[name] - 1


@pytest.mark.parametrize("sectors", [(1, 12), (0, 0)], ids=["by sector", "by project only"])
def test_a_larger_plan_takes_no_more_queries(empty_database: None, sectors: tuple[int, int]) -> None:
    small = make_plan(objectives=1, sectors=sectors[0], projects=1, contributions=1)
    large = make_plan(objectives=9, sectors=sectors[1], projects=15, contributions=20)
    for part in ("", "rollup/?by=sector", "rollup/?by=project", "rollup/?by=donor", "checks/"):
        assert count_queries(f"plans/{large.code}/{part}") == count_queries(f"plans/{small.code}/{part}"), part


@pytest.fixture
def larger_plans(mali: MaliPlans) -> None:
    """Have plans with several rows of each kind, before queries are watched."""
    make_plans(2, contributions=3, objectives=3, sectors=3, projects=3)


@pytest.mark.parametrize("name", DATA)
def test_nothing_asks_per_row(larger_plans: None, per_row_queries: Any, name: str) -> None:
    assert text_of(ask(DATA[name]))
