"""Country pages of the Humanitarian Compendium, read into drafts."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crp.importing.documents.document import Document, document_of, mended
from crp.importing.documents.draft import PLAN, Basis, Confidence, Draft, Ref, Value
from crp.importing.documents.layouts import compendium_page
from crp.importing.documents.names import Names, load_names
from plans.models import Revision
from tests.conftest import MaliPlans
from tests.shared import shared_path

from .comparing import differences

pytestmark = pytest.mark.once

HEAD = "Mali 2017\n\nHumanitarian Compendium\n\n"
FRAMEWORK = "Humanitarian Response Plans\nRequested 300 | Received: 20 | Percentage funded: 7%\n\n  Health\n\n"
BLOCK = [
    "Amount Requested: USD 300.00 Amount Received: USD 20.00",
    "Mobile teams visit the sick.",
    "Beneficiaries: 40 people",
]


def text_document(text: str) -> Document:
    return document_of(text, name="page.txt", format="text")


def read(text: str, names: Names | None = None) -> Draft:
    return compendium_page.read(text_document(text), names or load_names())


def value(draft: Draft, subject: str, field: str) -> Value:
    row = draft.row(subject)
    assert row is not None, [row.subject for row in draft.rows]
    return row.values[field]


def seed() -> Document:
    return text_document(shared_path("seeds/001_79f375029d26d333.txt").read_text(encoding="utf-8"))


def test_the_page_of_mali_gives_what_the_fixture_says(mali: MaliPlans) -> None:
    """Every value, its lines, the words as printed and the basis; of prose all but the words, which are CRP's own."""
    read_of_page = compendium_page.read(seed(), load_names())
    revision = Revision.objects.get(plan__code="MLI-COMPENDIUM-2017")
    assert differences(read_of_page, revision, {("revision", "published_at")}, prose=False) == []
    assert [line.number for line in seed() if line.text and line.number not in read_of_page.lines_read()] == []


def test_the_figures_of_mali(mali: MaliPlans) -> None:
    """Typed from the domain's table, not from the fixture."""
    draft = compendium_page.read(seed(), load_names())
    projects = [
        (row.parents.get("framework"), value(draft, f"fundingrequest:project:{row.key[0]}", "amount_usd").value,
         row.get("stated_received_usd"))
        for row in draft.of_kind("project")
    ]  # fmt: skip
    assert projects == [
        ("framework:HRP", 2_330_000, 0),
        ("framework:HRP", 1_000_000, 0),
        ("framework:HRP", 1_500_000, 0),
        ("framework:HRP", 1_500_000, 0),
        ("framework:HRP", 2_450_000, 0),
        ("framework:HRP", 3_580_000, 112_550),
        ("framework:MCOF", 12_000_000, 0),
        ("framework:MCOF", 3_000_000, 0),
        ("framework:MCOF", 3_000_000, 0),
        ("framework:MCOF", 7_000_000, 0),
    ]
    frameworks = [
        (row.key[0], value(draft, f"fundingrequest:framework:{row.key[0]}", "amount_usd").value,
         row.get("stated_received_usd"), row.get("stated_percent_funded"))
        for row in draft.of_kind("framework")
    ]  # fmt: skip
    assert frameworks == [("HRP", 12_360_000, 112_550, 1), ("MCOF", 25_000_000, 0, 0)]
    total = value(draft, "revision", "requested_usd")
    assert (total.value, total.basis) == (37_360_000, Basis.COMPUTED)


def test_lost_headings_are_proposed_with_a_question(mali: MaliPlans) -> None:
    draft = compendium_page.read(seed(), load_names())
    for number, sector in (("02", "HEALTH"), ("03", "PROTECTION"), ("04", "PROTECTION")):
        found = value(draft, f"project:MLI-2017-HRP-{number}", "sector")
        assert isinstance(found.value, Ref)
        assert found.value.key == ("COMPENDIUM-2017", sector)
        assert (found.basis, found.confidence) == (Basis.INFERRED, Confidence.LOW)
        assert sector.capitalize() in found.question
    stated = value(draft, "project:MLI-2017-HRP-05", "sector")
    assert (stated.basis, stated.question) == (Basis.STATED, "")


