"""What a changed workbook does to a draft: rows added, changed and removed, beside what others did meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from crp.accounts.roles import Role
from crp.importing.workbook.choices import Choices
from crp.importing.workbook.comparing import tell_meanwhile
from crp.importing.workbook.preview import preview_of, tell_change
from crp.importing.workbook.rows import rows_of_workbook
from crp.importing.workbook.writing import write_workbook
from funding.models import FundingRequest, Project, RelatedPlan, RequestShare
from plans.models import Narrative, Objective, Outcome, PlanFamily, Revision
from tests.admin import make_person, open_draft
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan, make_sector
from tests.importing.workbooks import add, enter, put, remove, told, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history"), pytest.mark.once]

SHELTER = "fundingrequest:sector:IOM-2025:SHELTER"


@pytest.fixture
def draft() -> Revision:
    """Return a draft of 1,000,000: two objectives, two sectors, a framework with two projects."""
    return open_draft(make_plan(code="T-1", contributions=0))


def amounts(revision: Revision, breakdown: str) -> list[Decimal]:
    rows = revision.funding_requests.filter(breakdown=breakdown).order_by("order")
    return [amount.quantize(Decimal("0.01")) for amount in rows.values_list("amount_usd", flat=True)]


def key_of(row: Any) -> str:
    return str(row.row_key)


def test_the_story_of_mali(mali: MaliPlans) -> None:
    """6,200,000 becomes 6,700,000: the sectors exceed the objectives, 32,353,500 in all, by the 500,000."""
    draft = open_draft(mali.crp_2025_2026)
    entry = enter(draft, lambda book: put(book, "Sectors", SHELTER, "amount_usd", 6_700_000), dry_run=True)
    assert FundingRequest.objects.get(revision=draft, sector__code="SHELTER").amount_usd == 6_200_000
    seen = preview_of(entry)
    assert seen["counts"] == [("Changed", 1)]
    (change,) = seen["changes"]
    assert (change["sheet"], change["name"]) == ("Sectors", "Shelter and settlements")
    (cell,) = change["cells"]
    assert (cell["before"], cell["after"], cell["difference"]) == ("6,200,000", "6,700,000", "+500,000")
    assert tell_change(entry.changes[0], entry) == (
        "Sectors: Changed: Shelter and settlements: Asked for (US dollars): 6,200,000 → 6,700,000"
    )
    totals = {line["label"]: (line["before"], line["after"], line["difference"]) for line in seen["totals"]}
    assert totals == {
        "Funding required by the plan": ("32,353,500", "32,353,500", ""),
        "By objective": ("32,353,500", "32,353,500", ""),
        "By sector": ("32,353,500", "32,853,500", "+500,000"),
    }
    (check,) = seen["checks"]
    assert (check["before"]["verdict"], check["before"]["difference"]) == ("ok", "")
    assert (check["after"]["verdict"], check["after"]["difference"]) == ("warning", "+500,000")
    user = make_person(Role.OFFICER)
    enter(draft, lambda book: put(book, "Sectors", SHELTER, "amount_usd", 6_700_000), by=user)
    request = FundingRequest.objects.get(revision=draft, sector__code="SHELTER")
    assert request.amount_usd == 6_700_000
    assert request.history.latest().history_user == user


def test_rows_are_added_with_all_that_refers_to_them(draft: Revision) -> None:
    sector = make_sector(taxonomy=draft.taxonomy, name="Winter aid", order=9)
    family = PlanFamily.objects.order_by("order")[0]

    def change(book: Any) -> None:
        add(book, "Related plans", funding_request=f"Sector: {sector}", plan_family=str(family), overlap="partly",
            inside_percent=25)  # fmt: skip
        add(book, "Shares by objective", funding_request=f"sector: {sector.code}", objective=3, share_percent=100)
        add(book, "Outcomes", objective=3, code="3a", name="Third", share_percent=100)
        add(
            book,
            "Projects",
            code="P-9",
            title="Ninth",
            framework="mcof",
            sector=sector.name,
            amount_usd=7,
            is_priority="yes",
        )
        add(book, "Objectives", number=3, title="The third", amount_usd=250_000)
        add(book, "Frameworks", code="MCOF", name="Migration crisis")
        add(book, "Sectors", sector=sector.name.upper(), amount_usd="250000.00")

    entry = enter(draft, change)
    assert told(entry) == []
    assert amounts(draft, "objective") == [500_000, 500_000, 250_000]
    assert amounts(draft, "sector") == [500_000, 500_000, 250_000]
    project = Project.objects.get(revision=draft, code="P-9")
    assert (project.framework.code, project.sector, project.order) == ("MCOF", sector, 3)
    request = FundingRequest.objects.get(project=project)
    assert (request.amount_usd, request.is_priority, request.breakdown) == (7, True, "project")
    assert Outcome.objects.get(revision=draft, code="3a").objective.number == 3
    assert RequestShare.objects.get(revision=draft).funding_request.sector == sector
    related = RelatedPlan.objects.get(revision=draft)
    assert (related.plan_family, related.overlap, related.inside_percent) == (family, "partly", 25)
    assert enter(draft, lambda book: None).changes == []


def test_rows_are_removed_with_what_hangs_on_them_only_if_that_is_removed_too(draft: Revision) -> None:
    line = draft.funding_requests.filter(breakdown="sector").first()
    share = RequestShare.objects.create(
        revision=draft, funding_request=line, objective=draft.objectives.get(number=1), share_percent=100
    )
    Narrative.objects.create(
        revision=draft, section="objective", objective=draft.objectives.get(number=2), body="Text", order=3
    )

    def change(book: Any) -> None:
        remove(book, "Sectors", key_of(line))
        remove(book, "Objectives", "objective:2")
        remove(book, "Outcomes", "outcome:2a")
        remove(book, "Outcomes", "outcome:2b")

    guarded = "can't be removed while other rows belong to it:"
    entry = enter(draft, change)
    assert [problem.partition(": ")[2] for problem in told(entry)] == [
        f"“By sector: {line.sector}” {guarded} 1 share by objective. Remove those first.",
        f"“2. Objective 2” {guarded} 1 narrative. Remove those first.",
    ]
    assert preview_of(entry)["counts"] == [("Removed", 4)]
    assert draft.outcomes.count() == 4, "nothing of it was applied"
    Narrative.objects.filter(revision=draft, objective__isnull=False).delete()

    def change_all(book: Any) -> None:
        change(book)
        remove(book, "Shares by objective", key_of(share))

    assert told(enter(draft, change_all)) == []
    assert (draft.objectives.count(), draft.outcomes.count(), draft.request_shares.count()) == (1, 2, 0)
    assert (amounts(draft, "objective"), amounts(draft, "sector")) == ([500_000], [500_000])


def test_a_project_that_has_received_money_stays_and_keeps_its_code(draft: Revision) -> None:
    make_contribution(plan=draft.plan, project_code="P-1", amount_usd="1500.50")
    make_contribution(plan=draft.plan, project_code="P-2", amount_usd=9, status="pledge")
    entry = enter(
        draft, lambda book: (remove(book, "Projects", "project:P-1"), remove(book, "Projects", "project:P-2"))
    )
    assert told(entry) == [
        "sheet “Projects”: Project P-1 has received money (USD 1,500.50): it can't be removed."
    ]  # fmt: skip
    entry = enter(draft, lambda book: put(book, "Projects", "project:P-2", "code", "P-3"))
    (problem,) = told(entry)
    assert problem.startswith("sheet “Projects”, row 6, column “Code”, B6: The code of a project is permanent:")
    assert draft.projects.count() == 2


def test_a_row_typed_again_is_the_row_it_was(draft: Revision) -> None:
    before = Objective.objects.get(revision=draft, number=2).pk

    def change(book: Any) -> None:
        remove(book, "Objectives", "objective:2")
        add(book, "Objectives", number=2, title="Objective 2", amount_usd=400_000, people_targeted=10_000)

    entry = enter(draft, change)
    assert [[cell.column.name for cell in change.cells] for change in entry.changes] == [["amount_usd"]]
    assert Objective.objects.get(revision=draft, number=2).pk == before


def test_rows_are_found_again_after_they_are_renamed_and_moved(draft: Revision) -> None:
    def change(book: Any) -> None:
        put(book, "Outcomes", "outcome:1a", "code", "1x")
        put(book, "Objectives", "objective:1", "number", 7)
        page = book["Projects"]
        first, second = ([page.cell(number, index).value for index in range(1, 11)] for number in (5, 6))
        for number, values in ((5, second), (6, first)):
            for index, value in enumerate(values, start=1):
                page.cell(number, index).value = value

    kept = {row.code: row.pk for row in draft.outcomes.all()}
    entry = enter(draft, change)
    assert sorted(change.key for change in entry.changes) == ["objective:1", "outcome:1a"]
    assert draft.outcomes.get(code="1x").pk == kept["1a"]
    assert draft.outcomes.get(code="1x").objective.number == 7
    assert [project.code for project in draft.projects.order_by("order")] == ["P-1", "P-2"]


def test_two_rows_do_not_swap_names_in_one_step(draft: Revision) -> None:
    def change(book: Any) -> None:
        put(book, "Objectives", "objective:1", "number", 2)
        put(book, "Objectives", "objective:2", "number", 1)

    problems = told(enter(draft, change))
    assert len(problems) >= 2
    assert "Another row of the draft has this already, “objective:2” in the first column" in problems[0]
    assert [row.title for row in draft.objectives.all()] == ["Objective 1", "Objective 2"]


def test_what_others_did_meanwhile(draft: Revision) -> None:
    """Three versions of each cell: downloaded, changed in the workbook, changed in the draft."""
    content = write_workbook(draft)
    Objective.objects.filter(revision=draft, number=1).update(title="Theirs", people_targeted=1)
    Objective.objects.filter(revision=draft, number=2).update(title="The same")
    Outcome.objects.filter(revision=draft, code="2b").delete()
    Outcome.objects.create(
        revision=draft, objective=draft.objectives.get(number=1), code="1c", name="New", share_percent=0, order=9
    )

    def change(book: Any) -> None:
        put(book, "Objectives", "objective:1", "title", "Mine")
        put(book, "Objectives", "objective:1", "amount_usd", 1)
        put(book, "Objectives", "objective:2", "title", "The same")

    meanwhile = tell_meanwhile(upload(content, draft).base, rows_of_workbook(draft, Choices(draft)))
    assert "1 row was added, 2 changed, 1 removed." in meanwhile
    entry = enter(draft, change, content=content)
    (row,) = entry.changes
    assert [(cell.column.name, cell.before, cell.after, cell.replaces) for cell in row.cells] == [
        ("title", "Theirs", "Mine", True),
        ("amount_usd", "500000.00", "1.00", False),
    ]
    assert entry.replaced == [row]
    one = draft.objectives.get(number=1)
    assert (one.title, one.people_targeted) == ("Mine", 1)
    assert set(draft.outcomes.values_list("code", flat=True)) == {"1a", "1b", "1c", "2a"}
    entry = enter(draft, lambda book: put(book, "Outcomes", "outcome:2b", "name", "Gone"), content=content)
    assert "This row is not in the draft any more" in told(entry)[0]
    entry = enter(draft, lambda book: remove(book, "Outcomes", "outcome:2b"), content=content)
    assert (entry.changes, told(entry)) == ([], [])
    assert tell_meanwhile(upload(write_workbook(draft), draft).base, rows_of_workbook(draft, Choices(draft))) == ""


def test_what_the_models_refuse_is_told_by_cell_and_nothing_is_applied(draft: Revision) -> None:
    def change(book: Any) -> None:
        put(book, "Objectives", "objective:1", "amount_usd", 123)
        put(book, "Objectives", "objective:2", "title", "x" * 201)
        put(book, "Outcomes", "outcome:1a", "share_percent", 61)
        put(book, "Outcomes", "outcome:2a", "share_percent", 101)
        put(book, "Frameworks", "framework:HRP", "code", "no spaces")
        put(book, "Projects", "project:P-2", "framework", "NONE")
        put(book, "Frameworks", "framework:HRP", "stated_percent_funded", "100000000")
        add(book, "Shares by objective", funding_request="Objective: 1", objective=9, share_percent=5)
        add(
            book,
            "Projects",
            code="P-8",
            title="No amount",
            is_priority="yes",
            sector=draft.taxonomy.sectors.first().code,
        )

    problems = told(enter(draft, change))
    places = [problem.partition(": ")[0] for problem in problems]
    assert places == [
        "sheet “Objectives”, row 6, column “Title”, C6",
        "sheet “Frameworks”, row 5, column “Code”, B5",
        "sheet “Frameworks”, row 5, column “Funded, as printed (%)”, H5",
        "sheet “Outcomes”, row 7, column “Share of the objective (%)”, F7",
        "sheet “Projects”, row 7, column “Priority (yes or no)”, G7",
        "sheet “Outcomes”, column “Share of the objective (%)”",
    ]
    assert "objective 1 add to 101 %, more than 100 %" in problems[-1].replace("\u00a0", " ")
    assert amounts(draft, "objective") == [500_000, 500_000]
    alone = enter(draft, lambda book: put(book, "Projects", "project:P-2", "framework", "NONE"))
    assert told(alone) == ["sheet “Projects”, row 6, column “Framework (its code)”, D6: “NONE” is not in this draft."]


def test_shares_of_an_amount_are_at_most_the_whole(draft: Revision) -> None:
    def change(book: Any) -> None:
        for objective in (1, 2):
            add(book, "Shares by objective", funding_request="Objective: 1", objective=objective, share_percent=51)

    assert "Objective: 1. The shares by objective add to 102 %" in told(enter(draft, change))[0].replace("\u00a0", " ")


@pytest.mark.parametrize("status", ["in_review", "published"])
def test_only_a_draft_is_written(draft: Revision, status: str) -> None:
    revision = draft
    if status == "published":
        revision = draft.plan.revisions.get(status="published")
    else:
        Revision.objects.filter(pk=draft.pk).update(status=status)
    with pytest.raises(ValidationError):
        enter(revision, lambda book: put(book, "Objectives", "objective:1", "title", "X"))
    assert revision.objectives.get(number=1).title == "Objective 1"


def test_an_unknown_amount_is_no_zero(draft: Revision) -> None:
    """An emptied amount takes the request away; a 0 is an amount."""
    enter(draft, lambda book: (put(book, "Objectives", "objective:1", "amount_usd", None),
                               put(book, "Objectives", "objective:2", "amount_usd", 0)))  # fmt: skip
    assert amounts(draft, "objective") == [0]
    entry = enter(draft, lambda book: put(book, "Objectives", "objective:1", "amount_usd", 5))
    assert told(entry) == []
    assert amounts(draft, "objective") == [5, 0]
