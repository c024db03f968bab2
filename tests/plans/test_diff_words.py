"""Texts compared word by word: what is told gives both texts back, and long ones are not compared in the square."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.diff import words
from plans.diff.values import FieldChange, Passage, Unchanged
from plans.diff.words import compare_texts, whole_text


def told(passages: tuple[Passage, ...]) -> str:
    """Return passages as one text: ``[-removed-]``, ``{+added+}``, ``¶`` between paragraphs."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return " ¶ ".join(" ".join(marks[piece.kind].format(piece.text) for piece in item.pieces) for item in passages)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Needs rose in Gao.", "Needs fell in Gao.", "Needs [-rose-] {+fell+} in Gao."),
        ("Needs rose in Gao.", "Needs rose in Gao and Kidal.", "Needs rose in [-Gao.-] {+Gao and Kidal.+}"),
        ("", "All is new.", "{+All is new.+}"),
        ("All is old.", "", "[-All is old.-]"),
        # A sentence that shares little is told whole, and one short word between two changes is told with them.
        ("The rains came late this year.", "Prices of grain doubled this June.",
         "[-The rains came late this year.-] {+Prices of grain doubled this June.+}"),
        ("They reach some 10 of 20 districts now.", "They reach some 11 of 21 districts now.",
         "They reach some [-10 of 20-] {+11 of 21+} districts now."),
        ("One.\n\nTwo.\n\nThree.", "One.\n\nThree.", "One. ¶ [-Two.-] ¶ Three."),
        ("One.\n\nThree.", "One.\n\nTwo.\n\nThree.", "One. ¶ {+Two.+} ¶ Three."),
        # A paragraph that is cut in two or joined is no change of its words.
        ("First part. Second part rose.", "First part.\n\nSecond part fell.",
         "First part. ¶ Second part [-rose.-] {+fell.+}"),
        ("First part.\n\nSecond part rose.", "First part. Second part fell.",
         "First part. Second part [-rose.-] {+fell.+}"),
    ],
)  # fmt: skip
def test_words_that_changed(old: str, new: str, expected: str) -> None:
    assert told(compare_texts(old, new)) == expected


@pytest.mark.parametrize("new", ["a  b\nc d", " a b\r\nc d ", "a b\n\nc d"])
def test_white_space_is_no_change(new: str) -> None:
    assert compare_texts("a b\nc d", new) == ()


def sides(passages: tuple[Passage, ...]) -> tuple[list[str], list[str]]:
    """Return the words before and after, as the passages tell them."""
    pieces = [piece for passage in passages for piece in passage.pieces]
    before = [word for piece in pieces if piece.kind != "added" for word in piece.text.split()]
    return before, [word for piece in pieces if piece.kind != "removed" for word in piece.text.split()]


# Few words, so that many are equal; dots and empty lines, so that there are sentences and paragraphs.
TEXTS = st.lists(st.sampled_from(["a", "b", "c.", "of", "need", "\n\n", "\n"]), max_size=30).map(" ".join)


@given(old=TEXTS, new=TEXTS)
def test_what_is_told_gives_both_texts_back(old: str, new: str) -> None:
    """What was removed stands before what was added, so each side keeps its own order."""
    passages = compare_texts(old, new)
    if old.split() == new.split():
        assert passages == ()
    else:
        assert sides(passages) == (old.split(), new.split())


def test_a_long_text_is_cut_before_it_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 kB: difflib sees one sentence of a hundred, and not the ten thousand words of each text at once."""
    seen = []
    real = words.SequenceMatcher
    monkeypatch.setattr(
        words, "SequenceMatcher", lambda _junk, a, b, **more: seen.append((len(a), len(b))) or real(_junk, a, b, **more)
    )
    sentences = [f"Line {number} says that need grew in district {number} over the year." for number in range(1_700)]
    changed = [*sentences]
    changed[3], changed[1_600] = (
        "Line 3 says that need fell in district 3 over the year.",
        "Nothing of it is left here.",
    )
    old, new = " ".join(sentences), " ".join(changed)
    assert len(old) > 100_000
    passages = compare_texts(old, new)
    assert sides(passages) == (old.split(), new.split())
    assert "need [-grew-] {+fell+} in" in told(passages)
    assert max(a * b for a, b in seen) <= words.MOST_PRODUCT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # One sentence without an end in which every other word differs; one word many times over.
        (" ".join(f"same{n} old{n}" for n in range(6_000)), " ".join(f"same{n} new{n}" for n in range(6_000))),
        ("x " + "a b " * 500 + "y", "z " + "a a b " * 500 + "w"),
    ],
)
def test_what_would_take_the_square_is_told_whole(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("these must not be compared word by word")

    monkeypatch.setattr(words, "SequenceMatcher", refuse)
    assert [piece.kind for piece in compare_texts(old, new)[0].pieces] == ["removed", "added"]


def test_unchanged_paragraphs_are_counted_and_not_shown() -> None:
    passages = compare_texts("A.\n\nB.\n\nC now.", "A.\n\nB.\n\nC then.")
    change = FieldChange(field="body", label="Text", unit="text", old="", new="", passages=passages)
    shown = [*change.shown]
    assert shown[0] == Unchanged(number=2)
    assert told((shown[1],)) == "C [-now.-] {+then.+}"
    assert told(whole_text("One.\n\nTwo.", "added")) == "{+One.+} ¶ {+Two.+}"