def test_damage_is_mended_and_kept(mali: MaliPlans) -> None:
    draft = compendium_page.read(seed(), load_names())
    control = value(draft, "project:MLI-2017-MCOF-01", "description")
    assert isinstance(control.value, str)
    assert control.value.startswith("Reinforce the GoM’s capacity")
    assert control.printed == "GoM€™s"
    assert "€" not in "".join(str(found.value) for _row, _name, found in draft.values())


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("GoM€™s", "GoM’s"),
        ("GoMâ€™s", "GoM’s"),
        ("officials€¦", "officials…"),
        ("€œall€\x9d", "“all”"),
        ("north€“south", "north–south"),
        ("it costs “5 €” here", "it costs “5 €” here"),
        ("€ 500,000", "€ 500,000"),
    ],
)
def test_what_lost_its_first_character_is_restored_and_a_euro_sign_stays(raw: str, text: str) -> None:
    assert mended(raw) == text


def test_a_line_is_not_understood_because_something_was_inferred_from_it(mali: MaliPlans) -> None:
    """That nothing was received is inferred from the whole page, and a sum from all between its first part and last."""
    draft = read(HEAD + "Total Requested:\nTotal Funded:\nsome words\n" + FRAMEWORK + "\nmore words\n" + FRAMEWORK)
    unread = [line for line in range(1, 20) if line not in draft.lines_read()]
    assert {7, 14} <= set(unread)


def test_people_to_contact_are_left_out(mali: MaliPlans) -> None:
    draft = read(HEAD + "Contact Information: Ms. Awa Example, +223 00 00\nInternational Staff:  14\n")
    assert "Example" not in repr(list(draft.values()))
    assert 5 in draft.lines_read()
    assert [remark.span.first for remark in draft.remarks if remark.span] == [5]


@pytest.mark.parametrize("name", ["002_e742c04d04a4ca27.txt", "004_3afdd7f75e297112.txt", "000_1393348951b18fc8.txt"])
def test_other_pages_are_no_compendium(name: str) -> None:
    document = text_document(shared_path(f"seeds/{name}").read_text(encoding="utf-8"))
    assert not compendium_page.recognises(document)


def test_no_page_of_a_crisis_response_plan_is_a_compendium() -> None:
    pages = sorted(Path(shared_path("crp-samples/crp")).glob("*.txt"))
    assert len(pages) > 40
    assert [p.name for p in pages if compendium_page.recognises(text_document(p.read_text(encoding="utf-8")))] == []


