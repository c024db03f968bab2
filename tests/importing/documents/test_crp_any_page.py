"""However a page is spaced and ordered, it says the same; and of whatever lines it is made, nothing is invented."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crp.importing.documents.document import document_of
from crp.importing.documents.draft import Basis, Draft, Unit
from crp.importing.documents.layouts import crp_page
from crp.importing.documents.names import Names, load_names
from tests.conftest import MaliPlans

pytestmark = pytest.mark.once

any_page = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=60
)
PROSE = "The rains came late this year, and many families of the north had to leave their fields and their animals."
MONEY = ("${:,}", "USD {:,}.00", "US$ {:,}", "{:,} USD", "USD {:,}", "{:,}")
SPACES = (" ", "  ", "\t", "\N{NO-BREAK SPACE}", " \N{NARROW NO-BREAK SPACE}")
FIGURES = {
    ("revision", "stated_requested_usd"): 1_350_500,
    ("revision", "people_in_need"): 640_000,
    ("revision", "people_targeted"): 27_300,
    ("revision", "entities_targeted"): 25,
    ("fundingrequest:objective:1", "amount_usd"): 912_500,
    ("objective:1", "people_targeted"): 17_500,
    ("objective:1", "entities_targeted"): 13,
    ("fundingrequest:objective:2", "amount_usd"): 438_000,
    ("objective:2", "people_targeted"): 9_800,
    ("objective:2", "entities_targeted"): 12,
    ("fundingrequest:sector:IOM-2025:HEALTH", "amount_usd"): 1_000_000,
    ("fundingrequest:sector:IOM-2025:SHELTER", "amount_usd"): 350_500,
    ("presence", "international_staff"): 15,
    ("presence", "national_staff"): 165,
    ("presence", "field_offices"): 6,
}
LABELS = {
    "stated_requested_usd": "Funding required",
    "amount_usd": "Funding required",
    "people_in_need": "People in need",
    "people_targeted": "People Targeted",
    "entities_targeted": "Entities targeted",
    "international_staff": "International staff and affiliated work force",
    "national_staff": "National staff and affiliated work force",
    "field_offices": "IOM field office",
}
BLOCKS = {
    "Mali Crisis Response Plan 2025 - 2026\nCRP last updated: April 17 2025": ("revision",),
    "Objective 1 - Saving lives and protecting people on the move": ("fundingrequest:objective:1", "objective:1"),
    f"{PROSE}\nDriving solutions to displacement": ("fundingrequest:objective:2", "objective:2"),
    f"{PROSE}\nHealth Priority": ("fundingrequest:sector:IOM-2025:HEALTH",),
    "Shelter and settlements": ("fundingrequest:sector:IOM-2025:SHELTER",),
    "Related inter agency plans H(N)RP\nOperational presence in": ("presence",),
}


@pytest.fixture
def names(mali: MaliPlans) -> Names:
    return load_names()


def read(names: Names, text: str) -> Draft:
    return crp_page.read(document_of(text, name="page.txt", format="text"), names)


@st.composite
def pages(draw: st.DrawFn) -> str:
    """Return the page in one of its forms: spaces, empty lines, currency, order within a block, above or below."""
    lines = []
    thousands = draw(st.sampled_from([",", " ", "\N{NO-BREAK SPACE}"]))
    for heading, subjects in BLOCKS.items():
        lines += heading.split("\n")
        is_above = draw(st.booleans())
        for subject, field in draw(st.permutations([key for key in FIGURES if key[0] in subjects])):
            form = draw(st.sampled_from(MONEY)) if field.endswith("_usd") else "{:,}"
            figure = form.format(FIGURES[subject, field]).replace(",", thousands)
            pair = [figure, LABELS[field]]
            lines += pair if is_above else pair[::-1]
    spaced = []
    for line in lines:
        spaced += [""] * draw(st.integers(0, 2))
        space = draw(st.sampled_from(SPACES))
        spaced.append(
            draw(st.sampled_from(["", *SPACES])) + line.replace(" ", space) + draw(st.sampled_from(["", *SPACES]))
        )
    return "\n".join(spaced)


@any_page
@given(page=pages())
def test_spaces_currency_forms_and_order_change_no_figure(names: Names, page: str) -> None:
    draft = read(names, page)
    found: dict[tuple[str, str], Any] = {}
    for row, field, value in draft.values():
        if value.unit in (Unit.USD, Unit.PEOPLE, Unit.ENTITIES, Unit.STAFF, Unit.OFFICES):
            assert value.question == "", (row.subject, field, value.question)
            found[row.subject, field] = value.value
    assert found == {key: Decimal(figure) if key[1].endswith("_usd") else figure for key, figure in FIGURES.items()}


VOCABULARY = (
    *LABELS.values(),
    *("$5,000", "300", "7", "USD 2,330,000.00", "€ 500", "28%", "1.5 million", "12,360,000", "2024", "0", "9" * 30),
    *("Funding confirmed 28%", "72% Funding gap", "$6,200,000 Funding required", "People Targeted: many", "Health"),
    *("Objective", "Objective 1", "Objective 2 - Driving solutions to displacement", "Objective 1 - Something else"),
    *(
        "Saving lives and protecting people on the move",
        "Shelter and settlements   Priority",
        "Protection",
        "Bee keeping",
    ),
    *(
        "Internally displaced person, Pastoralist",
        "Primary target groups",
        "Description of People and Entities Targeted",
    ),
    '[{"name":"Human suffering is alleviated","y":50},{"name":"No such","y":"x"},{"name":4}]',
    '[["Saving lives",42],["Nothing",18],["Saving lives",null]]',
    *(
        "[{",
        "[[",
        "Related inter agency plans",
        "H(N)RP UNSDCF",
        "Related inter agency plans H(N)RP FOO",
        "Regional Plan",
    ),
    *(
        "INFORM Risk",
        "7.1, Very high",
        "INFORM Severity 9",
        "Human Development Index",
        "200 of 193",
        "State of Fragility",
    ),
    *("Extreme fragility", "Key Operating Modalities", "Localization Conflict sensitivity", "Cross-cutting priorities"),
    *(
        "Disaster Risk Climate Change Law and policy",
        "Operational presence in",
        "Mali",
        "Figures are as of November 2024.",
    ),
    *(
        "CRP last updated: April 17 2025",
        "Funding updated:",
        "Last updated: 31 February 2025",
        "IOM Vision",
        "Localization",
    ),
    *("Mali Crisis Response Plan 2025 - 2026", "https://crisisresponse.iom.int/response/x/year/2025", "© IOM", PROSE),
    *(
        "At risk communities",
        "  • A bullet that is long enough to be one",
        "IOM has a main office in Gao and field offices.",
    ),
    *(
        "# note: nothing",
        "[prose not copied]",
        "",
        "",
        "Percentage of funding required contributing to the long term outcomes",
    ),
)
any_lines = st.lists(st.one_of(st.sampled_from(VOCABULARY), st.text(max_size=30)), max_size=60)
COUNTED = (Unit.USD, Unit.PEOPLE, Unit.ENTITIES, Unit.STAFF, Unit.OFFICES, Unit.PERCENT)


@any_page
@given(lines=any_lines)
def test_nothing_raises_and_nothing_is_invented(names: Names, lines: list[str]) -> None:
    page = document_of("\n".join(lines), name="page.txt", format="text")
    crp_page.recognises(page)
    draft = crp_page.read(page, names)
    assert len({row.subject for row in draft.rows}) == len(draft.rows)
    assert draft.lines_read() <= set(range(1, len(page) + 1))
    for row, field, value in draft.values():
        where = (row.subject, field, value)
        if value.span is not None:
            text = "\n".join(page.line(number).raw for number in range(value.span.first, value.span.last + 1))
            assert value.printed in text, where
        if value.value is not None and value.unit in COUNTED and value.basis is Basis.STATED:
            assert value.printed, where
            digits = re.sub(r"\D", "", value.printed)
            assert (
                value.question or digits.startswith(re.sub(r"\D.*", "", str(value.value))) or value.unit is Unit.PERCENT
            )
        if value.basis is Basis.STATED and value.unit is Unit.PERCENT and value.value is not None:
            assert str(value.value) in value.printed, where
        for parent in row.parents.values():
            assert draft.row(parent) is not None, (row.subject, parent)
