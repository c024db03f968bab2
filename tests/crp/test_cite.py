"""The mark of a source beside a figure, and the table of sources that static/js/sources.js reads."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.template.loader import render_to_string

from crp.templatetags.figures import cite, cited
from funding.selectors.citations import CitationBook, Cited
from plans.models import Citation, Source

pytestmark = pytest.mark.once
SCRIPT = "<script>alert(1)</script>"


def citation(**changes: Any) -> Citation:
    """Return a citation of lines 4 and 5, unsaved."""
    source = Source(pk=1, code="PAGE", title="Plan & page", document_on=date(2025, 4, 17))
    values = {
        "source": source,
        "subject": "revision",
        "field": "requested_usd",
        "first_line": 4,
        "last_line": 5,
        "as_printed": "$32,353,500",
    }
    return Citation(**values | changes)


def marked(**changes: Any) -> BeautifulSoup:
    return BeautifulSoup(cited(Cited(7, citation(**changes), "Requested")), "html.parser")


def row(**changes: Any) -> Tag:
    book = CitationBook([citation(**changes)], {})
    found = BeautifulSoup(render_to_string("funding/_citations.html", {"book": book}), "html.parser").find(
        "tr", id="citation-1"
    )
    assert isinstance(found, Tag)
    return found


@pytest.mark.parametrize(
    ("changes", "title", "basis"),
    [
        ({}, "Plan & page, line 4–5", []),
        ({"last_line": None}, "Plan & page, line 4", []),
        ({"first_line": None, "last_line": None}, "Plan & page", []),
        ({"basis": "inferred", "note": "Read off the total."}, "Plan & page, line 4–5", ["inferred"]),
        ({"basis": "computed"}, "Plan & page, line 4–5", ["computed"]),
    ],
)
def test_a_figure_is_marked_with_its_number_its_line_and_what_is_not_stated(
    changes: dict[str, Any], title: str, basis: list[str]
) -> None:
    links = marked(**changes).find_all("a")
    assert [link["href"] for link in links] == ["#citation-7"] * (1 + len(basis))
    assert (links[0]["class"], links[0].text, links[0]["title"]) == (["cite"], "Source 7", title)
    assert [link.text for link in links[1:]] == basis


def test_a_figure_without_a_source_has_no_mark() -> None:
    revision = type("Row", (), {"row_key": "revision"})()
    book = CitationBook([citation()], {})
    assert cited(None) == cite(book, revision, "people_in_need") == ""
    assert "#citation-1" in cite(book, revision, "people_in_need", "requested_usd")


def test_a_title_from_a_document_is_no_markup() -> None:
    mark = marked(source=Source(pk=1, code="PAGE", title=f'"{SCRIPT}'))
    assert mark.find("script") is None
    assert [link["title"] for link in mark.find_all("a")] == [f'"{SCRIPT}, line 4–5']


def test_the_mark_is_as_small_as_it_was() -> None:
    """A page of a plan has over a hundred: what the panel shows stands in the table, once."""
    assert "$32,353,500" not in str(marked())
    assert len(cited(Cited(7, citation(), "Requested"))) < 130


@pytest.mark.parametrize(
    ("changes", "cells", "label"),
    [
        ({}, ["1", "revision.requested_usd", "$32,353,500", "4–5", "stated"], "Line"),
        (
            {"basis": "inferred", "note": "Read off the total.", "first_line": None, "last_line": None},
            ["1", "revision.requested_usd", "$32,353,500", "", "inferredRead off the total."],
            None,
        ),
        (
            {"basis": "computed", "as_printed": ""},
            ["1", "revision.requested_usd", "", "4–5", "computed"],
            "Line",
        ),
        ({"as_printed": SCRIPT}, ["1", "revision.requested_usd", SCRIPT, "4–5", "stated"], "Line"),
    ],
)
def test_the_table_has_what_the_panel_reads(changes: dict[str, Any], cells: list[str], label: str | None) -> None:
    found = row(**changes)
    parts = found.find_all(["td", "th"])
    assert [part.text for part in parts] == cells
    assert (parts[2]["lang"], parts[3].get("data-label")) == ("en", label)
    assert parts[4].find(class_="tag") is not None


@pytest.mark.parametrize(("day", "dated"), [(date(2025, 4, 17), "document of 17 April 2025"), (None, "no date")])
def test_the_table_names_the_source_and_its_date(day: date | None, dated: str) -> None:
    source = row(source=Source(pk=1, code="PAGE", title="Plan & page", document_on=day)).find_parent(class_="source")
    assert source is not None
    assert [item.text for item in source.select("h3 [lang]")] == ["Plan & page"]
    assert [item.text for item in source.select(".dated")] == [dated]
