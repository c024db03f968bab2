"""The admin of API keys: a key is made and shown once, replaced, revoked; never changed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.accounts.keys import make_key
from crp.accounts.models import ApiKey
from crp.accounts.roles import Role
from crp.common.as_of import today
from plans.models import Country
from tests.admin import Desk, address, make_person, problems

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TOKEN = re.compile(r"crp_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}")
ADD = address(ApiKey, "add")


@pytest.fixture
def administrator() -> Desk:
    return Desk(make_person(Role.ADMINISTRATOR, username="awa"))


@pytest.fixture
def erp() -> Any:
    return make_person(Role.FUNDING_OFFICER, username="erp")


def make(desk: Desk, by_default: Any, **values: Any) -> Any:
    # Of a list in which nothing is chosen a browser sends nothing.
    chosen = {"user": by_default.pk, "name": "ERP", "scope_names": None, "limited_to": None, **values}
    return desk.send(ADD, **chosen)


def shown(answer: Any) -> str:
    """Return the key that a page shows."""
    found = set(TOKEN.findall(answer.render().content.decode()))
    assert len(found) == 1
    return str(found.pop())


def test_a_key_is_made_and_shown_once(administrator: Desk, erp: Any) -> None:
    mali = Country.objects.get(iso3="MLI")
    answer = make(administrator, erp, scope_names=["contributions:write"], limited_to=[mali.pk])
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    token = shown(answer)
    key = ApiKey.objects.get()
    assert (key.user, key.created_by, key.scopes) == (erp, administrator.user, "read contributions:write")
    assert key.expires_on == today() + timedelta(days=365)
    assert list(key.countries.all()) == [mali]
    assert Client().get("/api/v1/sectors/?limit=1", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    for page in (address(key), address(ApiKey, "changelist"), address(key, "replace"), address(key, "revoke")):
        assert token[13:] not in administrator.visit(page).render().content.decode()


def test_a_form_that_is_sent_twice_makes_one_key(administrator: Desk, erp: Any) -> None:
    data = administrator.read(ADD) | {"user": erp.pk, "name": "ERP"}
    del data["scope_names"], data["limited_to"]
    first, second = (administrator.visit(ADD, data) for _time in range(2))
    assert first.status_code == 200
    assert (second.status_code, second.url) == (302, address(ApiKey.objects.get()))
    assert second.told == ["This was already saved: it was sent twice, and counted once."]


def test_a_key_that_could_do_nothing_says_so(administrator: Desk) -> None:
    person = make_person(Role.VIEWER, username="watcher")
    told = make(administrator, person, scope_names=["contributions:write"]).context_data["powerless"]
    assert told.startswith("watcher has no role that lets this key do what it is meant to (records and changes")
    assert make(administrator, person, scope_names=None).context_data["powerless"] == ""


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": ""}, "name: This field is required."),
        ({"name": "x" * 81}, "name: Ensure this value has at most 80 characters"),
        ({"user": ""}, "user: This field is required."),
        ({"scope_names": ["everything"]}, "scope_names: Select a valid choice."),
        ({"limited_to": ["x"]}, "limited_to: “x” is not a valid value."),
        ({"expires_on": "2020-01-01"}, "expires_on: This day has passed."),
        ({"expires_on": "2100-01-01"}, "expires_on: A key is good for two years at most"),
        ({"expires_on": "soon"}, "expires_on: Enter a valid date."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(administrator: Desk, erp: Any, values: Any, told: str) -> None:
    found = problems(make(administrator, erp, **values))
    assert [sentence[: len(told)] for sentence in found] == [told]
    assert not ApiKey.objects.exists()


def test_the_key_of_a_closed_login_is_refused(administrator: Desk, erp: Any) -> None:
    erp.is_active = False
    erp.save()
    assert problems(make(administrator, erp)) == ["user: erp is not active: a key of theirs would open nothing."]


def test_a_key_is_replaced_once(administrator: Desk, erp: Any) -> None:
    old = make_key(user=erp, name="ERP", by=None).key
    page = address(old, "replace")
    assert "stays good for 14 days" in administrator.visit(page).render().content.decode()
    assert shown(administrator.visit(page, {}))[4:12] == old.followers.get().prefix
    again = administrator.visit(page, {})
    assert (again.status_code, again.url) == (302, address(old.followers.get()))
    assert "has been replaced already" in again.told[0]
    assert ApiKey.objects.count() == 2


def test_a_key_is_revoked_with_a_reason(administrator: Desk, erp: Any) -> None:
    made = make_key(user=erp, name="<b>ERP</b>", by=None)
    page = address(made.key, "revoke")
    assert administrator.visit(page, {"reason": " "}).status_code == 200
    answer = administrator.visit(page, {"reason": "Lost."})
    assert (answer.status_code, answer.told) == (302, [f"{made.key} is revoked: from now on it opens nothing."])
    key = ApiKey.objects.get()
    assert (key.revoked_by, key.revoked_because) == (administrator.user, "Lost.")
    for after in ("revoke", "replace"):
        assert administrator.visit(address(key, after), {"reason": "x"}).told == [f"{key} is revoked already."]
    shown_page = administrator.visit(address(key))
    assert "revoke_url" not in shown_page.context_data
    assert "<b>ERP" not in shown_page.render().content.decode()


def test_a_key_is_not_changed_and_not_deleted(administrator: Desk, erp: Any) -> None:
    key = make_key(user=erp, name="ERP", by=None).key
    page = administrator.visit(address(key))
    assert page.context_data["read_only_because"].startswith("A key is never changed")
    for url, data in ((address(key), {"name": "Other"}), (address(key, "delete"), {"post": "yes"})):
        assert administrator.visit(url, data).status_code == 403
    assert ApiKey.objects.get().name == "ERP"


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMINISTRATOR])
def test_others_are_told_who_makes_keys(administrator: Desk, erp: Any, role: str) -> None:
    key = make_key(user=erp, name="ERP", by=None).key
    desk = Desk(make_person(role))
    for url in (ADD, address(ApiKey, "changelist"), address(key), address(key, "replace"), address(key, "revoke")):
        answer = desk.visit(url)
        assert answer.status_code == 403
        assert "awa" in answer.context_data["why"]


@pytest.mark.parametrize("page", ["/admin/accounts/apikey/999/replace/", "/admin/accounts/apikey/x/revoke/"])
def test_a_key_that_is_not_there(administrator: Desk, page: str) -> None:
    assert administrator.visit(page, {"reason": "x"}).status_code == 302


def test_the_list_shows_states_with_a_constant_number_of_queries(administrator: Desk, erp: Any) -> None:
    def count() -> int:
        administrator.visit(address(ApiKey, "changelist")).render()
        with CaptureQueriesContext(connection) as queries:
            administrator.visit(address(ApiKey, "changelist")).render()
        return len(queries)

    mali = Country.objects.get(iso3="MLI")
    soon = {"user": erp, "by": None, "countries": [mali], "expires_on": today() + timedelta(days=3)}
    make_key(name="first", **soon)
    few = count()
    for number in range(12):
        make_key(name=f"other {number}", **soon)
    assert count() == few
    listed = administrator.visit(f"{address(ApiKey, 'changelist')}?state=expiring").context_data["cl"].result_list
    assert len(listed) == 13
    assert len(administrator.visit(f"{address(ApiKey, 'changelist')}?state=good").context_data["cl"].result_list) == 0
