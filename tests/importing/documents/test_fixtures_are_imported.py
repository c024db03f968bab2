"""The Mali fixtures are what the importer makes of the documents in fixtures/sources.

Those documents are laid out line by line as the pages of IOM are that the figures come from; their prose is CRP's own.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crp.importing.documents.document import Document, document_of
from crp.importing.documents.draft import PLAN, Draft
from crp.importing.documents.judging import judge
from crp.importing.documents.layouts import Layout, compendium_page, crp_page
from crp.importing.documents.names import load_names
from plans.models import Citation, Revision
from plans.tree import citable
from tests.conftest import MaliPlans
from tests.shared import PROJECT, shared_path

from .comparing import PROSE, differences, uncited_differences

pytestmark = pytest.mark.once

SOURCES = PROJECT / "fixtures" / "sources"
COPIES = {
    "mali-crp-2025-2026.txt": "000_1393348951b18fc8.txt",
    "mali-compendium-2017.txt": "001_79f375029d26d333.txt",
    "mali-profile.txt": "002_e742c04d04a4ca27.txt",
    "mali-crp-2021.txt": "003_51f38cc845e8d520.txt",
    "mali-humanitarian-response.txt": "004_3afdd7f75e297112.txt",
}
PLANS: dict[str, tuple[str, Layout]] = {
    "mali-crp-2025-2026.txt": ("MLI-CRP-2025-2026", crp_page),
    "mali-compendium-2017.txt": ("MLI-COMPENDIUM-2017", compendium_page),
    "mali-crp-2021.txt": ("MLI-CRP-2021", crp_page),
}
# What a person decided, with the reason. Columns that no citation is for (number, status, reason of the revision) are
# no part of a document at all.
DECIDED = {
    "MLI-COMPENDIUM-2017": {
        ("revision", "published_at"),  # the page has no date: told from the latest figures in its text
    },
    "MLI-CRP-2025-2026": {
        ("revision", "published_at"),  # the page names the day of its last update, and no hour
    },
    "MLI-CRP-2021": {
        ("revision", "published_at"),  # the page has no date, only the year in its title
    },
}
# Sentences of eight words or more that are printed on every page: a title, a notice, the caption of a chart.
LONG_LABELS = ("The map used here is for illustration purposes only", "Percentage of funding required contributing")


def document(name: str) -> Document:
    return document_of((SOURCES / name).read_text(encoding="utf-8"), name=name, format="text")


def draft(name: str) -> Draft:
    names = load_names()
    return judge(PLANS[name][1].read(document(name), names), names)


@pytest.mark.parametrize("name", PLANS)
def test_the_layout_recognises_its_documents_and_no_other(mali: MaliPlans, name: str) -> None:
    layout = PLANS[name][1]
    assert [other for other in COPIES if layout.recognises(document(other))] == [
        other for other, (_code, of) in PLANS.items() if of is layout
    ]


@pytest.mark.parametrize("name", PLANS)
def test_what_is_cited_is_read_from_the_same_lines(mali: MaliPlans, name: str) -> None:
    code = PLANS[name][0]
    revision = Revision.objects.get(plan__code=code)
    read = draft(name)
    assert differences(read, revision, DECIDED[code], prose=True) == []
    assert uncited_differences(read, revision) == []


@pytest.mark.parametrize("name", PLANS)
def test_the_rows_are_those_of_the_fixture(mali: MaliPlans, name: str) -> None:
    revision = Revision.objects.select_related("plan").get(plan__code=PLANS[name][0])
    rows, read = citable(revision), draft(name)
    assert {row.subject for row in read.rows if row.kind != PLAN} == set(rows)
    parents = {row.subject: row.parents for row in read.rows if row.parents}
    assert parents == {
        subject: {name: getattr(rows[subject], name).row_key for name in names} for subject, names in parents.items()
    }
    ordered = [row for row in read.rows if row.kind not in (PLAN, "revision") and hasattr(rows[row.subject], "order")]
    orders = {row.subject: row.order for row in ordered if row.kind != "presence"}
    assert orders == {subject: rows[subject].order for subject in orders}
    plan = read.row(PLAN)
    assert plan is not None
    assert {name: plan.get(name) for name in ("title", "kind", "start_year", "end_year")} == {
        name: getattr(revision.plan, name) for name in ("title", "kind", "start_year", "end_year")
    }
    countries = plan.get("countries")
    assert isinstance(countries, tuple)
    assert [ref.key for ref in countries] == [country.natural_key() for country in revision.plan.countries.all()]


@pytest.mark.parametrize("name", PLANS)
def test_every_line_was_understood(mali: MaliPlans, name: str) -> None:
    read = draft(name).lines_read()
    assert [line.text for line in document(name) if line.text and line.number not in read] == []


def words(line: str) -> str:
    return " ".join(re.findall(r"\w+", line.casefold()))


def prose_lines(name: str) -> list[str]:
    """The lines that a citation of prose names, and all long ones that no citation names for anything else."""
    named: dict[int, bool] = {}
    for citation in Citation.objects.filter(source__file_name=name):
        for number in range(citation.first_line or 1, (citation.last_line or citation.first_line or 0) + 1):
            if number - (citation.first_line or 1) < 100 and citation.field != "reports_funding":
                is_prose = citation.field in {*PROSE, "summary"}
                named[number] = named.get(number, False) or is_prose
    titles = set(Citation.objects.filter(source__file_name=name, field="title").values_list("as_printed", flat=True))
    lines = (SOURCES / name).read_text(encoding="utf-8").split("\n")
    return [
        line
        for number, line in enumerate(lines, start=1)
        if named.get(number, line not in titles) and len(line.split()) >= 8 and not line.startswith(LONG_LABELS)
    ]


@pytest.mark.parametrize("name", COPIES)
def test_no_prose_is_copied(mali: MaliPlans, name: str) -> None:
    """Nor a part of a line: no ten words in a row stand in the page that it is laid out as."""
    page = words(shared_path(f"seeds/{COPIES[name]}").read_text(encoding="utf-8"))
    found = prose_lines(name)
    assert found
    runs = [words(line).split()[at : at + 10] for line in found for at in range(max(1, len(words(line).split()) - 9))]
    assert [" ".join(run) for run in runs if len(run) >= 8 and f" {' '.join(run)} " in f" {page} "] == []


@pytest.mark.parametrize("name", COPIES)
def test_a_document_is_laid_out_as_the_page(mali: MaliPlans, name: str) -> None:
    """Line by line: empty where it is empty, and the same wherever there is no prose."""
    theirs = shared_path(f"seeds/{COPIES[name]}").read_text(encoding="utf-8").split("\n")
    mine = (SOURCES / name).read_text(encoding="utf-8").split("\n")
    assert [bool(line.strip()) for line in mine] == [bool(line.strip()) for line in theirs]
    prose = ("Telephone:", "Fax:", "Left out", "    Beneficiaries:")
    different = [
        (number, ours)
        for number, (ours, page) in enumerate(zip(mine, theirs, strict=True), start=1)
        if ours != page and len(page.split()) < 8 and not ours.startswith(prose)
    ]
    assert different == []


def test_all_documents_are_listed() -> None:
    assert {path.name for path in Path(SOURCES).iterdir()} == set(COPIES)
