"""Every format gives the lines that were put into it, with their numbers, whatever the file is called."""

from __future__ import annotations

import hashlib
import io
from functools import cache

import pytest
import typst
from pypdf import PdfReader, PdfWriter

from crp.importing.documents.document import Document
from crp.importing.documents.opening import open_document

from .documents import changed_parts, docx_of, html_of, pdf_of

pytestmark = pytest.mark.once

ENGLISH = (
    "Mali Crisis Response Plan 2025 - 2026",
    "CRP last updated: April 17 2025",
    "$32,353,500",
    "Funding required",
    "25",
    "Entities targeted",
    "• Shelter & settlements",
    "Requested 12,360,000 | Received: 112,550 | Percentage funded: 1%",
)
FRENCH = ("Personnes déplacées", "48 000", "Besoins de financement : 500 000 €", "L’aide aux “déplacés” (été)")


def raw_lines(document: Document) -> list[str]:
    return [line.raw for line in document]


def read(name: str, content: bytes) -> list[str]:
    document = open_document(name, content)
    assert document.warnings == ()
    assert [line.number for line in document] == list(range(1, len(document) + 1))
    return raw_lines(document)


def written(document: Document) -> list[str]:
    """Return the lines of a page that are not empty."""
    return [line for line in raw_lines(document) if line]


def written_of(name: str, content: bytes) -> list[str]:
    return [line for line in read(name, content) if line]


class TestPlainText:
    def test_lines_and_empty_lines_are_numbered_as_an_editor_does(self) -> None:
        document = open_document("mali.txt", b"Funding required\n\n\n$500,000\n")
        assert (document.format, raw_lines(document)) == ("plain", ["Funding required", "", "", "$500,000", ""])
        assert document.line(4).text == "$500,000"

    @pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
    def test_line_ends_of_any_system(self, end: str) -> None:
        assert read("a.txt", end.join(["25", "", "Entities targeted"]).encode()) == ["25", "", "Entities targeted"]

    def test_what_else_breaks_lines_for_python_does_not_here(self) -> None:
        assert len(open_document("a", "one\u2028two\x0cthree\x85four\x0bfive\nsix".encode())) == 2

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_encodings_of_unicode(self, encoding: str) -> None:
        assert read("a.txt", "\n".join(FRENCH).encode(encoding)) == list(FRENCH)

    def test_big_endian_utf_16_with_its_mark(self) -> None:
        assert read("a.txt", b"\xfe\xff" + "Été\n25".encode("utf-16-be")) == ["Été", "25"]

    def test_windows_1252_is_read_and_said(self) -> None:
        document = open_document("a.txt", "25\nDéplacés – “x” €".encode("cp1252"))
        assert raw_lines(document) == ["25", "Déplacés – “x” €"]
        assert "line 2, byte 0xE9" in document.warnings[0]

    def test_damage_is_mended_beside_the_text_as_it_stands(self) -> None:
        document = open_document("a.txt", "Reinforce the GoM€™s capacity\nDÃ©placÃ©s\u00a0: 25".encode())
        assert raw_lines(document)[0] == "Reinforce the GoM€™s capacity"
        assert document.line(2).text == "Déplacés : 25"

    def test_the_hash_is_that_of_the_file_and_of_its_text(self) -> None:
        content = b"\xef\xbb\xbf25\r\n"
        document = open_document("a.txt", content)
        assert document.sha256 == hashlib.sha256(content).hexdigest()
        assert document.text_sha256 == hashlib.sha256(b"25\n").hexdigest()

    def test_a_table_of_commas_is_plain_text(self) -> None:
        assert read("plan.csv", b"field,value\npeople_in_need,25\n")[1] == "people_in_need,25"


