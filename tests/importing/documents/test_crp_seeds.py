"""The real pages that the layout was made for: two of Mali in full, and the beginnings of 49 with what each states."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crp.importing.documents.document import Document, document_of
from crp.importing.documents.draft import Basis, Draft, Ref, Value
from crp.importing.documents.judging import judge
from crp.importing.documents.layouts import crp_page
from crp.importing.documents.names import Names, load_names
from plans.models import Revision
from plans.tree import citable
from tests.conftest import MaliPlans
from tests.shared import shared_path

from .comparing import differences, uncited_differences

pytestmark = pytest.mark.once

SEEDS = {"MLI-CRP-2025-2026": "000_1393348951b18fc8.txt", "MLI-CRP-2021": "003_51f38cc845e8d520.txt"}
# The day of publication is a person's decision, and so are words quoted beside a passage.
DECIDED = {("revision", "published_at")}
QUOTED = {("narrative:context:2", "body")}
REGIONS = "(regional"


@pytest.fixture
def names(mali: MaliPlans) -> Names:
    return load_names()


def opened(path: Path) -> Document:
    return document_of(path.read_text(encoding="utf-8"), name=path.name, format="text")


@pytest.mark.parametrize("code", SEEDS)
def test_a_real_page_gives_what_the_fixture_says_from_the_same_lines(names: Names, code: str) -> None:
    page = opened(shared_path(f"seeds/{SEEDS[code]}"))
    assert crp_page.recognises(page)
    read = crp_page.read(page, names)
    assert [line.text for line in page if line.text and line.number not in read.lines_read()] == []
    judged, revision = judge(read, names), Revision.objects.get(plan__code=code)
    decided = DECIDED if code == "MLI-CRP-2025-2026" else DECIDED | QUOTED
    assert differences(judged, revision, decided, prose=False) == []
    assert uncited_differences(judged, revision) == []
    assert {row.subject for row in judged.rows if row.kind != "plan"} == set(citable(revision))


def test_what_is_asked_about_the_real_page_of_mali(names: Names) -> None:
    draft = crp_page.read(opened(shared_path(f"seeds/{SEEDS['MLI-CRP-2025-2026']}")), names)
    asked = {(row.kind, field) for row, field, value in draft.values() if value.question}
    assert asked == {("fundingrequest", "sector"), ("narrative", "heading"), ("narrative", "section")}
    assert draft.remarks == []


@pytest.mark.parametrize("seed", ["001_79f375029d26d333.txt", "002_e742c04d04a4ca27.txt", "004_3afdd7f75e297112.txt"])
def test_other_real_pages_are_not_recognised(seed: str) -> None:
    assert not crp_page.recognises(opened(shared_path(f"seeds/{seed}")))


def stated(draft: Draft) -> Iterator[tuple[str, Any]]:
    """Yield the columns of the index as the draft has them."""
    for column, subject, field in (
        ("url", "plan", "url"),
        ("title", "plan", "title"),
        ("year_start", "plan", "start_year"),
        ("year_end", "plan", "end_year"),
        ("last_updated", "revision", "document_on"),
        ("funding_last_updated", "revision", "funding_updated_on"),
        ("funding_required", "revision", "stated_requested_usd"),
        ("people_in_need", "revision", "people_in_need"),
        ("people_targeted", "revision", "people_targeted"),
        ("entities_targeted", "revision", "entities_targeted"),
        ("percent_confirmed_objective1", "objective:1", "stated_percent_funded"),
        ("objective1_required", "fundingrequest:objective:1", "amount_usd"),
        ("objective1_people_targeted", "objective:1", "people_targeted"),
        ("objective1_entities_targeted", "objective:1", "entities_targeted"),
    ):
        row = draft.row(subject)
        value = None if row is None else row.values.get(field)
        yield column, "" if value is None else shown(value)


def shown(value: Value) -> str:
    return value.printed if value.value is None else str(value.value)


def test_the_facts_of_all_pages_of_the_index(names: Names) -> None:
    folder = shared_path("crp-samples")
    with (folder / "index.csv").open(encoding="utf-8") as index:
        rows = list(csv.DictReader(index))
    wrong, facts, pages = [], 0, [row for row in rows if row["kind"] == "crp"]
    assert len(pages) == 49
    for row in pages:
        page = opened(folder / row["file"])
        assert crp_page.recognises(page), row["file"]
        draft = crp_page.read(page, names)
        found = dict(stated(draft))
        groups = [group.values["target_group"].value for group in draft.of_kind("objectivetargetgroup")]
        found["primary_target_groups"] = ", ".join(ref.label for ref in groups if isinstance(ref, Ref))
        wrong += [(row["file"], name, mine, row[name]) for name, mine in found.items() if mine != row[name]]
        facts += sum(bool(row[name]) for name in found)
        wrong += countries_of(draft, row)
        assert [line.text for line in page if line.text and line.number not in draft.lines_read()] == []
        if row["layout"] == "labels-without-values":
            missing = [field for _row, field, value in draft.values() if value.basis is Basis.MISSING]
            assert missing, row["file"]
    assert wrong == []
    assert facts > 500


def countries_of(draft: Draft, row: dict[str, str]) -> list[tuple[str, ...]]:
    """Return whether the countries are those of the index: of a region none are stated, and that is asked."""
    plan = draft.row("plan")
    assert plan is not None
    value = plan.values["countries"]
    if REGIONS in row["country"]:
        return [] if value.value is None and value.question else [(row["file"], "countries", str(value.value))]
    keys = [ref.key[0] for ref in value.value] if isinstance(value.value, tuple) else []
    return [] if keys == [row["iso3"]] else [(row["file"], "countries", *map(str, keys))]


def test_pages_of_the_other_layout_are_not_recognised() -> None:
    folder = shared_path("crp-samples/compendium")
    assert [path.name for path in folder.iterdir() if crp_page.recognises(opened(path))] == []
