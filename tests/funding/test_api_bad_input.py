"""What can't be used is 400 and named, whatever a program or its author gets wrong; it is never 500, never ignored."""

from __future__ import annotations

import pytest

from tests.api import get, problem
from tests.conftest import MaliPlans

LONG = "A" * 300
MANY = ",".join(f"C{number}" for number in range(101))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        # A slip of the pen
        ("contry=MLI", "Did you mean “country”?"),
        ("Country=MLI", "Did you mean “country”?"),
        ("country[]=MLI", "Did you mean “country”?"),
        ("xyz=1", "Known here: as_of, bom, count, country, "),
        ("%00=1", "Unknown parameter"),
        ("as_of=2020-13-01", "no day of the calendar"),
        # Nothing given: what a program sends whose variable is empty
        ("country=", "No value is given"),
        ("country=,", "No value is given"),
        ("country=%20", "No value is given"),
        ("year=", "No value is given"),
        ("search=", "No value is given"),
        ("ordering=", "No value is given"),
        ("format=", "No value is given"),
        ("limit=", "No value is given"),
        ("reported=", "No value is given"),
        # Given twice
        ("year=2017&year=2025", "Given 2 times"),
        ("limit=1&limit=2", "Given 2 times"),
        ("offset=0&offset=0", "Given 2 times"),
        ("search=a&search=b", "Given 2 times"),
        ("format=json&format=csv", "Given 2 times"),
        ("gap_min=1&gap_min=2&gap_min=3", "Given 3 times"),
        # Years
        ("year=abc", "expected a year such as 2025"),
        ("year=%D9%A2%D9%A0%D9%A2%D9%A5", "expected a year"),  # 2025 in Arabic digits
        ("year=%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%95", "expected a year"),  # in full-width digits
        ("year=2025.0", "expected a year"),
        ("year=2_025", "expected a year"),
        ("year=20255", "expected a year"),
        ("year=-1", "expected a year"),
        ("year=1e3", "expected a year"),
        ("year=1899", "1900"),
        ("year=2201", "2200"),
        ("year_min=" + "9" * 5000, "expected a year"),
        # Amounts and percentages
        ("percent_funded_min=NaN", "expected a number"),
        ("percent_funded_min=sNaN", "expected a number"),
        ("percent_funded_max=Infinity", "expected a number"),
        ("percent_funded_max=-inf", "expected a number"),
        ("percent_funded_min=1e999", "expected a number"),
        ("percent_funded_min=0,3", "expected a number"),
        ("percent_funded_min=0.305", "2 decimals"),
        ("percent_funded_min=%D9%A3", "expected a number"),
        ("percent_funded_min=30%25", "expected a number"),
        ("requested_min=1,000,000", "expected a number"),
        ("requested_min=1_000", "expected a number"),
        ("requested_min=12345678901234", "13 digits"),
        ("gap_min=0x10", "expected a number"),
        ("gap_min=" + "9" * 5000, "expected a number"),
        ("gap_min=%00", "null character"),
        # Days and times
        ("updated_since=2025", "expected a time"),
        ("updated_since=17/04/2025", "expected a time"),
        ("updated_since=yesterday", "expected a time"),
        ("updated_since=2025-13-01", "ISO 8601"),
        ("updated_since=2025-02-30T00:00:00Z", "ISO 8601"),
        ("updated_since=2025-01-01T25:00:00Z", "ISO 8601"),
        ("updated_since=9999-12-31T23:59:59-12:00", "between 1900 and 2200"),
        ("updated_since=0001-01-01T00:00:00%2B14:00", "between 1900 and 2200"),
        ("updated_since=%D9%A2%D9%A0%D9%A2%D9%A5-01-01", "expected a time"),
        # Codes
        ("country=XXX", "“XXX” is not known"),
        ("country=MLI,XXX", "“XXX” is not known"),
        ("country=ML", "“ML” is not known"),
        ("country=Mali", "is not known"),
        ("country=%00", "null character"),
        ("country=%ff", "in UTF-8"),
        ("country=%ff,MLI", "in UTF-8"),
        (f"country={LONG}", "at most 200 characters"),
        (f"country={MANY}", "101 values are too many"),
        ("region=2", "“2” is not known"),
        ("plan=NOPE", "“NOPE” is not known"),
        ("kind=plan", "“plan” is not one of: crp, compendium"),
        ("framework=NOPE", "“NOPE” is not one of: HRP, MCOF"),
        ("sector=NOPE", "“NOPE”"),
        ("sector=/", "“/”"),
        ("sector=%00", "null character"),
        (f"sector={MANY}", "too many"),
        ("sector=SHL", "“SHL”"),  # a global cluster, which no plan asks under
        ("global_cluster=IOM-2025/WASH", "No global cluster"),
        ("reported=maybe", "true or false"),
        ("reported=2", "true or false"),
        # Pages, order, search
        ("limit=0", "from 1 to 1000"),
        ("limit=-1", "from 1 to 1000"),
        ("limit=99999", "from 1 to 1000"),
        ("limit=1001", "from 1 to 1000"),
        ("limit=abc", "from 1 to 1000"),
        ("limit=1.5", "from 1 to 1000"),
        ("limit=%2B5", "from 1 to 1000"),
        ("limit=%D9%A5", "from 1 to 1000"),
        ("limit=" + "9" * 199, "from 1 to 1000"),
        ("limit=" + "9" * 5000, "at most 200 characters"),
        ("offset=-1", "from 0 to 1000000000"),
        ("offset=abc", "from 0 to"),
        ("offset=1000000001", "from 0 to"),
        ("offset=" + "9" * 199, "from 0 to"),
        ("offset=" + "9" * 5000, "at most 200 characters"),
        ("ordering=foo", "“foo” is not one of: code, title"),
        ("ordering=--code", "“--code” is not one of"),
        ("ordering=code,-code", "“code” is named twice"),
        ("ordering=%00", "null character"),
        ("ordering=id", "“id” is not one of"),
        ("ordering=revisions__reason", "is not one of"),
        ("search=%00", "null character"),
        ("search=%ff%fe", "in UTF-8"),
        ("search=caf%e9", "in UTF-8"),
        ("search=%ED%A0%80", "in UTF-8"),
        (f"search={LONG}", "at most 200 characters"),
        ("format=xml", "Choose from: json, csv"),
        ("format=CSV", "Choose from: json, csv"),
        (f"format={LONG}", "Choose from: json, csv"),
        ("format=csv&limit=0", "from 1 to 1000"),
        ("format=csv&offset=-1", "from 0 to"),
    ],
)
def test_of_plans(mali: MaliPlans, query: str, words: str) -> None:
    errors = problem(f"plans/?{query}")
    (name, sentences) = next(iter(errors.items()))
    assert words in sentences[0], sentences
    assert len(sentences[0]) < 600
    assert name in {"contry", "Country", "country[]", "xyz", "\x00", "as_of"} or f"{name}=" in query