class TestWebPage:
    def test_blocks_are_lines(self) -> None:
        heading = "<h1>Crisis response plans</h1>"
        found = open_document("page.html", html_of([*ENGLISH, *FRENCH], before=heading))
        assert found.format == "html"
        assert written(found) == ["Crisis response plans", *ENGLISH, *FRENCH]

    def test_empty_lines_stand_where_a_browser_leaves_room(self) -> None:
        body = b"<h1>Mali</h1><p>$5<br>25</p><p>x</p><div>a</div><div>b</div><ul><li>c<ul><li>d</ul><li>e</ul><p></p>"
        expected = ["Mali", "", "$5", "25", "", "x", "", "a", "b", "", "• c", "• d", "• e"]
        assert read("page.html", body) == expected

    def test_cells_breaks_and_inline_parts(self) -> None:
        body = (
            "<h1>Mali</h1><table><tr><th>Funding required<td>$500,000<tr><td colspan=2>25<br>Entities</table>"
            "<p><span>Health</span><span>Priority</span> <b>S</b>helter<p>25<sup>1</sup>\n  people<pre>a\nb</pre>"
        )
        expected = ["Mali", "Funding required", "$500,000", "25", "Entities", "Health Priority Shelter", "25 1 people"]
        assert written_of("page.html", body.encode()) == [*expected, "a", "b"]

    def test_only_the_first_line_of_an_item_has_a_bullet(self) -> None:
        body = b"<h1>x</h1><ul><li><b>Shelter</b><p>Amount Requested: USD 5.00</p><li>Water</ul><p>End"
        assert written_of("", body) == ["x", "• Shelter", "Amount Requested: USD 5.00", "• Water", "End"]

    def test_what_no_reader_sees_is_left_out_and_said(self) -> None:
        hidden = (
            "<script>var a = '$1';</script><style>b{}</style><nav>$2</nav><div hidden>$3</div><p style='color:red; "
            "Display : NONE'>$4<p>kept</p></p><!-- $5 --><del>$6</del><ul role=navigation><li>$7</ul><template>$8"
            "</template><svg><text>$9</text></svg><select><option>$10</select><footer>$11</footer>"
        )
        document = open_document("", html_of(["25"], before="<h1>Mali</h1>", after=hidden))
        assert written(document) == ["Mali", "25", "kept"]
        sentence = "scripts and styles (3), hidden and struck out parts (5), navigation (3), comments (1)."
        assert document.warnings[0].endswith(sentence)

    def test_what_is_left_out_parts_what_stands_around_it(self) -> None:
        page = b"<h1>x</h1>25<div hidden>a</div>7<p>25<span hidden>a</span>7<p>25<script>a</script>7"
        assert written(open_document("", page)) == ["x", "25", "7", "25 7", "25 7"]

    def test_address_and_title_come_first(self) -> None:
        head = (
            '<title>Mali 2017 | Humanitarian Compendium</title><link rel="canonical" href="https://example.org/mali">'
        )
        assert written_of("", html_of(["25"], head=head)) == [
            "https://example.org/mali",
            "Mali 2017",
            "Humanitarian Compendium",
            "25",
        ]

    def test_the_title_is_not_needed_where_the_page_has_a_heading(self) -> None:
        page = html_of(["25"], head="<title>Other</title>", before="<h1>Mali 2017</h1>")
        saved = page.replace(b"<html>", b"<!-- saved from url=(0024)https://example.org/mali --><html>")
        assert written(open_document("", saved)) == ["https://example.org/mali", "Mali 2017", "25"]

    def test_an_address_that_is_none_is_left(self) -> None:
        head = '<link rel="canonical" href="javascript:alert(1)">'
        assert written_of("", html_of(["25"], head=head)) == ["25"]

    @pytest.mark.parametrize(
        ("declared", "encoding"),
        [("windows-1252", "cp1252"), ("ISO-8859-1", "cp1252"), ("utf-8", "utf-8"), ("iso-8859-15", "iso8859-15")],
    )
    def test_charset_that_the_page_declares(self, declared: str, encoding: str) -> None:
        page = f'<html><meta http-equiv="Content-Type" content="text/html; charset={declared}"><p>Déplacés €</html>'
        assert written_of("", page.encode(encoding)) == ["Déplacés €"]

    @pytest.mark.parametrize("declared", ["utf-8", "rot13", "idna", "no-such", "utf-7"])
    def test_charset_that_is_not_true(self, declared: str) -> None:
        document = open_document("", f"<html><meta charset={declared}><p>Déplacés</html>".encode("cp1252"))
        assert written(document) == ["Déplacés"]
        assert "Windows-1252" in document.warnings[0]

    def test_utf_16(self) -> None:
        assert written_of("", "<html><body><p>Déplacés</body></html>".encode("utf-16")) == ["Déplacés"]

    def test_a_figure_that_was_cut_is_none(self) -> None:
        page = html_of(["25", "Entities targeted", "$32,353,500"])
        document = open_document("", page[: page.index(b",500")])
        assert written(document) == ["25", "Entities targeted"]
        assert "no end" in document.warnings[0]

    def test_characters_that_no_database_takes(self) -> None:
        assert written_of("", b"<h1>a&#xD800;b&#0;c</h1>") == ["a\ufffdb\ufffdc"]


