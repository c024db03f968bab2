"""``manage.py import_plan``: files and folders, reports as text and JSON, statuses."""

from __future__ import annotations

import json
import signal
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crp.accounts.roles import Role
from crp.importing.documents import time_limit as limits
from crp.importing.documents.draft import Draft, Span
from crp.importing.documents.report import Coverage, coverage_of, is_no_prose, unread_lines
from crp.importing.management.commands import import_plan
from crp.importing.models import ImportedDocument
from crp.importing.tables import FileRefused
from plans.models import Country, Plan, Revision
from tests.admin import make_person
from tests.shared import shared_path

from .written import FRENCH, document, page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def run(*arguments: Any, **options: Any) -> str:
    """Return what the command says. Raises CommandError with its status; what it said then is ``said``."""
    said = StringIO()
    try:
        call_command("import_plan", *map(str, arguments), stdout=said, verbosity=0, **options)
    except CommandError as error:
        error.said = said.getvalue()  # type: ignore[attr-defined]
        raise
    return said.getvalue()


def fails(status: int, *arguments: Any, **options: Any) -> str:
    """Return what the command says while it ends with a status."""
    with pytest.raises(CommandError) as refused:
        run(*arguments, **options)
    assert refused.value.returncode == status
    return f"{refused.value.said}{refused.value}"  # type: ignore[attr-defined]


@pytest.fixture
def benin(tmp_path: Path) -> Path:
    path = tmp_path / "benin.txt"
    path.write_bytes(page())
    return path


def test_a_dry_run_tells_everything_and_changes_nothing(benin: Path) -> None:
    said = run(benin, dry_run=True)
    assert "plan: BEN-CRP-2025, new" in said
    assert "6–7  revision.stated_requested_usd" in said
    assert "USD 1,500,000  [stated]" in said
    assert "Draft: revision 1 of BEN-CRP-2025." in said
    assert said.endswith("A dry run: nothing was changed.\n")
    assert not Plan.objects.filter(code="BEN-CRP-2025").exists()
    assert not ImportedDocument.objects.exists()


def test_a_page_becomes_a_draft_and_the_same_page_nothing_more(benin: Path) -> None:
    run(benin)
    revision = Revision.objects.get(plan__code="BEN-CRP-2025")
    assert revision.status == Revision.Status.DRAFT
    assert revision.objectives.get().stated_percent_funded == Decimal("28.00")
    assert ImportedDocument.objects.get().revision == revision
    assert "This text was read into revision 1 of BEN-CRP-2025 already: nothing is new." in run(benin)
    assert ImportedDocument.objects.count() == Revision.objects.filter(plan=revision.plan).count() == 1


def test_a_later_page_is_told_beside_the_revision_in_force(benin: Path) -> None:
    run(benin)
    Revision.objects.filter(plan__code="BEN-CRP-2025").update(status="published", published_at="2025-05-01T00:00:00Z")
    benin.write_bytes(page("October 01 2025", "1,800,000"))
    said = run(benin)
    assert "plan: BEN-CRP-2025, revision 1 is in force" in said
    assert "Draft: revision 2 of BEN-CRP-2025. Rows: 0 added, 1 changed, 0 removed;" in said
    benin.write_bytes(page("January 01 2025"))
    Revision.objects.filter(plan__code="BEN-CRP-2025", number=2).delete()
    said = fails(1, benin)
    assert "  ? The document is of 1 January 2025, older than revision 1 of 17 April 2025." in said
    assert "Not saved:\n" in said


def test_the_report_as_json(benin: Path) -> None:
    told = json.loads(run(benin, json=True, dry_run=True))
    assert (told["refused"], told["unsaved"]) == (0, 0)
    (file,) = told["files"]
    assert (file["file"], file["layout"], file["format"], file["plan"]["code"]) == (
        "benin.txt",
        "crp",
        "plain",
        "BEN-CRP-2025",
    )
    values = {(value["subject"], value["field"]): value for value in file["values"]}
    total = values["revision", "stated_requested_usd"]
    assert (total["value"], total["unit"], total["basis"], total["lines"], total["printed"], total["confidence"]) == (
        "1500000",
        "USD",
        "stated",
        [6, 7],
        "$1,500,000",
        "high",
    )
    assert values["plan", "countries"]["value"] == [{"key": "BEN", "name": "Benin"}]
    assert values["revision", "people_in_need"]["value"] == 40_000
    assert file["written"]["created"]["objective"] == 1
    assert file["coverage"]["percent"] == "100.00"


