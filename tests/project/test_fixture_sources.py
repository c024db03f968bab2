"""Each figure of the fixtures says where it was read, and stands there."""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Q

from plans.models import Citation, CountryProfile, CrossCuttingPriority, PlanFamily, Revision, Source
from plans.tree import citable, dangling, figures_in, uncited
from sectors.models import Crosswalk, Sector
from tests.conftest import MaliPlans
from tests.shared import PROJECT, shared_path

# In fixtures/sources: laid out line by line as the pages that the figures come from, their prose is CRP's own.
DOCUMENTS = {
    "MLI-CRP-2025-2026-PAGE": "mali-crp-2025-2026.txt",
    "MLI-COMPENDIUM-2017-PAGE": "mali-compendium-2017.txt",
    "MLI-PROFILE-PAGE": "mali-profile.txt",
    "MLI-CRP-2021-PAGE": "mali-crp-2021.txt",
    "MLI-HUMANITARIAN-PAGE": "mali-humanitarian-response.txt",
}
CRP, COMPENDIUM = "MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017"

# Plan, row, column, first line, what is printed there: counted by hand in the text of the pages.
READ_AT = [
    (CRP, "revision", "document_on", 3, "April 17 2025"),
    (CRP, "revision", "stated_requested_usd", 4, "$32,353,500"),
    (CRP, "revision", "people_in_need", 6, "6,400,000"),
    (CRP, "revision", "people_targeted", 8, "273,000"),
    (CRP, "revision", "entities_targeted", 10, "25"),
    (CRP, "riskindicator:inform_risk", "value", 19, "7.1"),
    (CRP, "riskindicator:hdi_rank", "rank", 27, "188 of 193"),
    (CRP, "fundingrequest:objective:1", "amount_usd", 83, "$12,584,000"),
    (CRP, "objective:2", "people_targeted", 103, "48,000"),
    (CRP, "objective:3", "entities_targeted", 124, "8"),
    (CRP, "outcome:2b", "share_percent", 151, '{"name":"Displaced people are resilient and self-reliant","y":45}'),
    (CRP, "fundingrequest:sector:IOM-2025:SHELTER", "amount_usd", 177, "$6,200,000"),
    (CRP, "fundingrequest:sector:IOM-2025:POLICY", "amount_usd", 225, "$1,500,000"),
    (CRP, "presence", "international_staff", 231, "15"),
    (CRP, "presence", "national_staff", 233, "165"),
    (COMPENDIUM, "framework:HRP", "stated_percent_funded", 30, "Percentage funded: 1%"),
    (COMPENDIUM, "fundingrequest:framework:MCOF", "amount_usd", 69, "Requested 25,000,000"),
    (COMPENDIUM, "presence", "national_staff", 27, "45"),
]
# What the text does not state, typed from the domain's list of lost headings and blank totals.
INFERRED = [
    (COMPENDIUM, "project:MLI-2017-HRP-02", "sector"),
    (COMPENDIUM, "project:MLI-2017-HRP-03", "sector"),
    (COMPENDIUM, "project:MLI-2017-HRP-04", "sector"),
    (CRP, "fundingrequest:sector:IOM-2025:PROTECTION_CENTRED", "sector"),
    (CRP, "requestshare:IOM-2025:PROTECTION_CENTRED:1", "amount_usd"),
    (CRP, "requestshare:IOM-2025:PROTECTION_CENTRED:2", "amount_usd"),
    (CRP, "requestshare:IOM-2025:PROTECTION_CENTRED:3", "amount_usd"),
]


def owners() -> list[Any]:
    return [*Revision.objects.all(), *CountryProfile.objects.all()]


def citations(code: str, subject: str, field: str) -> list[Citation]:
    return list(Citation.objects.filter(revision__plan__code=code, subject=subject, field=field))


def test_every_figure_has_a_source(mali: MaliPlans) -> None:
    assert {str(owner): uncited(owner) for owner in owners()} == {str(owner): [] for owner in owners()}


def test_the_look_for_figures_finds_those_that_matter(mali: MaliPlans) -> None:
    """That no figure is without a source says nothing where figures are overlooked."""
    rows = citable(Revision.objects.get(plan__code=CRP))
    assert set(figures_in(rows["revision"])) == {
        "stated_requested_usd", "requested_usd", "people_in_need", "people_targeted", "entities_targeted",
    }  # fmt: skip
    assert figures_in(rows["objective:1"]) == ["people_targeted", "entities_targeted"]
    assert figures_in(rows["outcome:1a"]) == ["share_percent"]
    assert figures_in(rows["fundingrequest:sector:IOM-2025:WASH"]) == ["amount_usd"]
    assert figures_in(rows["riskindicator:hdi_rank"]) == ["rank", "rank_of"]
    assert set(figures_in(rows["presence"])) == {"international_staff", "national_staff", "field_offices"}


def test_every_citation_names_a_row_and_column_that_are_there(mali: MaliPlans) -> None:
    assert [dangling(owner) for owner in owners()] == [[] for _owner in owners()]


@pytest.mark.parametrize(("code", "subject", "field", "line", "printed"), READ_AT)
def test_where_a_figure_was_read(mali: MaliPlans, code: str, subject: str, field: str, line: int, printed: str) -> None:
    citation = citations(code, subject, field)[0]
    assert (citation.first_line, citation.as_printed, citation.basis) == (line, printed, "stated")