OUTCOMES = '[{"name":"Human suffering is alleviated","y":50},{"name":"Threats \\"x\\"","y":20.5}]'
SPLIT = '[["Saving lives",42],["Solutions to displacement",18],["Pathways for regular migration",40]]'


class TestSharesOfCharts:
    @pytest.mark.parametrize("shares", [OUTCOMES, SPLIT])
    @pytest.mark.parametrize(
        "where",
        [
            "<div>{text}</div>",
            "<div hidden>{text}</div>",
            "<div data-values='{attribute}'></div>",
            "<div data-values='{attribute}'>{text}</div>",
            "<script>draw({{series: [{{data: {shares} }}]}});</script>",
            "<script type='application/json'>{{\"data\":\n {shares}}}</script>",
        ],
    )
    def test_they_are_a_line_in_their_place(self, where: str, shares: str) -> None:
        text = shares.replace("&", "&amp;").replace("<", "&lt;")
        attribute = text.replace('"', "&quot;")
        chart = where.format(text=text, attribute=attribute, shares=shares)
        page = f"<html><h1>Mali</h1><p>$5</p>{chart}<p>Funding required</p></html>"
        assert written(open_document("", page.encode())) == ["Mali", "$5", shares, "Funding required"]

    def test_a_script_of_several_charts_does_not_say_whose_they_are(self) -> None:
        page = f"<html><h1>Mali</h1><script>draw({OUTCOMES}); draw({SPLIT});</script></html>"
        document = open_document("", page.encode())
        assert written(document) == ["Mali"]
        assert "several charts (2)" in document.warnings[1]

    @pytest.mark.parametrize(
        "other",
        ['[{"name":"a","y":50,"color":"red"}]', '[["a","b"]]', "[[1,2]]", '[{"y":5}]', "[]", '["a"]', '[["a",42],42]'],
    )
    def test_no_other_data_is_read(self, other: str) -> None:
        attribute = other.replace('"', "&quot;")
        page = f'<html><h1>Mali</h1><p data-x="{attribute}">25</p><script>{other}</script></html>'
        assert written(open_document("", page.encode())) == ["Mali", "25"]

    def test_the_same_shares_of_two_sectors_are_two(self) -> None:
        page = f"<html><p>Health</p><p data-x='{SPLIT}'></p><p>Water</p><p data-x='{SPLIT}'></p></html>"
        assert written_of("", page.encode()) == ["Health", SPLIT, "Water", SPLIT]


@cache
def typeset() -> bytes:
    """Return a PDF of two columns by a program of its own, made once."""
    source = """#set page(width: 12cm, height: 8cm, columns: 2)
    Funding required \\ 500,000 \\ Entities targeted \\ 25
    #colbreak()
    Personnes déplacées \\ 48 000"""
    content: bytes = typst.compile(source.encode())
    return content


class TestPdf:
    def test_lines_have_their_pages(self) -> None:
        document = open_document("plan.pdf", pdf_of(ENGLISH, FRENCH))
        assert document.format == "pdf"
        assert [(line.raw, line.page) for line in document] == [
            *((line, 1) for line in ENGLISH),
            *((line, 2) for line in FRENCH),
        ]
        assert document.warnings == ()

    def test_columns_come_one_after_the_other(self) -> None:
        lines = read("plan.pdf", typeset())
        assert lines == ["Funding required", "500,000", "Entities targeted", "25", "Personnes déplacées", "48 000"]

    @pytest.mark.parametrize("form", ["{}", "Page {} of 3", "{} / 3", "page {} sur 3"])
    @pytest.mark.parametrize("at_top", [False, True])
    def test_numbers_of_pages_are_never_figures(self, form: str, at_top: bool) -> None:
        bodies = [["$5", "Funding required"], ["Entities targeted", "People in need"], ["7", "Offices"]]
        pages = []
        for number, body in enumerate(bodies, start=1):
            foot = [form.format(number)]
            pages.append(foot + body if at_top else body + foot)
        document = open_document("plan.pdf", pdf_of(*pages))
        assert raw_lines(document) == [line for body in bodies for line in body]
        assert "numbers of pages were" in document.warnings[0]

    def test_figures_that_do_not_count_up_stay(self) -> None:
        assert read("plan.pdf", pdf_of(["a", "25"], ["b", "7"], ["c", "8"])) == ["a", "25", "b", "7", "c", "8"]
        assert read("plan.pdf", pdf_of(["a", "1"], ["b", "3"], ["c", "9"])) == ["a", "1", "b", "3", "c", "9"]

    def test_an_excerpt_numbers_its_pages_ahead(self) -> None:
        document = open_document("plan.pdf", pdf_of(["a", "41"], ["b", "42"], ["c", "43"]))
        assert raw_lines(document) == ["a", "b", "c"]

    def test_empty_lines_stand_where_the_page_leaves_room(self) -> None:
        lines = ["Mali", "$5", "Funding required", "", "25", "Entities", "", "x", "y"]
        assert read("plan.pdf", pdf_of(lines)) == lines

    def test_pages_without_text_are_named(self) -> None:
        document = open_document("plan.pdf", pdf_of(["25"], [], [], ["26"], []))
        assert [line.page for line in document] == [1, 4]
        assert document.warnings[0].endswith("2–3, 5.")

    def test_protection_that_asks_nobody_for_a_password(self) -> None:
        assert read("plan.pdf", encrypted(user="", owner="x")) == ["Funding required"]


