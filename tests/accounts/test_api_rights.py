"""Who may ask what of the API: every route and method, with no key, with the keys of every role, with keys that are
not good.

The routes come from the addresses themselves: one that is new and stands in no row here fails the first test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from crp.accounts.keys import make_key, revoke
from crp.accounts.models import ApiKey
from crp.accounts.roles import Role
from crp.accounts.scopes import Scope
from crp.common.as_of import today
from sectors.models import Taxonomy
from tests.accounts.world import ADMINISTRATOR, NOBODY, PEOPLE, Place, World, make_world, undone
from tests.admin import make_person
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_world)]

DOORS = ("api/", "iati/", "exchange/")
"""Where programs come in."""
METHODS = ("get", "post", "put", "patch", "delete")
READ, WRITE = "read", "contributions:write"

# Route: what each of its methods takes, and an address of it. Whatever is not named is 405.
TABLE: dict[str, tuple[dict[str, str], str]] = {
    "api/v1": ({"get": READ}, "/api/v1/"),
    "api/v1/plans": ({"get": READ}, "/api/v1/plans/"),
    "api/v1/plans/{code}": ({"get": READ}, "/api/v1/plans/{plan}/"),
    "api/v1/plans/{code}/checks": ({"get": READ}, "/api/v1/plans/{plan}/checks/"),
    "api/v1/plans/{code}/diff": ({"get": READ}, "/api/v1/plans/{plan}/diff/?from=1&to=1"),
    "api/v1/plans/{code}/revisions": ({"get": READ}, "/api/v1/plans/{plan}/revisions/"),
    "api/v1/plans/{code}/revisions/{number}": (
        {"get": READ},
        "/api/v1/plans/{plan}/revisions/1/",
    ),
    "api/v1/plans/{code}/rollup": ({"get": READ}, "/api/v1/plans/{plan}/rollup/?by=sector"),
    "api/v1/objectives": ({"get": READ}, "/api/v1/objectives/"),
    "api/v1/outcomes": ({"get": READ}, "/api/v1/outcomes/"),
    "api/v1/projects": ({"get": READ}, "/api/v1/projects/"),
    "api/v1/funding-requests": ({"get": READ}, "/api/v1/funding-requests/"),
    "api/v1/contributions": ({"get": READ, "post": WRITE}, "/api/v1/contributions/"),
    "api/v1/contributions/batch": ({"post": WRITE}, "/api/v1/contributions/batch/"),
    "api/v1/contributions/{code}": (
        {"get": READ, "patch": WRITE},
        "/api/v1/contributions/{contribution}/",
    ),
    "api/v1/contributions/{code}/take-back": (
        {"post": WRITE},
        "/api/v1/contributions/{contribution}/take-back/",
    ),
    "api/v1/reported-funding": ({"get": READ}, "/api/v1/reported-funding/"),
    "api/v1/organizations": ({"get": READ}, "/api/v1/organizations/"),
    "api/v1/organizations/{code}": ({"get": READ}, "/api/v1/organizations/{donor}/"),
    "api/v1/organizations/{code}/rollup": (
        {"get": READ},
        "/api/v1/organizations/{donor}/rollup/?by=plan",
    ),
    "api/v1/sectors": ({"get": READ}, "/api/v1/sectors/"),
    "api/v1/taxonomies": ({"get": READ}, "/api/v1/taxonomies/"),
    "api/v1/taxonomies/{code}": ({"get": READ}, "/api/v1/taxonomies/{taxonomy}/"),
    "api/v1/countries": ({"get": READ}, "/api/v1/countries/"),
    "api/v1/countries/{iso3}": ({"get": READ}, "/api/v1/countries/{country}/"),
    "api/v1/terms": ({"get": READ}, "/api/v1/terms/"),
    "api/v1/changes": ({"get": READ}, "/api/v1/changes/"),
    "api/v1/dumps": ({"get": READ}, "/api/v1/dumps/"),
    "api/v1/dumps/{dump}/{file}": ({"get": READ}, "/api/v1/dumps/2026-01-01/none.zip"),
    "api/v1/rollups": ({"get": READ}, "/api/v1/rollups/?by=country"),
    "api/v1/schema": ({"get": READ}, "/api/v1/schema/"),
    "api/v1/docs": ({"get": READ}, "/api/v1/docs/"),
    "api/v1/.*": ({"get": READ}, "/api/v1/nowhere/"),
    "api/v2/coordination-context/funding": ({"get": READ}, "/api/v2/coordination-context/funding"),
    "api/v2/coordination-context/operational-presence": (
        {"get": READ},
        "/api/v2/coordination-context/operational-presence",
    ),
    "api/v2/encode_app_identifier": (
        {"get": READ},
        "/api/v2/encode_app_identifier?application=tests&email=a@example.org",
    ),
    "api/v2/util/version": ({"get": READ}, "/api/v2/util/version"),
    "api/v2": ({"get": READ}, "/api/v2/none"),
    "exchange/fts": ({"get": READ}, "/exchange/fts/"),
    "exchange/fts/{name}.csv": ({"get": READ}, "/exchange/fts/none.csv"),
    "iati/activities.xml": ({"get": READ}, "/iati/activities.xml"),
    "iati/{code}.xml": ({"get": READ}, "/iati/{plan}.xml"),
}
MISSING = {"api/v1/dumps/{dump}/{file}", "exchange/fts/{name}.csv", "api/v1/.*", "api/v2"}
"""Routes whose address here leads nowhere, for want of a file: 404 for whoever may ask."""
SLOW = {"api/v1/schema"}
"""Made anew for each request, and it looks at no row."""
BY_ROLE = {"api/v1/plans", "api/v1/plans/{code}", "api/v1/contributions"}
"""Where a draft would show, each role is tried; elsewhere who sees most of a country, and who may everything."""
TIMED = {"iati/activities.xml", "iati/{code}.xml", "api/v1/contributions/{code}"}
"""Answers with the moment in which they were made."""

# Role: the status of a write in its own country, and in a foreign one, with a key that may write.
MAY_WRITE: dict[str, tuple[bool, bool]] = {
    NOBODY: (False, False),
    Role.VIEWER: (False, False),
    Role.OFFICER: (False, False),
    Role.FUNDING_OFFICER: (True, False),
    Role.REVIEWER: (False, False),
    Role.ADMINISTRATOR: (True, True),
}


GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")


def routes(patterns: Any, before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield every route of programs with the methods that it answers."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif route.startswith(DOORS):
            view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
            actions = getattr(pattern.callback, "actions", None)
            plain = re.sub(r"[$^?]", "", GROUP.sub(lambda found: f"{{{found[1] or found[2]}}}", route)).rstrip("/")
            yield plain, {method for method in METHODS if (method in actions if actions else hasattr(view, method))}


@dataclass
class Callers:
    """Tokens by the names of who has them."""

    world: World
    good: dict[str, str | None] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)
    writing: dict[str, str] = field(default_factory=dict)
    """By role."""

    def __post_init__(self) -> None:
        people = {role: self.world.person(role) for role in PEOPLE}
        self.writing = {role: self._token(person, scopes=[WRITE]) for role, person in people.items()}
        self.reading = {role: self._token(person) for role, person in people.items()}
        money = people[Role.FUNDING_OFFICER]
        self.good = {"nobody": None, "a key that reads": self.reading[NOBODY], **self.writing}
        expired, revoked, closed = (make_key(user=money, name=name, by=None, scopes=[WRITE]) for name in "erc")
        ApiKey.objects.filter(pk=expired.key.pk).update(expires_on=today() - timedelta(days=1))
        revoke(key=revoked.key, by=None, reason="lost")
        gone = make_person(Role.ADMINISTRATOR, username="gone")
        of_gone = self._token(gone, scopes=[WRITE])
        gone.is_active = False
        gone.save()
        self.bad = {
            "expired": expired.token,
            "revoked": revoked.token,
            "of a closed login": of_gone,
            "unknown": closed.token,
            "cut off": closed.token[:-1],
        }
        closed.key.delete()

    @staticmethod
    def _token(user: Any, **given: Any) -> str:
        return make_key(user=user, name="ERP", by=None, **given).token


@pytest.fixture
def callers(world: World) -> Callers:
    return Callers(world)


def address_in(place: Place, address: str) -> str:
    contribution = place.contribution
    return address.format(
        plan=place.plan.code,
        contribution=contribution.code,
        donor=contribution.donor.code if contribution.donor else "",
        taxonomy=Taxonomy.objects.earliest("pk").code,
        country=place.country.iso3,
    )


def ask(method: str, address: str, token: str | None, body: Any = None, **headers: str) -> Any:
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(Client(), method)(address, headers=headers, **content)


@pytest.mark.once
def test_every_route_and_method_stands_in_the_table() -> None:
    found = dict(routes(get_resolver().url_patterns))
    assert found == {route: set(methods) for route, (methods, _address) in TABLE.items()}


@pytest.mark.once
def test_everybody_reads_the_same_and_nobody_reads_with_a_key_that_is_not_good(callers: Callers) -> None:
    """No key shows a draft, whatever the role of its user."""
    wrong = []
    for route, (methods, address) in TABLE.items():
        if "get" not in methods:
            continue
        url, expected = address_in(callers.world.own, address), 404 if route in MISSING else 200
        names = (
            set(callers.good) if route in BY_ROLE else {"nobody", "a key that reads", Role.OFFICER, Role.ADMINISTRATOR}
        )
        asking = {Role.ADMINISTRATOR} if route in SLOW else names
        bodies = set()
        for name in sorted(asking):
            response = ask("get", url, callers.good[name])
            bodies.add(response.getvalue() if response.streaming else response.content)
            if response.status_code != expected:
                wrong.append((route, name, response.status_code))
        if len(bodies) != 1 and route not in TIMED:
            wrong.append((route, "not the same for all", len(bodies)))
        for name, token in callers.bad.items():
            if ask("get", url, token).status_code != 401:
                wrong.append((route, name, "not 401"))
    assert wrong == []


def body_of(route: str, at: Place) -> tuple[Any, dict[str, str]]:
    """Return what a write to a route sends, which nothing is wrong with but perhaps who sends it."""
    entry = {"plan": at.plan.code, "status": "paid", "amount_usd": "500.00", "decision_on": "2024-04-01"}
    known = {"If-Match": "*"}
    if route.endswith("/batch"):
        return {"contributions": [entry]}, {"Idempotency-Key": "k-1"}
    if route.endswith("/take-back"):
        return {"reason": "Recorded twice."}, known
    return ({"grant_reference": "GR-1"}, known) if "code" in route else (entry, {})


def write(route: str, method: str, at: Place, token: str | None) -> Any:
    """Return the answer to a write that is taken back again."""
    body, headers = body_of(route, at)
    with undone():
        return ask(method, address_in(at, TABLE[route][1]), token, body, **headers)


WRITES = [(route, method) for route, (methods, _at) in TABLE.items() for method in methods if methods[method] == WRITE]


@pytest.mark.parametrize(("route", "method"), WRITES)
def test_who_writes_with_a_key(callers: Callers, route: str, method: str) -> None:
    world = callers.world
    found = {
        role: tuple(write(route, method, at, token).status_code for at in (world.own, world.foreign))
        for role, token in callers.writing.items()
    }
    # It may be done, and can't: the first step is not taken back.
    done = 409 if route.endswith("/take-back") else 201 if route.endswith("/contributions") else 200
    assert found == {role: tuple(done if may else 403 for may in places) for role, places in MAY_WRITE.items()}


@pytest.mark.once
@pytest.mark.parametrize(("route", "method"), WRITES)
def test_who_does_not_write(callers: Callers, route: str, method: str) -> None:
    own = callers.world.own
    answer = write(route, method, own, None)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_required")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="CRP"'
    for role, token in callers.reading.items():
        answer = write(route, method, own, token)
        assert (role, answer.status_code, answer.json()["code"]) == (role, 403, "insufficient_scope")
        assert f'scope="{WRITE}"' in answer.headers["WWW-Authenticate"]
    for name, token in callers.bad.items():
        answer = write(route, method, own, token)
        assert (name, answer.status_code, answer.json()["code"]) == (name, 401, "invalid_key")


@pytest.mark.parametrize(("route", "method"), WRITES)
def test_a_key_that_is_limited_to_a_country_writes_there_only(world: World, route: str, method: str) -> None:
    """Whatever its user may: here an administrator, and a superuser."""
    for person in (world.person(Role.ADMINISTRATOR), make_user(username="root", is_superuser=True)):
        made = make_key(
            user=person, name="ERP", by=None, scopes=[Scope.CONTRIBUTIONS_WRITE], countries=[world.foreign.country]
        )
        refused, done = (write(route, method, at, made.token) for at in (world.own, world.foreign))
        assert refused.status_code == 403
        assert done.status_code in {200, 201} or route.endswith("/take-back")
        assert f"is limited to {world.foreign.country.label}" in refused.content.decode()
        # A partner reads it: no name and no address of who could help.
        assert ADMINISTRATOR not in refused.content.decode()
        assert "@" not in refused.content.decode()


@pytest.mark.once
def test_nothing_else_is_written_by_anybody(callers: Callers) -> None:
    administrator = callers.writing[Role.ADMINISTRATOR]
    wrong = []
    for route, (methods, address) in TABLE.items():
        url, expected = address_in(callers.world.own, address), 404 if route in {"api/v1/.*", "api/v2"} else 405
        for method in set(METHODS) - set(methods):
            status = ask(method, url, administrator, None if method == "get" else {}).status_code
            if status != expected:
                wrong.append((route, method, status))
    assert wrong == []
