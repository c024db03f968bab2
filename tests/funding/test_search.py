"""Search: what is found by which words, in which order, and that what is not published is not found."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.common.recent import Recent
from crp.common.searching import Rank, Shelf, Wanted, comparable, spellings
from funding.models import OrganizationIdentifier
from funding.selectors.aliases import ALIASES
from funding.selectors.search import LONGEST, MOST_SUGGESTED, Search, suggest
from funding.selectors.search_index import columns_with_names
from plans.models import Country, Plan, PlanIdentifier, Revision
from sectors.models import Sector
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_organization, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plans(mali: MaliPlans) -> None:
    """Have the plans there."""


def labels(text: str, **more: Any) -> list[str]:
    return [result["label"] for result in suggest(text, **more)["results"]]


def first(text: str) -> str:
    return labels(text)[0]


def page(client: Client, path: str = "/search/", **query: Any) -> Any:
    return client.get(path, query)


# Text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Côte d’Ivoire", "cote d ivoire"),
        ("COTE D'IVOIRE", "cote d ivoire"),
        ("MLI-CRP-2025-2026", "mli crp 2025 2026"),
        ("  São Tomé & Príncipe ", "sao tome principe"),
        ("Łódź, Ærø, Œuvre, Straße", "lodz aero oeuvre strasse"),
        ("İstanbul ILIĞI", "istanbul iligi"),
        ("مَالِي", "مالي"),
        ("الأردن", "الاردن"),
        ("\0\n%_'\";--", ""),
    ],
)
def test_comparable(text: str, words: str) -> None:
    assert comparable(text) == words


def test_an_apostrophe_may_be_left_out() -> None:
    assert spellings("Côte d’Ivoire") == {"cote d ivoire", "cote divoire"}
    assert spellings("Mali") == {"mali"}


def test_ranks_on_a_shelf() -> None:
    shelf = Shelf()
    shelf.put(1, codes=["XA"], names=["Somalia"])
    shelf.put(2, codes=["XB"], names=["Plan of Niger"], related=["Mali"])
    shelf.put(3, codes=["XC"], names=["Help for Mali"])
    shelf.put(4, codes=["XD"], names=["Mali River"])
    shelf.put(5, codes=["XE"], names=["Mali"])
    shelf.put(6, codes=["mali"], names=["Another"])
    shelf.put(7, codes=["XF"], names=["Nothing"])
    found = shelf.find(Wanted("mali"))
    assert [key for _rank, key in found] == [6, 5, 4, 3, 1, 2]
    assert [rank for rank, _key in found] == list(Rank)
    assert shelf.find(Wanted("river mali")) == [(Rank.WORDS, 4)]
    assert shelf.find(Wanted("mali niger")) == [(Rank.RELATED, 2)]
    assert shelf.find(Wanted("m")) == shelf.find(Wanted("m")) != []
    assert 1 not in {key for _rank, key in shelf.find(Wanted("ma"))}, "two letters inside a word say nothing"
    assert shelf.find(Wanted("")) == []


# What finds what


@pytest.mark.parametrize("text", ["Mali", "mali", "MLI", "mli", "ML", "ml", "MALI ", "Malí", "mali!"])
def test_mali(text: str) -> None:
    result = suggest(text)["results"][0]
    assert (result["label"], result["type"], result["url"]) == ("Mali", "Country", "/countries/MLI/")
    assert result["detail"] == "MLI · Western Africa · 3 plans"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cote d'ivoire", "Côte d'Ivoire"),
        ("Côte d’Ivoire", "Côte d'Ivoire"),
        ("cote divoire", "Côte d'Ivoire"),
        ("Ivory Coast", "Côte d'Ivoire"),
        ("Costa de Marfil", "Côte d'Ivoire"),
        ("CIV", "Côte d'Ivoire"),
        ("CI", "Côte d'Ivoire"),
        ("Tchad", "Chad"),
        ("RDC", "Democratic Republic of the Congo"),
        ("dr congo", "Democratic Republic of the Congo"),
        ("Burma", "Myanmar"),
        ("turquie", "Türkiye"),
        ("Swaziland", "Eswatini"),
        ("oPt", "State of Palestine"),
        ("western africa", "Western Africa"),
        ("MLI-CRP-2025-2026", "Mali Crisis Response Plan 2025 - 2026"),
        ("mli crp 2021", "Mali Crisis Response Plan 2021"),
        ("santé", "Health"),
    ],
)
def test_other_names_and_codes(text: str, name: str) -> None:
    assert first(text) == name


def test_the_name_in_every_language_of_every_country() -> None:
    """Each finds its country as exactly that, unless several go by it."""
    columns = columns_with_names(Country)
    assert {"name", "name_fr", "name_es"} <= set(columns)
    for country in Country.objects.filter(iso3__in=["MLI", "CIV", "TCD", "ETH", "DEU", "USA"]):
        for column in columns:
            name = getattr(country, column)
            if name:
                found = Search(query(q=name)).found
                assert ("country", country.pk) in [
                    (kind, key) for kind, rows in found.by_kind.items() for rank, key in rows if rank <= Rank.NAME
                ]


def query(**values: Any) -> QueryDict:
    state = QueryDict(mutable=True)
    state.update({name: str(value) for name, value in values.items()})
    return state


def test_every_alias_is_of_a_country() -> None:
    assert set(ALIASES) <= set(Country.objects.values_list("iso3", flat=True))


def test_codes_of_other_systems() -> None:
    plan = make_plan(title="Floods")
    PlanIdentifier.objects.create(plan=plan, scheme="fts-code", value="HXYZ17")
    donor = make_organization(name="Norwegian Agency")
    OrganizationIdentifier.objects.create(organization=donor, scheme="iati", value="NO-BRC-971277882")
    assert labels("hxyz17") == ["Floods"]
    assert labels("NO-BRC-971277882") == ["Norwegian Agency"]


def test_a_plan_is_found_by_its_country_last() -> None:
    niger = Country.objects.get(iso3="NER")
    make_plan(title="Response to floods", countries=[niger])
    make_plan(title="Niger response", countries=[niger])
    found = labels("niger")
    assert found[0] == "Niger"
    assert found.index("Niger response") < found.index("Response to floods")


def test_figures_beside_plans() -> None:
    plan = make_plan(title="Zebra plan", requested_usd=2_000_000, contributions=0, start_year=2024)
    make_contribution(plan=plan, amount_usd="500000", donor=make_organization(name="Zebra fund"))
    make_plan(title="Zebra silence", requested_usd=None, contributions=0, reports_funding=False)
    told = {
        result["label"]: result["detail"].replace("\N{NO-BREAK SPACE}", " ") for result in suggest("zebra")["results"]
    }
    assert told == {
        "Zebra plan": "2024 · USD 2,000,000 requested · 25.00 % funded",
        "Zebra silence": "2024 · no amount stated",
        "Zebra fund": "Government · gave USD 500,000 to published plans",
    }


def test_a_global_cluster_stands_before_the_sectors_of_its_name(client: Client) -> None:
    search = Search(query(q="health"))
    cluster = Sector.objects.get(taxonomy__code="IASC-GC", name="Health")
    assert search.found.by_kind["sector"][0] == (Rank.NAME, cluster.pk)
    assert search.exact is not None
    assert search.exact.address == cluster.get_absolute_url()


def test_no_kind_crowds_out_the_others() -> None:
    for number in range(12):
        make_plan(title=f"Kiwi plan {number}", contributions=0)
        make_organization(name=f"Kiwi fund {number}")
    found = suggest("kiwi")
    assert len(found["results"]) == MOST_SUGGESTED
    assert sorted({result["type"] for result in found["results"]}) == ["Organization", "Plan"]
    assert found["said"] == "8 suggestions of 24 found."
    make_country(name="Kiwi")
    assert first("kiwi") == "Kiwi"
    assert suggest("kiwi plan")["said"] == "8 suggestions of 12 found."


# What is public


def test_what_is_not_published_is_not_found(client: Client) -> None:
    hidden = Plan.objects.create(code="SECRET-2026", kind="crp", title="Hidden plan", start_year=2026, end_year=2026)
    Revision.objects.create(plan=hidden)
    assert labels("secret-2026") == labels("hidden plan") == []
    assert "Hidden plan" not in page(client, q="hidden").content.decode()


def test_the_index_follows_the_data() -> None:
    assert labels("quokka") == []
    plan = make_plan(title="Quokka plan", contributions=0)
    assert labels("quokka") == ["Quokka plan"]
    plan.revisions.update(status="superseded", superseded_at="2026-01-01T00:00Z")
    assert labels("quokka") == []


def test_on_a_past_day(client: Client) -> None:
    on = date(2020, 1, 1)
    assert labels("MLI-CRP-2021", on=on) == []
    assert labels("MLI-COMPENDIUM-2017", on=on) == ["Mali 2017"]
    (result,) = suggest("MLI-COMPENDIUM-2017", on)["results"]
    assert result["url"] == "/plans/MLI-COMPENDIUM-2017/?as_of=2020-01-01"
    assert suggest("mali", on)["results"][0]["detail"] == "MLI · Western Africa · 1 plan"
    content = page(client, q="mali", as_of="2020-01-01").content.decode()
    assert "Mali Crisis Response Plan 2021" not in content
    assert 'name="as_of" value="2020-01-01"' in content
    assert page(client, q="mali", as_of="2020-13-01").status_code == 400


# The page


def test_the_page(client: Client) -> None:
    content = page(client, q="mali").content.decode()
    assert content.count("<h1") == 1
    assert "Search for “mali”" in content
    assert 'href="/countries/MLI/">Go to Mali</a>' in content
    for figure in ("32,353,500", "37,360,000", "0.30"):
        assert figure in content
    assert "noindex" in content


def test_the_page_without_words(client: Client) -> None:
    for text in ("", "   "):
        answer = page(client, q=text)
        assert answer.status_code == 200
        assert 'href="/search/?q=MLI"' in answer.content.decode()


def test_what_nearly_fits_is_offered(client: Client) -> None:
    content = page(client, q="brkina faso").content.decode()
    assert "Nothing has this name or code" in content
    assert 'href="/search/?q=Burkina+Faso"' in content
    assert "Did you mean" not in page(client, q="xyzzyx").content.decode()


def test_pages_of_one_kind(client: Client) -> None:
    for number in range(60):
        make_organization(name=f"Wombat {number:02}")
    content = page(client, q="wombat").content.decode()
    assert "type=organization" in content
    shown = [page(client, q="wombat", type="organization", page=number).content.decode() for number in (1, 2, 3)]
    assert [content.count("/donors/org-") for content in shown] == [25, 25, 10]
    assert "Wombat 00" in shown[0]
    assert "Wombat 59" in shown[2]
    assert page(client, q="wombat", type="country").status_code == 200


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"q": "a" * 10_000}, "too long to look for: 10,000 characters"),
        ({"q": "a" * (LONGEST + 1)}, "too long"),
        ({"q": "mali", "type": "planet"}, "planet"),
        ({"q": "mali", "type": "<script>alert(1)</script>"}, "&lt;script&gt;"),
        ({"q": "mali", "page": "2"}, "Only the list of one kind has pages"),
        ({"q": "mali", "type": "plan", "page": "-1"}, "-1"),
        ({"q": "mali", "type": "plan", "page": "9" * 5_000}, "999…"),
        ({"q": "mali", "type": "plan", "page": "99"}, "99"),
        ({"query": "mali"}, "Unknown parameter"),
    ],
)
def test_an_address_that_can_not_be_understood(client: Client, values: dict[str, str], told: str) -> None:
    answer = page(client, **values)
    assert answer.status_code == 400
    content = answer.content.decode()
    assert told in content
    assert "<script>alert" not in content


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "\0",
        "%00",
        "' OR 1=1 --",
        "%",
        "_",
        "💧",
        "a " * 99,
    ],
)
def test_words_that_are_no_words(client: Client, text: str) -> None:
    answer = page(client, q=text)
    assert answer.status_code == 200
    content = answer.content.decode()
    assert "<script>alert" not in content
    assert "<img" not in content
    suggestions = page(client, "/search/suggest/", q=text)
    assert suggestions.status_code == 200
    assert isinstance(json.loads(suggestions.content)["results"], list)


# Suggestions


def test_suggestions_as_json(client: Client) -> None:
    answer = page(client, "/search/suggest/", q="mali")
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "public, max-age=60"
    data = json.loads(answer.content)
    assert set(data) == {"said", "results"}
    assert set(data["results"][0]) == {"label", "type", "detail", "url"}
    french = json.loads(page(client, "/fr/search/suggest/", q="Tchad").content)
    assert (french["results"][0]["label"], french["results"][0]["url"]) == ("Tchad", "/fr/countries/TCD/")
    assert json.loads(page(client, "/search/suggest/", q="").content) == {"said": "", "results": []}
    assert json.loads(page(client, "/search/suggest/", q="xyzzyx").content) == {"said": "Nothing found.", "results": []}


@pytest.mark.parametrize(
    "values",
    [{"q": "a" * 10_000}, {"search": "mali"}, {"q": "mali", "as_of": "soon"}, {"q": "mali", "as_of": "2999-01-01"}],
)
def test_suggestions_for_what_can_not_be_used(client: Client, values: dict[str, str]) -> None:
    answer = page(client, "/search/suggest/", **values)
    assert answer.status_code == 400
    assert len(json.loads(answer.content)["detail"]) > 20
    assert client.post("/search/suggest/", {"q": "mali"}).status_code == 405


# How much it takes


def test_queries(client: Client) -> None:
    def taken(path: str) -> int:
        page(client, path, q="okapi")
        with CaptureQueriesContext(connection) as queries:
            assert page(client, path, q="okapi").status_code == 200
        return len(queries)

    def make(number: int) -> None:
        for _ in range(number):
            plan = make_plan(title="Okapi plan", contributions=0)
            make_contribution(plan=plan, donor=make_organization(name="Okapi fund"), amount_usd=Decimal(5))
            make_country(name="Okapi land")
        Recent.forget_all()

    make(1)
    few = {path: taken(path) for path in ("/search/", "/search/suggest/")}
    make(9)
    many = {path: taken(path) for path in few}
    assert many["/search/"] == few["/search/"] <= 9
    assert many["/search/suggest/"] <= few["/search/suggest/"] <= 9  # eight have no room for every kind


def test_filling_takes_as_many_queries_for_few_as_for_many() -> None:
    def taken() -> int:
        Recent.forget_all()
        with CaptureQueriesContext(connection) as queries:
            suggest("nothing at all")
        return len(queries)

    few = taken()
    for _ in range(5):
        make_plan(contributions=1)
    assert taken() == few <= 14
