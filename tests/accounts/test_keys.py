"""API keys: what one is made of, whom it lets do what, and when it is no longer good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from crp.accounts.keys import KeyRefusedError, State, expiring, find_key, make_key, revoke, rotate, state_of, states
from crp.accounts.models import ApiKey
from crp.accounts.reach import Reach
from crp.accounts.roles import Role
from crp.accounts.scopes import RIGHTS, Scope, rights_of, write_scopes
from crp.accounts.tokens import ALPHABET, PATTERN, make_token, read_token
from plans.models import Country
from tests.admin import make_person
from tests.factories import make_user

PLANS = "/api/v1/plans/?limit=1"
RECORD, PUBLISH = "funding.add_contribution", "plans.publish_revision"
DAY = date(2026, 3, 1)


@pytest.fixture
def officer(db: None) -> Any:
    return make_person(Role.FUNDING_OFFICER, country=country("MLI"), username="erp")


@pytest.fixture
def on_the_day() -> Iterator[None]:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        yield


@dataclass(frozen=True)
class Placed:
    """Something that belongs to a country."""

    country_id: int


def country(iso3: str) -> Country:
    return Country.objects.get(iso3=iso3)


def ask(token: str, address: str = PLANS, scheme: str = "Bearer", **headers: str) -> Any:
    return Client().get(address, headers={"Authorization": f"{scheme} {token}", **headers})


def refusal(token: str, on: date = DAY) -> str:
    with pytest.raises(KeyRefusedError) as refused:
        find_key(token, on)
    return str(refused.value)


# What a key is made of


@pytest.mark.once
def test_a_token_says_what_it_is_and_proves_that_it_is_whole() -> None:
    token = make_token()
    assert re.fullmatch(r"crp_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", token.text)
    assert read_token(token.text) == token
    assert token.fingerprint == sha256(token.text.encode()).hexdigest()
    assert len(ALPHABET) ** 43 > 2**256
    assert token.text not in f"{token} {token!r}"
    assert len({make_token().text for _time in range(50)}) == 50


@pytest.mark.once
@given(st.integers(0, 61), st.sampled_from(ALPHABET))
def test_a_character_that_is_copied_wrong_is_noticed(place: int, character: str) -> None:
    token = "crp_Ab3dEf9h_" + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"
    whole = read_token(f"{token}{checksum_by_hand(token)}")
    assert whole is not None
    text = whole.text
    wrong = text[:place] + character + text[place + 1 :]
    assert (read_token(wrong) is None) == (wrong != text)


def checksum_by_hand(token: str) -> str:
    """Return the checksum bit by bit: the polynomial of zip files, in six digits of base 62."""
    register = 0xFFFFFFFF
    for byte in token.removeprefix("crp_").replace("_", "").encode():
        register ^= byte
        for _bit in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    number = register ^ 0xFFFFFFFF
    return "".join(ALPHABET[number // 62**place % 62] for place in range(5, -1, -1))


@pytest.mark.once
@pytest.mark.parametrize(
    "text", ["", "x", "crp_", "crp_abc_def", "ghp_" + "a" * 60, "crp_" + "a" * 10_000, "crp_é" * 9]
)
def test_what_is_no_token_is_none(text: str) -> None:
    assert read_token(text) is None


@pytest.mark.once
def test_scopes_are_written_in_one_way_and_an_unknown_one_is_refused() -> None:
    assert write_scopes([]) == "read"
    assert write_scopes(["contributions:write", "contributions:write"]) == "read contributions:write"
    with pytest.raises(ValueError, match="everything"):
        write_scopes(["everything"])
    assert rights_of(["read", "of a later version"]) == set()


@pytest.mark.once
def test_no_scope_gives_a_right_that_deletes_publishes_or_makes_keys() -> None:
    assert set(RIGHTS) == set(Scope.values)
    named = {name for rights in RIGHTS.values() for name in rights}
    assert named
    assert not [name for name in named if re.search(r"delete_|publish|accounts\.|auth\.", name)]


# Made, found, used


def test_the_secret_is_nowhere_in_the_database(officer: Any, history: None) -> None:
    made = make_key(user=officer, name="ERP", by=None, on=DAY)
    secret = made.token.rpartition("_")[2]
    kept = [*ApiKey.objects.values_list(), *ApiKey.history.values_list()]
    assert secret[:20] not in repr(kept)
    assert made.token not in repr(made)
    assert made.key.expires_on == date(2027, 3, 1)
    assert find_key(made.token, DAY) == made.key


@pytest.mark.usefixtures("on_the_day")
def test_a_key_opens_the_api_and_costs_one_query_and_one_write_a_day(officer: Any) -> None:
    made = make_key(user=officer, name="ERP", by=None)
    anonymous = Client().get(PLANS)
    assert ask(made.token).content == anonymous.content
    assert ApiKey.objects.get().last_used_on == DAY
    ask(made.token)  # content types and the like are read once
    with CaptureQueriesContext(connection) as without:
        Client().get(PLANS)
    with CaptureQueriesContext(connection) as with_key:
        assert ask(made.token, scheme="bearer").status_code == 200
    assert len(with_key) == len(without) + 1
    assert not [query for query in with_key if query["sql"].startswith("UPDATE")]
    with time_machine.travel("2026-03-02T00:00:01Z", tick=False):
        ask(made.token)
    assert ApiKey.objects.get().last_used_on == date(2026, 3, 2)


def test_a_key_that_is_not_good_says_why_to_whoever_has_all_of_it(officer: Any) -> None:
    made, other = (make_key(user=officer, name=name, by=None, on=DAY) for name in ("ERP", "BI"))
    assert refusal(made.token, date(2027, 3, 2)) == (
        "This key was good until 2027-03-01. Ask who gave it to you for another."
    )
    assert find_key(made.token, date(2027, 3, 1)) == made.key
    # The beginning of one with the end of another, its checksum put right: it exists, and nothing of it is told.
    mixed = f"{made.token[:13]}{other.token[13:56]}"
    revoke(key=made.key, by=None, reason="lost")
    assert refusal(f"{mixed}{checksum_by_hand(mixed)}").startswith("There is no such key.")
    assert refusal(make_token().text).startswith("There is no such key.")
    assert refusal(made.token).startswith("This key was revoked on 20")
    assert refusal(made.token[:-1]).startswith("This is no key of CRP, or not the whole of one")
    officer.is_active = False
    officer.save()
    assert refusal(other.token).startswith("The login that this key belongs to is closed.")


@pytest.mark.parametrize(
    "header", ["Basic b2ZmaWNlcjp4", "Bearer", "Bearer x", "crp_abcdefgh_x", "Bearer " + "é" * 9_000]
)
def test_a_header_that_names_no_key_is_401_in_the_one_shape(db: None, header: str) -> None:
    response = Client().get(PLANS, headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="CRP", error="invalid_token"'
    assert set(response.json()) == {"detail", "code"}
    assert response.json()["code"] == "invalid_key"
    assert "b2ZmaWNlcjp4" not in response.text


@pytest.mark.parametrize(
    "query", ["?api_key=1", "?access_token=x", "?search={}", "?limit=1&apikey=", "?a={}&b=1", "?x=%63{}"]
)
def test_a_key_in_an_address_is_refused_and_not_repeated(officer: Any, query: str) -> None:
    token = make_key(user=officer, name="ERP", by=None).token
    text = token.removeprefix("c") if "%63" in query else token
    response = Client().get("/api/v1/plans/" + query.format(text))
    assert (response.status_code, response.json()["code"]) == (400, "key_in_address")
    assert "Authorization: Bearer crp_" in response.json()["detail"]
    assert token[13:] not in response.text


@pytest.mark.once
def test_a_search_for_what_only_begins_like_a_key_is_a_search(db: None) -> None:
    assert not PATTERN.search("crp_2025 and crp_mali_2026")
    assert Client().get("/api/v1/plans/?search=crp_2025+%25").status_code == 200


def test_a_key_that_was_good_gets_no_304_once_it_is_revoked(officer: Any) -> None:
    made = make_key(user=officer, name="ERP", by=None)
    etag = ask(made.token).headers["ETag"]
    again = {"If-None-Match": etag}
    assert ask(made.token, **again).status_code == 304
    revoke(key=made.key, by=None, reason="lost")
    assert ask(made.token, **again).status_code == 401
    assert Client().get(PLANS, headers=again).status_code == 304


# What it lets do


def test_a_key_never_has_more_than_its_user_nor_more_than_its_scopes(officer: Any) -> None:
    writes = find_key(make_key(user=officer, name="w", by=None, scopes=[Scope.CONTRIBUTIONS_WRITE]).token).acting_user
    reads = find_key(make_key(user=officer, name="r", by=None).token).acting_user
    mali = frozenset([country("MLI").pk])
    assert writes.reach(RECORD).countries == officer.reach(RECORD).countries == mali
    assert officer.has_perm("funding.delete_contribution")
    assert not writes.has_perm("funding.delete_contribution")
    assert not writes.has_perm("funding.add_organization")
    assert not reads.has_perm(RECORD)
    with pytest.raises(PermissionDenied, match="has no scope with the right “Can add contribution”"):
        reads.require(RECORD)


def test_a_key_that_is_limited_to_countries_stays_in_them(db: None) -> None:
    everywhere = make_person(Role.FUNDING_OFFICER, username="erp")
    mali, niger = country("MLI"), country("NER")
    made = make_key(user=everywhere, name="ERP", by=None, scopes=[Scope.CONTRIBUTIONS_WRITE], countries=[mali])
    person = find_key(made.token).acting_user
    assert person.reach(RECORD) == Reach(countries=frozenset([mali.pk]))
    with pytest.raises(PermissionDenied) as refused:
        person.require(RECORD, Placed(niger.pk))
    assert str(refused.value).startswith("The key “ERP (crp_")
    assert "is limited to Mali: ask who gave it to you." in str(refused.value)
    with pytest.raises(ProtectedError):
        mali.delete()


def test_a_key_outside_the_roles_of_its_user_opens_nothing(officer: Any) -> None:
    """Limited to a country of somebody else, it is limited to nothing at all."""
    niger = country("NER")
    made = make_key(user=officer, name="ERP", by=None, scopes=[Scope.CONTRIBUTIONS_WRITE], countries=[niger])
    person = find_key(made.token).acting_user
    assert not person.reach(RECORD)
    unlimited = make_key(user=officer, name="ERP", by=None, scopes=[Scope.CONTRIBUTIONS_WRITE])
    with pytest.raises(PermissionDenied) as refused:
        find_key(unlimited.token).acting_user.require(RECORD, Placed(niger.pk))
    assert "has not got the right “Can add contribution” for Niger" in str(refused.value)
    assert "@" not in str(refused.value)


def test_the_key_of_a_superuser_is_as_narrow_as_any(db: None) -> None:
    root = make_user(username="root", is_superuser=True, email="root@example.org")
    person = find_key(make_key(user=root, name="x", by=None, scopes=[Scope.CONTRIBUTIONS_WRITE]).token).acting_user
    assert root.has_perm(PUBLISH)
    assert person.has_perm(RECORD)
    assert not person.has_perm(PUBLISH)
    assert not person.has_perm("accounts.add_apikey")
    assert not person.has_perm("nobody.knows_it")


# Who makes keys


def test_only_administrators_make_replace_and_revoke_keys(officer: Any) -> None:
    administrator = make_person(Role.ADMINISTRATOR, username="awa")
    made = make_key(user=officer, name="ERP", by=administrator)
    for role in set(Role.values) - {Role.ADMINISTRATOR}:
        person = make_person(role)
        for step in (
            lambda by=person: make_key(user=officer, name="ERP", by=by),
            lambda by=person: rotate(key=made.key, by=by),
            lambda by=person: revoke(key=made.key, by=by, reason="x"),
        ):
            with pytest.raises(PermissionDenied, match="comes with the role Administrator"):
                step()
    assert rotate(key=made.key, by=administrator).key.created_by == administrator
    assert revoke(key=made.key, by=administrator, reason="x").revoked_by == administrator


def test_the_history_keeps_who_made_and_who_revoked_a_key(officer: Any, history: None) -> None:
    awa, moussa = (make_person(Role.ADMINISTRATOR, username=name) for name in ("awa", "moussa"))
    made = make_key(user=officer, name="ERP", by=awa)
    find_key(made.token)  # to be used is no change
    revoke(key=made.key, by=moussa, reason="Found in a repository.")
    told = [(entry.history_type, entry.history_user, entry.revoked_because) for entry in ApiKey.history.all()]
    assert told == [("~", moussa, "Found in a repository."), ("+", awa, "")]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"expires_on": DAY - timedelta(days=1)}, "expires_on"),
        ({"expires_on": date(2028, 3, 1)}, "expires_on"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(officer: Any, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_key(**{"user": officer, "name": "ERP", "by": None, "on": DAY, **values})
    assert set(refused.value.message_dict) == {field}
    assert make_key(user=officer, name="ERP", by=None, on=DAY, expires_on=date(2028, 2, 29)).key.pk


def test_the_key_of_a_closed_login_is_not_made(officer: Any) -> None:
    officer.is_active = False
    with pytest.raises(ValidationError, match="is not active"):
        make_key(user=officer, name="ERP", by=None)


def test_a_key_is_revoked_once_and_with_a_reason(officer: Any) -> None:
    made = make_key(user=officer, name="ERP", by=None)
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(ValidationError):
            revoke(key=made.key, by=None, reason=reason)
    first = revoke(key=made.key, by=None, reason="lost").revoked_at
    assert revoke(key=made.key, by=None, reason="again").revoked_at == first
    with pytest.raises(ValidationError, match="make a new one"):
        rotate(key=made.key, by=None)


def test_a_key_is_replaced_by_one_that_may_the_same_while_the_old_one_runs_out(officer: Any) -> None:
    mali = country("MLI")
    old = make_key(user=officer, name="ERP", by=None, scopes=[Scope.CONTRIBUTIONS_WRITE], countries=[mali], on=DAY)
    new = rotate(key=old.key, by=None, on=DAY)
    assert new.token != old.token
    assert (new.key.user, new.key.name, new.key.scopes) == (officer, "ERP", "read contributions:write")
    assert [limit.country for limit in new.key.limits.all()] == [mali]
    assert (new.key.follows, new.key.expires_on) == (old.key, date(2027, 3, 1))
    assert find_key(old.token, date(2026, 3, 15)) == old.key
    assert refusal(old.token, date(2026, 3, 16)).startswith("This key was good until 2026-03-15.")
    with pytest.raises(ValidationError, match="has been replaced already"):
        rotate(key=old.key, by=None, on=DAY)


def test_a_replacement_never_makes_the_old_key_last_longer(officer: Any) -> None:
    old = make_key(user=officer, name="ERP", by=None, on=DAY, expires_on=date(2026, 3, 3))
    rotate(key=old.key, by=None, on=DAY)
    assert ApiKey.objects.get(pk=old.key.pk).expires_on == date(2026, 3, 3)


@pytest.mark.usefixtures("on_the_day")
def test_each_key_is_in_one_state_and_those_that_run_out_are_listed(officer: Any) -> None:
    left = make_person(Role.VIEWER)
    keys = {
        name: make_key(user=user, name=name, by=None, on=DAY, expires_on=DAY + timedelta(days=days)).key
        for name, user, days in (
            ("good", officer, 31),
            ("expiring", officer, 30),
            ("expired", officer, 0),
            ("revoked", officer, 9),
            ("closed", left, 9),
            ("replaced", officer, 9),
        )
    }
    revoke(key=keys["revoked"], by=None, reason="x")
    new = rotate(key=keys["replaced"], by=None).key
    left.is_active = False
    left.save()
    ApiKey.objects.filter(pk=keys["expired"].pk).update(expires_on=DAY - timedelta(days=1))
    expected = {key.pk: State.GOOD if name == "replaced" else State(name) for name, key in keys.items()}
    expected[new.pk] = State.GOOD
    every = {key.pk: key for key in ApiKey.objects.all()}
    assert {pk: state_of(key) for pk, key in every.items()} == expected
    found = {state: set(ApiKey.objects.filter(q).values_list("pk", flat=True)) for state, q in states(DAY).items()}
    assert found == {state: {pk for pk, other in expected.items() if other == state} for state in State}
    assert [key.name for key in expiring()] == ["expiring"]
    told = StringIO()
    call_command("list_keys", expiring=True, stdout=told)
    assert told.getvalue().split()[1:5] == ["expiring", "until", "2026-03-31", "last"]
    assert len(told.getvalue().splitlines()) == 1
    call_command("list_keys", stdout=told)
    assert len(told.getvalue().splitlines()) == 1 + 7
