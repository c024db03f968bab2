"""What list pages share: sorting and pages of rows."""

from __future__ import annotations

import pytest

from crp.common.pages import BadParameterError, Column, Sorting, problem_of, read_page

COLUMNS = (Column(name="title", title="Title", is_number=False), Column(name="gap_usd", title="Gap"))


def test_a_click_sorts_numbers_from_the_largest_and_names_from_a() -> None:
    by_title = Sorting.read("title", COLUMNS, "-gap_usd")
    assert [(heading.direction, heading.ordering) for heading in by_title.headings()] == [
        ("ascending", "-title"),
        ("", "-gap_usd"),
    ]
    by_gap = Sorting.read("", COLUMNS, "-gap_usd")
    assert [(heading.direction, heading.ordering) for heading in by_gap.headings()] == [
        ("", "title"),
        ("descending", "gap_usd"),
    ]
    assert by_gap.value == "-gap_usd"


@pytest.mark.parametrize("value", ["colour", "--title", "-"])
def test_a_column_that_is_not_there_is_told(value: str) -> None:
    with pytest.raises(BadParameterError) as caught:
        Sorting.read(value, COLUMNS, "title")
    assert problem_of(caught.value) == {"ordering": [caught.value.sentence]}
    assert "title, gap_usd" in caught.value.sentence


@pytest.mark.parametrize("value", ["0", "4", "-1", "x", "1.5", "²"])
def test_a_page_that_is_not_there_is_told(value: str) -> None:
    with pytest.raises(BadParameterError) as caught:
        read_page([1, 2, 3], value, per_page=1)
    assert caught.value.parameter == "page"


def test_the_first_page_needs_no_number() -> None:
    assert list(read_page([1, 2, 3], "", per_page=2)) == [1, 2]
    assert list(read_page([1, 2, 3], "2", per_page=2)) == [3]
