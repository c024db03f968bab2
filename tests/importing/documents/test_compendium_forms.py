"""A page of the Compendium in every form that it can be told in, and random lines: nothing raises or is made up."""

from __future__ import annotations

import string
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crp.importing.documents.document import Document
from crp.importing.documents.draft import Basis, Draft, Ref
from crp.importing.documents.layouts import compendium_page
from crp.importing.documents.names import Names, load_names
from tests.conftest import MaliPlans

from .test_compendium_page import BLOCK, HEAD, read, text_document, value

pytestmark = pytest.mark.once

# What stands in a project, in every form that pages have it in, must come out the same.
SPACES = st.text(alphabet=" \t\N{NO-BREAK SPACE}", min_size=1, max_size=3)
AMOUNTS = st.sampled_from(["USD {}", "US$ {}", "${}", "{} USD", "{}"])
BETWEEN = st.sampled_from([" ", " | ", "; ", "\n    "])


@st.composite
def forms(draw: st.DrawFn) -> str:
    """One project with 2,330,000 asked for and 112,550 received, told in another way each time."""
    money, between, space = draw(AMOUNTS), draw(BETWEEN), draw(SPACES)
    colon = draw(st.sampled_from([":", " :"]))
    cents = draw(st.sampled_from(["", ".00"]))
    amounts = [
        f"Amount Requested{colon}{space}" + money.format(f"2,330,000{cents}"),
        f"Amount Received{colon}{space}" + money.format(f"112,550{cents}"),
    ]
    lines = draw(st.permutations([between.join(draw(st.permutations(amounts))), BLOCK[1], BLOCK[2]]))
    separator = draw(st.sampled_from([" | ", "|", "; ", "\n"]))
    framework = separator.join(["Requested 2,330,000", "Received: 112,550", "Percentage funded: 5%"])
    indent = draw(st.sampled_from(["", "  ", "\t"]))
    below = "".join(f"{indent}    {line}\n" for line in lines)
    return f"{HEAD}Humanitarian Response Plans\n{framework}\n\n  Health\n\n{indent}• Clinics{space}for all\n{below}"


@pytest.fixture
def names(mali: MaliPlans) -> Callable[[], Names]:
    """The lists, loaded once for a test. Hypothesis prints what a test is given, and they are long."""
    loaded = load_names()
    return lambda: loaded


@given(text=forms())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_project_is_the_same_in_every_form(names: Callable[[], Names], text: str) -> None:
    draft = read(text, names())
    assert [row.subject for row in draft.of_kind("project")] == ["project:MLI-2017-HRP-01"]
    row = draft.row("project:MLI-2017-HRP-01")
    assert row is not None
    sector = row.get("sector")
    assert isinstance(sector, Ref)
    assert (row.get("title"), row.get("description"), row.get("beneficiaries"), sector.key[1]) == (
        "Clinics for all", BLOCK[1], "40 people", "HEALTH",
    )  # fmt: skip
    assert value(draft, "fundingrequest:project:MLI-2017-HRP-01", "amount_usd").value == 2_330_000
    assert row.get("stated_received_usd") == 112_550
    assert value(draft, "fundingrequest:framework:HRP", "amount_usd").value == 2_330_000
    assert value(draft, "framework:HRP", "stated_percent_funded").value == 5
    check_nothing_is_invented(draft, text_document(text))


def check_nothing_is_invented(draft: Draft, document: Document) -> None:
    for row, name, found in draft.values():
        if found.printed:
            assert found.span is not None, (row.subject, name)
            lines = "\n".join(document.line(number).raw for number in range(found.span.first, found.span.last + 1))
            assert found.printed in lines, (row.subject, name)
        if isinstance(found.value, Decimal) and found.basis is not Basis.COMPUTED:
            digits = "".join(filter(str.isdigit, found.printed))
            assert "".join(filter(str.isdigit, str(found.value))) in digits, (row.subject, name)


PIECES = st.sampled_from(
    [
        "Humanitarian Compendium", "Mali 2017", "Total Requested:", "$3,220,000", "Total Funded: $0", "Health", "Note:",
        "Requested 5 | Received:", "Percentage funded: 1%", "Amount Requested: USD 1.00 Amount Received:", "a | b",
        "  • Clinics", "• ", "•", "", "  ", "Received", "Introduction and Needs", "International Staff: x",
        "IOM Offices: Country Office: Bamako; Sub-Offices: Gao, Gao and", "National Staff:", "Country Office: Mopti",
        "Beneficiaries:", "Beneficiaries: 6, 483", "Contact Information", "GoM€™s 40.000", "2019 - 2018", "# a", "[b]",
        "Humanitarian Response Plans", "Migration Crisis Operational Frameworks", "https://a.org",
        "IOM in Mali works in clusters with the Government and helps it a lot.",
    ]
)  # fmt: skip
NOISE = st.text(alphabet=string.printable + "•€™œ¦\N{NO-BREAK SPACE}…Ââ\x00\ufeff\u2028é", max_size=40)


@given(lines=st.lists(PIECES | NOISE, max_size=30))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_lines_raise_nothing_and_invent_nothing(names: Callable[[], Names], lines: list[str]) -> None:
    document = text_document("\n".join(lines))
    compendium_page.recognises(document)
    check_nothing_is_invented(compendium_page.read(document, names()), document)
