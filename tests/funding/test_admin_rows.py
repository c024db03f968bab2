"""The admin of projects, funding requests and contributions, each on its own page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from funding.models import Contribution, Project
from plans.models import Country, Plan, Revision
from sectors.models import Sector
from tests.admin import Desk, add_row, address, formset, open_draft, problems, read
from tests.conftest import MaliPlans
from tests.factories import make_plan

pytestmark = pytest.mark.django_db


# Projects and requests on their own pages


def test_a_project_asks_first_for_its_draft(desk: Desk, mali: MaliPlans) -> None:
    assert "No plan has an open draft" in desk.visit(address(Project, "add")).render().content.decode()
    draft = open_draft(mali.compendium_2017)
    assert f'href="?revision={draft.pk}"' in desk.visit(address(Project, "add")).render().content.decode()


def test_a_project_is_added_with_its_amount(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.compendium_2017)
    url = f"{address(Project, 'add')}?revision={draft.pk}"
    page = desk.visit(url)
    frameworks = [value for value, _label in page.context_data["adminform"].form.fields["framework"].choices if value]
    assert frameworks == list(draft.frameworks.values_list("pk", flat=True))
    values = {"code": "MLI-2017-NEW", "title": "New", "order": "11", "funding_requests-0-amount_usd": "1,000"}
    answer = desk.visit(url, read(page) | values)
    assert answer.url == f"/admin/funding/project/?revision__id__exact={draft.pk}"
    request = draft.funding_requests.get(project__code="MLI-2017-NEW")
    assert (request.breakdown, request.amount_usd) == ("project", 1000)


def test_a_project_is_not_added_to_what_is_published(desk: Desk, mali: MaliPlans) -> None:
    revision = mali.compendium_2017.revisions.get()
    url = f"{address(Project, 'add')}?revision={revision.pk}"
    for data in (None, {"revision": revision.pk, "code": "X", "title": "X"}):
        answer = desk.visit(url, data)
        assert answer.told[0].startswith("Revision 1 is published")
        assert "adminform" not in answer.context_data
    assert Project.objects.count() == 10


def test_a_row_never_moves_to_another_revision(desk: Desk, mali: MaliPlans) -> None:
    draft, other = open_draft(mali.compendium_2017), open_draft(mali.crp_2021)
    project = draft.projects.get(code="MLI-2017-HRP-02")
    assert desk.send(address(project), title="Renamed", revision=other.pk).status_code == 302
    project.refresh_from_db()
    assert (project.title, project.revision) == ("Renamed", draft)


def test_a_project_keeps_the_code_that_an_earlier_revision_has(desk: Desk, mali: MaliPlans) -> None:
    project = open_draft(mali.compendium_2017).projects.all()[0]
    assert "code" not in desk.visit(address(project)).context_data["adminform"].form.fields


def test_a_project_takes_its_sector_from_the_list_of_its_framework(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.compendium_2017)
    foreign = Sector.objects.get(taxonomy__kind="sectors", taxonomy__start_year=2025, code="SHELTER")
    project = draft.projects.all()[0]
    (told,) = problems(desk.send(address(project), sector=foreign.pk))
    assert told.startswith("sector: “Shelter and settlements” is of the taxonomy")


def test_the_list_of_projects_of_a_revision_knows_it(desk: Desk, mali: MaliPlans) -> None:
    published = mali.compendium_2017.revisions.get()
    url = f"{address(Project, 'changelist')}?revision__id__exact="
    text = desk.visit(f"{url}{published.pk}").render().content.decode()
    assert "Back to MLI-COMPENDIUM-2017 r1" in text
    assert "start a new revision" in text
    draft = open_draft(mali.compendium_2017)
    text = desk.visit(f"{url}{draft.pk}").render().content.decode()
    assert f'href="/admin/funding/project/add/?revision={draft.pk}"' in text
    assert "12,000,000" in text


@pytest.mark.once
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"breakdown": "objective"}, "breakdown: Name exactly one target, the one that the breakdown says."),
        ({"amount_usd": "-1"}, "amount_usd: Ensure this value is greater than or equal to 0."),
    ],
)
def test_a_wrong_request_is_told_beside_its_field(
    desk: Desk, draft: Revision, values: dict[str, str], told: str
) -> None:
    request = draft.funding_requests.get(sector__code="SHELTER")
    assert problems(desk.send(address(request), **values)) == [told]


def test_shares_of_a_request_are_at_most_the_whole(desk: Desk, draft: Revision) -> None:
    request = draft.request_shares.all()[0].funding_request
    page = desk.visit(address(request))
    assert len(formset(page, "request_shares").initial_forms) == 3
    told = problems(desk.send(address(request), **{"request_shares-0-share_percent": "60"}))
    assert told == ["The shares by objective add to 118\N{NO-BREAK SPACE}%, more than 100 %."]


def test_a_related_plan_is_of_the_revision_of_its_request(desk: Desk, draft: Revision) -> None:
    request = draft.funding_requests.get(sector__code="SHELTER")
    data = desk.read(address(request))
    family = formset(desk.visit(address(request)), "related_plans").empty_form.fields["plan_family"].queryset
    new = family.exclude(pk__in=request.related_plans.values("plan_family"))[0]
    add_row(data, "related_plans", plan_family=new.pk, order="")
    answer = desk.visit(address(request), data)
    assert answer.url == f"{address(draft)}#sector_amounts-group"
    assert request.related_plans.get(plan_family=new).revision == draft


@pytest.mark.once
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"overlap": "partly"}, "overlap: “Partly inside” needs an amount or a share; the others have neither."),
        ({"overlap": "outside", "inside_usd": "5"}, "overlap: “Partly inside” needs an amount or a share; the others"),
        ({"overlap": "partly", "inside_percent": "101"}, "inside_percent: Ensure this value is less than or equal to"),
        ({"overlap": "partly", "inside_usd": "-1"}, "inside_usd: Ensure this value is greater than or equal to 0."),
        (
            {"overlap": "partly", "inside_usd": "1.000,50"},
            "inside_usd: “1.000,50” is no number as this page writes them",
        ),
    ],
)
def test_how_much_lies_in_an_inter_agency_plan_is_an_amount_or_a_share(
    desk: Desk, draft: Revision, values: dict[str, str], told: str
) -> None:
    request = draft.funding_requests.get(sector__code="SHELTER")
    found = problems(desk.send(address(request), **{f"related_plans-0-{name}": text for name, text in values.items()}))
    assert [sentence.startswith(f"related_plans-0-{told}") for sentence in found] == [True], found


def test_the_size_of_an_overlap_is_shown_on_the_page_of_the_revision(desk: Desk, draft: Revision) -> None:
    request = draft.funding_requests.get(sector__code="SHELTER")
    related = request.related_plans.order_by("order", "pk").first()
    other = Plan.objects.get(code="MLI-COMPENDIUM-2017")
    values = {"overlap": "partly", "inside_usd": "1250000", "related_plan": str(other.pk)}
    desk.send(address(request), **{f"related_plans-0-{name}": text for name, text in values.items()})
    related.refresh_from_db()
    assert (related.inside_usd, related.inside_percent, related.related_plan) == (1_250_000, None, other)
    page = desk.visit(address(draft))
    page.render()
    assert f"{related.plan_family.code} (USD 1,250,000 inside)" in page.content.decode()


def test_the_lines_of_a_plan_for_several_countries_and_by_global_cluster_are_written(desk: Desk) -> None:
    countries = Country.objects.filter(iso3__in=("MLI", "NER"))
    cluster = Sector.objects.filter(taxonomy__kind="global_clusters").first()
    plan = make_plan(countries=list(countries), kind="regional")
    draft = open_draft(plan)
    data = desk.read(address(draft))
    page = desk.visit(address(draft))
    offered = formset(page, "country_amounts").empty_form.fields["country"].offered
    assert {country.iso3 for country in offered.values()} == {"MLI", "NER"}
    add_row(data, "country_amounts", country=countries[0].pk, amount_usd="600", order="")
    add_row(data, "global_cluster_amounts", sector=cluster.pk, amount_usd="1000", order="")
    assert problems(desk.visit(address(draft), data)) == []
    assert draft.funding_requests.get(breakdown="country").target == countries[0]
    line = draft.funding_requests.get(breakdown="global_cluster")
    assert line.target == cluster
    assert problems(desk.send(address(line), amount_usd="1001")) == []
    line.refresh_from_db()
    assert (line.sector, line.amount_usd) == (cluster, 1001)


# Contributions


def contribution(desk: Desk, **values: Any) -> Any:
    plan = Plan.objects.get(code="MLI-COMPENDIUM-2017")
    given = {
        "code": "MLI-2017-0002",
        "plan": plan.pk,
        "status": "paid",
        "amount_usd": "1,000",
        "is_new_money": "unknown",
    }
    return desk.visit(address(Contribution, "add"), given | values)


def test_a_contribution_is_recorded_beside_what_is_published(desk: Desk, officer_client: Client) -> None:
    assert contribution(desk, project_code="MLI-2017-HRP-02").status_code == 302
    assert "113,550" in officer_client.get("/admin/plans/plan/").content.decode()


@pytest.mark.once
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"amount_usd": "much"}, "amount_usd: Enter a number: digits only, no letters."),
        ({"project_code": "NONE"}, "project_code: The plan has no project with this code."),
        ({"framework_code": "NONE"}, "framework_code: The plan has no framework with this code."),
        ({"objective_number": "9"}, "objective_number: The plan has no objective with this number."),
        ({"original_amount": "900"}, "original_currency: An original amount needs its currency, and a currency its"),
        ({"exchange_rate": "0.9"}, "exchange_rate: An exchange rate is above 0 and needs an original amount."),
        ({"code": "MLI-2017-0001"}, "code: Contribution with this Code already exists."),
    ],
)
def test_a_wrong_contribution_is_told_beside_its_field(desk: Desk, values: dict[str, str], told: str) -> None:
    (problem,) = problems(contribution(desk, **values))
    assert problem.startswith(told)
    assert Contribution.objects.count() == 1


def test_an_exchange_rate_keeps_all_its_decimals(desk: Desk) -> None:
    contribution(desk, original_amount="655,957.5", original_currency="XOF", exchange_rate="655.95712345")
    made = Contribution.objects.get(code="MLI-2017-0002")
    desk.send(address(made), note="Opened and saved.")
    made.refresh_from_db()
    assert (made.note, made.exchange_rate) == ("Opened and saved.", Decimal("655.95712345"))


@pytest.mark.once
def test_the_form_suggests_what_the_money_may_be_for(desk: Desk) -> None:
    text = desk.visit(address(Contribution.objects.get())).render().content.decode()
    assert '<option value="MLI-2017-HRP-06">' in text
    assert '<option value="MCOF">' in text