@pytest.mark.parametrize(("code", "subject", "field"), INFERRED)
def test_what_is_inferred_says_so_and_why(mali: MaliPlans, code: str, subject: str, field: str) -> None:
    citation = citations(code, subject, field)[0]
    assert citation.basis == "inferred"
    assert len(citation.note) > 20


def test_the_blank_total_of_2017_is_computed_and_says_from_what(mali: MaliPlans) -> None:
    citation = citations(COMPENDIUM, "revision", "requested_usd")[0]
    assert citation.basis == "computed"
    assert "12,360,000" in citation.note
    assert "25,000,000" in citation.note


def test_a_stated_figure_is_the_number_that_is_printed(mali: MaliPlans) -> None:
    """``$32,353,500`` is 32353500: each number of the database stands in what the citation quotes."""
    compared, wrong = 0, []
    for owner in owners():
        rows = citable(owner)
        for citation in owner.citations.filter(basis="stated").exclude(as_printed=""):
            value = getattr(rows[citation.subject], citation.field)
            if citation.field not in figures_in(rows[citation.subject]):
                continue
            numbers = [Decimal(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", citation.as_printed)]
            compared += 1
            if Decimal(value) not in numbers:
                wrong.append((str(citation), value, citation.as_printed))
    assert wrong == []
    assert compared > 80


def test_lost_headings_mark_their_sectors_as_inferred(mali: MaliPlans) -> None:
    found = Sector.objects.filter(confidence="inferred").values_list("taxonomy__code", "name")
    assert set(found) == {
        ("COMPENDIUM-2017", "Health"),
        ("COMPENDIUM-2017", "Protection"),
        ("IOM-2025", "Protection-centred cross-cutting priority"),
    }


def test_names_that_no_page_prints_are_unverified(mali: MaliPlans) -> None:
    """Of the 15 MCOF sectors the page of 2017 prints four."""
    mcof = Sector.objects.filter(taxonomy__code="MCOF-2012")
    assert set(mcof.filter(confidence="confirmed").values_list("name", flat=True)) == {
        "Technical Assistance for Humanitarian Border Management",
        "Return and Reintegration Assistance",
        "Counter-trafficking and Protection of Vulnerable Migrants",
        "Migration Policy and Legislation Support",
    }
    assert mcof.filter(confidence="unverified").count() == 11


def test_the_crosswalk_is_proposed_and_not_passed_off_as_somebodys(mali: MaliPlans) -> None:
    assert set(Crosswalk.objects.values_list("confidence", flat=True)) == {"proposed"}


def test_what_is_not_confirmed_says_why(mali: MaliPlans) -> None:
    for model in (Sector, Crosswalk, PlanFamily, CrossCuttingPriority):
        unexplained = model.objects.filter(~Q(confidence="confirmed"), confidence_note="")
        assert list(unexplained) == []


def lines_of(source: Source) -> list[str]:
    return document(source.code).read_text(encoding="utf-8").split("\n")


def document(code: str) -> Path:
    return PROJECT / "fixtures" / "sources" / DOCUMENTS[code]


@pytest.mark.parametrize("code", DOCUMENTS)
def test_a_source_is_told_by_the_digest_of_its_text(mali: MaliPlans, code: str) -> None:
    source = Source.objects.get(code=code)
    assert source.file_name == DOCUMENTS[code]
    assert source.sha256 == hashlib.sha256(document(code).read_bytes()).hexdigest()


@pytest.mark.parametrize("code", DOCUMENTS)
def test_what_is_quoted_stands_on_the_line_cited(mali: MaliPlans, code: str) -> None:
    source = Source.objects.get(code=code)
    lines = lines_of(source)
    missing = []
    for citation in source.citations.exclude(as_printed=""):
        last = citation.last_line or citation.first_line
        # A no-break space looks like any other to who reads the page.
        text = "\n".join(lines[citation.first_line - 1 : last]).replace("\N{NO-BREAK SPACE}", " ")
        if citation.as_printed not in text:
            missing.append((str(citation), citation.as_printed, text[:80]))
    assert missing == []
    assert not source.citations.filter(last_line__gt=len(lines)).exists()


def test_the_contribution_stands_on_the_line_it_names(mali: MaliPlans) -> None:
    money = mali.compendium_2017.contributions.get()
    assert "Amount Received: USD 112,550.00" in lines_of(money.source)[money.source_line - 1]


def test_the_lists_are_those_of_the_taxonomies(mali: MaliPlans) -> None:
    """Names and codes as in the list they were taken from, none lost and none added."""
    given = json.loads(shared_path("taxonomies.json").read_text(encoding="utf-8"))
    listed = {item["code"] or "COVID": item["name"] for item in given["global_clusters"]}  # one has no code there
    listed["PRO-HTS"] = "Human trafficking and smuggling"  # in brackets there: a description, not a name
    assert dict(Sector.objects.filter(taxonomy__code="IASC-GC").values_list("code", "name")) == listed
    sectors = given["iom_sectors"]["2025-2026"]["items"]
    found = Sector.objects.filter(taxonomy__code="IOM-2025")
    assert dict(found.values_list("code", "name")) == {item["code"]: item["name"] for item in sectors}
    clusters = {item["code"]: item.get("suggested_global_cluster_code") for item in sectors}
    mapped = dict(found.values_list("code", "crosswalk__global_cluster__code"))
    assert mapped == clusters
