"""The admin of what plans consist of besides money: sources, citations, profiles, rows; and who may what."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation

from crp.accounts.roles import Role
from plans.models import Citation, Contact, Country, CountryProfile, Objective, Plan, Source
from tests.admin import Desk, add_row, address, formset, make_person, make_programme_officer, open_draft, problems
from tests.conftest import MaliPlans

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk(mali: MaliPlans) -> Desk:
    return Desk(make_programme_officer())


@pytest.fixture
def officer_client(client: Client, desk: Desk) -> Client:
    client.force_login(desk.user)
    return client


@pytest.fixture
def root_client(client: Client, mali: MaliPlans) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


def test_the_index_shows_plans_first_and_what_to_do(officer_client: Client) -> None:
    open_draft(Plan.objects.get(code="MLI-CRP-2021"))
    response = officer_client.get("/admin/")
    assert [group["name"] for group in response.context["app_list"]][:2] == ["Plans", "Money received"]
    assert response.context["app_list"][0]["models"][0]["object_name"] == "Plan"
    assert "Go on with MLI-CRP-2021, draft r2" in response.content.decode()


def test_the_index_offers_only_what_one_may_do(client: Client, mali: MaliPlans) -> None:
    client.force_login(get_user_model().objects.create_user("guest", is_staff=True))
    text = client.get("/admin/").content.decode()
    assert "Record money received" not in text
    assert "Find a plan" not in text


def test_the_site_is_led_to_in_the_language_that_is_read(officer_client: Client) -> None:
    with translation.override("en"):  # puts back what the French page leaves behind in this thread
        assert 'href="/fr/">' in officer_client.get("/fr/admin/").content.decode()
        page = officer_client.get("/admin/plans/plan/?q=mali").content.decode()
    assert 'href="/fr/admin/plans/plan/?q=mali"' in page


def test_one_who_may_only_look_is_told_which_right_is_missing(client: Client, mali: MaliPlans) -> None:
    client.force_login(make_person(Role.VIEWER))
    text = client.get(address(Source.objects.filter(country__iso3="MLI")[0])).content.decode()
    assert "This takes the right “Can change source” for Mali, which comes with the role Programme officer." in text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("/admin/plans/country/add/", "the right “Can add country”, which comes with the role Administrator. Who"),
        ("/admin/accounts/user/", "the right “Can view user”, which comes with the role Administrator. Who"),
    ],
)
def test_a_page_that_one_may_not_see_says_why(officer_client: Client, url: str, told: str) -> None:
    response = officer_client.get(url)
    assert response.status_code == 403
    assert told in response.content.decode()


# Sources and citations


def test_a_citation_of_what_is_published_is_read_only(desk: Desk, mali: MaliPlans) -> None:
    citation = Citation.objects.filter(revision__plan=mali.crp_2021)[0]
    page = desk.visit(address(citation))
    assert "start a new revision" in page.context_data["read_only_because"]
    answer = desk.visit(address(citation), {"note": "changed"})
    (told,) = answer.told
    assert told.startswith("Nothing was saved. Revision 1 is published: what readers have seen stays as it is.")
    assert not Citation.objects.filter(note="changed").exists()


def test_a_citation_of_a_profile_can_be_changed(desk: Desk) -> None:
    citation = Citation.objects.filter(profile__isnull=False)[0]
    assert desk.send(address(citation), note="Read again.").status_code == 302
    citation.refresh_from_db()
    assert citation.note == "Read again."


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"subject": "objective:9"}, "subject: There is no such row."),
        ({"field": "colour"}, "field: This row has no such field."),
        ({"last_line": "3"}, "last_line: The last line must not lie before the first."),
        ({"basis": "inferred"}, "note: An inferred value needs its reasoning."),
    ],
)
def test_a_wrong_citation_is_told_beside_its_field(
    desk: Desk, mali: MaliPlans, changes: dict[str, str], told: str
) -> None:
    draft = open_draft(mali.crp_2025_2026)
    Citation.objects.filter(revision=draft, subject="revision", field="people_in_need").delete()
    before = draft.citations.count()
    data = {"revision": draft.pk, "subject": "revision", "field": "people_in_need", "basis": "stated"}
    data |= {"source": Source.objects.all()[0].pk, "first_line": "4", "last_line": "5"}
    response = desk.visit(address(Citation, "add"), data | changes)
    assert any(problem.startswith(told) for problem in problems(response))
    assert draft.citations.count() == before
    assert desk.visit(address(Citation, "add"), data).status_code == 302, "the rest of it is right"


def test_a_citation_can_not_be_added_to_what_is_published(desk: Desk, mali: MaliPlans) -> None:
    data = {"revision": mali.crp_2021.revisions.get().pk, "subject": "revision", "field": "people_in_need"}
    response = desk.visit(address(Citation, "add"), data | {"basis": "stated", "source": Source.objects.all()[0].pk})
    assert any(problem.startswith("revision: Revision 1 is published") for problem in problems(response))


def test_a_citation_form_suggests_the_rows_of_its_revision(officer_client: Client, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    text = officer_client.get(address(Citation, "add"), {"revision": draft.pk}).content.decode()
    assert '<option value="objective:1">' in text


def test_a_new_citation_is_offered_open_revisions_only(officer_client: Client, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2021)
    asked = {"app_label": "plans", "model_name": "citation", "field_name": "revision", "term": ""}
    offered = officer_client.get("/admin/autocomplete/", asked).json()["results"]
    assert [int(item["id"]) for item in offered] == [draft.pk]


# Country missions and countries


def test_contacts_are_marked_as_personal_data(officer_client: Client) -> None:
    text = officer_client.get(address(CountryProfile.objects.get())).content.decode()
    assert "personal data, not shown to the public unless ticked" in text
    assert "crp-personal-data" in text


def test_contacts_are_for_those_who_have_a_role_in_the_country(client: Client, mali: MaliPlans) -> None:
    client.force_login(make_person(Role.VIEWER, country=Country.objects.get(iso3="NER")))
    assert Contact.objects.all()[0].value not in client.get(address(CountryProfile.objects.get())).content.decode()


def test_contacts_stay_out_of_the_history(desk: Desk) -> None:
    profile = CountryProfile.objects.get()
    assert desk.send(address(profile), **{"contacts-0-value": "+223 00 00 00 00"}).status_code == 302
    (entry,) = LogEntry.objects.all()
    assert entry.get_change_message() == "Changed Value for contact “…”."


def test_a_country_that_a_plan_covers_can_not_be_deleted(root_client: Client) -> None:
    assert root_client.post(address(Country.objects.get(iso3="MLI"), "delete"), {"post": "yes"}).status_code == 403
    assert Country.objects.filter(iso3="MLI").exists()


# Rows on the page of their revision


def test_a_row_that_others_belong_to_is_not_removed_unseen(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    (told,) = problems(desk.send(address(draft), **{"objectives-0-DELETE": "on"}))
    assert "can't be removed while other rows belong to it" in told
    assert "3 outcomes" in told
    assert draft.objectives.count() == 3


def test_a_framework_with_projects_is_not_removed(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.compendium_2017)
    assert "6 projects" in problems(desk.send(address(draft), **{"frameworks-0-DELETE": "on"}))[0]


def test_a_row_that_stands_alone_is_removed(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    assert desk.send(address(draft), **{"offices-0-DELETE": "on"}).status_code == 302
    assert draft.offices.count() == 5


def test_shares_over_100_percent_are_told_with_their_objective(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    response = desk.send(address(draft), people_targeted="1", **{"outcomes-0-share_percent": "70"})
    assert problems(response) == ["The outcome shares of objective 1 add to 120\N{NO-BREAK SPACE}%, more than 100 %."]
    draft.refresh_from_db()
    assert draft.people_targeted == 273_000, "half saved"


def test_a_number_that_stands_twice_is_named(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    assert problems(desk.send(address(draft), **{"objectives-0-number": "2"})) == [
        "Number “2” stands more than once: each may stand once."
    ]


def test_two_rows_that_swap_their_numbers_are_told_how(desk: Desk, mali: MaliPlans) -> None:
    """Saved one after the other, the first would meet the number that the second still has."""
    draft = open_draft(mali.crp_2025_2026)
    told = problems(desk.send(address(draft), **{"objectives-0-number": "2", "objectives-1-number": "1"}))
    assert len(told) == 2
    assert all("moves from one row to another" in problem for problem in told)


def test_a_row_without_a_place_goes_to_the_end(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    data = desk.read(address(draft))
    add_row(data, "offices", place="Kidal", kind="field", order="")
    add_row(data, "offices", place="Taoudénit", kind="field", order="")
    assert desk.visit(address(draft), data).status_code == 302
    assert list(draft.offices.values_list("place", flat=True))[-2:] == ["Kidal", "Taoudénit"]


def test_choices_are_those_of_the_revision(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    outcome = formset(desk.visit(address(draft)), "outcomes").forms[0]
    offered = [value for value, _label in outcome.fields["objective"].choices if value]
    assert offered == list(draft.objectives.values_list("pk", flat=True))


def test_an_objective_of_another_revision_is_refused(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    foreign = Objective.objects.exclude(revision=draft)[0]
    assert problems(desk.send(address(draft), **{"outcomes-0-objective": foreign.pk})) == [
        "outcomes-0-objective: This belongs to another revision: choose one of the same revision."
    ]


def test_the_text_of_an_objective_names_it(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2021)
    response = desk.send(address(draft), **{"narratives-0-section": "objective"})
    assert problems(response) == [
        "narratives-0-objective: Name the objective for the text of an objective, and only there."
    ]


def test_saving_without_a_change_changes_nothing(desk: Desk, mali: MaliPlans) -> None:
    """Browsers send other line ends than they got, and amounts with their digits grouped."""
    draft = open_draft(mali.crp_2025_2026)
    related = (draft.narratives, draft.funding_requests, draft.outcomes, draft.objectives)
    before = [list(rows.values()) for rows in related]
    data = desk.read(address(draft))
    data = {name: value.replace("\n", "\r\n") if isinstance(value, str) else value for name, value in data.items()}
    assert desk.visit(address(draft), data).status_code == 302
    assert [list(rows.values()) for rows in related] == before
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["No fields changed."]
