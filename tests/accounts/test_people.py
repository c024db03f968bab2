"""The admin of people, groups and roles, and the page that tells somebody what they may."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from crp.accounts.actions import ACTIONS, tell_actions
from crp.accounts.models import RoleAssignment, User
from crp.accounts.roles import Role, roles_with
from plans.models import Country, Region
from tests.admin import Desk, add_row, address, formset, give_roles, make_person, problems
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
RIGHTS = "/admin/accounts/user/my-rights/"


@pytest.fixture
def administrator() -> Desk:
    return Desk(make_person(Role.ADMINISTRATOR, username="awa"))


@pytest.fixture
def mali() -> Country:
    return Country.objects.get(iso3="MLI")


def give(desk: Desk, holder: Any, **values: Any) -> Any:
    """Add a row to the table of roles on the page of a person or a group."""
    data = desk.read(address(holder))
    add_row(data, "roles", **{"role": "", "country": "", "region": ""} | values)
    return desk.visit(address(holder), data)


def test_a_role_is_given_on_the_page_of_a_person_and_says_what_it_does(administrator: Desk, mali: Country) -> None:
    person = make_user(username="moussa", is_staff=True)
    answer = give(administrator, person, role=Role.OFFICER, country=mali.pk)
    assert answer.status_code == 302
    assert (
        "moussa is now: Programme officer, Mali (writes drafts of the countries named and sends them for review)."
        in answer.told
    )
    assert get_user_model().objects.get(pk=person.pk).reach("plans.change_revision").countries == {mali.pk}
    choices = formset(administrator.visit(address(person)), "roles").empty_form.fields["role"].choices
    assert ("reviewer", "Reviewer: returns or publishes what was sent for review, in the countries named") in choices


def test_a_role_is_given_on_the_page_of_a_group(administrator: Desk) -> None:
    group = Group.objects.create(name="Observers of all")
    assert give(administrator, group, role=Role.VIEWER).status_code == 302
    assert str(group.roles.get()) == "Observers of all: Viewer, everywhere"


def test_a_role_is_taken_away(administrator: Desk) -> None:
    person = make_person(Role.VIEWER)
    answer = administrator.send(address(person), **{"roles-0-DELETE": "on"})
    assert any(told.endswith("Viewer, everywhere is taken away.") for told in answer.told)
    assert not person.roles.exists()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"role": "officer", "country": "MLI", "region": "011"}, "Name a country or a region, not both."),
        ({"role": "administrator", "country": "MLI"}, "An administrator is one everywhere"),
        ({"role": "viewer"}, "Viewer, everywhere stands more than once"),
        ({"role": "king"}, "Select a valid choice."),
        ({"role": "", "region": "011"}, "This field is required."),
    ],
)
def test_a_wrong_role_is_told_beside_its_field(administrator: Desk, values: dict[str, str], told: str) -> None:
    person = make_person(Role.VIEWER)
    keys = {
        "country": Country.objects.get(iso3="MLI").pk if values.get("country") else "",
        "region": Region.objects.get(code="011").pk if values.get("region") else "",
    }
    answer = give(administrator, person, **values | keys)
    assert any(told in problem for problem in problems(answer)), problems(answer)
    assert person.roles.count() == 1


def test_two_new_rows_of_the_same_role_are_told(administrator: Desk) -> None:
    person = make_user()
    data = administrator.read(address(person))
    for _twice in range(2):
        add_row(data, "roles", role=Role.VIEWER, country="", region="")
    assert problems(administrator.visit(address(person), data)) == [
        "Viewer, everywhere stands more than once: each may stand once."
    ]
    assert not person.roles.exists()


def test_a_role_of_nobody_is_refused(administrator: Desk) -> None:
    (told,) = problems(administrator.visit(address(RoleAssignment, "add"), {"role": "viewer"}))
    assert told == "user: Name a person or a group."


def test_djangos_own_pickers_of_permissions_are_not_there(administrator: Desk) -> None:
    for holder in (make_user(), Group.objects.create(name="Mission")):
        fields = administrator.visit(address(holder)).context_data["adminform"].form.fields
        assert not {"user_permissions", "permissions"} & set(fields)
    page = administrator.visit(address(make_user())).render().content.decode()
    assert "comes from roles alone" in page


def test_roles_of_who_can_not_sign_in_are_pointed_out(administrator: Desk) -> None:
    person = make_user()
    answer = give(administrator, person, role=Role.VIEWER)
    assert any("can't sign in here" in told for told in answer.told), (answer.told, problems(answer))


# Superusers


def test_an_administrator_makes_no_superuser(administrator: Desk) -> None:
    person = make_user()
    administrator.send(address(person), is_superuser="on", is_staff="on")
    assert not get_user_model().objects.get(pk=person.pk).is_superuser
    me = administrator.user
    administrator.send(address(me), is_superuser="on")
    assert not get_user_model().objects.get(pk=me.pk).is_superuser
    root = Desk(get_user_model().objects.create_superuser("root"))
    assert root.send(address(person), is_superuser="on").status_code == 302
    assert get_user_model().objects.get(pk=person.pk).is_superuser


@pytest.mark.parametrize("page", ["change", "delete", "password"])
def test_an_administrator_changes_and_deletes_no_superuser(administrator: Desk, page: str) -> None:
    root = get_user_model().objects.create_superuser("root", password="x")
    url = f"/admin/accounts/user/{root.pk}/password/" if page == "password" else address(root, page)
    data = {"post": "yes", "username": "root", "password1": "correct-horse-1", "password2": "correct-horse-1"}
    assert administrator.visit(url, data).status_code == 403
    again = get_user_model().objects.get(pk=root.pk)
    assert (again.is_active, again.password) == (True, root.password)
    told = administrator.visit(address(root)).context_data["read_only_because"]
    assert told == "root is a superuser: only another superuser can change or delete this login."


def test_the_action_of_the_list_deletes_no_superuser(administrator: Desk) -> None:
    root, person = get_user_model().objects.create_superuser("root"), make_user()
    chosen = {"action": "delete_selected", "_selected_action": [root.pk, person.pk], "post": "yes"}
    answer = administrator.visit(address(User, "changelist"), chosen)
    assert answer.told == ["root is a superuser: only another superuser can change or delete this login."]
    assert get_user_model().objects.filter(pk__in=[root.pk, person.pk]).count() == 2
    assert administrator.visit(address(User, "changelist"), chosen | {"_selected_action": [person.pk]}).told
    assert not get_user_model().objects.filter(pk=person.pk).exists()


# My rights


def test_every_action_is_told_with_the_roles_that_give_it() -> None:
    for action in ACTIONS:
        assert set(action.roles) == roles_with()[action.permission], action.permission


def test_my_rights_say_what_and_where_and_who_can_help(client: Client, administrator: Desk, mali: Country) -> None:
    officer = make_person(Role.OFFICER, country=mali)
    told = {str(item.action.name): (item.where, item.by_role) for item in tell_actions(officer)}
    assert told["Add plans, start revisions, write drafts and translate"] == ("Mali", "Programme officer")
    assert told["Return or publish what was sent for review"] == ("", "Reviewer")
    assert told["See everything that is published"][0] == "everywhere"
    assert told["Make logins and give roles"] == ("", "Administrator")
    client.force_login(officer)
    page = client.get(RIGHTS).content.decode()
    assert "What I may not do" in page
    assert "<p>awa</p>" in page
    assert f'href="{RIGHTS}"' in client.get("/admin/").content.decode()


def test_somebody_without_a_role_is_told_who_can_give_one(client: Client, administrator: Desk) -> None:
    client.force_login(make_person())
    page = client.get(RIGHTS).content.decode()
    assert "You have no role yet" in page
    assert "What I may do<" not in page
    assert "<p>awa</p>" in page
    assert client.get("/admin/").status_code == 200


def test_a_region_and_a_country_are_named_together(mali: Country) -> None:
    person = make_person(Role.VIEWER, country=mali)
    give_roles(person, Role.OFFICER, region=Region.objects.get(code="011"))
    told = {str(item.action.name): item.where for item in tell_actions(person)}
    assert told["Send a draft for review, or take it back"] == "Western Africa"


# A database from before there were roles


def test_the_group_of_before_keeps_what_it_could_do() -> None:
    migration = importlib.import_module("crp.accounts.migrations.0003_roles_of_programme_officers")
    migration.give_roles(apps, None)
    assert not RoleAssignment.objects.exists()
    group = Group.objects.create(name="Programme officers")
    for _again in range(2):
        migration.give_roles(apps, None)
    assert {str(role) for role in group.roles.all()} == {
        "Programme officers: Programme officer, everywhere",
        "Programme officers: Funding officer, everywhere",
        "Programme officers: Reviewer, everywhere",
    }
