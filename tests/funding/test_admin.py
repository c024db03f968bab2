"""The admin of plans: the list with its figures, the page of a plan, the start of a revision."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from crp.accounts.roles import Role
from plans.models import Country, Plan, Revision
from sectors.models import Taxonomy
from tests.admin import Desk, add_row, address, make_person, open_draft, problems, query_count
from tests.conftest import MaliPlans
from tests.factories import make_plan, make_plans

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PLANS = "/admin/plans/plan/"

# The list of plans


def rows_of(client: Client, **query: str) -> dict[str, list[str]]:
    """Return what the list shows, by the code of the plan."""
    listed = client.get(PLANS, query).context["cl"].result_list
    admin = client.get(PLANS).context["cl"].model_admin
    columns = ("current_status", "requested_usd", "received_usd", "percent_funded", "gap_usd")
    plain = {plan.code: [getattr(admin, name)(plan) for name in columns] for plan in listed}
    return {code: [text_of(cell) for cell in cells] for code, cells in plain.items()}


def text_of(cell: str) -> str:
    return cell.partition(">")[2].partition("<")[0] or str(cell) if cell.startswith("<") else str(cell)


def test_the_list_shows_the_figures_of_what_is_published(officer_client: Client) -> None:
    assert rows_of(officer_client) == {
        "MLI-CRP-2025-2026": ["Published r1", "32,353,500", "not reported", "not reported", "not reported"],
        "MLI-CRP-2021": ["Published r1", "not reported", "not reported", "not reported", "not reported"],
        "MLI-COMPENDIUM-2017": ["Published r1", "37,360,000", "112,550", "0.30\N{NO-BREAK SPACE}%", "37,247,450"],
    }


def test_the_list_leads_to_the_open_draft(officer_client: Client, draft: Revision) -> None:
    text = officer_client.get(PLANS).content.decode()
    assert f'href="{address(draft)}">Draft r2</a>' in text


def test_a_plan_that_was_never_published_is_listed(officer_client: Client) -> None:
    Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    assert rows_of(officer_client)["NEW"] == ["never published", *["not reported"] * 4]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"q": "compendium"}, {"MLI-COMPENDIUM-2017"}),
        ({"q": "mli"}, {"MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026"}),
        ({"q": "nowhere"}, set()),
        ({"year": "2026"}, {"MLI-CRP-2025-2026"}),
        ({"reported": "yes"}, {"MLI-COMPENDIUM-2017"}),
        ({"reported": "no"}, {"MLI-CRP-2021", "MLI-CRP-2025-2026"}),
        ({"status": "draft"}, {"MLI-CRP-2025-2026"}),
        ({"status": "unpublished"}, set()),
        ({"kind__exact": "compendium"}, {"MLI-COMPENDIUM-2017"}),
    ],
)
def test_the_list_is_searched_and_filtered(
    officer_client: Client, draft: Revision, query: dict[str, str], codes: set[str]
) -> None:
    assert set(rows_of(officer_client, **query)) == codes


def test_a_country_is_found_by_its_french_name(officer_client: Client) -> None:
    make_plan(code="ELSEWHERE", countries=[Country.objects.get(iso3="ETH")])
    assert set(rows_of(officer_client, q="Éthiopie")) == {"ELSEWHERE"}


@pytest.mark.parametrize("column", ["6", "7", "8", "9", "-6", "-7", "-8", "-9"])
def test_plans_without_a_figure_come_last_both_ways(officer_client: Client, column: str) -> None:
    make_plan(code="FUNDED", requested_usd="5000")
    columns = {6: "requested_usd", 7: "received_usd", 8: "percent_funded", 9: "gap_usd"}
    listed = officer_client.get(PLANS, {"o": column}).context["cl"].result_list
    known = [getattr(plan, columns[abs(int(column))]) is not None for plan in listed]
    assert known == sorted(known, reverse=True)
    assert not known[-1]


def test_the_list_makes_as_many_queries_for_30_plans_as_for_one(desk: Desk, empty_database: None) -> None:
    make_plan()
    few = query_count(desk, PLANS)
    for plan in make_plans(29):
        open_draft(plan)
    assert query_count(desk, PLANS) == few


# The page of a plan


def test_the_code_is_fixed_once_published(desk: Desk, mali: MaliPlans) -> None:
    assert "code" not in desk.visit(address(mali.crp_2021)).context_data["adminform"].form.fields
    new = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    assert "code" in desk.visit(address(new)).context_data["adminform"].form.fields


def test_only_a_published_plan_has_a_public_page(desk: Desk, mali: MaliPlans, draft: Revision) -> None:
    new = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    assert desk.visit(address(mali.crp_2021)).context_data["absolute_url"] == "/plans/MLI-CRP-2021/"
    assert not desk.visit(address(new)).context_data["has_absolute_url"]
    assert not desk.visit(address(draft)).context_data["has_absolute_url"]


def new_plan(desk: Desk, **values: Any) -> Any:
    data = desk.read(address(Plan, "add"))
    mali = Country.objects.get(iso3="MLI").pk
    given = {"code": "MLI-NEW", "title": "New", "kind": "crp", "start_year": "2026", "end_year": "2026"}
    return desk.visit(address(Plan, "add"), data | given | {"countries": mali} | values)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"code": "MLI-CRP-2021"}, "code: Another plan already has this code."),
        ({"code": "mali 2026"}, "code: Capitals and digits, joined by hyphens."),
        ({"end_year": "2025"}, "end_year: The last year must not lie before the first year."),
        ({"start_year": "soon"}, "start_year: Enter a whole number."),
    ],
)
def test_a_wrong_plan_is_told_beside_its_field(desk: Desk, values: dict[str, str], told: str) -> None:
    assert problems(new_plan(desk, **values)) == [told]
    assert Plan.objects.count() == 3


def test_an_identifier_that_another_plan_has_is_refused(desk: Desk, mali: MaliPlans) -> None:
    taken = mali.crp_2021.identifiers.get()
    data = desk.read(address(mali.compendium_2017))
    add_row(data, "identifiers", scheme=taken.scheme, value=taken.value)
    (told,) = problems(desk.visit(address(mali.compendium_2017), data))
    assert told.endswith("Another plan already has this identifier.")


def test_a_new_plan_leads_to_its_first_revision(desk: Desk) -> None:
    answer = new_plan(desk)
    plan = Plan.objects.get(code="MLI-NEW")
    assert answer.url == address(plan)
    first = desk.visit(address(plan)).context_data["first_url"]
    data = desk.read(first) | {"taxonomy": Taxonomy.objects.filter(kind="sectors")[0].pk}
    assert desk.visit(first, data).url == address(plan.revisions.get())
    revision = plan.revisions.get()
    assert (revision.number, revision.status, revision.created_by) == (1, "draft", desk.user)


@pytest.mark.parametrize("state", ["published", "draft"])
def test_a_second_first_revision_is_refused(desk: Desk, mali: MaliPlans, state: str) -> None:
    plan = mali.crp_2021
    if state == "draft":
        plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
        Revision.objects.create(plan=plan)
    data = desk.read(address(Revision, "add")) | {"plan": plan.pk}
    (told,) = problems(desk.visit(address(Revision, "add"), data))
    expected = {"published": "MLI-CRP-2021 has a published revision", "draft": "This plan already has an open draft"}
    assert told.startswith(f"plan: {expected[state]}")


# Start a revision


def test_a_revision_is_started_with_a_reason(desk: Desk, mali: MaliPlans) -> None:
    step = address(mali.crp_2025_2026, "start_revision")
    desk.visit(step).render()
    assert Revision.objects.count() == 3, "looking starts nothing"
    answer = desk.visit(step, {"reason": "New needs."})
    draft = mali.crp_2025_2026.revisions.open().get()
    assert answer.url == address(draft)
    assert (draft.reason, draft.created_by, draft.outcomes.count()) == ("New needs.", desk.user, 10)
    entry = LogEntry.objects.get(object_id=mali.crp_2025_2026.pk)
    assert (entry.user, entry.get_change_message()) == (desk.user, "Started revision 2.")


def test_a_second_draft_is_refused_and_told(desk: Desk, mali: MaliPlans, draft: Revision) -> None:
    page = desk.visit(address(mali.crp_2025_2026, "start_revision"), {"reason": ""})
    assert page.context_data["form"].non_field_errors() == [
        "MLI-CRP-2025-2026 already has an open draft, revision 2: finish that one first."
    ]
    assert Revision.objects.count() == 4


def test_steps_are_for_those_who_may_change_revisions(mali: MaliPlans, draft: Revision) -> None:
    desk = Desk(make_person(Role.VIEWER))
    steps = [address(draft, step) for step in ("submit", "withdraw", "review")]
    for step in (address(mali.crp_2021, "start_revision"), *steps):
        for data in (None, {"reason": "Mine."}):
            assert desk.visit(step, data).status_code == 403
    assert Revision.objects.count() == 4
    assert not desk.visit(address(mali.crp_2021)).context_data["start_url"]
    assert not desk.visit(address(draft)).context_data["next_step"].links


@pytest.mark.parametrize("step", ["/admin/plans/plan/0/start-revision/", "/admin/plans/revision/x/review/"])
def test_a_step_on_what_is_not_there_leads_back(desk: Desk, step: str) -> None:
    assert desk.visit(step).url == "/admin/"


# The first page


def test_a_home_page_without_anything_says_so(client: Client, empty_database: None) -> None:
    client.force_login(make_person(Role.OFFICER, Role.REVIEWER))
    text = client.get("/admin/").content.decode()
    for sentence in (
        "There is no draft of your countries.",
        "No reviewer has sent anything back.",
        "Nothing waits for you.",
        "was looked at within the last 90 days",
        "agree with themselves",
        "Nothing is published yet.",
    ):
        assert sentence in text, sentence
