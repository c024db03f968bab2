"""The public pages: what stands on them, what never does, and what they answer to an address that can't be used."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from plans.models import Contact, Plan, Revision
from plans.services import start_revision
from tests.conftest import MaliPlans
from tests.factories import make_country, make_plan, make_plans, make_taxonomy

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = (
    "/",
    "/gaps/",
    "/gaps/?country=MLI&sector=health&percent_funded_max=50&ordering=title",
    "/gaps/?reported=true&kind=crp",
    "/countries/",
    "/countries/MLI/",
    "/countries/BFA/",
    "/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-COMPENDIUM-2017/",
    "/plans/MLI-CRP-2021/",
    "/plans/MLI-CRP-2025-2026/funding/",
    "/plans/MLI-COMPENDIUM-2017/funding/",
    "/plans/MLI-CRP-2021/funding/",
    "/plans/MLI-CRP-2025-2026/checks/",
    "/plans/MLI-CRP-2021/checks/",
    "/plans/MLI-CRP-2025-2026/revisions/",
    "/plans/MLI-CRP-2025-2026/revisions/1/",
    "/plans/MLI-COMPENDIUM-2017/revisions/1/",
    "/plans/MLI-CRP-2021/revisions/",
    "/plans/MLI-CRP-2021/diff/",
    "/donors/",
    "/donors/iom/",
    "/sectors/",
    "/sectors/IASC-GC/SHL/",
    "/sectors/IOM-2025/SHELTER/",
    "/sectors/IOM-2025/PROTECTION_CENTRED/",
    "/methodology/",
    "/data/",
)


class Reader(HTMLParser):
    """Reads a page as text, the way somebody without styles or scripts would."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _value in attrs)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(client: Client, path: str, status: int = 200) -> str:
    """Return the text of a page, its white space made one space each."""
    answer = client.get(path)
    assert answer.status_code == status, path
    reader = Reader()
    reader.feed(answer.content.decode())
    return re.sub(r"[ \n\t]+", " ", "".join(reader.words))


@pytest.mark.parametrize("path", [*PAGES, *(f"/fr{path}" for path in PAGES[::3])])
def test_a_page_has_one_heading_no_script_in_it_and_no_query_per_row(
    client: Client, mali: MaliPlans, per_row_queries: None, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    reader = Reader()
    reader.feed(answer.content.decode())
    assert reader.tags.count("h1") == 1
    assert re.findall(r"<script(?![^>]*(?:\ssrc=|application/ld\+json))", answer.content.decode()) == []
    assert "style" not in reader.tags
    assert "style" not in reader.attributes


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        (
            "/",
            [
                "3 plans are published; together they ask for USD 69,713,500.",
                "1 of them reports what it has received: USD 112,550. Of the USD 37,360,000 that it asks for, ",
                "0.30\N{NO-BREAK SPACE}%",
                "37,247,450",
                "of the 37,360,000 asked for by the 1 plan of 3 that reports",
                "stated by 2 of 3 plans",
                "9,780,000",
                "No global cluster",
            ],
        ),
        (
            "/plans/MLI-COMPENDIUM-2017/",
            [
                "37,360,000",
                "112,550",
                "37,247,450",
                "0.30\N{NO-BREAK SPACE}%",
                "12,360,000",
                "0.91\N{NO-BREAK SPACE}%",
                "25,000,000",
                "3.14\N{NO-BREAK SPACE}%",
                "Displacement Tracking Matrix",
                "Donor not specified",
                "heading inferred",
                "computed",
            ],
        ),
        (
            "/plans/MLI-CRP-2025-2026/",
            [
                "32,353,500",
                "Not reported",
                "6,400,000",
                "273,000",
                "The objectives add to 28 and the plan says 25",
                "12,584,000",
                "10,057,000",
                "9,712,500",
                "17,850,000",
                "Total of 18 lines",
                "Protection-centred cross-cutting priority",
                "1,153,500",
                "484,000",
                "INFORM Risk",
                "7.1",
                "188",
                "Tombouctou",
                "as of November 2024",
                "Participation and empowerment",
            ],
        ),
        ("/plans/MLI-CRP-2021/", ["This plan states no amount.", "It doesn’t say what it has received."]),
        ("/plans/MLI-COMPENDIUM-2017/funding/", ["MLI-2017-0001", "Sum of projects", "12,247,450", "line 65"]),
        ("/plans/MLI-CRP-2025-2026/checks/", ["Entities targeted by objective", "28", "25", "Note", "Agrees"]),
        ("/countries/MLI/", ["IOM mission since 1998", "about 100", "69,713,500"]),
        ("/sectors/IASC-GC/SHL/", ["9,780,000", "3,580,000", "6,200,000", "Shelter and settlements"]),
    ],
)
def test_a_page_shows_the_figures_of_its_documents(
    client: Client, mali: MaliPlans, path: str, texts: list[str]
) -> None:
    text = read(client, path)
    assert [wanted for wanted in texts if wanted not in text] == []


