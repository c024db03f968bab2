"""The head of a page of IOM's Crisis Response Plans, and figures that find their labels."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crp.importing.documents.draft import Basis
from crp.importing.documents.names import Names, load_names
from tests.conftest import MaliPlans

from .crp_pages import HEAD, got, read, unread, value

pytestmark = pytest.mark.once


@pytest.fixture
def names(mali: MaliPlans) -> Names:
    return load_names()


def test_the_head_of_a_page(names: Names) -> None:
    draft = read(names, HEAD)
    assert got(draft, "plan", "title") == "Mali Crisis Response Plan 2024 - 2025"
    assert (got(draft, "plan", "start_year"), got(draft, "plan", "end_year")) == (2024, 2025)
    assert [ref.key for ref in got(draft, "plan", "countries")] == [("MLI",)]
    assert got(draft, "plan", "url").endswith("/year/2025")
    assert got(draft, "revision", "document_on") == date(2025, 5, 2)
    assert got(draft, "revision", "funding_updated_on") == date(2024, 1, 13)
    assert got(draft, "revision", "stated_requested_usd") == Decimal(900_000)
    assert got(draft, "revision", "people_in_need") == 40_000
    assert got(draft, "revision", "people_targeted") == 12_000
    assert got(draft, "revision", "entities_targeted") == 7
    assert got(draft, "revision", "reports_funding") is False
    assert [remark.text for remark in draft.remarks] == [
        "The address is that of the year 2025: the figures speak of that year, not of the whole plan."
    ]
    assert unread(draft, HEAD) == []


def test_labels_without_figures_are_not_stated_and_never_0(names: Names) -> None:
    draft = read(
        names,
        """
Iraq Crisis Response Plan 2024
Last updated: January 30 2024
Funding required
People Targeted

Saving lives and protecting people on the move

