"""The examples of docs/importing.md: the table is read without a remark, the layout is one file that works."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from types import ModuleType

import pytest

from crp.importing.documents.document import document_of
from crp.importing.documents.layouts import LAYOUTS, layout_of, table
from crp.importing.documents.names import load_names
from crp.importing.documents.reading import read_document
from crp.importing.documents.report import unread_lines
from crp.importing.documents.writing import write_draft
from funding.rollups import sums_by_breakdown
from tests.shared import PROJECT

pytestmark = [pytest.mark.django_db, pytest.mark.once]

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def example(language: str, start: str) -> str:
    text = (PROJECT / "docs" / "importing.md").read_text(encoding="utf-8")
    return next(code for tongue, code in BLOCK.findall(text) if tongue == language and code.startswith(start))


def test_the_table_is_read_and_written() -> None:
    document = document_of(example("", "row,field"), name="plan.csv", format="plain")
    assert layout_of(document, LAYOUTS) is table
    draft = read_document(document)
    assert [value.question for _row, _name, value in draft.values() if value.question] == []
    assert unread_lines(document, draft) == []
    assert table.read(document, load_names()).remarks == []
    written = write_draft(draft, document, by=None)
    assert written.plan.code == "BEN-CRP-2025"
    assert written.left_out == []
    assert sums_by_breakdown(written.revision) == {"objective": Decimal(1_500_000), "sector": Decimal(1_500_000)}
    assert written.revision.people_in_need is None


def test_the_layout_is_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("example_aid")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(example("python", '"""The yearly sheet'), module.__dict__)  # noqa: S102 - our own page
    text = "Example Aid yearly sheet\nHealth: USD 500,000\nSomething else: USD 5\n"
    document = document_of(text, name="sheet.txt", format="plain")
    draft = read_document(document, layouts=[*LAYOUTS, module])  # type: ignore[list-item]
    row = draft.row("fundingrequest:sector:IOM-2025:HEALTH")
    assert draft.layout == "example"
    assert row is not None
    assert row.get("amount_usd") == Decimal(500_000)
    assert [line.number for line in unread_lines(document, draft)] == [1, 3]