def test_what_is_not_reported_is_never_shown_as_nought(client: Client, mali: MaliPlans) -> None:
    text = read(client, "/plans/MLI-CRP-2025-2026/")
    assert not re.search(r"(?<!\d)0\.00\s%", text)
    assert "Can’t be told" in text


def test_french_writes_figures_its_own_way(client: Client, mali: MaliPlans) -> None:
    text = read(client, "/fr/plans/MLI-COMPENDIUM-2017/")
    assert "37\N{NARROW NO-BREAK SPACE}360\N{NARROW NO-BREAK SPACE}000" in text
    assert "0,30\N{NO-BREAK SPACE}%" in text
    assert "37,360,000" not in text


@pytest.mark.parametrize("path", ["/gaps/?country=MLI", "/plans/MLI-CRP-2021/", "/sectors/IASC-GC/SHL/"])
def test_the_other_language_is_one_click_away_on_the_same_page(client: Client, mali: MaliPlans, path: str) -> None:
    assert f'href="/fr{path}" lang="fr"' in client.get(path).content.decode()
    assert f'href="{path}" lang="en"' in client.get(f"/fr{path}").content.decode()


def test_numbers_in_a_chart_have_a_decimal_point_in_every_language(client: Client, mali: MaliPlans) -> None:
    lengths = re.findall(r'(?:x|y|width|height)="([^"]*%)"', client.get("/fr/").content.decode())
    assert lengths
    assert [length for length in lengths if not re.fullmatch(r"\d+(\.\d+)?%", length)] == []


def test_a_draft_shows_nowhere(client: Client, mali: MaliPlans) -> None:
    draft = start_revision(plan=mali.crp_2021, by=None, reason="Unfinished business")
    Revision.objects.filter(pk=draft.pk).update(stated_requested_usd="98765432.00", people_in_need=8_765_432)
    hidden = Plan.objects.create(code="HIDDEN-1", kind="crp", title="Secret plan", start_year=2026, end_year=2026)
    Revision.objects.create(plan=hidden, number=1)
    hidden.countries.set(mali.crp_2021.countries.all())
    for path in ("/", "/gaps/", "/countries/MLI/", "/plans/MLI-CRP-2021/", "/plans/MLI-CRP-2021/funding/"):
        text = read(client, path)
        found = [word for word in ("98,765,432", "8,765,432", "Unfinished", "Secret plan") if word in text]
        assert found == [], path
    for path in ("/plans/HIDDEN-1/", "/plans/HIDDEN-1/funding/", "/plans/HIDDEN-1/checks/"):
        assert "No published plan has the code “HIDDEN-1”." in read(client, path, 404)


@pytest.mark.parametrize(
    "path", ["/plans/NOPE/", "/plans/NOPE/funding/", "/countries/XXX/", "/sectors/IOM-2025/NOPE/", "/nowhere/"]
)
def test_an_unknown_address_is_404_with_a_way_on(client: Client, mali: MaliPlans, path: str) -> None:
    assert "There is no such page" in read(client, path, 404)


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/plans/mli-crp-2021/", "/plans/MLI-CRP-2021/"),
        ("/plans/mli-crp-2021/checks/", "/plans/MLI-CRP-2021/checks/"),
        ("/countries/mli/", "/countries/MLI/"),
        ("/sectors/iasc-gc/shl/", "/sectors/IASC-GC/SHL/"),
    ],
)
def test_small_letters_lead_to_the_one_address(client: Client, mali: MaliPlans, path: str, leads_to: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, leads_to)


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("contry=MLI", "contry", "Did you mean “country”?"),
        ("year_min=abc", "year_min", "Enter a year"),
        ("ordering=colour", "ordering", "is not a column to sort by"),
        ("page=0", "page", "has pages 1 to"),
        ("page=99", "page", "has pages 1 to"),
        ("page=x", "page", "has pages 1 to"),
        ("percent_funded_max=half", "percent_funded_max", ""),
        ("country=XXX", "country", "XXX"),
        ("sector=NOPE", "sector", "NOPE"),
        ("reported=perhaps", "reported", "true or false"),
    ],
)
def test_a_filter_that_cannot_be_used_is_400_and_named(
    client: Client, mali: MaliPlans, query: str, name: str, sentence: str
) -> None:
    text = read(client, f"/gaps/?{query}", 400)
    assert "This address can’t be understood" in text
    assert f"{name}:" in text
    assert sentence in text
    assert "Mali 2017" not in text


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026"]),
        ("country=&search=&gap_min=", ["MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026"]),
        ("reported=true", ["MLI-COMPENDIUM-2017"]),
        ("sector=IOM-2025/HEALTH", ["MLI-CRP-2025-2026"]),
        ("global_cluster=HEA&ordering=-start_year", ["MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017"]),
        ("search=compendium", ["MLI-COMPENDIUM-2017"]),
        ("search=mali+2021", ["MLI-CRP-2021"]),
        ("region=011&year_min=2025", ["MLI-CRP-2025-2026"]),
        ("ordering=start_year", ["MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026"]),
        ("gap_min=37247450", ["MLI-COMPENDIUM-2017"]),
    ],
)
def test_the_gap_explorer_lists_what_is_asked_for(
    client: Client, mali: MaliPlans, query: str, codes: list[str]
) -> None:
    lines = client.get(f"/gaps/?{query}").context["explorer"].lines
    assert [line.plan.code for line in lines] == codes


