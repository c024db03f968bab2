"""The PDF briefs: the figures of the page, two pages at most whatever the plan, readable by everybody."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.test import Client

from crp.common.figures import Rollup
from crp.exchange.brief_parts import breakable, definitions, money_figures, qr_code, shorten
from crp.exchange.terms import DEFINITIONS
from funding.models import Contribution
from plans.sealing import seal_published
from tests.conftest import MaliPlans
from tests.exchange.reading import pdf_of, text_of
from tests.factories import make_contribution, make_country, make_plan, make_plans, make_sector, make_taxonomy

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CRP, COMPENDIUM, SILENT = "MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017", "MLI-CRP-2021"
A4_POINTS = (595, 842)


def tags_of(reader: pypdf.PdfReader) -> set[str]:
    """Return the kinds of elements that a screen reader finds."""
    found: set[str] = set()
    waiting: list[Any] = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            found.add(str(node.get("/S", "")))
            if "/K" in node:
                waiting.append(node["/K"])
    return found


def alternatives_of(reader: pypdf.PdfReader) -> list[str]:
    """Return the words that stand for pictures."""
    found: list[str] = []
    waiting: list[Any] = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if "/Alt" in node:
                found.append(str(node["/Alt"]).replace("\u202f", " ").replace("\u00a0", " "))
            if "/K" in node:
                waiting.append(node["/K"])
    return found


def test_the_brief_of_mali_2025(client: Client, mali: MaliPlans) -> None:
    reader = pdf_of(client, f"/plans/{CRP}/brief.pdf")
    text = text_of(reader)
    assert len(reader.pages) == 2
    assert "Requested USD 32,353,500 Received USD Not reported unknown, which is not the same as 0" in text
    assert "People in need 6,400,000 People targeted 273,000" in text
    assert "Entities targeted 25" in text
    assert "The objectives add to 28 and the plan says 25" in text
    for line in (
        "Shelter and settlements Priority · H(N)RP, UNSDCF 6,200,000 19.16 %",
        "Legal identity and consular services 1,400,000 4.33 %",
        "175,000 12,584,000 38.90 %",
        "48,000 10,057,000 31.08 %",
        "50,000 9,712,500 30.02 %",
    ):
        assert line in text
    assert "Total 32,353,500 100.00 %" in text
    assert "http://testserver/plans/MLI-CRP-2025-2026/" in text
    assert "162 values read from it" in text
    assert "Unknown is not 0: such a plan has no gap and no percentage" in text
    assert " 0.00 %" not in text


def test_the_same_in_french(client: Client, mali: MaliPlans) -> None:
    reader = pdf_of(client, f"/fr/plans/{CRP}/brief.pdf")
    text = text_of(reader)
    assert len(reader.pages) == 2
    assert "32 353 500 USD" in text
    assert "Non communiqué" in text
    assert "Personnes ciblées 273 000" in text
    assert "12 584 000 38,90 %" in text
    assert "Ce que signifie chaque chiffre" in text
    assert "/fr/plans/MLI-CRP-2025-2026/" in text
    assert reader.trailer["/Root"]["/Lang"] == "fr"


def test_the_brief_of_mali_2017(client: Client, mali: MaliPlans) -> None:
    text = text_of(pdf_of(client, f"/plans/{COMPENDIUM}/brief.pdf"))
    assert "Requested USD 37,360,000 Received USD 112,550" in text
    assert "Gap USD 37,247,450 Funded 0.30 %" in text
    assert "Emergency Shelter and Non-food Items 3,580,000 112,550 3,467,450 3.14 %" in text
    assert "12,000,000 0 12,000,000 0.00 %" in text  # a reported 0 is a 0
    assert "Projects with the largest gaps" in text
    assert "7,000,000 0 7,000,000" in text


def test_a_plan_without_a_figure_has_none(client: Client, mali: MaliPlans) -> None:
    reader = pdf_of(client, f"/plans/{SILENT}/brief.pdf")
    text = text_of(reader)
    assert len(reader.pages) == 1
    assert "Requested USD Not reported Received USD Not reported" in text
    assert "Can’t be told" in text
    assert " 0 " not in text.partition("What each figure means")[0].replace("same as 0", "")


def test_it_is_for_everybody(client: Client, mali: MaliPlans) -> None:
    reader = pdf_of(client, f"/plans/{COMPENDIUM}/brief.pdf")
    assert reader.metadata is not None
    assert reader.metadata.title == "Mali 2017: brief"
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= tags_of(reader)
    assert sorted(alternatives_of(reader))[-2:] == [
        "QR code of the address of this page",
        "Received: 112,550. Missing: 37,247,450",
    ]
    for page in reader.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4_POINTS


def test_it_names_revision_and_seal(client: Client, mali: MaliPlans) -> None:
    assert "This revision has no seal yet." in text_of(pdf_of(client, f"/plans/{CRP}/brief.pdf"))
    seal_published()
    text = text_of(pdf_of(client, f"/plans/{CRP}/brief.pdf"))
    assert "Revision 1, published 17 April 2025" in text
    assert "Seal of revision 1: the SHA-256 of everything that it says." in text
    seal = mali.crp_2025_2026.revisions.get().seal
    assert len(seal) == 64
    assert seal in text


def test_it_can_be_of_a_past_day(client: Client, mali: MaliPlans) -> None:
    answer: Any = client.get(f"/plans/{CRP}/brief.pdf?as_of=2025-12-31")
    assert answer["Content-Disposition"] == f'attachment; filename="crp-{CRP}-brief-en-2025-12-31.pdf"'
    text = text_of(pdf_of(client, f"/plans/{CRP}/brief.pdf?as_of=2025-12-31"))
    assert "As it was known on 31 December 2025." in text
    assert "as_of=2025-12-31" in text.replace(" ", "")


def hard_plan(*, reports: bool) -> Any:
    """Return a plan with more of everything than two pages hold, in long words."""
    taxonomy = make_taxonomy(sectors=0, clusters=False)
    for number in range(45):
        make_sector(
            taxonomy=taxonomy, name=f"{number} {'A long name of a sector that goes on and on ' * 3}"[:140], order=number
        )
    plan = make_plan(
        title=f"{'W' * 90} {'A title that is as long as one may be ' * 3}"[:200],
        requested_usd="9999999999999.99",
        taxonomy=taxonomy,
        sectors=45,
        objectives=12,
        projects=30,
        contributions=0,
        reports_funding=reports,
        countries=[make_country(name="A country with a long name, or formerly so called") for _ in range(12)],
    )
    if reports:
        make_contribution(plan=plan, amount_usd="1234567890123.45")
        make_contribution(plan=plan, amount_usd="99999999.99", status=Contribution.Status.PLEDGE)
    return plan


@pytest.mark.parametrize(
    ("language", "reports"), [("en", False), *((code, True) for code, _name in settings.LANGUAGES)]
)
def test_two_pages_are_enough_for_any_plan(
    client: Client, empty_database: None, language: str, *, reports: bool
) -> None:
    plan = hard_plan(reports=reports)
    prefix = "" if language == "en" else f"/{language}"
    reader = pdf_of(client, f"{prefix}/plans/{plan.code}/brief.pdf")
    assert len(reader.pages) == 2
    assert reader.trailer["/Root"]["/Lang"] == language
    if language == "en":
        text = text_of(reader)
        assert "9,999,999,999,999.99" in text
        assert "more: on the page of the plan." in text
        if reports:
            assert "1,234,567,890,123.45" in text


def test_words_in_any_writing_are_set(client: Client, empty_database: None) -> None:
    plan = make_plan(title="中文 😀 العربية #panic() *x* <b> \u202e", objectives=1)
    text = text_of(pdf_of(client, f"/plans/{plan.code}/brief.pdf"))
    assert "panic() *x* <b>" in text


def test_the_brief_of_a_selection(client: Client, mali: MaliPlans) -> None:
    reader = pdf_of(client, "/gaps/brief.pdf?country=MLI&ordering=-start_year")
    text = text_of(reader)
    assert len(reader.pages) == 1
    assert "Chosen: Country: Mali" in text
    assert "Requested USD 69,713,500 stated by 2 of 3 plans" in text
    assert "Received USD 112,550 reported by 1 of 3 plans" in text
    assert "of the 37,360,000 asked for by the 1 plan of 3 that reports" in text
    assert "Mali · 2025–2026 32,353,500 – – –" in text
    assert "Mali · 2017 37,360,000 112,550 37,247,450 0.30 %" in text
    assert "–: not reported, which is not 0." in text
    assert "more plan" not in text
    french = text_of(pdf_of(client, "/fr/gaps/brief.pdf?country=MLI"))
    assert "69 713 500" in french
    assert "Où les fonds manquent" in french


def test_what_has_no_room_is_said(client: Client, mali: MaliPlans) -> None:
    make_plans(80, sectors=0, projects=0, objectives=0)
    reader = pdf_of(client, "/gaps/brief.pdf?ordering=title")
    text = text_of(reader)
    assert len(reader.pages) == 2
    rows = len(re.findall(r" · 20\d\d", text))
    assert f"{83 - rows} more plans have no room here. They are part of the figures above" in text
    assert 20 < rows < 60


@pytest.mark.parametrize("query", ["search=nothing-at-all", f"search={'x' * 200}", f"search={'ab ' * 66}"])
def test_nothing_found_is_a_page_too(client: Client, mali: MaliPlans, query: str) -> None:
    reader = pdf_of(client, f"/gaps/brief.pdf?{query}")
    assert len(reader.pages) == 1
    assert "0 plans" in text_of(reader)


def test_definitions_are_those_of_the_methodology_page(client: Client, mali: MaliPlans) -> None:
    page = client.get("/methodology/").content.decode()
    for item in definitions(*DEFINITIONS):
        assert f"<h3>{item['title']}</h3>" in page
        assert f"<p>{item['text']}</p>" in page


def test_over_funding_is_no_gap_of_0() -> None:
    rollup = Rollup(
        requested_usd=Decimal("100.00"),
        requested_reporting_usd=Decimal("100.00"),
        received_usd=Decimal("250.00"),
        pledged_usd=None,
        plans_requesting=1,
        plans_reporting=1,
    )
    figures = money_figures(rollup, date(2026, 1, 31), is_official=True)
    assert [(item["label"], item["value"]) for item in figures] == [
        ("Requested", "100"),
        ("Received", "250"),
        ("Over-funded by", "150"),
        ("Funded", "250.00\u00a0%"),
    ]
    assert figures[1]["note"] == "official total of 31 January 2026"


def test_a_text_is_cut_between_sentences() -> None:
    text = "One sentence here. Another one there. A third."
    assert shorten(text, 100) == text
    assert shorten(text, 40) == "One sentence here. Another one there."
    assert shorten("word " * 50, 21) == "word word word word…"


def test_long_words_may_break_and_others_stay() -> None:
    assert breakable("a word") == "a word"
    assert breakable("x" * 50) == "\u200b".join(["x" * 20, "x" * 20, "x" * 10])


def test_an_address_too_long_for_a_camera_has_no_code() -> None:
    assert qr_code("https://example.org/").startswith("<svg")
    assert qr_code(f"https://example.org/{'x' * 600}") == ""
