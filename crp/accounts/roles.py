"""The roles, and which rights each gives. One table: the admin, the services and the tests all read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.db import models
from django.utils.translation import gettext_lazy as _

from plans.models import (
    Citation,
    Contact,
    CountryProfile,
    KeyAction,
    Plan,
    PlanIdentifier,
    Revision,
    RevisionRow,
    Source,
    Translation,
)


class Role(models.TextChoices):
    """What somebody does in CRP."""

    VIEWER = "viewer", _("Viewer")
    OFFICER = "officer", _("Programme officer")
    FUNDING_OFFICER = "funding_officer", _("Funding officer")
    REVIEWER = "reviewer", _("Reviewer")
    ADMINISTRATOR = "administrator", _("Administrator")


DESCRIPTIONS: Mapping[str, Any] = {
    Role.VIEWER: _("sees everything published, and the drafts of the countries named"),
    Role.OFFICER: _("writes drafts of the countries named and sends them for review"),
    Role.FUNDING_OFFICER: _("records contributions and official totals of the countries named"),
    Role.REVIEWER: _("returns or publishes what was sent for review, in the countries named"),
    Role.ADMINISTRATOR: _("gives roles and keeps the lists that plans choose from; may do everything, everywhere"),
}

LABELS = ("sectors", "plans", "funding")
MONEY = ("funding.contribution", "funding.statuschange", "funding.reportedfunding")
DONORS = ("funding.organization", "funding.organizationidentifier")
WRITE = ("add", "change", "delete")


def content_models() -> list[type[models.Model]]:
    """Return the models of which drafts are made."""
    rows = [model for model in apps.get_models() if issubclass(model, RevisionRow)]
    return [Revision, Citation, *rows]


def right(model: type[models.Model], action: str) -> str:
    """Return the name of a right, such as ``plans.change_revision``."""
    return f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}"


def seen_models() -> Iterator[type[models.Model]]:
    """Yield every model that people with any role may look at."""
    for label in LABELS:
        yield from apps.get_app_config(label).get_models()


@cache
def roles_with() -> Mapping[str, frozenset[str]]:
    """Return for each right the roles that give it; administrators and superusers have all of them."""
    granted: dict[str, set[str]] = {}

    def grant(role: str, rights: Iterator[str]) -> None:
        for name in rights:
            granted.setdefault(name, set()).add(role)

    for role in Role.values:
        grant(role, (right(model, "view") for model in seen_models()))
    written: list[type[models.Model]] = [
        *content_models(),
        Plan,
        PlanIdentifier,
        CountryProfile,
        KeyAction,
        Contact,
        Source,
        Translation,
    ]
    grant(Role.OFFICER, (right(model, action) for model in written for action in WRITE))
    grant(Role.OFFICER, iter(["plans.submit_revision"]))
    kept = [apps.get_model(label) for label in (*MONEY, *DONORS)]
    grant(Role.FUNDING_OFFICER, (right(model, action) for model in kept for action in WRITE))
    grant(Role.REVIEWER, iter(["plans.publish_revision"]))
    every = [*seen_models(), *apps.get_app_config("accounts").get_models(), apps.get_model("auth.group")]
    grant(Role.ADMINISTRATOR, (right(model, action) for model in every for action in ("view", *WRITE)))
    grant(Role.ADMINISTRATOR, iter(granted))
    return {name: frozenset(roles) for name, roles in granted.items()}