@pytest.mark.parametrize(
    ("address", "name", "words"),
    [
        ("objectives/?number=1.5", "number", "whole number"),
        ("objectives/?number=one", "number", "whole number"),
        ("objectives/?number=99999999999", "number", "whole number"),
        ("outcomes/?objective=NaN", "objective", "whole number"),
        ("projects/?framework=%00", "framework", "null character"),
        ("funding-requests/?breakdown=donor", "breakdown", "is not one of: framework, objective"),
        ("funding-requests/?is_priority=maybe", "is_priority", "true or false"),
        ("funding-requests/?amount_min=a lot", "amount_min", "expected a number"),
        ("contributions/?donor=nobody", "donor", "“nobody” is not known"),
        ("contributions/?donor=%00", "donor", "null character"),
        ("contributions/?status=given", "status", "pledge, commitment, paid"),
        ("contributions/?earmarking=loosely", "earmarking", "unearmarked"),
        ("contributions/?decided_since=01/02/2017", "decided_since", "a day as 2025-04-17"),
        ("contributions/?decided_since=2017-02-30", "decided_since", "valid date"),
        ("contributions/?decided_until=2017", "decided_until", "a day as"),
        ("contributions/?decided_until=2017-01-01T00:00:00Z", "decided_until", "a day as"),
        ("organizations/?country=XX", "country", "“XX” is not known"),
        ("organizations/?is_donor=perhaps", "is_donor", "true or false"),
        ("rollups/?by=year&year=x", "year", "expected a year"),
        ("rollups/?by=year&limit=5", "limit", "Unknown parameter"),
        ("rollups/?by=year&ordering=year", "ordering", "Unknown parameter"),
        ("plans/MLI-CRP-2021/?country=MLI", "country", "Unknown parameter"),
        ("plans/MLI-CRP-2021/?limit=1", "limit", "Unknown parameter"),
        ("plans/MLI-CRP-2021/checks/?by=sector", "by", "Unknown parameter"),
        ("plans/MLI-CRP-2021/?format=json&format=json", "format", "Given 2 times"),
        ("?x=1", "x", "Unknown parameter"),
    ],
)
def test_of_other_addresses(mali: MaliPlans, address: str, name: str, words: str) -> None:
    errors = problem(address)
    assert list(errors) == [name]
    assert words in errors[name][0]


def test_everything_that_is_wrong_is_told_at_once(mali: MaliPlans) -> None:
    errors = problem("plans/?contry=MLI&year=abc&gap_min=NaN&kind=")
    assert set(errors) == {"contry", "year", "gap_min", "kind"}
    assert set(problem("plans/?contry=MLI&country=XXX&reported=maybe")) == {"contry", "country", "reported"}


def test_an_error_repeats_no_more_than_a_line_of_what_was_given(mali: MaliPlans) -> None:
    assert len(problem(f"plans/?search={LONG}")["search"][0]) < 200
    assert len(problem(f"plans/?{LONG}=1")[LONG][0]) < 1000


@pytest.mark.parametrize(
    "query",
    [
        "search=%22", "search='", "search=%25", "search=_", "search=%5C", "search=;DROP TABLE plans",
        "search=" + "a " * 99,
        "search=%F0%9F%98%80", "search=,", "limit=1000", "offset=1000000000",
        "percent_funded_min=-5.5", "gap_min=-1", "requested_max=9999999999999.99", "year=1900", "year=2200",
        "country=MLI,", "country=,MLI", "year=%202025",
    ],
)  # fmt: skip
def test_what_is_odd_is_answered_all_the_same(mali: MaliPlans, query: str) -> None:
    status = 400 if query in {"search=,", "country=%FF,MLI"} else 200
    assert get(f"plans/?{query}", status)
