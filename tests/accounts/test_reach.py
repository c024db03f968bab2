"""How far roles reach: regions and what lies in them, plans of two countries, groups, people who left."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from crp.importing.ledger.entry import enter
from crp.importing.ledger.reading import read_entries
from funding.admin.home import written_by
from funding.models import Contribution
from funding.services import publish_revision
from plans.models import Country, FormCopy, Plan, Region, Revision, Source
from plans.services import authors_of, start_revision
from tests.accounts.world import ADMINISTRATOR, World, make_world, send_for_review, small_plan
from tests.admin import Desk, address, give_roles, make_person, problems
from tests.factories import make_contribution, make_plan

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("history"),
    pytest.mark.world(make=make_world),
    pytest.mark.usefixtures("world"),
]
EDIT, SEE, PUBLISH = "plans.change_revision", "plans.view_revision", "plans.publish_revision"


def test_a_role_in_a_region_holds_in_the_regions_inside_it(world: World) -> None:
    officer = make_person(Role.OFFICER, region=world.top)
    assert officer.has_perm(EDIT, world.own.draft)
    assert not officer.has_perm(EDIT, world.foreign.draft)
    assert not officer.has_perm(SEE, world.foreign.draft)


def test_a_role_in_an_inner_region_does_not_hold_in_the_outer_one(world: World) -> None:
    officer = make_person(Role.OFFICER, region=world.own.country.region)
    assert officer.has_perm(EDIT, world.own.draft)
    of_neighbour = small_plan(world.neighbour)
    assert not officer.has_perm(EDIT, of_neighbour)
    assert make_person(Role.OFFICER, region=world.top).has_perm(EDIT, of_neighbour)


@pytest.mark.parametrize(
    ("places", "may_see", "may_edit"),
    [
        (["own"], True, False),
        (["foreign"], True, False),
        (["own", "foreign"], True, True),
        (["neighbour"], False, False),
        ([], True, True),  # everywhere
    ],
)
def test_a_plan_of_two_countries_takes_the_right_in_both_to_write_and_in_one_to_look(
    world: World, places: list[str], may_see: bool, may_edit: bool
) -> None:
    countries = {"own": world.own.country, "foreign": world.foreign.country, "neighbour": world.neighbour}
    regional = make_plan(countries=[world.own.country, world.foreign.country], projects=0, contributions=0)
    draft = start_revision(plan=regional, by=None)
    officer = make_person(*([] if places else [Role.OFFICER]))
    for name in places:
        give_roles(officer, Role.OFFICER, country=countries[name])
    assert (officer.has_perm(SEE, draft), officer.has_perm(EDIT, draft)) == (may_see, may_edit)
    if not may_edit:
        with pytest.raises(PermissionDenied, match=ADMINISTRATOR):
            start_revision(plan=regional, by=officer)


def test_a_role_in_one_country_gives_no_other_role_there(world: World) -> None:
    """An officer here who reviews elsewhere does not review here."""
    person = make_person(Role.OFFICER, country=world.own.country)
    give_roles(person, Role.REVIEWER, country=world.foreign.country)
    assert not person.has_perm(PUBLISH, world.own.in_review)
    assert not person.has_perm(EDIT, world.foreign.draft)
    assert person.has_perm(PUBLISH, world.foreign.in_review)


def test_the_roles_of_a_group_are_those_of_its_people(world: World) -> None:
    group = Group.objects.create(name="Mission")
    give_roles(group, Role.OFFICER, country=world.own.country)
    member, other = make_person(), make_person()
    member.groups.add(group)
    assert member.has_perm(EDIT, world.own.draft)
    assert not other.has_perm(EDIT, world.own.draft)


def test_administrators_of_a_group_are_named_too(world: World) -> None:
    group = Group.objects.create(name="Headquarters")
    give_roles(group, Role.ADMINISTRATOR)
    member, gone = make_person(username="issa"), make_person(username="gone")
    gone.is_active = False
    gone.save()
    for person in (member, gone):
        person.groups.add(group)
    told = make_person().explain_missing(EDIT, world.own.draft)
    assert "issa" in told
    assert ADMINISTRATOR in told
    assert "gone" not in told


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_is_not_active_any_more_may_nothing(world: World, is_superuser: bool) -> None:
    person = make_person(Role.OFFICER, country=world.own.country)
    person.is_superuser, person.is_active = is_superuser, False
    person.save()
    person = get_user_model().objects.get(pk=person.pk)
    assert not person.has_perm(EDIT, world.own.draft)
    assert not person.has_perm(SEE, world.own.published)


def test_permissions_of_django_count_for_nothing(world: World) -> None:
    person = make_person()
    permission = person.user_permissions.model.objects.get(codename="change_revision")
    person.user_permissions.add(permission)
    assert not get_user_model().objects.get(pk=person.pk).has_perm(EDIT, world.own.draft)


# Four eyes


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.REVIEWER])
def test_who_wrote_may_not_publish_unless_the_setting_allows(world: World, settings: Any, role: str) -> None:
    writer = make_person(Role.OFFICER, role) if role == Role.REVIEWER else make_person(role)
    draft = send_for_review(start_revision(plan=world.own.plan, by=writer), by=writer)
    with pytest.raises(ValidationError, match="somebody else has to publish it"):
        publish_revision(revision=draft, by=writer, reason="Mine.")
    settings.FOUR_EYES = False
    assert publish_revision(revision=draft, by=writer, reason="Mine.").status == "published"


def test_who_changed_one_row_wrote_part_of_it(world: World) -> None:
    """The list of what waits for somebody says of many revisions what publication asks of one."""
    writer, reader = make_person(Role.OFFICER, Role.REVIEWER), make_person(Role.REVIEWER)
    objective = world.own.draft.objectives.get()
    objective.title = "Changed"
    objective._history_user = writer
    objective.save()
    open_ones = list(Revision.objects.open())
    for person in (writer, reader):
        expected = {revision.pk for revision in open_ones if person.pk in authors_of(revision)}
        assert written_by(person, open_ones) == expected
    assert written_by(writer, open_ones) == {world.own.draft.pk}


# Where something is chosen


def test_a_plan_is_added_and_moved_within_reach_only(world: World) -> None:
    desk = Desk(make_person(Role.OFFICER, country=world.own.country))
    data = desk.read(address(Plan, "add"))
    data |= {"code": "X-NEW", "title": "New", "kind": "crp", "start_year": "2026", "end_year": "2026"}
    for countries in ([world.foreign.country.pk], [world.own.country.pk, world.foreign.country.pk]):
        (told,) = problems(desk.visit(address(Plan, "add"), data | {"countries": countries}))
        foreign = world.foreign.country.label
        assert told.startswith(f"countries: This takes the right “Can add plan” for {foreign}, which comes with")
    assert not Plan.objects.filter(code="X-NEW").exists()
    assert desk.visit(address(Plan, "add"), data | {"countries": [world.own.country.pk]}).status_code == 302
    (told,) = problems(desk.send(address(Plan.objects.get(code="X-NEW")), countries=[world.foreign.country.pk]))
    assert "Can change plan" in told
    assert Plan.objects.get(code="X-NEW").countries.get() == world.own.country


@pytest.mark.parametrize("model", ["contribution", "revision", "reportedfunding"])
def test_plans_are_offered_where_the_form_may_be_sent(world: World, model: str) -> None:
    role = Role.OFFICER if model == "revision" else Role.FUNDING_OFFICER
    regional = make_plan(countries=[world.own.country, world.foreign.country], projects=0, contributions=0)
    desk = Desk(make_person(role, country=world.own.country))
    label = "plans" if model == "revision" else "funding"
    query = f"?app_label={label}&model_name={model}&field_name=plan"
    offered = {item["id"] for item in json.loads(desk.visit(f"/admin/autocomplete/{query}").content)["results"]}
    own = Plan.objects.filter(countries=world.own.country).exclude(pk=regional.pk)
    assert offered == {str(plan.pk) for plan in own}


def test_lists_leave_out_foreign_drafts_and_say_so(world: World) -> None:
    unseen = Plan.objects.create(code="UNSEEN", kind="crp", title="New", start_year=2026, end_year=2026)
    unseen.countries.set([world.foreign.country])
    officer = make_person(Role.OFFICER, country=world.own.country)
    for model in (Plan, Revision):
        page = Desk(officer).visit(address(model, "changelist"))
        page.render()
        assert (
            f"what is not yet published of {world.own.country.label}. For others ask: {ADMINISTRATOR}"
            in (page.context_data["limits"])
        )
        listed = set(page.context_data["cl"].result_list)
        foreign = {unseen} if model is Plan else {world.foreign.draft, world.foreign.in_review}
        assert not listed & foreign
        assert listed & ({world.own.plan} if model is Plan else {world.own.draft})
        everything = Desk(make_person(Role.VIEWER)).visit(address(model, "changelist"))
        assert foreign <= set(everything.context_data["cl"].result_list)
        assert not everything.context_data["limits"]


def test_no_link_of_a_plan_page_leads_to_a_refusal(world: World) -> None:
    plan = world.foreign.draft.plan
    context = Desk(make_person(Role.OFFICER, country=world.own.country)).visit(address(plan)).context_data
    assert (context["start_url"], context["draft_url"], context["first_url"]) == ("", "", "")
    assert list(context["revisions"]) == [plan.revisions.get(number=1)]
    assert ADMINISTRATOR in context["read_only_because"]


def test_a_source_of_no_country_takes_the_right_everywhere(world: World) -> None:
    desk = Desk(make_person(Role.OFFICER, country=world.own.country))
    data = {"code": "MY-SOURCE", "title": "Appeal", "country": ""}
    (told,) = problems(desk.visit(address(Source, "add"), data))
    assert told.startswith("country: Choose a country: what belongs to none takes the right everywhere. This takes")
    (told,) = problems(desk.visit(address(Source, "add"), data | {"country": world.foreign.country.pk}))
    assert told.startswith(f"country: This takes the right “Can add source” for {world.foreign.country.label}")
    assert desk.visit(address(Source, "add"), data | {"country": world.own.country.pk}).status_code == 302
    assert Desk(make_person(Role.OFFICER)).visit(address(Source, "add"), data | {"code": "ALL"}).status_code == 302


# Money


def test_a_file_with_a_foreign_plan_is_refused_at_its_rows(world: World) -> None:
    officer = make_person(Role.FUNDING_OFFICER, country=world.own.country)
    rows = [f"{place.plan.code},paid,5" for place in (world.own, world.foreign, world.foreign)]
    before = Contribution.objects.count()
    entry = enter(read_entries("\n".join(["plan,status,amount_usd", *rows, ""]).encode()), by=officer)
    assert [(problem.line, problem.column) for problem in entry.problems] == [(3, "plan"), (4, "plan")]
    assert all(ADMINISTRATOR in problem.message for problem in entry.problems)
    assert Contribution.objects.count() == before


def test_possible_duplicates_are_those_that_one_may_decide_on(world: World) -> None:
    for place in (world.own, world.foreign):
        make_contribution(plan=place.plan, review="suspected", duplicate_of=place.contribution)
    page = "/admin/funding/contribution/duplicates/"
    shown = Desk(make_person(Role.FUNDING_OFFICER, country=world.own.country)).visit(page).context_data
    assert [pair["other"] for pair in shown["pairs"]] == [world.own.contribution]
    assert ADMINISTRATOR in shown["limits"]
    everything = Desk(make_person(Role.FUNDING_OFFICER)).visit(page).context_data
    assert (len(everything["pairs"]), everything["limits"]) == (2, "")


def test_money_of_a_plan_that_is_not_published_is_seen_in_its_country(world: World) -> None:
    unseen = Plan.objects.create(code="UNSEEN", kind="crp", title="New", start_year=2024, end_year=2024)
    unseen.countries.set([world.foreign.country])
    made = make_contribution(plan=unseen)
    here = Desk(make_person(Role.VIEWER, country=world.own.country))
    there = Desk(make_person(Role.VIEWER, country=world.foreign.country))
    listed = here.visit(address(Contribution, "changelist")).context_data["cl"].result_list
    assert set(listed) == {world.own.contribution, world.foreign.contribution}
    refused = here.visit(address(made))
    assert refused.status_code == 403
    assert f"“Can view contribution” for {world.foreign.country.label}" in refused.context_data["why"]
    assert there.visit(address(made)).status_code == 200


def test_the_list_of_a_foreign_plan_offers_no_recording_and_says_why(world: World) -> None:
    desk = Desk(make_person(Role.FUNDING_OFFICER, country=world.own.country))
    foreign, own = (
        desk.visit(f"{address(Contribution, 'changelist')}?plan__id__exact={place.plan.pk}").context_data
        for place in (world.foreign, world.own)
    )
    assert (foreign["add_url"], foreign["may_decide"]) == ("", False)
    assert ADMINISTRATOR in foreign["read_only_because"]
    assert own["add_url"].endswith(f"?plan={world.own.plan.pk}")
    assert "read_only_because" not in own
    asked = desk.visit(f"{address(Contribution, 'add')}?plan={world.foreign.plan.pk}")
    assert asked.status_code == 403


# A role that goes while somebody works


def test_a_role_removed_while_a_form_is_open_loses_nothing_typed(world: World) -> None:
    desk = Desk(make_person(Role.OFFICER, country=world.own.country))
    draft = world.own.draft
    page = desk.visit(address(draft))
    data = desk.read(address(draft)) | {"people_targeted": "4321"}
    data |= {"form_token": page.context_data["form_token"], "form_opened": page.context_data["form_opened"]}
    RoleAssignment.objects.filter(user=desk.user).delete()
    desk.user = get_user_model().objects.get(pk=desk.user.pk)
    refused = desk.visit(address(draft), data)
    assert refused.status_code == 403
    assert ADMINISTRATOR in refused.context_data["why"]
    assert "What you typed is kept" in refused.context_data["why"]
    draft.refresh_from_db()
    assert draft.people_targeted == 20_000
    assert "people_targeted=4321" in FormCopy.objects.get(user=desk.user).content
    give_roles(desk.user, Role.OFFICER, country=world.own.country)
    desk.user = get_user_model().objects.get(pk=desk.user.pk)
    (offer,) = desk.visit(address(draft)).context_data["kept"]
    assert [(item.label, item.yours) for item in offer["differences"]] == [("People targeted", "4321")]


def test_nothing_is_kept_of_a_form_that_nobody_opened(world: World) -> None:
    desk = Desk(make_person(Role.OFFICER, country=world.own.country))
    refused = desk.visit(address(world.foreign.draft), {"form_token": "x", "people_targeted": "1"})
    assert refused.status_code == 403
    assert not FormCopy.objects.exists()


def test_a_region_without_countries_reaches_nowhere(world: World) -> None:
    region = Region.objects.create(code="913", name="Empty")
    officer: Any = make_person(Role.OFFICER, region=region)
    assert not officer.has_perm(EDIT)
    assert not Country.objects.filter(region=region).exists()