def index() -> list[dict[str, str]]:
    with shared_path("crp-samples/index.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "compendium"]
    return list({row["file"]: row for row in rows}.values())


def test_the_samples_say_what_their_index_says(mali: MaliPlans) -> None:
    """No figure wrong, none made up: a blank of the index is a value that is missing, never 0."""
    names, wrong = load_names(), []
    assert len(index()) == 15
    for row in index():
        document = text_document(shared_path(f"crp-samples/{row['file']}").read_text(encoding="utf-8"))
        assert compendium_page.recognises(document), row["file"]
        draft = compendium_page.read(document, names)
        plan, revision = draft.row(PLAN), draft.row("revision")
        assert plan is not None
        assert revision is not None
        columns = (
            ("total_requested", "stated_requested_usd"),
            ("total_funded", "stated_received_usd"),
            ("pct_funded", "stated_percent_funded"),
        )
        for column, field in columns:
            found = revision.values[field]
            expected = Decimal(row[column]) if row[column] else None
            if found.value != expected or (expected is None) != (found.basis is Basis.MISSING) or found.span is None:
                wrong.append((row["file"], field, found, expected))
        countries = plan.get("countries")
        codes = ",".join(str(ref.key[0]) for ref in countries) if isinstance(countries, tuple) else ""
        year_is_printed = row["year_start"] and row["title"].endswith(row["year_start"])
        year = int(row["year_start"]) if year_is_printed else None
        said = (codes, plan.get("start_year"), plan.get("url"), draft.of_kind("project"), draft.of_kind("narrative"))
        if said != (row["iso3"], year, row["url"], [], []):
            wrong.append((row["file"], said))
        if not row["total_requested"] and (revision.get("requested_usd"), revision.get("reports_funding")) != (
            None,
            False,
        ):
            wrong.append((row["file"], revision.values))
        unread = [line.text for line in document if line.text and line.number not in draft.lines_read()]
        if unread:
            wrong.append((row["file"], unread))
    assert wrong == []


def test_the_front_page_asks_which_plan_it_is_of(mali: MaliPlans) -> None:
    totals = "Total Requested:\n$1,606,183,413\nTotal Funded:\n$168,717,526\nPercentage Funded:\n11%"
    draft = read(f"Humanitarian Compendium\n\n{totals}")
    asked = value(draft, "plan", "countries")
    assert (asked.value, asked.basis) == (None, Basis.MISSING)
    assert "Which plan" in asked.question
    assert value(draft, "plan", "start_year").question
    assert value(draft, "revision", "stated_requested_usd").value == 1_606_183_413


@pytest.mark.parametrize(
    ("lines", "expected", "span"),
    [
        ("Total Requested:\nTotal Funded:\nPercentage Funded:", (None, None, None), (5, 5)),
        ("Total Requested: $3,220,000\nTotal Funded: $0\nPercentage Funded: 0%", (3_220_000, 0, 0), (5, 5)),
        ("Total Requested:\n$3,220,000\nTotal Funded:\n$0\nPercentage Funded:\n0 %", (3_220_000, 0, 0), (5, 6)),
        ("Total Requested:\n\n3,220,000 USD\n\nTotal Funded:\n\nPercentage Funded:", (3_220_000, None, None), (5, 7)),
        ("TOTAL REQUESTED: US$ 3,220,000 | Total funded: 0 | Percentage Funded: 0%", (3_220_000, 0, 0), (5, 5)),
        ("Total Requested: EUR 5,000\nTotal Funded: $1\nPercentage Funded: 0%", (None, 1, 0), (5, 5)),
    ],
)
def test_totals(mali: MaliPlans, lines: str, expected: tuple[Any, ...], span: tuple[int, int]) -> None:
    draft = read(HEAD + lines)
    names = ("stated_requested_usd", "stated_received_usd", "stated_percent_funded")
    assert tuple(value(draft, "revision", name).value for name in names) == expected
    found = value(draft, "revision", "stated_requested_usd").span
    assert found is not None
    assert (found.first, found.last) == span


def test_another_currency_is_asked_about_and_not_taken_for_dollars(mali: MaliPlans) -> None:
    asked = value(read(HEAD + "Total Requested: EUR 5,000\nTotal Funded:\n"), "revision", "stated_requested_usd")
    assert (asked.value, asked.printed) == (None, "Total Requested: EUR 5,000")
    assert "EUR" in asked.question


def test_a_sector_that_no_list_has_is_asked_about(mali: MaliPlans) -> None:
    draft = read(HEAD + FRAMEWORK.replace("  Health", "  Space travel") + "  • Rockets\n    " + BLOCK[0])
    asked = value(draft, "project:MLI-2017-HRP-01", "sector")
    assert (asked.value, asked.printed) == (None, "Space travel")
    assert "Space travel" in asked.question


def test_a_lost_heading_without_a_hint_has_only_a_question(mali: MaliPlans) -> None:
    draft = read(HEAD + FRAMEWORK + f"  • Clinics\n    {BLOCK[0]}\n\n  • Rockets\n    {BLOCK[0]}\n")
    asked = value(draft, "project:MLI-2017-HRP-02", "sector")
    assert (asked.value, asked.basis) == (None, Basis.MISSING)
    assert "Protection" in asked.question
    assert asked.span is not None
    assert (asked.span.first, asked.span.last) == (12, 13)


def test_projects_of_one_heading_stand_under_it_together(mali: MaliPlans) -> None:
    draft = read(HEAD + FRAMEWORK + f"  • Clinics\n    {BLOCK[0]}\n  • Nurses\n    {BLOCK[0]}\n")
    found = [value(draft, f"project:MLI-2017-HRP-0{number}", "sector") for number in (1, 2)]
    assert [(each.basis, each.span and each.span.first) for each in found] == [(Basis.STATED, 8)] * 2


def test_a_page_with_an_empty_line_after_each_has_lost_no_heading(mali: MaliPlans) -> None:
    """As text taken from HTML comes: only a gap that is wider than those within a project is one."""
    lines = [line for line in (HEAD + FRAMEWORK).split("\n") if line]
    blocks = ["• Clinics", *BLOCK, "• Nurses", *BLOCK]
    draft = read("\n\n".join([*lines, *blocks]))
    found = [value(draft, f"project:MLI-2017-HRP-0{number}", "sector").basis for number in (1, 2)]
    assert found == [Basis.STATED] * 2
    assert value(draft, "project:MLI-2017-HRP-01", "beneficiaries").value == "40 people"


def test_a_list_that_lost_its_bullets(mali: MaliPlans) -> None:
    lines = [HEAD + FRAMEWORK.rstrip(), "Clinics", *BLOCK, "Nurses", *BLOCK]
    draft = read("\n".join(lines))
    assert [row.get("title") for row in draft.of_kind("project")] == ["Clinics", "Nurses"]


def test_lines_that_were_wrapped_are_read_on(mali: MaliPlans) -> None:
    block = "  • Clinics for\nthe sick\n" + BLOCK[0] + "\nMobile teams\nvisit them.\nBeneficiaries: 40\npeople"
    row = read(HEAD + FRAMEWORK + block).row("project:MLI-2017-HRP-01")
    assert row is not None
    assert {name: row.get(name) for name in ("title", "description", "beneficiaries")} == {
        "title": "Clinics for the sick",
        "description": "Mobile teams visit them.",
        "beneficiaries": "40 people",
    }


def test_labels_of_a_project_without_amounts_are_missing(mali: MaliPlans) -> None:
    block = "  • Clinics\n    Amount Requested: Amount Received:\n    Mobile teams visit the sick.\n"
    draft = read(HEAD + FRAMEWORK + block)
    for subject, field in (
        ("fundingrequest:project:MLI-2017-HRP-01", "amount_usd"),
        ("project:MLI-2017-HRP-01", "stated_received_usd"),
    ):
        found = value(draft, subject, field)
        assert (found.value, found.basis, found.span and found.span.first) == (None, Basis.MISSING, 11)


def test_no_total_is_computed_where_a_part_of_it_is_unknown(mali: MaliPlans) -> None:
    other = "Migration Crisis Operational Frameworks\nRequested | Received: 0 | Percentage funded: 0%\n"
    draft = read(HEAD + FRAMEWORK + other)
    revision = draft.row("revision")
    assert revision is not None
    assert "requested_usd" not in revision.values


@pytest.mark.parametrize(
    ("printed", "text", "is_asked"),
    [
        ("6, 483 people", "6,483 people", True),
        ("40.000 people", "40,000 people", True),
        ("In 2015, 483 people", "In 2015, 483 people", False),
        ("2.5 per cent", "2.5 per cent", False),
        ("1,234 people", "1,234 people", False),
    ],
)
def test_figures_of_achievements(mali: MaliPlans, printed: str, text: str, is_asked: bool) -> None:
    found = value(read(HEAD + f"  • {printed} were reached"), "achievement:1", "text")
    assert found.value == f"{text} were reached"
    assert bool(found.question) is is_asked


def test_the_list_of_another_year_is_asked_about(mali: MaliPlans) -> None:
    draft = read(HEAD.replace("2017", "2018") + FRAMEWORK + "  • Clinics\n    " + BLOCK[0])
    found = value(draft, "revision", "taxonomy")
    assert isinstance(found.value, Ref)
    assert found.value.key == ("COMPENDIUM-2017",)
    assert "2018" in found.question


@pytest.mark.parametrize(
    ("above", "title"),
    [
        ("Home\nAbout 2019\nNiger\nMali 2017\n", "Mali 2017"),
        ("Home\nNiger\nMali\n", "Mali"),
        ("https://humanitariancompendium.iom.int/node/1/\nSahel crisis 2016\nShare\n", "Sahel crisis 2016"),
        ("Sahel crisis\nShare\n", "Sahel crisis"),
    ],
)
def test_a_title_below_a_menu(mali: MaliPlans, above: str, title: str) -> None:
    draft = read(f"{above}\nHumanitarian Compendium\n\nTotal Requested:\nTotal Funded:\n")
    assert value(draft, "plan", "title").value == title
