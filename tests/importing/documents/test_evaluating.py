"""How well documents are read: counted by hand for pages of our own."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crp.importing.documents.evaluating import Outcome, percent, read_index
from crp.importing.tables import FileRefused
from tests.shared import shared_path

from .written import page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
COLUMNS = (
    "file,kind,country,iso3,title,year_start,last_updated,funding_required,people_in_need,people_targeted,"
    "percent_confirmed_objective1,objective1_people_targeted,total_requested,primary_target_groups,note"
)
RIGHT = (
    "benin.txt,crp,Benin,BEN,Benin Crisis Response Plan 2025,2025,2025-04-17,1500000,40000,12000,28,12000,,"
    "Internally displaced person,"
)


def run(folder: Path, rows: str, columns: str = COLUMNS) -> tuple[str, int]:
    """Return what the command says of an index, and its status."""
    index = folder / "index.csv"
    index.write_text(f"{columns}\n{rows}\n")
    (folder / "benin.txt").write_bytes(page())
    said = StringIO()
    try:
        call_command("evaluate_import", str(folder), str(index), stdout=said, verbosity=0)
    except CommandError as error:
        return f"{said.getvalue()}{error}", error.returncode
    return said.getvalue(), 0


def cells(said: str, first: str) -> list[str]:
    """Return the cells of the line that begins with a word."""
    return next(line.split() for line in said.splitlines() if line.split()[:1] == [first])


def test_all_right(tmp_path: Path) -> None:
    said, status = run(tmp_path, RIGHT)
    assert status == 0
    assert cells(said, "all") == ["all", "11", "0", "0", "0", "100.0", "%"]
    assert "total_requested" not in said  # a column of the other kind of pages


@pytest.mark.parametrize(
    ("before", "after", "field", "counts", "status"),
    [
        (",1500000,", ",1500001,", "funding_required", ["0", "1", "0", "0", "0.0", "%"], 1),
        (",40000,", ",,", "people_in_need", ["0", "0", "0", "1"], 1),
        (",28,", ",27,", "percent_confirmed_objective1", ["0", "1", "0", "0", "0.0", "%"], 1),
        (",BEN,", ",TGO,", "iso3", ["0", "1", "0", "0", "0.0", "%"], 1),
        (",crp,", ",other,", "kind", ["0", "1", "0", "0", "0.0", "%"], 1),
        ("Internally displaced", "Refugee", "primary_target_groups", ["0", "1", "0", "0", "0.0", "%"], 1),
        ("Plan 2025,", "Plan 2025 (first page),", "title", ["1", "0", "0", "0", "100.0", "%"], 0),
        ("Plan 2025,", "Plan 2025 (entities targeted),", "title", ["0", "1", "0", "0", "0.0", "%"], 1),
        (",28,", ",28.00,", "percent_confirmed_objective1", ["1", "0", "0", "0", "100.0", "%"], 0),
    ],
)  # fmt: skip
def test_one_value_that_is_not_right(
    tmp_path: Path, before: str, after: str, field: str, counts: list[str], status: int
) -> None:
    said, ended = run(tmp_path, RIGHT.replace(before, after, 1))
    assert cells(said, field) == [field, *counts]
    assert ended == status
    if status:
        outcome = "invented" if counts[3:4] == ["1"] else "wrong"
        line = next(line for line in said.splitlines() if line.startswith(outcome) and field in line)
        assert "benin.txt" in line


def test_what_is_missed_is_told_with_what_was_expected_and_is_no_failure(tmp_path: Path) -> None:
    said, status = run(tmp_path, f"{RIGHT}2021-01-01", COLUMNS.replace("note", "funding_last_updated"))
    assert cells(said, "funding_last_updated") == ["funding_last_updated", "0", "0", "1", "0", "0.0", "%"]
    line = next(line for line in said.splitlines() if line.startswith("missed"))
    assert line.split() == ["missed", "benin.txt", "funding_last_updated", "2021-01-01"]
    assert cells(said, "all") == ["all", "11", "0", "1", "0", "91.6", "%"]
    assert status == 0


def test_a_file_that_can_not_be_read_misses_everything(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("Something else altogether.\n")
    for name, why in (
        ("other.txt", "No layout knows"),
        ("gone.txt", "It can't be read"),
        (str(Path("..", "x.txt")), "It lies outside"),
    ):
        said, status = run(tmp_path, RIGHT.replace("benin.txt", name))
        assert cells(said, "all") == ["all", "0", "0", "11", "0", "0.0", "%"]
        assert f"{name}: REFUSED: {why}" in said
        assert status == 0


def test_words_where_a_figure_should_stand(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes(
        page().replace(b"12,000\nPeople Targeted\n3\n", b"At risk communities\nPeople Targeted\n3\n")
    )
    rows = RIGHT.replace("benin.txt", "words.txt").replace(",28,12000,", ",28,At risk communities,")
    said, _status = run(tmp_path, rows)
    assert cells(said, "objective1_people_targeted")[1:5] == ["1", "0", "0", "0"]


def test_columns_that_nothing_is_known_of_are_named(tmp_path: Path) -> None:
    said, status = run(tmp_path, f"{RIGHT}", COLUMNS.replace("note", "colour"))
    assert "Columns that were not compared: colour." in said
    assert status == 0


@pytest.mark.parametrize("index", ["", "a,b\n1,2\n", "file,kind\n", 'file,kind\n"x\n'])
def test_what_is_no_index_is_refused(index: str) -> None:
    with pytest.raises(FileRefused):
        read_index(index)


def test_an_index_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("evaluate_import", str(tmp_path), str(tmp_path / "none.csv"))
    assert refused.value.returncode == 2


def test_a_share_is_rounded_down() -> None:
    assert (percent(1999, 2000), percent(2000, 2000), percent(0, 0)) == ("99.9 %", "100.0 %", "")
    assert Counter([Outcome.RIGHT])[Outcome.WRONG] == 0


def test_the_sample_pages() -> None:
    """Nothing is wrong, nothing invented, and at least 99 of 100 stated values are found."""
    samples = shared_path("crp-samples")
    said = StringIO()
    call_command("evaluate_import", str(samples), str(samples / "index.csv"), stdout=said, verbosity=0)
    _all, right, wrong, missed, invented, *_rest = cells(said.getvalue(), "all")
    assert (wrong, invented) == ("0", "0"), said.getvalue()
    assert int(right) * 100 >= 99 * (int(right) + int(missed))