def test_a_folder_is_told_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "benin.txt").write_bytes(page())
    (tmp_path / "b.txt").write_bytes(page().replace(b"Benin", b"Togo").replace(b"benin", b"togo"))
    (tmp_path / "c.txt").write_text("A page about something else.\n")
    (tmp_path / "README.md").write_text("No document.")
    said = fails(1, tmp_path)
    lines = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert lines["a/benin.txt"].split()[1] == "BEN-CRP-2025"
    assert lines["a/benin.txt"].endswith("100.00 %    saved as a draft")
    assert lines["b.txt"].split()[1] == "TGO-CRP-2025"
    assert "c.txt: No layout knows this page" in said
    assert said.endswith("1 of 3 files refused, 0 not saved.")
    assert "README" not in said
    assert Plan.objects.filter(code__in=("BEN-CRP-2025", "TGO-CRP-2025")).count() == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "It is empty"),
        (FRENCH.encode(), "The page is in French"),
        (b"Plan of another organization\n\nRequirements: 5\n", "it may be another organization's plan"),
        (b"\x00\x01\x02\x03" * 100, "It is binary"),
    ],
)
def test_what_is_refused_says_why_and_which_pages_can_be_read(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(content)
    said = fails(1, path)
    assert f"page.txt: REFUSED: {reason}" in said or reason in said
    if "layout" in reason or "French" in reason:
        assert "What can be read: " in said
        assert "Page of IOM's Crisis Response Plans (crp)" in said
    assert not ImportedDocument.objects.exists()


def test_a_page_of_another_kind_than_said_is_refused(benin: Path) -> None:
    assert "This is no page of the layout “compendium”." in fails(1, benin, kind="compendium")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"by": "nobody-there"}, "there is no user"),
        ({"plan": "X"}, "only with one file"),
    ],
)
def test_wrong_arguments(tmp_path: Path, arguments: dict[str, str], reason: str) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(page())
    assert reason in fails(2, tmp_path, **arguments)
    assert "there is no such file" in fails(2, tmp_path / "missing.txt")
    (tmp_path / "empty").mkdir()
    assert "No document in there" in fails(2, tmp_path / "empty")


def test_who_may_not_write_there_saves_nothing(benin: Path) -> None:
    stranger = make_person(Role.OFFICER, country=Country.objects.get(iso3="MLI"))
    assert "“Can add plan” for Benin" in fails(1, benin, by=stranger.username)
    assert not Plan.objects.filter(code="BEN-CRP-2025").exists()
    assert not ImportedDocument.objects.exists()


def test_what_takes_too_long_is_stopped(benin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(*args: Any, **kwargs: Any) -> None:
        while True:
            pass

    monkeypatch.setattr(import_plan, "MOST_SECONDS", 0.05)
    monkeypatch.setattr(import_plan, "read_document", for_ever)
    assert "It took longer than 0.05 seconds, and was stopped." in fails(1, benin)
    with limits.time_limit(5):
        pass  # the alarm of before does not ring in here


def test_a_limit_leaves_nothing_behind() -> None:
    def never_end() -> None:
        with limits.time_limit(0.01):
            while True:
                pass

    former = signal.getsignal(signal.SIGALRM)
    with pytest.raises(FileRefused):
        never_end()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == former


# Coverage


def test_coverage_counts_lines_that_are_no_prose() -> None:
    """Of five lines that are not blank one is prose; of the other four two were read."""
    prose = "This sentence goes on and on and has more than twelve words but none of them counts."
    with_year = "In 2021 this long sentence of prose with many more words than twelve gives a year."
    read = document(f"Funding required\n5,000,000\n\n{prose}\nStray label\n{with_year}\n")
    draft = Draft("crp")
    draft.read.update({1, 2})
    assert [is_no_prose(line) for line in read] == [True, True, False, False, True, True, False]
    assert coverage_of(read, draft) == Coverage(2, 4)
    assert coverage_of(read, draft).percent == Decimal("50.00")
    assert [line.number for line in unread_lines(read, draft)] == [4, 5, 6]


def test_coverage_is_rounded_down_and_unknown_of_nothing() -> None:
    assert Coverage(199_999, 200_000).percent == Decimal("99.99")
    assert Coverage(0, 0).percent is None
    assert str(Span(4, 5)) == "4–5"


# The real pages


@pytest.mark.usefixtures("empty_database")
def test_the_seeds_give_the_figures_of_the_domain() -> None:
    """Every total of section 4, from the files as they are, in a database without the plans."""
    seeds = shared_path("seeds")
    for name in ("000_1393348951b18fc8.txt", "001_79f375029d26d333.txt"):
        run(seeds / name, accept_questions=True)
    crp = Revision.objects.get(plan__code="MLI-CRP-2025-2026")
    assert (crp.stated_requested_usd, crp.people_in_need, crp.people_targeted, crp.entities_targeted) == (
        Decimal("32353500.00"),
        6_400_000,
        273_000,
        25,
    )
    amounts = crp.funding_requests.filter(breakdown="sector").values_list("amount_usd", flat=True)
    assert (len(amounts), sum(amounts)) == (18, Decimal("32353500.00"))
    by_objective = crp.funding_requests.filter(breakdown="objective").order_by("objective__number")
    assert [row.amount_usd for row in by_objective] == [Decimal(12_584_000), Decimal(10_057_000), Decimal(9_712_500)]
    assert [share.amount_usd for share in crp.request_shares.order_by("objective__number")] == [
        Decimal(484_000),
        Decimal(207_000),
        Decimal(462_500),
    ]
    compendium = Revision.objects.get(plan__code="MLI-COMPENDIUM-2017")
    assert compendium.projects.count() == 10
    asked = compendium.funding_requests.filter(breakdown="project").values_list("amount_usd", flat=True)
    assert sum(asked) == Decimal("37360000.00")
    assert sum(row.stated_received_usd for row in compendium.projects.all()) == Decimal("112550.00")
