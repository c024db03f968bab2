"""``manage.py demo``: a database that somebody can look at and work in, from nothing, as often as wanted."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename, get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from crp.common.models import ReferenceItem
from crp.importing.lists import LISTS, LoadMissing
from plans.models import Country, CountryProfile, Plan, Region, StrategicObjective

# A profile or a plan is loaded whole or not at all: row by row, an objective that an officer took out would come back.
PROFILES = {"mali_profile": "MLI"}
PLANS = {
    "mali_compendium_2017": "MLI-COMPENDIUM-2017",
    "mali_crp_2025_2026": "MLI-CRP-2025-2026",
    "mali_crp_2021": "MLI-CRP-2021",
}
FIXTURES = (*LISTS, *PROFILES, *PLANS)  # in this order each finds what it refers to

OFFICER = "officer"
OFFICERS = "Programme officers"
EDIT = ("view", "add", "change", "delete")


def fixtures_to_load() -> list[str]:
    """Return the fixtures that may add something: the lists, and the profiles and plans not there yet."""
    profiles = CountryProfile.objects.filter(country__iso3__in=PROFILES.values())
    plans = Plan.objects.filter(code__in=PLANS.values())
    there = {*profiles.values_list("country__iso3", flat=True), *plans.values_list("code", flat=True)}
    missing = [name for name, key in (PROFILES | PLANS).items() if key not in there]
    return [*LISTS, *missing]


def is_reference(model: type[models.Model]) -> bool:
    """Return whether officers only choose from the model and do not write it."""
    return model._meta.app_label == "sectors" or issubclass(model, (ReferenceItem, StrategicObjective, Region, Country))


def officer_permissions() -> models.QuerySet[Permission]:
    """Return what a programme officer may: write plans and funding, read the lists these choose from, no more."""
    wanted = models.Q(pk__in=[])
    for label in ("sectors", "plans", "funding"):
        for model in apps.get_app_config(label).get_models():
            actions = ("view",) if is_reference(model) else EDIT
            wanted |= models.Q(
                content_type=ContentType.objects.get_for_model(model, for_concrete_model=False),
                codename__in=[get_permission_codename(action, model._meta) for action in actions],
            )
    return Permission.objects.filter(wanted)


def make_officer() -> str | None:
    """Make the officer's login where there is none.

    Returns the password to show: None where the login was there already, or OFFICER_PASSWORD gave its password.
    Raises: CommandError where OFFICER_PASSWORD breaks the rules that the admin's own form has.
    """
    group, is_new = Group.objects.get_or_create(name=OFFICERS)
    if is_new:  # an administrator may have taken a right away since
        group.permissions.set(officer_permissions())
    users = get_user_model().objects
    if users.filter(username=OFFICER).exists():
        return None
    given = os.environ.get("OFFICER_PASSWORD", "")
    if given:
        try:
            validate_password(given, get_user_model()(username=OFFICER))
        except ValidationError as error:
            raise CommandError(f"OFFICER_PASSWORD: {' '.join(error.messages)}") from error
    password = given or secrets.token_urlsafe(12)
    users.create_user(OFFICER, password=password, is_staff=True).groups.add(group)
    return None if given else password


class Command(BaseCommand):
    """Bring the database up to date, load the reference data and the Mali plans, make a login for an officer."""

    help = (
        "Migrate, load the reference data and the Mali plans, make a login for an officer. Safe to repeat: what "
        "somebody changed stays as it is. Asks nothing."
    )

    def handle(self, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        with transaction.atomic():
            loader = LoadMissing()
            call_command(loader, *fixtures_to_load(), verbosity=0)
            password = make_officer()
        added = loader.loaded_object_count
        self.stdout.write(f"Plans: {Plan.objects.count()}. Countries: {Country.objects.count()}. Rows added: {added}.")
        self.stdout.write(f"Programme officers sign in at /admin/ as “{OFFICER}”.")
        if password:
            self.stdout.write(self.style.WARNING(f"Password: {password}  (shown this once: keep it)"))
