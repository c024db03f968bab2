"""What can't be used is refused with a sentence, whatever is sent; and by the same rules as in the admin."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client

from funding.api.writing_body import MOST_BYTES, _object
from funding.api.writing_entries import _tell_field
from funding.models import Contribution
from plans.models import Country
from tests.admin import Desk, problems
from tests.conftest import MaliPlans
from tests.factories import make_contribution
from tests.funding.recording import send_form
from tests.funding.writing import BATCH, CONTRIBUTIONS, Finance, entry, officer_of, told

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def finance(mali: MaliPlans) -> Finance:
    return Finance(officer_of(Country.objects.get(iso3="MLI")))


# The body


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "Say which: the code of the plan"),
        (b"{", 400, "no JSON: Expecting property name enclosed in double quotes, line 1, column 2"),
        (b"null", 400, "null can't be used: expected an object"),
        (b"[]", 400, "a list can't be used: expected an object"),
        (b'"text"', 400, "“text” can't be used: expected an object"),
        (b"7", 400, "7 can't be used"),
        (b"{} {}", 400, "Extra data"),
        (b"{'plan': 1}", 400, "no JSON"),
        (b'{"plan": 1, "plan": 2}', 400, "“plan” stands in one object twice"),
        (b'{"amount_usd": NaN}', 400, "NaN is no number of JSON"),
        (b'{"amount_usd": -Infinity}', 400, "-Infinity is no number of JSON"),
        (b'{"amount_usd": 1e999}', 400, "inf is a number with a fraction"),
        (b'{"amount_usd": ' + b"9" * 5000 + b"}", 400, "can't be read: Exceeds the limit"),
        (b'{"note": "\xff"}', 400, "not UTF-8: byte 11 is 0xFF"),
        ('{"note": "é"}'.encode("latin-1"), 400, "not UTF-8: byte 11 is 0xE9"),
        ("{}".encode("utf-16"), 400, "not UTF-8"),
        (b'\xef\xbb\xbf{"plan": null}', 400, "no JSON"),
        (b'{"note": "\\ud800"}', 400, "half of a character"),
        (b'{"\\udfff": 1}', 400, "half of a character"),
        (b'{"note": "a\\u0000b"}', 400, "It holds a null character"),
        (b'{"\\u0000": 1}', 400, "Unknown field “�”"),
        (b"[" * 100_000, 400, "nests too deep"),
        (b'{"note":' * 50_000, 400, "nests too deep"),
        (b'{"plan": ' + b"[" * 90 + b"]" * 90 + b"}", 400, "a list can't be used: expected a text"),
        (b"a" * (MOST_BYTES + 1), 413, "more than 5,000,000 bytes"),
        (b"a" * 10_000_000, 413, "more than 5,000,000 bytes"),
    ],
)
def test_a_body_that_can_not_be_read(finance: Finance, content: bytes, status: int, words: str) -> None:
    body = told(finance.send(CONTRIBUTIONS, content), status)
    assert words in json.dumps(body, ensure_ascii=False)
    told(finance.send(BATCH, content, Idempotency_Key="k"), status)
    assert Contribution.objects.count() == 1


class CountedName(str):
    """A name that counts how often it is compared."""

    compared = 0
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        CountedName.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_a_name_given_twice_among_many_is_found_at_once() -> None:
    """Compared each with each, the 400,000 names that fit into a body would take hours."""
    names = [CountedName(number) for number in (*range(1_000), 999)]
    with pytest.raises(ValueError, match="“999” stands in one object twice"):
        _object([(name, None) for name in names])
    assert CountedName.compared < 5_000


def test_what_a_client_writes_is_not_kept_for_ever() -> None:
    assert _tell_field.cache_info().maxsize is not None


@pytest.mark.parametrize(
    "kind",
    [
        "text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "nonsense",
        "application/json; charset=latin-1", "application/merge-patch+json", "application/xml", "text/json",
    ],
)  # fmt: skip
def test_another_type_is_415(finance: Finance, kind: str) -> None:
    response = finance.send(CONTRIBUTIONS, entry(), Content_Type=kind)
    assert told(response, 415)["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_in_utf_8_is_read(finance: Finance, kind: str) -> None:
    sent = json.dumps(entry(note="Señé 中 🙂"), ensure_ascii=False).encode()
    assert told(finance.send(CONTRIBUTIONS, sent, Content_Type=kind), 201)["note"] == "Señé 中 🙂"


def test_a_packed_body_and_one_of_unknown_length_are_told_so(finance: Finance) -> None:
    assert "packed as “gzip”" in told(finance.send(CONTRIBUTIONS, entry(), Content_Encoding="gzip"), 415)["detail"]
    headers = {"Authorization": f"Bearer {finance.token}", "Transfer-Encoding": "chunked"}
    response = Client().generic("POST", CONTRIBUTIONS, b"", headers=headers)
    assert told(response, 411)["code"] == "length_required"


def test_a_body_too_large_is_not_read_at_all(finance: Finance, monkeypatch: pytest.MonkeyPatch) -> None:
    def reads(request: Any, *arguments: Any) -> bytes:
        raise AssertionError("it was read")

    monkeypatch.setattr(WSGIRequest, "read", reads)
    assert told(finance.send(CONTRIBUTIONS, b"a" * (MOST_BYTES + 1)), 413)["code"] == "too_large"


def test_without_a_key_a_body_is_not_read(mali: MaliPlans) -> None:
    response = Client().post(CONTRIBUTIONS, b"a" * 10_000_000, content_type="application/json")
    assert told(response, 401)["code"] == "key_required"


# Its fields


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"amount_usd": 1000.5}, "amount_usd", "1000.5 is a number with a fraction, and programs round"),
        ({"amount_usd": 1.0}, "amount_usd", "is a number with a fraction"),
        ({"exchange_rate": 0.9}, "exchange_rate", 'send a string, "0.865"'),
        ({"amount_usd": True}, "amount_usd", "true can't be used: expected a string"),
        ({"amount_usd": "1,000.50"}, "amount_usd", "digits with a point before the decimals"),
        ({"amount_usd": "1 000"}, "amount_usd", "digits with a point"),
        ({"amount_usd": "1e3"}, "amount_usd", "digits with a point"),
        ({"amount_usd": "+5"}, "amount_usd", "digits with a point"),
        ({"amount_usd": ""}, "amount_usd", "digits with a point"),
        ({"amount_usd": "\u0661\u0660\u0660"}, "amount_usd", "digits with a point"),
        ({"amount_usd": "5\n"}, "amount_usd", "digits with a point"),
        ({"amount_usd": ["5"]}, "amount_usd", "a list can't be used"),
        ({"amount_usd": {"value": 5}}, "amount_usd", "an object can't be used"),
        ({"amount_usd": 10**30}, "amount_usd", "digits with a point"),
        ({"decision_on": "2025-6-1"}, "decision_on", "expected a day such as 2026-04-30"),
        ({"decision_on": "2025-02-30"}, "decision_on", "a day that no calendar has"),
        ({"decision_on": "20250601"}, "decision_on", "expected a day"),
        ({"decision_on": "2025-W10-1"}, "decision_on", "expected a day"),
        ({"decision_on": "2025-06-01T00:00:00Z"}, "decision_on", "expected a day"),
        ({"decision_on": 20250601}, "decision_on", "expected a day"),
        ({"decision_on": "\u0662\u0660\u0662\u0665-06-01"}, "decision_on", "expected a day"),
        ({"usage_year": "2025"}, "usage_year", "expected a whole number"),
        ({"usage_year": 2025.0}, "usage_year", "expected a whole number"),
        ({"usage_year": 40_000}, "usage_year", "from 1 to 32767"),
        ({"objective": -1}, "objective", "from 1 to 32767"),
        ({"source_line": 2**31}, "source_line", "from 1 to 2147483647"),
        ({"is_in_kind": "true"}, "is_in_kind", "expected true or false, without quotes"),
        ({"is_in_kind": 1}, "is_in_kind", "expected true or false"),
        ({"is_in_kind": None}, "is_in_kind", "null can't stand here"),
        ({"status": "Paid"}, "status", "expected one of pledge, commitment, paid"),
        ({"flow": ""}, "flow", "expected one of incoming, internal, outgoing"),
        ({"note": ""}, "note", "It is empty: send null"),
        ({"note": "  "}, "note", "It is empty"),
        ({"note": "x" * 10_001}, "note", "at most 10000 fit"),
        ({"donor": 7}, "donor", "7 can't be used: expected a text"),
        ({"donor": "x" * 5000}, "donor", "No organization has the code “" + "x" * 60),
        ({"plan": "mli-crp-2025-2026"}, "plan", "Did you mean “MLI-CRP-2025-2026”?"),
        ({"plan": "'; DROP TABLE x; --"}, "plan", "No plan has the code “'; DROP TABLE x; --”."),
        ({"sector": "WASH"}, "sector", "expected TAXONOMY/CODE, such as IOM-2025/WASH"),
        ({"sector": "IOM-2025/NOPE"}, "sector", "No sector has the code “IOM-2025/NOPE”."),
        ({"country": "MLI"}, "country", "Either a plan or a country"),
        ({"code": "a b"}, "code", "Capitals and digits, joined by hyphens."),
        ({"code": "A\r\nSet-Cookie: x"}, "code", "Capitals and digits, joined by hyphens."),
        ({"code": "MLI-2017-0001"}, "code", "Another contribution has the code MLI-2017-0001."),
        ({"grant_reference": "x" * 101}, "grant_reference", "at most 100 characters"),
        ({"amount_us": "5"}, "amount_us", "Unknown field “amount_us”. Did you mean “amount_usd”?"),
        ({"xyz": "5"}, "xyz", "Known here: plan, country, donor"),
        ({"counted_usd": "5"}, "counted_usd", "CRP works this out itself: leave it out."),
        ({"id": 5}, "id", "Unknown field “id”"),
        ({"<script>": 5}, "<script>", "Unknown field"),
        ({f"x{number}": 1 for number in range(100)}, "body", "95 more fields are unknown"),
    ],
)  # fmt: skip
def test_a_value_that_can_not_be_used_is_named(finance: Finance, values: dict, field: str, words: str) -> None:
    response = finance.send(CONTRIBUTIONS, entry(**values))
    errors = told(response, 400)["errors"]
    assert words in errors[field][0]
    assert response["Content-Type"] == "application/json"
    if field != "body":
        assert list(errors) == [field]
    assert Contribution.objects.count() == 1


def test_english_whoever_asks(finance: Finance) -> None:
    values = entry(amount_usd="0", grant_reference="x" * 101)
    errors = told(finance.send(CONTRIBUTIONS, values, Accept_Language="fr"), 400)["errors"]
    assert errors == {
        "amount_usd": ["An amount of 0 gives nothing: leave the contribution out."],
        "grant_reference": ["Ensure this value has at most 100 characters (it has 101)."],
    }


# The same verdict as in the admin


@pytest.fixture
def desk(finance: Finance) -> Desk:
    return Desk(finance.user)


SAME: list[dict[str, str]] = [
    {"amount_usd": "0"},
    {"amount_usd": "100000000000000"},
    {"amount_usd": "1.005"},
    {"amount_usd": "NaN"},
    {"amount_usd": ""},
    {"original_amount": "5"},
    {"original_currency": "EUR"},
    {"original_amount": "5", "original_currency": "ZZZ"},
    {"original_amount": "-5", "original_currency": "EUR"},
    {"original_amount": "0", "original_currency": "EUR"},
    {"original_amount": "5", "original_currency": "USD", "exchange_rate": "2"},
    {"exchange_rate": "2"},
    {"amount_usd": "", "original_amount": "5", "original_currency": "EUR"},
    {"amount_usd": "", "original_amount": "5", "original_currency": "EUR", "exchange_rate": "0"},
    {"amount_usd": "", "original_amount": "0.01", "original_currency": "XOF", "exchange_rate": "655"},
    {"amount_usd": "", "original_amount": "9999999999999", "original_currency": "EUR", "exchange_rate": "0.1"},
    {"decision_on": "2202-01-01"},
    {"decision_on": "1850-01-01"},
    {"decision_on": "2014-01-01"},
    {"reported_on": "2202-01-01"},
    {"exchange_rate_on": "2202-01-01"},
    {"usage_year": "2025"},
    {"project_code": "NONE"},
    {"framework_code": "NONE"},
    {"objective_number": "99"},
    {"is_shared_across_sectors": "on", "sector": "COMPENDIUM-2017/SHELTER_NFI"},
    {"sector": "IOM-2025/WASH"},
    {"country": "MLI"},
    {"code": "a b"},
    {"code": "MLI-2017-0001"},
    {"external_scheme": "erp", "external_id": "1"},
    {"grant_reference": "x" * 101},
    {"external_scheme": "x" * 21},
    {"exchange_rate_source": "x" * 101},
    {"status": "given"},
    {"earmarking": "much"},
    {"flow": "sideways"},
    {"donor": "nobody"},
    {"parent": "M-1"},
    {"parent": "MLI-2017-0001", "flow": "incoming"},
]
# The form says in words of its own that a value is none of a list, and that it is taken.
OWN_WORDS = {"status", "earmarking", "flow", "donor", "code", "external_id"}
TO_API = {"framework_code": "framework", "objective_number": "objective", "project_code": "project"}
NUMBERS = {"usage_year", "objective_number"}


@pytest.mark.parametrize(
    "values", SAME, ids=lambda values: ",".join(f"{name}={value[:12]}" for name, value in values.items())
)
def test_the_admin_and_the_api_refuse_the_same_with_the_same_words(
    finance: Finance, desk: Desk, mali: MaliPlans, values: dict[str, str]
) -> None:
    plan = mali.compendium_2017
    make_contribution(plan=plan, code="M-1", external_scheme="erp", external_id="1", amount_usd=7)
    if "parent" in values:
        Contribution.objects.filter(code="M-1").update(review="merged")
    typed = {"amount_usd": "1000.50", "decision_on": "2017-03-01", **values}
    form = problems(send_form(desk, plan, **{name: in_form(name, value) for name, value in typed.items()}))
    assert form, "the admin takes it"
    sent = {TO_API.get(name, name): in_json(name, value) for name, value in typed.items()}
    errors = told(finance.send(CONTRIBUTIONS, entry(plan=plan.code, **sent)), 400)["errors"]
    named = {TO_API.get(line.partition(": ")[0], line.partition(": ")[0]) for line in form}
    assert set(errors) == named
    if not named & OWN_WORDS and values.get("amount_usd") != "NaN":
        back = {api: name for name, api in TO_API.items()}
        assert sorted(form) == sorted(
            f"{back.get(name, name)}: {text}" for name, texts in errors.items() for text in texts
        )


def in_form(name: str, value: str) -> str:
    """Return a value as the form has it, where things are numbers."""
    found: Any = None
    if name == "sector":
        taxonomy, _slash, code = value.partition("/")
        found = Contribution.sector.field.related_model.objects.get(taxonomy__code=taxonomy, code=code)
    elif name == "country":
        found = Country.objects.get(iso3=value)
    elif name == "parent":
        found = Contribution.objects.get(code=value)
    return value if found is None else str(found.pk)


def in_json(name: str, value: str) -> Any:
    """Return a value as JSON has it."""
    if name in NUMBERS:
        return int(value)
    return {"on": True, "": None}.get(value, value)