def test_search_minds_neither_accents_nor_capitals(client: Client, mali: MaliPlans) -> None:
    country = make_country(name="Côte d’Ivoire", name_fr="Côte d’Ivoire")
    plan = make_plan(countries=[country], title="Réponse")
    for words in ("cote d'ivoire", "COTE", "reponse ivoire"):
        lines = client.get("/gaps/", {"search": words}).context["explorer"].lines
        assert [line.plan for line in lines] == [plan], words


def test_the_download_of_a_list_is_the_list(client: Client, mali: MaliPlans) -> None:
    page = client.get("/gaps/?country=MLI&reported=true&search=mali&ordering=-gap_usd&page=1").content.decode()
    found = re.search(r'href="(/api/v1/plans/[^"]*format=csv[^"]*)"', page)
    assert found
    rows = b"".join(client.get(found.group(1).replace("&amp;", "&"))).decode().splitlines()
    assert len(rows) == 2
    assert "MLI-COMPENDIUM-2017" in rows[1]


def test_an_empty_list_says_which_filter_to_take_away(client: Client, mali: MaliPlans) -> None:
    answer = client.get("/gaps/?reported=true&kind=crp&country=MLI")
    assert "No plan fits all of these filters" in answer.content.decode()
    ways_out = [(active.name, count) for active, count in answer.context["explorer"].ways_out]
    assert ways_out == [("kind", 1), ("reported", 2)]


def test_a_sector_filter_shows_what_is_asked_for_in_it(client: Client, mali: MaliPlans) -> None:
    text = read(client, "/gaps/?sector=HEALTH")
    assert "In the sectors chosen" in text
    assert "2,500,000" in text
    assert "1,000,000" in text


def test_contacts_show_only_where_they_are_released(client: Client, mali: MaliPlans) -> None:
    assert "+223" not in read(client, "/countries/MLI/")
    contact = Contact.objects.filter(kind="telephone").first()
    assert contact
    Contact.objects.filter(pk=contact.pk).update(is_public=True)
    assert contact.value in read(client, "/countries/MLI/")


def test_a_plan_for_several_countries_is_in_no_total_of_one(client: Client, mali: MaliPlans) -> None:
    here = mali.crp_2021.countries.get()
    make_plan(countries=[here, make_country()], requested_usd="5000000.00", title="Both together")
    text = read(client, "/countries/MLI/")
    assert "Both together" in text
    assert "69,713,500" in text
    assert "74,713,500" not in text


def test_an_empty_site_says_so(client: Client, empty_database: None) -> None:
    assert "No plan is published yet." in read(client, "/")
    for path in ("/gaps/", "/countries/", "/donors/", "/sectors/", "/data/"):
        assert read(client, path)


def test_pages_ask_the_database_as_often_for_30_plans_as_for_1(client: Client, empty_database: None) -> None:
    paths = ("/", "/gaps/", "/gaps/?search=plan&kind=crp", "/countries/", "/donors/", "/sectors/", "/data/",
             "/methodology/")  # fmt: skip
    taxonomy = make_taxonomy(sectors=3)
    make_plan(taxonomy=taxonomy)
    few = {path: count_queries(client, path) for path in paths}
    make_plans(30, taxonomy=taxonomy)
    assert {path: count_queries(client, path) for path in paths} == few


def test_the_pages_of_a_plan_country_and_sector_do_not_grow_either(client: Client, empty_database: None) -> None:
    taxonomy = make_taxonomy(sectors=12)
    country = make_country()
    plan = make_plan(taxonomy=taxonomy, countries=[country], objectives=1, sectors=1, projects=1, contributions=1)
    sector = taxonomy.sectors.first()
    cluster = sector.crosswalk.global_cluster
    addresses = [country.get_absolute_url(), sector.get_absolute_url(), cluster.get_absolute_url()]
    few = {path: count_queries(client, path) for path in addresses}
    plan_pages = {name: count_queries(client, reverse(name, args=[plan.code])) for name in PLAN_PAGES}
    make_plans(30, taxonomy=taxonomy, countries=[country])
    large = make_plan(taxonomy=taxonomy, countries=[country], objectives=5, sectors=12, projects=20, contributions=15)
    assert {path: count_queries(client, path) for path in addresses} == few
    assert {name: count_queries(client, reverse(name, args=[large.code])) for name in PLAN_PAGES} == {
        # Other plans of the country are there now: one list more, with its countries.
        name: number + (1 if name == "plan" else 0)
        for name, number in plan_pages.items()
    }


PLAN_PAGES = ("plan", "plan-funding", "plan-checks")


def count_queries(client: Client, path: str) -> int:
    client.get(path)  # what is cached for a process is not what is counted here
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