Funding required
People Targeted
Entities Targeted
Internally displaced person, International migrant
Primary target groups
Description of People and Entities Targeted
""",
    )
    fields = [
        ("revision", "stated_requested_usd", 3),
        ("revision", "people_targeted", 4),
        ("fundingrequest:objective:1", "amount_usd", 8),
        ("objective:1", "people_targeted", 9),
        ("objective:1", "entities_targeted", 10),
    ]
    for subject, field, line in fields:
        found = value(draft, subject, field)
        assert (found.value, found.basis, str(found.span)) == (None, Basis.MISSING, str(line)), field
    assert [row.subject for row in draft.of_kind("objectivetargetgroup")] == [
        "objectivetargetgroup:1:IDP",
        "objectivetargetgroup:1:INTL_MIGRANT",
    ]
    assert "people_in_need" not in draft.row("revision").values  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("lines", "required", "targeted"),
    [
        ("$5,000\nFunding required\n300\nPeople Targeted", "5000", 300),
        ("Funding required\n$5,000\nPeople Targeted\n300", "5000", 300),
        ("300\nPeople Targeted\nFunding required\n$5,000", "5000", 300),
        ("$5,000 Funding required\nPeople Targeted: 300", "5000", 300),
        ("People Targeted\n$5,000\nFunding required", "5000", None),
        ("Funding required\n$5,000\nPeople Targeted", "5000", None),
        ("US$ 5 000 000\nFunding required", "5000000", "no label"),
        ("USD 5,000.50\nFunding required", "5000.50", "no label"),
    ],
)
def test_figures_find_their_labels(names: Names, lines: str, required: str, targeted: Any) -> None:
    draft = read(names, f"Mali Crisis Response Plan 2025\nCRP last updated: May 2 2025\n{lines}")
    assert got(draft, "revision", "stated_requested_usd") == Decimal(required)
    revision = draft.row("revision")
    assert revision is not None
    if targeted == "no label":
        assert "people_targeted" not in revision.values
    else:
        assert (revision.get("people_targeted"), revision.values["people_targeted"].basis is Basis.MISSING) == (
            targeted,
            targeted is None,
        )


@pytest.mark.parametrize(
    "lines",
    [
        "People in need\n5,000\nPeople Targeted",  # above or below?
        "Funding required\n5,000\nPeople in need",  # a bare number can be an amount too
        "$5,000\n300\nPeople Targeted\nFunding required",
        "7\nFunding required\n$5,000\nEntities Targeted",
    ],
)
def test_two_readings_are_a_question_and_no_guess(names: Names, lines: str) -> None:
    draft = read(names, f"Mali Crisis Response Plan 2025\n{lines}")
    figures = [
        (field, found)
        for row, field, found in draft.values()
        if row.kind == "revision" and field != "reports_funding" and found.basis is not Basis.MISSING
    ]
    assert figures
    for field, found in figures:
        assert found.value is None, field
        assert found.question, field


def test_another_currency_is_kept_as_printed_and_asked(names: Names) -> None:
    draft = read(names, "Mali Crisis Response Plan 2025\n€ 500,000\nFunding required")
    found = value(draft, "revision", "stated_requested_usd")
    assert (found.value, found.printed, str(found.span)) == (None, "€ 500,000", "2–3")
    assert "EUR" in found.question


def test_a_rounded_figure_is_taken_with_a_question(names: Names) -> None:
    found = value(
        read(names, "Mali Crisis Response Plan 2025\n$1.5 million\nFunding required"),
        "revision",
        "stated_requested_usd",
    )
    assert (found.value, found.printed) == (Decimal(1_500_000), "$1.5 million")
    assert found.question


@pytest.mark.parametrize(
    ("title", "line", "asked"),
    [
        ("Migrant Response Plan for the Horn of Africa and Yemen 2021", "Regional Plan", "region"),
        ("South Pacific Islands Crisis Response Plan 2023 - 2025", "", "does not begin"),
        ("Syria Crisis Response Plan 2025", "", "does not begin"),
    ],
)
def test_countries_that_are_not_named_are_a_question(names: Names, title: str, line: str, asked: str) -> None:
    found = value(read(names, f"{title}\n{line}\nCRP last updated: May 2 2025"), "plan", "countries")
    assert (found.value, found.printed) == (None, title)
    assert asked in found.question


@pytest.mark.parametrize(
    ("title", "iso3"),
    [
        ("Syrian Arab Republic Crisis Response Plan 2025", ["SYR"]),
        ("Türkiye Crisis Response Plan 2024", ["TUR"]),
        ("Sudan and South Sudan Crisis Response Plan 2024", ["SDN", "SSD"]),
    ],
)
def test_countries_of_a_title(names: Names, title: str, iso3: list[str]) -> None:
    found = got(read(names, title), "plan", "countries")
    assert [ref.key[0] for ref in found] == iso3


def test_a_date_that_can_be_read_in_two_ways_is_asked(names: Names) -> None:
    found = value(read(names, "Mali Crisis Response Plan 2025\nLast updated: 03/04/2025"), "revision", "document_on")
    assert (found.value, bool(found.question)) == (date(2025, 4, 3), True)
    wrong = value(read(names, "Mali Crisis Response Plan 2025\nLast updated: soon"), "revision", "document_on")
    assert (wrong.value, wrong.printed, bool(wrong.question)) == (None, "soon", True)


def test_the_kind_of_plan_is_that_of_its_title(names: Names) -> None:
    assert value(read(names, "Haiti Flash Appeal 2021"), "plan", "kind").value == "flash_appeal"
    other = value(read(names, "Migrant Response Plan for Yemen 2021"), "plan", "kind")
    assert (other.value, other.basis) == ("crp", Basis.INFERRED)


def test_damaged_characters_are_read_mended_and_kept_as_printed(names: Names) -> None:
    draft = read(names, "T\u00c3\u00bcrkiye Crisis Response Plan 2025\n  Last updated:\u00a0 May 2 2025\r")
    assert [ref.key[0] for ref in got(draft, "plan", "countries")] == ["TUR"]
    assert value(draft, "plan", "title").printed == "T\u00c3\u00bcrkiye Crisis Response Plan 2025"
    assert got(draft, "revision", "document_on") == date(2025, 5, 2)


def test_a_page_without_a_title_has_a_question(names: Names) -> None:
    draft = read(names, "CRP last updated: May 2 2025\nKey Operating Modalities\nLocalization")
    assert (got(draft, "plan", "title"), bool(value(draft, "plan", "title").question)) == (None, True)


def test_a_percentage_of_the_whole_plan_is_told_and_no_amount_is_made_of_it(names: Names) -> None:
    draft = read(names, f"{HEAD}Funding confirmed 28%\n72% Funding gap\n")
    assert [remark.text for remark in draft.remarks if "28%" in remark.text]
    revision = draft.row("revision")
    assert revision is not None
    assert "stated_received_usd" not in revision.values
    assert "line 17" in revision.values["reports_funding"].note


def test_marks_of_footnotes_are_read_past(names: Names) -> None:
    draft = read(names, "Mali Crisis Response Plan 2025\n25*\nEntities Targeted*\nINFORM Risk*\n7.7*")
    assert got(draft, "revision", "entities_targeted") == 25
    assert got(draft, "riskindicator:inform_risk", "value") == Decimal("7.7")
