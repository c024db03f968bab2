"""What is asked about real pages: each contradiction that stands there, and nothing about the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crp.importing.documents.document import document_of
from crp.importing.documents.draft import Draft
from crp.importing.documents.judging import judge
from crp.importing.documents.layouts import compendium_page, crp_page, layout_of
from crp.importing.documents.names import load_names
from tests.conftest import MaliPlans
from tests.shared import shared_path

pytestmark = pytest.mark.once

SPLIT = "requestshare:IOM-2025:PROTECTION_CENTRED"
IN_SEEDS = {
    ("000_1393348951b18fc8.txt", f"{SPLIT}:1.amount_usd"),
    ("000_1393348951b18fc8.txt", f"{SPLIT}:2.amount_usd"),
    ("000_1393348951b18fc8.txt", f"{SPLIT}:3.amount_usd"),
}
IN_SAMPLES = {
    # Objective 1 targets 421,596 people and the whole plan 364,145.
    ("node-39096.txt", "revision.people_targeted"),
    ("node-39096.txt", "objective:1.people_targeted"),
    # 390,000 people and 390,000 entities.
    ("response-mali-crisis-response-plan-2021-year-2021.txt", "objective:1.entities_targeted"),
    # The page is of October 2024, its funding of January.
    ("response-mali-crisis-response-plan-2023-2024.txt", "revision.funding_updated_on"),
}


def judged(folder: str) -> Iterator[tuple[str, Draft, Draft]]:
    """Yield each page of a folder that a layout recognises, as read and as judged."""
    names = load_names()
    for path in sorted(shared_path(folder).rglob("*.txt")):
        # A remark of whoever collected the pages is no part of them.
        lines = path.read_text(encoding="utf-8").split("\n")
        text = "\n".join("" if line.startswith("# note:") else line for line in lines)
        document = document_of(text, name=path.name, format="text")
        layout = layout_of(document, (crp_page, compendium_page))
        if layout is not None:
            draft = layout.read(document, names)
            yield path.name, draft, judge(draft, names)


def asked(before: Draft, after: Draft) -> Iterator[str]:
    """Yield the values that got a question from being judged."""
    questions = {(row.subject, name): value.question for row, name, value in before.values()}
    for row, name, value in after.values():
        if value.question != questions.get((row.subject, name), ""):
            yield f"{row.subject}.{name}"


def test_the_seeds_raise_the_questions_that_they_should(mali: MaliPlans) -> None:
    found = {(name, field) for name, before, after in judged("seeds") for field in asked(before, after)}
    assert found == IN_SEEDS


def test_the_samples_raise_the_questions_that_they_should_and_no_others(mali: MaliPlans) -> None:
    pages = list(judged("crp-samples"))
    assert len(pages) == 64
    assert {(name, field) for name, before, after in pages for field in asked(before, after)} == IN_SAMPLES


def test_of_the_samples_is_remarked_only_that_the_rest_of_the_page_is_missing(mali: MaliPlans) -> None:
    for name, before, after in judged("crp-samples"):
        for remark in after.remarks[len(before.remarks) :]:
            assert remark.text.startswith("Only "), (name, remark)
            assert "stands under no line." in remark.text
