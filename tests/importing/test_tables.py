"""CSV files that can be read, and those of which nothing is used."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from crp.importing import tables
from crp.importing.tables import FileRefused, open_table


def read(path: Path) -> list[tuple[int, list[str]]]:
    with open_table(path) as table:
        return [(row.line, list(row.cells)) for row in table.rows()]


def written(folder: Path, content: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_lines_count_as_in_a_text_editor(tmp_path: Path) -> None:
    """The second row holds a line break in quotes, so that the third starts on line 5; line 6 is empty."""
    path = written(tmp_path, b'a,b\n1,2\n"x\ny",3\n4,5\n\n6,7\n')
    assert read(path) == [(2, ["1", "2"]), (3, ["x\ny", "3"]), (5, ["4", "5"]), (7, ["6", "7"])]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_line_ends_make_no_difference(tmp_path: Path, line_end: bytes) -> None:
    content = b"\xef\xbb\xbf" + line_end.join([b"a,b", b"1,2", b""])
    with open_table(written(tmp_path, content)) as table:
        assert [list(row.cells) for row in table.rows()] == [["1", "2"]]
        assert list(table.columns) == ["a", "b"]


def test_a_compressed_file_is_the_same_file(tmp_path: Path) -> None:
    content = "a,b\né,2\n".encode()
    plain, packed = written(tmp_path, content), written(tmp_path, gzip.compress(content), "file.csv.gz")
    unnamed = written(tmp_path, gzip.compress(content), "download")
    digests = set()
    for path in (plain, packed, unnamed):
        with open_table(path) as table:
            assert [row.cells for row in table.rows()] == [["é", "2"]]
            digests.add(table.sha256)
    assert digests == {hashlib.sha256(content).hexdigest()}


PACKED = gzip.compress(b"a,b\n" + b"1,2\n" * 5_000, mtime=0)


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "file.csv", "is empty"),
        (b"\n\n", "file.csv", "is empty"),
        (b'a,b\n1,2\n3,"cut in the mid', "file.csv", "opens on line 3 is never closed"),
        (b'a,b\n1,"x"y\n', "file.csv", "Line 2 breaks the rules of CSV"),
        (b"a;b\n1;2\n", "file.csv", "separated by semicolons"),
        (b"a\tb\n1\t2\n", "file.csv", "separated by tabs"),
        ("a,b\n1,2\nCôte d'Ivoire,3\n".encode("latin-1"), "file.csv", "Line 3 is not in UTF-8 .byte 0xF4."),
        (b"a,b\n1,\x00\n", "file.csv", "Line 2 has a byte of value 0"),
        (b"a,a\n1,2\n", "file.csv", "Column a stands there twice"),
        (b"PK\x03\x04rest", "file.xlsx", "ZIP archive or a workbook"),
        (b"a,b\n1,2\n", "file.csv.gz", "not compressed with gzip"),
        (PACKED[:-20], "file.csv.gz", "can't be unpacked"),
        (PACKED[:20] + bytes([PACKED[20] ^ 255]) + PACKED[21:], "file.csv.gz", "can't be unpacked"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, name: str, why: str) -> None:
    with pytest.raises(FileRefused, match=why):
        read(written(tmp_path, content, name))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="No such file"):
        read(tmp_path / "none.csv")


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LONGEST_LINE_BYTES", 100)
    with pytest.raises(FileRefused, match="Line 2 is longer than any text"):
        read(written(tmp_path, b"a,b\n" + b"x" * 500))
