"""``manage.py demo``: a database that somebody can look at and work in, from nothing, as often as wanted."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from crp.importing.lists import LISTS, LoadMissing
from plans.models import Country, CountryProfile, Plan, Region
from plans.sealing import seal_published

# A profile or a plan is loaded whole or not at all: row by row, an objective that an officer took out would come back.
PROFILES = {"mali_profile": "MLI"}
PLANS = {
    "mali_compendium_2017": "MLI-COMPENDIUM-2017",
    "mali_crp_2025_2026": "MLI-CRP-2025-2026",
    "mali_crp_2021": "MLI-CRP-2021",
}
FIXTURES = (*LISTS, *PROFILES, *PLANS)  # in this order each finds what it refers to

OFFICER, REVIEWER, ADMINISTRATOR = "officer", "reviewer", "administrator"


@dataclass(frozen=True)
class GroupOfDemo:
    """People who do the same work in the same place, with the login of one of them."""

    name: str
    login: str
    roles: tuple[str, ...]
    country: str = ""
    region: str = ""


GROUPS = (
    GroupOfDemo("Mission in Mali", OFFICER, (Role.OFFICER, Role.FUNDING_OFFICER), country="MLI"),
    GroupOfDemo("Regional office for Western Africa", REVIEWER, (Role.REVIEWER,), region="011"),
    GroupOfDemo("Headquarters", ADMINISTRATOR, (Role.ADMINISTRATOR,)),
    GroupOfDemo("Observers", "", (Role.VIEWER,)),
)


def fixtures_to_load() -> list[str]:
    """Return the fixtures that may add something: the lists, and the profiles and plans not there yet."""
    profiles = CountryProfile.objects.filter(country__iso3__in=PROFILES.values())
    plans = Plan.objects.filter(code__in=PLANS.values())
    there = {*profiles.values_list("country__iso3", flat=True), *plans.values_list("code", flat=True)}
    missing = [name for name, key in (PROFILES | PLANS).items() if key not in there]
    return [*LISTS, *missing]


def make_group(demo: GroupOfDemo) -> Group:
    """Return a group with its roles; one that is there keeps those that somebody gave it since."""
    group, is_new = Group.objects.get_or_create(name=demo.name)
    if is_new:
        country = Country.objects.get(iso3=demo.country) if demo.country else None
        region = Region.objects.get(code=demo.region) if demo.region else None
        for role in demo.roles:
            RoleAssignment.objects.create(group=group, role=role, country=country, region=region)
    return group


def make_login(demo: GroupOfDemo) -> str | None:
    """Make the login of one person of a group where there is none.

    Returns the password to show: None where the login was there already, or OFFICER_PASSWORD gave its password.
    Raises: CommandError where OFFICER_PASSWORD breaks the rules that the admin's own form has.
    """
    group = make_group(demo)
    users = get_user_model().objects
    if not demo.login or users.filter(username=demo.login).exists():
        return None
    given = os.environ.get("OFFICER_PASSWORD", "")
    if given:
        try:
            validate_password(given, get_user_model()(username=demo.login))
        except ValidationError as error:
            raise CommandError(f"OFFICER_PASSWORD: {' '.join(error.messages)}") from error
    password = given or secrets.token_urlsafe(12)
    users.create_user(demo.login, password=password, is_staff=True).groups.add(group)
    return None if given else password


def make_officer() -> str | None:
    """Make the programme officer of Mali, and return the password to show as :func:`make_login` does."""
    return make_login(GROUPS[0])


class Command(BaseCommand):
    """Bring the database up to date, load the reference data and the Mali plans, make groups, roles and logins."""

    help = (
        "Migrate, load the reference data and the Mali plans, make groups with roles and a login for an officer, a "
        "reviewer and an administrator. Safe to repeat: what somebody changed stays as it is. Asks nothing."
    )

    def handle(self, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        with transaction.atomic():
            loader = LoadMissing()
            call_command(loader, *fixtures_to_load(), verbosity=0)
            seal_published()
            passwords = {demo.login: make_login(demo) for demo in GROUPS}
        added = loader.loaded_object_count
        self.stdout.write(f"Plans: {Plan.objects.count()}. Countries: {Country.objects.count()}. Rows added: {added}.")
        self.stdout.write("Sign in at /admin/, each may do something else:")
        for demo in (demo for demo in GROUPS if demo.login):
            roles = " and ".join(str(Role(role).label).lower() for role in demo.roles)
            self.stdout.write(f"  {demo.login}: {roles} ({demo.name})")
            if password := passwords[demo.login]:
                self.stdout.write(self.style.WARNING(f"    Password: {password}  (shown this once: keep it)"))