def encrypted(*, user: str, owner: str) -> bytes:
    """Return a PDF that is protected."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_of(["Funding required"]))))
    writer.encrypt(user, owner, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


class TestWordDocument:
    def test_paragraphs_and_cells_in_their_order(self) -> None:
        rows = [["Funding required", "$500,000"], ["Entities targeted", "25"]]
        document = open_document("plan.docx", docx_of([*ENGLISH, "", *FRENCH], rows=rows, after=["End"]))
        cells = [cell for row in rows for cell in row]
        assert (document.format, raw_lines(document)) == ("docx", [*ENGLISH, "", *FRENCH, *cells, "End"])
        assert document.warnings == ()

    def test_tracked_changes_boxes_breaks_and_hidden_text(self) -> None:
        body = (
            b"<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>25</w:t><w:tab/><w:t>Entities</w:t><w:br/>"
            b"<w:t>$5</w:t></w:r></w:p>"
            b"<w:p><w:del><w:r><w:delText>$6</w:delText></w:r></w:del><w:ins><w:r><w:t>$7</w:t></w:r></w:ins>"
            b"<w:moveFrom><w:r><w:t>$8</w:t></w:r></w:moveFrom></w:p>"
            b"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>$9</w:t></w:r><w:r><w:rPr><w:strike/></w:rPr><w:t>$10</w:t></w:r>"
            b"<w:r><w:rPr><w:strike w:val='0'/></w:rPr><w:t>$11</w:t></w:r></w:p>"
            b"<w:sdt><w:sdtContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:sdtContent></w:sdt>"
            b"<w:p><w:r><w:txbxContent><w:p><w:r><w:t>in a frame</w:t></w:r></w:p></w:txbxContent></w:r>"
            b"<w:r><w:t>beside</w:t></w:r></w:p>"
        )
        assert read("", with_body(body)) == ["25\tEntities", "$5", "$7", "$11", "boxed", "in a frame", "beside"]

    def test_heads_feet_and_notes_are_left_out_and_said(self) -> None:
        foot = b'<w:ftr xmlns:w="x"><w:p><w:r><w:t>7</w:t></w:r></w:p></w:ftr>'
        content = changed_parts(docx_of(["25"]), lambda parts: parts.update({"word/footer1.xml": foot}))
        document = open_document("", content)
        assert raw_lines(document) == ["25"]
        assert "feet of pages" in document.warnings[0]


def with_body(body: bytes) -> bytes:
    """Return a document of Word with other paragraphs."""
    name = "word/document.xml"
    return changed_parts(
        docx_of(["HERE"]),
        lambda parts: parts.update({name: parts[name].replace(b"<w:p><w:r><w:t>HERE</w:t></w:r></w:p>", body)}),
    )


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("plan.pdf", html_of(["25"]), "a web page (HTML)"),
        ("plan.txt", html_of(["25"]), "a web page (HTML)"),
        ("plan.html", b"25", "plain text"),
        ("PLAN.DOCX", pdf_of(["25"]), "a PDF"),
        ("plan.pdf", docx_of(["25"]), "a document of Word (DOCX)"),
    ],
)
def test_a_name_that_promises_something_else_is_said(name: str, content: bytes, found: str) -> None:
    document = open_document(name, content)
    assert raw_lines(document) == ["25"]
    assert f"but it is {found}" in document.warnings[0]


@pytest.mark.parametrize("name", ["", "plan", "plan.md", "plan.2025"])
def test_a_name_that_promises_nothing_is_no_matter(name: str) -> None:
    assert open_document(name, b"25").warnings == ()
