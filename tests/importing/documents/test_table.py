"""The layout of tables: what is read of a line, and what is said of one that can't be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crp.importing.documents.document import Document, document_of
from crp.importing.documents.draft import Basis, Draft, Ref, Span, Unit
from crp.importing.documents.layouts import LAYOUTS, layout_of, table
from crp.importing.documents.names import Names, load_names
from crp.importing.documents.opening import open_document
from crp.importing.documents.reading import read_document
from crp.importing.documents.report import unread_lines
from crp.importing.documents.writing import write_draft
from crp.importing.tables import FileRefused

from .drafts import NO_NAMES

pytestmark = pytest.mark.once

SMALL = """row,field,value,basis,note
plan,title,Benin Crisis Response Plan 2025,,
plan,kind,crp,,
plan,start_year,2025,,
plan,end_year,2025,,
plan,countries,BEN,inferred,Named in the title.
revision,taxonomy,IOM-2025,,
revision,stated_requested_usd,1500000,,
revision,people_in_need,,,
objective:1,title,"Saving lives and
protecting people",,
objective:1,strategic_objective,2024-2028/1,,
fundingrequest:objective:1,amount_usd,1500000.00,,
objectivetargetgroup:1:IDP,target_group,IDP,,
fundingrequest:sector:IOM-2025:SHELTER,amount_usd,1000000,,
fundingrequest:sector:IOM-2025:SHELTER,is_priority,yes,,
fundingrequest:sector:IOM-2025:HEALTH,amount_usd,500000,,
relatedplan:sector:IOM-2025:SHELTER:UNSDCF,plan_family,UNSDCF,,
requestshare:IOM-2025:SHELTER:1,share_percent,100,,
outcome:1a,name,Suffering is alleviated,,
outcome:1a,objective,objective:1,,
outcome:1a,share_percent,100,,
office:Porto-Novo: centre,kind,main,,
"""


@pytest.fixture
def names(db: None) -> Names:
    return load_names()


def document(text: str, name: str = "plan.csv") -> Document:
    return document_of(text, name=name, format="plain")


def read(text: str, names: Names = NO_NAMES) -> Draft:
    return table.read(document(text), names)


def lines(*lines: str, header: str = "row,field,value") -> str:
    return "\n".join([header, *lines, ""])


def told(draft: Draft) -> list[str]:
    return [remark.text for remark in draft.remarks]


def question(draft: Draft, subject: str, field: str) -> str:
    row = draft.row(subject)
    assert row is not None
    assert row.values[field].question
    return row.values[field].question


def test_a_plan(names: Names) -> None:
    draft = read(SMALL, names)
    assert told(draft) == []
    assert unread_lines(document(SMALL), draft) == []
    plan, revision, objective = draft.rows[:3]
    assert plan.get("countries") == (Ref("country", ("BEN",), "Benin"),)
    assert (plan.values["countries"].basis, plan.values["countries"].note) == (Basis.INFERRED, "Named in the title.")
    assert revision.get("stated_requested_usd") == Decimal(1_500_000)
    assert revision.values["stated_requested_usd"].unit is Unit.USD
    need = revision.values["people_in_need"]
    assert (need.value, need.basis, need.span, need.unit) == (None, Basis.MISSING, Span(9, 9), Unit.PEOPLE)
    title = objective.values["title"]
    assert (title.value, title.span) == ("Saving lives and\nprotecting people", Span(10, 11))
    assert objective.values["strategic_objective"].value == Ref(
        "strategicobjective", ("2024-2028", 1), "Saving lives and protecting people on the move"
    )
    shelter = draft.row("fundingrequest:sector:IOM-2025:SHELTER")
    assert shelter is not None
    assert (shelter.get("breakdown"), shelter.get("is_priority"), shelter.order) == ("sector", True, 1)
    sector = shelter.values["sector"]
    assert isinstance(sector.value, Ref)
    assert (sector.value.key, sector.span) == (("IOM-2025", "SHELTER"), Span(15, 15))
    parents = {row.subject: row.parents for row in draft.rows if row.parents}
    assert parents == {
        "fundingrequest:objective:1": {"objective": "objective:1"},
        "objectivetargetgroup:1:IDP": {"objective": "objective:1"},
        "relatedplan:sector:IOM-2025:SHELTER:UNSDCF": {"funding_request": shelter.subject},
        "requestshare:IOM-2025:SHELTER:1": {"objective": "objective:1", "funding_request": shelter.subject},
        "outcome:1a": {"objective": "objective:1"},
    }
    assert [row.order for row in draft.of_kind("fundingrequest")] == [1, 1, 2]


def test_a_plan_is_written(names: Names) -> None:
    written = write_draft(read_document(document(SMALL), names=names), document(SMALL), code="BEN-1", by=None)
    assert (written.revision.stated_requested_usd, written.revision.people_in_need) == (1_500_000, None)
    citation = written.revision.citations.get(subject="objective:1", field="title")
    assert (citation.first_line, citation.last_line) == (10, 11)
    shares = written.revision.request_shares.values_list("funding_request__sector__code", "share_percent")
    assert [*shares] == [("SHELTER", 100)]
    assert written.revision.offices.get().place == "Porto-Novo: centre"
    missing = written.revision.citations.get(subject="revision", field="people_in_need")
    assert missing.first_line == 9


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_and_columns_in_any_order(delimiter: str) -> None:
    text = "Value,note, ROW ,field\n5,,revision,people_in_need"
    draft = read(text.replace(",", delimiter))
    assert draft.rows[0].get("people_in_need") == 5
    assert draft.rows[0].values["people_in_need"].question == ""  # its line has no end, and the value is whole


def test_a_byte_order_mark_and_the_line_ends_of_windows() -> None:
    opened = open_document("plan.csv", b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert opened.warnings == ()
    draft = table.read(opened, NO_NAMES)
    assert draft.rows[2].get("title") == "Saving lives and\nprotecting people"


def test_windows_1252_is_told_and_read() -> None:
    content = lines("office:Sénou,kind,main").encode("cp1252")
    opened = open_document("plan.csv", content)
    assert "Windows-1252" in opened.warnings[0]
    assert table.read(opened, NO_NAMES).rows[0].subject == "office:Sénou"


def test_damaged_characters_are_told_and_kept() -> None:
    draft = read(lines("narrative:other:1,body,the planâ€™s figures"))
    assert told(draft) == ["The characters of these lines look damaged, and are taken as they stand: 2."]
    assert draft.rows[0].get("body") == "the planâ€™s figures"


def test_formulas_are_texts() -> None:
    draft = read(lines("narrative:other:1,body,=1+1", "narrative:other:2,body,'=1+1", "revision,people_in_need,=1+1"))
    assert [row.get("body") for row in draft.of_kind("narrative")] == ["=1+1", "=1+1"]
    assert question(draft, "revision", "people_in_need").startswith("Line 4: “=1+1” is no number.")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("revision,people_in_need,6.4 million", "Line 2: “6.4 million” is no number. Write it as 1200000 or 7.10."),
        ("revision,people_in_need,1_000", "Line 2: “1_000” is no number. Write it as 1200000 or 7.10."),
        ("revision,people_in_need,7.5", "Line 2: “7.5” value must be an integer."),
        ("revision,people_in_need,-5", "Line 2: Ensure this value is greater than or equal to 0."),
        ("revision,stated_requested_usd,€ 500", "Line 2: “€ 500” is no number. Write it as 1200000 or 7.10."),
        ('revision,stated_requested_usd,"1,000.50"', "Line 2: “1,000.50” is no number. Write it as 1200000 or 7.10."),
        ("revision,stated_requested_usd,1.005", "Line 2: Ensure that there are no more than 2 decimal places."),
        ("revision,document_on,17 April 2025", "Line 2: “17 April 2025” value has an invalid date format."),
        ("revision,reports_funding,TRUE", "Line 2: Write yes or no."),
        ("revision,taxonomy,IOM-1999", "Line 2: “IOM-1999” is no entry of the list “sector taxonomies”."),
        ("revision,people_in_need,5,000", "Line 2 has 4 cells, the header has 3: a text with a separator in it"),
    ],
)
def test_what_can_not_be_read_is_a_question(line: str, expected: str) -> None:
    draft = read(lines(line))
    field = line.split(",")[1]
    assert question(draft, "revision", field).startswith(expected)
    assert draft.rows[0].get(field) is None


def test_a_code_that_no_list_has_is_a_question(names: Names) -> None:
    draft = read(lines("fundingrequest:sector:IOM-2025:SHELTR,amount_usd,5"), names)
    asked = question(draft, "fundingrequest:sector:IOM-2025:SHELTR", "sector")
    assert asked.startswith("Line 2: “IOM-2025/SHELTR” is no entry of the list “sectors”.")


@pytest.mark.parametrize(
    "line",
    [
        "objectiv:1,title,T",
        "objective:one,title,T",
        "objective,title,T",
        "revision:1,people_in_need,5",
        "fundingrequest:donor:1,amount_usd,5",
        "fundingrequest:sector:SHELTER,amount_usd,5",
        "riskindicator:gdp,value,5",
        "relatedplan:UNSDCF,overlap,identical",
        ",title,T",
    ],
)
def test_a_row_that_no_plan_has_is_told_and_left(line: str) -> None:
    draft = read(lines(line))
    assert told(draft) == [f"Line 2: no row has the name “{line.partition(',')[0]}”."]
    assert draft.rows == []
    assert [left.number for left in unread_lines(document(lines(line)), draft)] == [2]


@pytest.mark.parametrize("field", ["status", "number", "id", "plan", "published_at", "requested_usd", "seal", "peple"])
def test_fields_that_a_table_does_not_give(field: str) -> None:
    draft = read(lines(f"revision,{field},5"))
    assert told(draft) == [f"Line 2: revision has no field “{field}”."]
    assert draft.rows[0].values == {}


def test_columns_that_are_not_read() -> None:
    draft = read("row,field,value,who,value\nrevision,people_in_need,5,me,6\n")
    assert told(draft) == ["Line 1: these columns are not read: who, value."]
    assert draft.rows[0].get("people_in_need") == 5


def test_the_same_twice() -> None:
    draft = read(lines("objective:1,title,T", "objective:01,title,T", "objective:1,title,U"))
    assert told(draft) == [
        "Line 3 says again what line 2 says.",
        "Line 4 says something else of objective:1.title than line 2: which of the two holds?",
    ]
    assert question(draft, "objective:1", "title") == told(draft)[1]
    assert len(draft.rows) == 1


def test_a_file_that_was_cut_in_a_quote() -> None:
    draft = read('row,field,value\nobjective:1,title,T\nobjective:2,title,"A title\nand what')
    expected = "A quoted text that opens on line 3 is never closed: the file was cut, or a quote is missing."
    assert question(draft, "objective:2", "title") == expected
    title = draft.rows[1].values["title"]
    assert (title.value, title.span) == (None, Span(3, 4))
    assert draft.rows[0].get("title") == "T"


def test_a_quote_that_is_not_doubled() -> None:
    draft = read(lines('objective:1,title,"A "good" title"', "objective:2,title,T"))
    assert question(draft, "objective:1", "title").startswith("Line 2 breaks the rules of CSV")
    assert draft.rows[1].get("title") == "T"


def test_a_file_that_was_cut_in_its_last_value() -> None:
    draft = read("row,field,value\nrevision,people_in_need,64")
    assert question(draft, "revision", "people_in_need") == (
        "The file ends within line 2, without a line end: is “64” all of it?"
    )
    assert draft.rows[0].get("people_in_need") == 64


def test_the_separator_of_the_header_holds() -> None:
    draft = read(lines("revision;people_in_need;5"))
    assert told(draft) == ["Line 2 has 1 cells, the header has 3: row, field and value."]
    with pytest.raises(FileRefused, match="Nothing was understood of it as “Table of a plan"):
        read_document(document(lines("revision;people_in_need;5")), names=NO_NAMES)


@pytest.mark.parametrize("text", ["row|field|value\n", "name,field,value\n", "row,field\n", "", "\n\n", '"row,field\n'])
def test_what_is_no_such_table(text: str) -> None:
    assert layout_of(document(text), LAYOUTS) is None
    assert read(text).rows == []


def test_bases() -> None:
    header = "row,field,value,basis,note"
    draft = read(
        lines(
            "revision,people_in_need,5,Computed,",
            "revision,people_targeted,5,inferred,",
            "revision,entities_targeted,5,guessed,",
            "revision,stated_received_usd,5,missing,",
            "revision,stated_requested_usd,,missing,Not printed.",
            header=header,
        )
    )
    values = draft.rows[0].values
    assert values["people_in_need"].basis is Basis.COMPUTED
    assert "inferred: from what?" in values["people_targeted"].question
    assert "“guessed” is none of" in values["entities_targeted"].question
    assert "is missing, and gives one" in values["stated_received_usd"].question
    assert (values["stated_requested_usd"].basis, values["stated_requested_usd"].note) == (
        Basis.MISSING,
        "Not printed.",
    )


def test_rows_that_belong_to_none() -> None:
    draft = read(
        lines(
            "outcome:1a,objective,objective:7",
            "outcome:1a,share_percent,5",
            "outcome:1b,objective,1",
            "objectivetargetgroup:1:IDP,objective,objective:2",
        )
    )
    assert told(draft) == [
        "Line 4: “1” is no name of a row such as objective:…, that outcome:1b belongs to.",
        "Line 5: objectivetargetgroup:1:IDP belongs to objective:1, not to “objective:2”.",
        "Line 2: outcome:1a belongs to objective:7, which no line gives.",
        "Line 5: objectivetargetgroup:1:IDP belongs to objective:1, which no line gives.",
    ]


def test_a_row_that_a_line_calls_otherwise(names: Names) -> None:
    draft = read(lines("modality:CASH,modality,PARTICIPATION"), names)
    assert question(draft, "modality:CASH", "modality").endswith("line 2 gives “PARTICIPATION”: which is it?")


def test_many_lines() -> None:
    many = [f"achievement:{number},text,Number {number}" for number in range(1, 10_001)]
    draft = read(lines(*many, *(f"nothing:{number},a,b" for number in range(10_000))))
    assert len(draft.rows) == 10_000
    assert len(draft.remarks) == table.MOST_REMARKS + 1
    assert draft.remarks[-1].text == "9900 more remarks of this kind are left out."
