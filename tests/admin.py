"""What the tests of the admin share: read a form as a browser would, change it, send it.

The page of a revision holds some 700 fields. The test client keeps a copy of the context of every template it sees
rendered, which takes seconds there; :class:`Desk` calls the views without rendering what they return.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection, models, transaction
from django.forms import BaseForm, BoundField, CheckboxInput
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from crp.management.commands.demo import OFFICER
from plans.models import Plan, Revision
from plans.services import start_revision
from tests.factories import make_user

SAFE = ("form_token", "form_opened")
"""What each form carries besides its fields, see crp/common/admin/safe.py."""


def make_programme_officer() -> Any:
    """Return somebody who writes plans, records money and reviews everywhere, no superuser and no administrator.

    The officer of the demo does so in Mali only; tests make plans of countries that no mission has.
    """
    return make_person(Role.OFFICER, Role.FUNDING_OFFICER, Role.REVIEWER, username=OFFICER)


def give_roles(holder: Any, *roles: str, **place: Any) -> None:
    """Give a person or a group roles: everywhere, or with ``country=`` or ``region=`` there."""
    of = {"group": holder} if isinstance(holder, Group) else {"user": holder}
    for role in roles:
        RoleAssignment.objects.create(role=role, **of, **place)


def make_person(*roles: str, username: str = "", **place: Any) -> Any:
    """Return somebody who signs in at the admin, with roles everywhere or in one place."""
    person = make_user(username=username, is_staff=True)
    give_roles(person, *roles, **place)
    return person


def address(obj: models.Model | type[models.Model], page: str = "change") -> str:
    """Return the address of a page of the admin."""
    meta = obj._meta
    arguments = [obj.pk] if isinstance(obj, models.Model) else []
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


def open_draft(plan: Plan) -> Revision:
    """Return a new draft of a plan."""
    return start_revision(plan=plan, by=None, reason="To be tested.")


class Desk:
    """A person at the admin's forms."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def visit(self, url: str, data: dict[str, Any] | None = None) -> Any:
        """Return what a view answers, not rendered. ``data``: what a form sends."""
        request: Any = RequestFactory().get(url) if data is None else RequestFactory().post(url, data)
        request.user = self.user
        request._dont_enforce_csrf_checks = True
        request._messages = CookieStorage(request)
        view, arguments, named = resolve(request.path)
        with transaction.atomic():
            response = view(request, *arguments, **named)
        response.told = [str(message) for message in request._messages]
        return response

    def read(self, url: str) -> dict[str, Any]:
        """Return what the form of a page sends if nobody touches it."""
        return read(self.visit(url))

    def send(self, url: str, **changes: Any) -> Any:
        """Open a form, change some fields (``""`` empties one, None leaves it out), and send it."""
        data = self.read(url) | changes
        return self.visit(url, {name: value for name, value in data.items() if value is not None})


def read(response: Any) -> dict[str, Any]:
    """Return what the form of a page sends if nobody touches it."""
    data = {"_save": "Save"} | dict(fields_of(response.context_data["adminform"].form))
    data |= {name: response.context_data[name] for name in SAFE if response.context_data.get(name)}
    for inline in response.context_data["inline_admin_formsets"]:
        data |= dict(fields_of(inline.formset.management_form))
        for form in inline.formset.initial_forms:
            data |= dict(fields_of(form))
    return data


def fields_of(form: BaseForm) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a form with what a browser sends for them."""
    for field in form:
        value = sent(field)
        if value is not None:
            yield field.html_name, value


def sent(field: BoundField) -> Any:
    value, widget = field.value(), field.field.widget
    if isinstance(widget, CheckboxInput):
        return "on" if value else None
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    if value is None or isinstance(value, (str, date)):
        return "" if value is None else str(value)
    return str(value) if hasattr(widget, "choices") else str(widget.format_value(value))


def add_row(data: dict[str, Any], prefix: str, **values: Any) -> None:
    """Add a row to a table of a form, as the link "Add another" does."""
    number = int(data[f"{prefix}-TOTAL_FORMS"])
    data[f"{prefix}-TOTAL_FORMS"] = str(number + 1)
    data |= {f"{prefix}-{number}-{name}": value for name, value in values.items()}


def problems(response: HttpResponse) -> list[str]:
    """Return every sentence that tells what is wrong with the form of a page, each with its field."""
    context: Any = getattr(response, "context_data", None)
    if context is None:
        return []
    told = [f"{name}: {text}" for name, texts in context["adminform"].form.errors.items() for text in texts]
    for inline in context["inline_admin_formsets"]:
        told += list(inline.formset.non_form_errors())
        for form in inline.formset.forms:
            told += [f"{form.prefix}-{name}: {text}" for name, texts in form.errors.items() for text in texts]
    return told


def formset(response: Any, prefix: str) -> Any:
    """Return the table of a form that has a prefix."""
    (found,) = [
        inline.formset for inline in response.context_data["inline_admin_formsets"] if inline.formset.prefix == prefix
    ]
    return found


def query_count(desk: Desk, url: str) -> int:
    """Return how many queries a page makes when it is rendered too."""
    desk.visit(url).render()  # content types and the like are read once
    with CaptureQueriesContext(connection) as queries:
        desk.visit(url).render()
    return len(queries)
