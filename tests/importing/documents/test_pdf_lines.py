"""What is made of the places of lines in a PDF, and which heads and feet are none of the text."""

from __future__ import annotations

import pytest

from crp.importing.documents.formats.pdf_lines import Placed, lines_of
from crp.importing.documents.formats.running_lines import take_running_lines

PROSE = "The crisis in the north of the country goes on, and people who had returned are leaving again for the towns of"
"""A line of prose as wide as its page: no word fits behind it."""


def placed(*lines: str, left: float = 40, size: float = 10) -> list[str]:
    """Return what is made of lines that stand 14 points apart; an empty one leaves room."""
    return lines_of([Placed(line, left, 800 - 14 * number, size) for number, line in enumerate(lines) if line])


class TestLines:
    def test_prose_is_whole_again(self) -> None:
        assert placed(PROSE, "Mopti and Gao.", "", "x") == [f"{PROSE} Mopti and Gao.", "", "x"]

    def test_a_line_with_room_for_the_next_word_has_ended(self) -> None:
        short = PROSE[: PROSE.index(" and people")]
        assert placed(PROSE, short, "Mopti is far.") == [f"{PROSE} {short}", "Mopti is far."]

    @pytest.mark.parametrize(
        "following", ["$32,353,500", "25", "2,000 people", "• Shelter", "Beneficiaries: 25 people", "USD 5.00"]
    )
    def test_figures_labels_and_items_are_never_swallowed(self, following: str) -> None:
        assert placed(PROSE, following) == [PROSE, following]

    @pytest.mark.parametrize("end", [";", "]"])
    def test_an_item_of_a_list_has_ended(self, end: str) -> None:
        assert placed(PROSE + end, "Support to the authorities") == [PROSE + end, "Support to the authorities"]

    def test_a_year_within_prose_goes_on(self) -> None:
        following = "2025 and 2026, which is why help is needed in all regions this year."
        assert placed(PROSE, following) == [f"{PROSE} {following}"]

    def test_headings_of_cards_go_on_in_small_letters_only(self) -> None:
        card = ["Camp coordination and", "camp management", "$600,000 Funding", "Related plans"]
        assert placed(*card) == ["Camp coordination and camp management", *card[2:]]

    @pytest.mark.parametrize(("end", "joined"), [("non-", "non-state"), ("develop\u00ad", "developstate")])
    def test_hyphens(self, end: str, joined: str) -> None:
        line = f"{PROSE[:-5]} {end}"
        assert placed(line, "state groups came")[0].endswith(f"{joined} groups came")

    def test_an_item_goes_on_beside_its_bullet(self) -> None:
        lines = [Placed("• " + PROSE[:-4], 40, 800, 10), Placed("of Mopti", 52, 786, 10), Placed(PROSE, 40, 772, 10)]
        assert lines_of(lines) == [f"• {PROSE[:-4]} of Mopti", PROSE]

    def test_another_size_or_another_column_is_another_line(self) -> None:
        lines = [Placed(PROSE, 40, 800, 10), Placed("heading", 40, 786, 14), Placed("beside", 300, 772, 14)]
        assert lines_of(lines) == [PROSE, "heading", "beside"]

    def test_a_second_column_begins_anew(self) -> None:
        lines = [Placed(PROSE, 40, 100, 10), Placed("the next column", 40, 800, 10)]
        assert lines_of(lines) == [PROSE, "the next column"]

    def test_nothing(self) -> None:
        assert lines_of([]) == []


def left_of(*pages: list[str]) -> tuple[bool, list[list[str]]]:
    """Return whether pages had running lines, and what is left of them."""
    given = [[Placed(line, 40, -number, 10) for number, line in enumerate(lines)] for lines in pages]
    return take_running_lines(given), [[line.text for line in lines] for lines in given]


class TestRunningLines:
    def test_heads_stay_once_feet_do_not(self) -> None:
        pages = [["Mali 2017", str(9 * page), "text", "printed 11/23/26"] for page in (1, 2, 3)]
        assert left_of(*pages) == (True, [["Mali 2017", "9", "text"], ["18", "text"], ["27", "text"]])

    def test_a_foot_with_an_address_and_a_number(self) -> None:
        pages = [["a", "Funding required", f"https://example.org/mali {page}/3"] for page in (1, 2, 3)]
        assert left_of(*pages) == (True, [["a", "Funding required"]] * 3)

    @pytest.mark.parametrize(
        "pages",
        [
            [["Objective 1", "a"], ["Objective 2", "b"], ["Objective 3", "c"]],
            [["a", "Funding required"], ["b", "Funding required"], ["c", "Funding required"]],
            [["25"], ["26"], ["27"]],
            [["a", "0"], ["b", "0"]],
            [["a", "1 / 3"], ["b", "text"], ["c", "text"], ["d", "text"]],
            [],
        ],
    )
    def test_headings_labels_and_figures_stay(self, pages: list[list[str]]) -> None:
        assert left_of(*pages) == (False, pages)
