"""``manage.py demo``: from nothing to a working site, and again without undoing anybody's work."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from crp.management.commands.demo import ADMINISTRATOR, GROUPS, OFFICER, PLANS, REVIEWER, make_officer
from plans.models import Country, CountryProfile, Objective, Outcome, Plan
from tests.conftest import MaliPlans
from tests.factories import make_plan

User = get_user_model()


def run_demo() -> str:
    """Run the command and return what it printed."""
    output = StringIO()
    call_command("demo", stdout=output, no_color=True)
    return output.getvalue()


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models(include_auto_created=True)
    }


@pytest.fixture
def officer(mali: MaliPlans) -> Any:
    make_officer()
    return User.objects.get(username=OFFICER)


@pytest.mark.usefixtures("empty_database")
def test_it_fills_an_empty_database() -> None:
    printed = run_demo()
    assert set(Plan.objects.values_list("code", flat=True)) == set(PLANS.values())
    assert CountryProfile.objects.filter(country__iso3="MLI").exists()
    assert "/admin/" in printed


@pytest.mark.once
@pytest.mark.django_db
def test_the_password_it_shows_signs_in() -> None:
    password = re.search(r"Password: (\S+)", run_demo()).group(1)
    assert authenticate(username=OFFICER, password=password) == User.objects.get(username=OFFICER)


@pytest.mark.django_db
def test_a_second_run_changes_nothing_and_shows_no_password() -> None:
    run_demo()
    before = everything()
    printed = run_demo()
    assert everything() == before
    assert "Password" not in printed
    assert "Rows added: 0." in printed


@pytest.mark.once
def test_what_somebody_changed_stays(mali: MaliPlans) -> None:
    Plan.objects.filter(pk=mali.crp_2021.pk).update(title="Changed by an officer")
    Country.objects.filter(iso3="MLI").update(name_fr="Le Mali")
    run_demo()
    assert Plan.objects.get(pk=mali.crp_2021.pk).title == "Changed by an officer"
    assert Country.objects.get(iso3="MLI").name_fr == "Le Mali"


@pytest.mark.once
def test_what_somebody_took_out_of_a_plan_stays_out(mali: MaliPlans) -> None:
    objective = Objective.objects.filter(revision__plan=mali.crp_2025_2026).first()
    Outcome.objects.filter(objective=objective).delete()
    run_demo()
    assert not Outcome.objects.filter(objective=objective).exists()


@pytest.mark.once
@pytest.mark.django_db
def test_an_entry_missing_from_a_list_is_added() -> None:
    """A newer version of CRP brings new entries, which its new plans refer to."""
    country = Country.objects.filter(plans=None, profile=None, organizations=None, sources=None).first()
    Country.objects.filter(pk=country.pk).delete()
    assert "Rows added: 1." in run_demo()
    assert Country.objects.filter(iso3=country.iso3).exists()


@pytest.mark.once
@pytest.mark.django_db
def test_a_given_password_is_used_and_not_shown(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("OFFICER_PASSWORD", password)
    assert password not in run_demo()
    assert authenticate(username=OFFICER, password=password)


@pytest.mark.once
@pytest.mark.django_db
def test_a_weak_password_is_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICER_PASSWORD", "officer")
    with pytest.raises(CommandError, match=r"OFFICER_PASSWORD: .*too"):
        run_demo()
    assert not User.objects.filter(username=OFFICER).exists()
    assert not Group.objects.exists()


@pytest.mark.once
def test_a_role_taken_from_a_group_stays_taken(officer: Any) -> None:
    Group.objects.get(name=GROUPS[0].name).roles.filter(role=Role.FUNDING_OFFICER).delete()
    run_demo()
    again = User.objects.get(pk=officer.pk)
    assert not again.has_perm("funding.add_contribution")
    assert again.has_perm("plans.change_revision")


def test_an_officer_writes_plans_and_funding_of_mali_and_reads_the_lists(mali: MaliPlans, officer: Any) -> None:
    elsewhere = make_plan()
    for right in ("plans.change_revision", "plans.submit_revision", "funding.delete_contribution"):
        assert officer.has_perm(right, mali.crp_2021), right
        assert not officer.has_perm(right, elsewhere), right
    assert officer.has_perms(["sectors.view_sector", "plans.view_country", "plans.view_targetgroup"])
    assert not any(
        officer.has_perm(f"{label}.{action}_{name}")
        for label, name in (("sectors", "sector"), ("plans", "country"), ("plans", "targetgroup"))
        for action in ("add", "change", "delete")
    )
    assert not officer.has_perm("plans.publish_revision", mali.crp_2021)


def test_a_reviewer_publishes_in_western_africa_and_an_administrator_gives_roles(mali: MaliPlans) -> None:
    run_demo()
    reviewer, administrator = (User.objects.get(username=name) for name in (REVIEWER, ADMINISTRATOR))
    assert reviewer.has_perm("plans.publish_revision", mali.crp_2021)
    assert not reviewer.has_perm("plans.publish_revision", make_plan(countries=[Country.objects.get(iso3="KEN")]))
    assert not reviewer.has_perm("plans.change_revision", mali.crp_2021)
    assert administrator.has_perm("accounts.add_roleassignment")
    assert not administrator.is_superuser
    assert RoleAssignment.objects.get(group__name="Observers").role == Role.VIEWER


def test_an_officer_manages_no_users(officer: Any, client: Client) -> None:
    assert officer.is_staff
    assert not officer.is_superuser
    client.force_login(officer)
    assert client.get("/admin/accounts/user/").status_code == 403
    assert client.get("/admin/auth/group/").status_code == 403
