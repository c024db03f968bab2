"""Files that are not read: each in a sentence that says what to do, never a traceback and never a hang."""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crp.importing.documents import isolation
from crp.importing.documents.formats import Extract, NotRead, signs
from crp.importing.documents.formats import plain as plain_format
from crp.importing.documents.opening import DocumentRefused, open_document
from crp.importing.documents.refusals import REFUSALS, WARNINGS
from crp.importing.tables import FileRefused

from .documents import changed_parts, docx_of, html_of, pdf_of, pdf_of_pictures
from .test_opening import encrypted, with_body

pytestmark = pytest.mark.once

BAD_CHILD = "tests.importing.documents.bad_child"
CONTENT_TYPES = "[Content_Types].xml"


def refused(content: bytes, name: str = "") -> str:
    with pytest.raises(DocumentRefused) as refusal:
        open_document(name, content)
    return str(refusal.value)


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return file.getvalue()


def old_office(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + stream.encode("utf-16-le") + b"\x00" * 500


def document_with(name: str, part: bytes) -> bytes:
    return changed_parts(docx_of(["25"]), lambda parts: parts.update({name: part}))


def macro_typed() -> bytes:
    old, new = b"openxmlformats-officedocument.wordprocessingml.document.main", b"ms-word.document.macroEnabled.main"
    return changed_parts(
        docx_of(["25"]), lambda parts: parts.update({CONTENT_TYPES: parts[CONTENT_TYPES].replace(old, new)})
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "It is empty"),
        (b" \r\n\t \n", "It is empty"),
        ("\ufeff \n\u00a0".encode(), "It is empty"),
        (b"25\x00\x01", "It is binary"),
        (b"\x01\x02\x03\x04 25", "It is binary"),
        (b"\x80\x00\xff", "It is binary"),
        ("25".encode("utf-32"), "It is binary"),
        (b"ok\n\xe9\x81 \x8d", "Line 2 is neither in UTF-8 nor in Windows-1252 (byte 0xE9)"),
        ("25".encode("utf-16") + b"x", "It begins as text in UTF-16"),
        (b"x\n" * 50_001, "more than 50,000 lines"),
        (b"ok\n" + b"x" * 100_001, "Line 2 has more than 100,000 characters"),
        (b"x" * 5_000_001, "It has 5,000,001 bytes: at most 5,000,000 are read"),
        (b"<html>" + b"x" * 20_000_000, "at most 20,000,000 are read"),
        (b"%PDF-1.7" + b"x" * 25_000_000, "at most 25,000,000 are read"),
        (b"<html><script>25</script></html>", "It has no text that a reader would see"),
        (b"<html>" + b"<br>x" * 50_001 + b"<p>", "more than 50,000 lines"),
        (b"<html><div>a<div>" + b"x" * 100_001 + b"<p>", "Line 2 has more than 100,000 characters"),
        (b"<?xml version='1.0'?>\n<feed xmlns='x'><entry>25</entry></feed>", "It is XML"),
        (b"From: <Saved by Blink>\r\nSubject: Mali\r\n x\r\nMIME-Version: 1.0\r\n\r\n25", "(.mht)"),
        (rb"{\rtf1 25}", "It is rich text"),
        (b"\x89PNG\r\n\x1a\n", "It is a picture: it needs OCR"),
        (b"\xff\xd8\xff\xe0", "It is a picture"),
        (b"RIFF\x00\x00\x00\x00WEBP", "It is a picture"),
        (b"\x00\x00\x00\x18ftypheic", "It is a picture"),
        (b"\x1f\x8b\x08", "It is an archive"),
        (archive("plan.txt"), "It is an archive"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "uploaded on the page of its draft"),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "They are slides"),
        (archive("mimetype", "content.xml"), "It is an OpenDocument"),
        (archive("a.txt")[:20], "It is a damaged archive"),
        (old_office("WordDocument"), "It is an old document of Word (.doc)"),
        (old_office("Workbook"), "It is an old workbook (.xls)"),
        (old_office("EncryptedPackage"), "It is protected with a password"),
        (old_office("Other"), "It is a file of an old office program"),
        (pdf_of_pictures(3), "only pictures of it: it needs OCR"),
        (pdf_of([], []), "it needs OCR"),
        (pdf_of(["25"])[:-40], "It breaks off"),
        (b"%PDF-1.5\nnothing\n%%EOF", "It can't be read"),
        (pdf_of(*[["x"]] * 301), "It has more than 300 pages"),
        (encrypted(user="secret", owner="secret"), "It is protected with a password"),
        (archive("word/document.xml"), "It can't be read"),
        (docx_of(["25"])[:-400], "It is a damaged archive"),
        (docx_of([]), "It has no text that a reader would see"),
        (document_with("word/vbaProject.bin", b"x"), "It has macros: save it as a document"),
        (macro_typed(), "It has macros"),
        (document_with("word/document.xml", b"<a><b></a>"), "It can't be read"),
        (document_with("word/document.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "no document as Word writes"),
        (document_with("word/media/image1.png", b" " * 60_000_000), "Unpacked it has more than 50,000,000 bytes"),
        (with_body(b"<w:p>" * 300 + b"</w:p>" * 300), "It can't be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_each_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    assert sentence in refused(content)


def test_a_bomb_that_lies_about_its_size() -> None:
    honest = document_with("word/bomb.bin", b"\x00" * 60_000_000)
    directory = honest.rfind(b"word/bomb.bin")
    size = directory - 46 + 24  # of the unpacked part, in the directory at the end of the archive
    lying = honest[:size] + (5).to_bytes(4, "little") + honest[size + 4 :]
    assert lying != honest
    assert refused(lying).startswith(("Unpacked it has more", "It is no document that can be read"))


def test_a_page_of_a_pdf_that_unpacks_to_more_than_any_has() -> None:
    page = pdf_of(["25"])
    start = page.find(b"stream\n", page.find(b"/FlateDecode")) + 7
    end = page.find(b"\nendstream", start)
    bomb = zlib.compress(b"0 0 m\n" * 20_000_000, 1)
    content = page[:start].replace(b"/Length %d" % (end - start), b"/Length %d" % len(bomb)) + bomb + page[end:]
    assert refused(content).startswith(("It can't be read", "It needs more memory", "It took longer"))


def test_tags_in_tags_are_no_matter() -> None:
    document = open_document("", b"<html>" + b"<div>" * 100_000 + b"25" + b"</div>" * 100_000 + b"</html>")
    assert [line.raw for line in document] == ["25"]


def test_a_refusal_is_one_of_files_and_speaks_the_language_of_the_reader() -> None:
    assert issubclass(DocumentRefused, FileRefused)
    with translation.override("fr"):
        assert refused(b"x" * 5_000_001)


def test_every_code_has_a_sentence() -> None:
    codes = {*signs.OTHERS.values(), *signs.OLE_STREAMS.values(), *signs.PARTS.values()} - {signs.DOCX}
    assert codes <= set(REFUSALS)
    folder = Path(plain_format.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    assert [code for code in REFUSALS if f'"{code}"' not in source] == [
        "empty",
        "no_text",
        "too_many_bytes",
        "too_slow",
    ]
    assert [code for code in WARNINGS if f'"{code}"' not in source] == ["named_otherwise"]


class TestChild:
    @pytest.mark.parametrize(("how", "code"), [("hang", "too_slow"), ("die", "broken"), ("babble", "broken")])
    def test_one_that_misbehaves_is_a_refusal(self, monkeypatch: pytest.MonkeyPatch, how: str, code: str) -> None:
        monkeypatch.setattr(isolation, "CHILD", BAD_CHILD)
        if how == "hang":
            monkeypatch.setattr(isolation, "MOST_SECONDS", 1)
        with pytest.raises(NotRead) as refusal:
            isolation.read_apart(how, b"")
        assert refusal.value.notice.code == code

    def test_it_can_reach_nothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "kept").write_text("kept")
        monkeypatch.setattr(isolation, "CHILD", BAD_CHILD)
        told = isolation.read_apart("try", str(tmp_path).encode()).lines
        assert [line.partition(": ")[2].partition(" ")[0] for line in told] == ["refused"] * 8
        assert [path.name for path in tmp_path.iterdir()] == ["kept"]

    @pytest.mark.skipif(sys.platform == "win32", reason="the system has no limits of memory")
    def test_its_memory_has_an_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(isolation, "CHILD", BAD_CHILD)
        with pytest.raises(NotRead) as refusal:
            isolation.read_apart("try", b"greedy")
        assert refusal.value.notice.code == "too_heavy"

    def test_it_knows_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given: dict[str, object] = {}

        class StoppedError(Exception):
            pass

        def run(command: list[str], **options: object) -> None:
            given.update(options, command=command)
            raise StoppedError

        monkeypatch.setenv("SECRET_KEY", "hidden")
        monkeypatch.setattr(isolation.subprocess, "run", run)
        with pytest.raises(StoppedError):
            isolation.read_apart("pdf", b"25")
        assert set(given["env"]) <= set(isolation.PASSED_ON)  # type: ignore[call-overload]
        assert "hidden" not in str(given)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda tail: b"\xff\xfe" + tail))
def test_bytes_of_any_kind_are_a_text_or_a_refusal(content: bytes) -> None:
    try:
        if signs.format_of(content) == signs.PLAIN:
            open_document("any", content)
    except (DocumentRefused, NotRead):
        return


GOOD = {"pdf": pdf_of(["25", "Entities"], ["x"]), "docx": docx_of(["25"]), "html": html_of(["25"])}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_files_are_a_text_or_a_refusal(good: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(good)))
    until = data.draw(st.integers(at, len(good)))
    damaged = good[:at] + data.draw(st.binary(max_size=40)) + good[until:]
    try:
        open_document("any", damaged)
    except DocumentRefused:
        return


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters() | st.sampled_from("\ud800\udfff\x00\r\n"), max_size=80))
def test_every_line_can_be_stored(text: str) -> None:
    extract = Extract()
    extract.add(text)
    for line in extract.lines:
        assert "\x00" not in line
        assert "\n" not in line
        line.encode()
