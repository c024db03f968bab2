"""Tables of any content: what a spreadsheet writes comes back, and nothing raises but what has a sentence."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from crp.importing.documents.layouts.table_keys import fields_of
from crp.importing.documents.names import load_names
from crp.importing.documents.reading import read_document
from crp.importing.documents.writing import write_draft
from crp.importing.tables import FileRefused

from .test_table import SMALL, document, lines, read

pytestmark = pytest.mark.once

STARTS = "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    bodies=st.dictionaries(st.integers(1, 30), TEXTS.filter(lambda text: text.strip()), min_size=1, max_size=4),
    people=st.integers(0, 10**12),
    amount=st.decimals(0, 10**9, places=2),
    delimiter=st.sampled_from(",;\t"),
    order=st.permutations(["row", "field", "value"]),
)
def test_what_a_spreadsheet_writes_is_read(
    bodies: dict[int, str], people: int, amount: Decimal, delimiter: str, order: list[str]
) -> None:
    given: dict[tuple[str, str], Any] = {
        (f"narrative:other:{number}", "body"): body.strip() for number, body in bodies.items()
    }
    given |= {("revision", "people_in_need"): people, ("revision", "stated_requested_usd"): amount}
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow(order)
    for (row, field), value in given.items():
        is_formula = str(value).lstrip("'")[:1] in STARTS
        cells = {"row": row, "field": field, "value": f"'{value}" if is_formula else value}
        writer.writerow([cells[name] for name in order])
    draft = read(file.getvalue())
    found = {(row.subject, name): value.value for row, name, value in draft.values()}
    assert found == given


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(alphabet='row,field value;"\n\t:1=', max_size=40),
            st.sampled_from([*SMALL.splitlines(), 'objective:1,title,"T', "requestshare:1,share_percent,5"]),
        ),
        max_size=12,
    )
)
def test_nothing_raises(text: list[str]) -> None:
    read(lines(*text))
    read("\n".join(text))


ROWS = (
    *("plan", "revision", "presence", "objective:1", "objective:2", "framework:HRP", "project:P-1", "outcome:1a"),
    *("narrative:objective:1", "narrative:vision:2", "achievement:1", "office:Gao", "riskindicator:hdi_rank"),
    *("modality:CASH", "priority:DATA", "objectivetargetgroup:1:IDP", "fundingrequest:sector:IOM-2025:SHELTER"),
    *("fundingrequest:objective:1", "fundingrequest:project:P-1", "fundingrequest:country:BEN"),
    *("fundingrequest:global_cluster:IASC-GC:HEA", "relatedplan:objective:1:UNSDCF", "requestshare:P-1:1"),
    *("requestshare:1", "requestshare:IOM-2025:SHELTER:2"),
)
VALUES = st.sampled_from(
    [
        *(
            "",
            "0",
            "1",
            "100",
            "99999",
            "12.50",
            "yes",
            "no",
            "T",
            "1a",
            "2025",
            "2025-04-17",
            "vision",
            "partly",
            "crp",
        ),
        *("objective:1", "framework:HRP", "fundingrequest:objective:1", "BEN", "IOM-2025", "IOM-2025/SHELTER", "IDP"),
        *("2024-2028/1", "UNSDCF", "CASH", "HRP", "MLI-CRP-2025-2026", "https://x", "main", "very_high", "x" * 500),
    ]
)


def entries() -> st.SearchStrategy[str]:
    named = [(row, name) for row in ROWS for name in fields_of(row.partition(":")[0])]
    return st.builds(lambda key, text: f'{key[0]},{key[1]},"{text}"', st.sampled_from(named), VALUES)


@pytest.mark.django_db
def test_any_table_is_written_or_refused_with_a_sentence() -> None:
    names = load_names()
    start = ["plan,title,T", "plan,kind,crp", "plan,start_year,2025", "plan,end_year,2025", "plan,countries,BEN"]

    @settings(max_examples=60, deadline=None)
    @given(st.lists(entries(), min_size=1, max_size=25))
    def write(found: list[str]) -> None:
        opened = document(lines(*found, *start))
        try:
            with transaction.atomic():
                draft = read_document(opened, names=names)
                write_draft(draft, opened, code="BEN-1", accept_questions=True, by=None)
                transaction.set_rollback(True)
        except (FileRefused, ValidationError):
            pass

    write()
