"""A client that has an answer already is told so, and only as long as that is true."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.signals import request_finished
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from crp.api_urls import router
from crp.common import validators
from crp.common.api import conditional
from crp.common.recent import Recent
from funding import summaries
from funding.api import stamp
from funding.api.plans import PlanViewSet
from funding.models import Contribution
from plans.models import Country, Revision
from tests.api import ask, get, text_of
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan
from tests.funding.revised import revise_mali
from tests.funding.test_api_routes import ADDRESSES as ROUTES

SHARED = "public, max-age=0, must-revalidate"
BY_CODE = {"root", "schema", "docs"}
"""Routes whose answers only another release changes."""
OWN_ETAG = {"contributions-detail"}
"""Routes whose ETag is of their one row, so that a write can name it: the row is read for it."""
EVERY = sorted(
    {address for name, address in ROUTES.items() if name not in BY_CODE | OWN_ETAG}
    | {
        f"{name}/?format={form}"
        for name in ("contributions", "sectors")
        for form in ("csv", "ndjson", "xlsx", "parquet")
    }
)
ADDRESSES = (
    "plans/",
    "plans/?country=MLI&limit=2",
    "plans/?format=csv",
    "plans/?format=ndjson",
    "plans/MLI-COMPENDIUM-2017/",
    "plans/MLI-COMPENDIUM-2017/rollup/?by=framework",
    "rollups/?by=country,year",
    "rollups/?by=sector&format=csv",
)


def etag_of(address: str) -> str:
    response: Any = ask(address)
    assert response.status_code == 200
    assert b"".join(response.streaming_content if response.streaming else [response.content])
    return response["ETag"]


@pytest.mark.parametrize("address", EVERY)
def test_nothing_new(mali: MaliPlans, address: str) -> None:
    etag = etag_of(address)
    with CaptureQueriesContext(connection) as captured:
        response: Any = ask(address, **{"if-none-match": etag})
    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag
    assert response["Cache-Control"] == SHARED
    assert "Accept" in response["Vary"]
    assert "Content-Type" not in response  # a cache would take it for that of what it keeps
    assert len(captured) <= 1  # the stamp


@pytest.mark.parametrize("address", ADDRESSES)
def test_new_money_is_new(mali: MaliPlans, address: str) -> None:
    before = etag_of(address)
    contribution = make_contribution(plan=mali.compendium_2017)
    after = etag_of(address)
    assert after != before
    contribution.amount_usd += 1
    contribution.save()
    changed = etag_of(address)
    contribution.delete()
    assert len({before, after, changed, etag_of(address)}) == 4
    assert ask(address, **{"if-none-match": before}).status_code == 200


def test_every_change_of_content_is_new(mali: MaliPlans) -> None:
    changes = [
        lambda: Country.objects.filter(iso3="MLI").update(name="Republic of Mali"),
        lambda: mali.crp_2021.revisions.update(reason="Another"),
        lambda: mali.crp_2021.identifiers.create(scheme="fts", value="1"),
        lambda: mali.crp_2021.countries.add(Country.objects.get(iso3="BFA")),
        lambda: mali.crp_2025_2026.revisions.get().narratives.first().delete(),
        lambda: make_plan(contributions=0),
    ]
    seen = [etag_of("plans/")]
    for change in changes:
        change()
        seen.append(etag_of("plans/"))
    assert len(set(seen)) == len(seen)


def test_each_address_and_format_has_its_own(mali: MaliPlans) -> None:
    tags = [etag_of(address) for address in ADDRESSES]
    assert len(set(tags)) == len(tags)
    asked_by_header: Any = ask("plans/", accept="text/csv")
    text_of(asked_by_header)
    assert asked_by_header["ETag"] != etag_of("plans/")


def test_another_release_answers_anew(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    before = etag_of("plans/")
    monkeypatch.setattr(conditional, "code_fingerprint", lambda: "another")
    assert ask("plans/", **{"if-none-match": before}).status_code == 200


@pytest.mark.parametrize("known", ['"else"', 'W/"else"', "nonsense", ""])
def test_another_etag_is_no_match(mali: MaliPlans, known: str) -> None:
    assert ask("plans/", **{"if-none-match": known}).status_code == 200


def test_one_of_several_is_enough_and_a_packed_one_counts(mali: MaliPlans) -> None:
    etag = etag_of("plans/")
    assert ask("plans/", **{"if-none-match": f'"else", {etag}'}).status_code == 304
    packed: Any = ask("plans/", **{"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert ask("plans/", **{"if-none-match": packed["ETag"]}).status_code == 304


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_was_given_before_is_not_made_again(
    mali: MaliPlans, client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def ask_again(**headers: str) -> Any:
        return client.get(f"/api/v1/{address}", headers=headers)

    etag = ask_again()["ETag"]
    refusing = Mock(side_effect=AssertionError)
    monkeypatch.setattr(conditional.ConditionalMixin, "initial", refusing)
    for known in (etag, f"W/{etag}"):
        response = ask_again(**{"if-none-match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == etag
        assert response["Cache-Control"] == SHARED
        assert "Accept" in response["Vary"]
    others = ({"accept": "application/json, */*"}, {"host": "localhost"}, {"if-none-match": '"else"'})
    for other in others:  # another answer, perhaps
        with pytest.raises(AssertionError):
            ask_again(**{"if-none-match": etag, **other})
    make_contribution(plan=mali.compendium_2017)
    with pytest.raises(AssertionError):
        ask_again(**{"if-none-match": etag})


def test_no_more_is_kept_than_there_is_room_for(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional.UnchangedMiddleware, "most", 2)
    middleware = conditional.UnchangedMiddleware(PlanViewSet.as_view({"get": "list"}))
    requests = [RequestFactory().get("/", {"limit": number}, headers={"host": "localhost"}) for number in (1, 2, 3)]
    etags = [middleware(request).headers["ETag"] for request in (*requests, requests[1])]
    assert [address[1] for address in middleware._given] == ["/?limit=3", "/?limit=2"]
    assert etags[1] == etags[3]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_connection_that_was_closed_is_opened_again(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    read = Mock(side_effect=[error, (1, 2)])
    monkeypatch.setattr(summaries, "stamp", read)
    connection = Mock(in_atomic_block=False)
    monkeypatch.setattr(stamp, "connection", connection)
    assert stamp.read_stamp() == (1, 2)
    connection.close.assert_called_once_with()
    connection.in_atomic_block = True
    read.side_effect = error
    with pytest.raises(error):
        stamp.read_stamp()
    connection.close.assert_called_once_with()


def test_an_error_is_never_kept(mali: MaliPlans) -> None:
    for address, status in (("plans/?contry=MLI", 400), ("plans/NO-PLAN/", 404), ("rollups/?by=contry", 400)):
        response: Any = ask(address)
        assert response.status_code == status
        assert "ETag" not in response


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000.4
        monkeypatch.setattr(validators, "clock", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


FIRST_SEEN = "Fri, 15 Jan 2027 08:00:01 GMT"  # 1,800,000,000.4, rounded up


@pytest.mark.parametrize("address", ["plans/", "objectives/", "rollups/?by=country", "", "sectors/?format=csv"])
def test_a_time_is_told_once_its_second_is_over(mali: MaliPlans, clock: Clock, address: str) -> None:
    assert "Last-Modified" not in ask(address).headers
    clock.now += 0.5
    assert "Last-Modified" not in ask(address).headers
    clock.now += 60
    response: Any = ask(address)
    assert response["Last-Modified"] == FIRST_SEEN
    again: Any = ask(address, **{"if-modified-since": FIRST_SEEN})
    assert (again.status_code, again.content, again["Last-Modified"]) == (304, b"", FIRST_SEEN)
    assert ask(address, **{"if-modified-since": "Fri, 15 Jan 2027 08:00:00 GMT"}).status_code == 200


def test_no_change_falls_into_the_second_that_was_told(mali: MaliPlans, clock: Clock) -> None:
    """A client may make up a date, or have fetched in the second of a change: it never keeps what was before."""
    ask("plans/")
    clock.now = 1_800_000_001.0
    told: Any = ask("plans/")
    assert told["Last-Modified"] == FIRST_SEEN
    make_plan(contributions=0)
    clock.now = 1_800_000_001.1
    for made_up in (FIRST_SEEN, "Fri, 15 Jan 2027 08:00:00 GMT"):
        assert ask("plans/", **{"if-modified-since": made_up}).status_code == 200
    clock.now = 1_800_000_002.1
    assert ask("plans/")["Last-Modified"] == "Fri, 15 Jan 2027 08:00:02 GMT"


def test_a_tag_wins_over_a_date(mali: MaliPlans, clock: Clock) -> None:
    ask("plans/")
    clock.now += 60
    later = {"if-modified-since": "Fri, 15 Jan 2027 09:00:00 GMT"}
    assert ask("plans/", **later).status_code == 304
    assert ask("plans/", **later, **{"if-none-match": '"else"'}).status_code == 200


@pytest.mark.parametrize("address", ["plans/?contry=MLI", "plans/NO-PLAN/", "rollups/?by=contry", "nope/"])
@pytest.mark.parametrize("known", [{"if-none-match": "*"}, {"if-modified-since": "Fri, 15 Jan 2100 09:00:00 GMT"}])
def test_what_is_not_there_is_never_unchanged(mali: MaliPlans, address: str, known: dict[str, str]) -> None:
    response: Any = ask(address, **known)
    assert response.status_code in {400, 404}
    assert "ETag" not in response
    assert response["Cache-Control"] == "no-store"


def test_a_star_matches_whatever_there_is(mali: MaliPlans) -> None:
    response: Any = ask("objectives/", **{"if-none-match": "*"})
    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize("address", ["plans/", "plans/?format=csv", "rollups/?by=country", "plans/MLI-CRP-2021/"])
def test_a_304_names_what_the_answer_depends_on(mali: MaliPlans, address: str) -> None:
    whole = ask(address, **{"accept-encoding": "gzip"})
    known = ask(address, **{"accept-encoding": "gzip", "if-none-match": whole["ETag"]})
    assert (known.status_code, known["Vary"]) == (304, whole["Vary"])


@pytest.mark.once
@pytest.mark.parametrize("added", ["-gzip", "-br", ";gzip", "-gzip-br"])
def test_what_a_proxy_adds_to_a_tag_is_no_other_tag(mali: MaliPlans, added: str) -> None:
    etag = etag_of("plans/")
    assert ask("plans/", **{"if-none-match": f'{etag[:-1]}{added}"'}).status_code == 304


@pytest.mark.once
@pytest.mark.parametrize(
    "known", ['"' + "x" * 20_000, '"", "', "W/", ",,,,", '"a"' * 3_000, "\x00", "*, *", '"* ', "🙂", "W/W/"]
)
@pytest.mark.parametrize("name", ["if-none-match", "if-modified-since"])
def test_odd_conditions_are_none(mali: MaliPlans, name: str, known: str) -> None:
    assert ask("sectors/", **{name: known}).status_code == 200


@pytest.mark.once
@pytest.mark.parametrize(
    "accept", ["a" * 10_000, "text/csv;q=" + "9" * 5_000, ",".join(["text/x"] * 2_000), "\r\nX: 1"]
)
def test_an_accept_without_end_is_406(mali: MaliPlans, accept: str) -> None:
    response: Any = ask("sectors/", accept=accept)
    assert response.status_code in {200, 406}
    assert "X" not in response.headers


def test_a_precondition_that_fails_is_told(mali: MaliPlans) -> None:
    response: Any = ask("plans/", **{"if-match": '"else"'})
    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"
    assert ask("plans/", **{"if-match": etag_of("plans/")}).status_code == 200


def test_a_workbook_is_the_same_in_meaning_only(mali: MaliPlans) -> None:
    assert etag_of("sectors/?format=xlsx").startswith('W/"')
    assert etag_of("sectors/?format=csv").startswith('"')


@pytest.mark.parametrize("name", [name for name in ROUTES if name != "schema"])  # which takes seconds to make
def test_only_the_head(mali: MaliPlans, client: Client, name: str) -> None:
    """The first HEAD is made as GET is, the next from what this process gave; both say what GET says."""
    address = f"/api/v1/{ROUTES[name]}"
    others = {"RateLimit", "RateLimit-Policy", "Last-Modified"}
    got = {key: value for key, value in client.get(address).headers.items() if key not in others}
    with CaptureQueriesContext(connection) as captured:
        again = client.head(address)
    assert len(captured) <= 1 or name in OWN_ETAG
    Recent.forget_all()
    first = Client().head(address)
    for response in (again, first):
        assert (response.status_code, response.content) == (200, b"")
        assert {key: value for key, value in response.headers.items() if key not in others} == got
        known = Client().head(address, headers={"if-none-match": response["ETag"]})
        assert known.status_code == 304


@pytest.mark.parametrize("address", ["plans/?format=csv", "contributions/?format=ndjson"])
def test_the_head_of_an_export_reads_no_row_of_it(mali: MaliPlans, address: str) -> None:
    response: Any = ask(address, "head")
    assert list(response.streaming_content) == []


@pytest.mark.parametrize(("method", "headers"), [("head", {}), ("get", {"if-match": '"else"'})])
def test_a_request_ends_once(mali: MaliPlans, method: str, headers: dict[str, str]) -> None:
    """Its end closes connections to the database that have become old."""
    ended: list[Any] = []

    def note(**told: Any) -> None:
        ended.append(told)

    request_finished.connect(note)
    try:
        text_of(ask("plans/?format=csv", method, **headers))
    finally:
        request_finished.disconnect(note)
    assert len(ended) == 1


def test_an_answer_that_counts_days_is_another_tomorrow(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "plans/MLI-CRP-2025-2026/checks/"
    before = {name: etag_of(name) for name in (address, "plans/")}
    monkeypatch.setattr(conditional, "today", lambda: date(2100, 1, 1))
    assert etag_of(address) != before[address]
    assert etag_of("plans/") == before["plans/"]


def test_only_what_is_sealed_and_superseded_may_be_kept_unasked(mali: MaliPlans) -> None:
    """As of a past day money can still be recorded: it is asked for again each time."""
    revise_mali(mali.crp_2025_2026)
    plan = "plans/MLI-CRP-2025-2026/"
    assert ask(f"{plan}revisions/1/")["Cache-Control"] == "public, max-age=86400"
    for address in ("revisions/2/", "revisions/", "diff/?from=1&to=2", "?as_of=2025-06-01", "checks/?as_of=2025-06-01"):
        assert ask(f"{plan}{address}")["Cache-Control"] == SHARED, address


def test_the_answer_depends_on_no_language(mali: MaliPlans) -> None:
    for address in ("plans/", "", "sectors/?format=csv", "plans/NO-PLAN/"):
        varies = {name.strip() for name in ask(address, **{"accept-language": "fr"})["Vary"].split(",")}
        assert varies <= {"Accept", "Accept-Encoding"}


@pytest.mark.once
@pytest.mark.parametrize("query", ["", "format=xlsx", "contry=MLI&as_of=never"])
def test_options_tell_the_methods(db: None, client: Client, query: str) -> None:
    for address in ROUTES.values():
        asked = f"/api/v1/{address}{'&' if '?' in address else '?'}{query}"
        response: Any = client.options(asked, headers={"accept": "text/csv"})
        assert response.status_code == 200
        assert "GET" in response.json()["methods"]
        assert ", ".join(response.json()["methods"]) == response["Allow"]
        assert len(response.content) < 1_500


def test_every_table_behind_a_list_is_counted() -> None:
    """A list of a table that the change counters leave out would be called unchanged for ever."""
    counted = summaries.topics()
    views = [view for _prefix, view, _name in router.registry if view.read_stamp is conditional.changes]
    assert views
    for view in views:
        assert view.filterset_class.Meta.model._meta.db_table in counted, view


def test_a_draft_changes_nothing_that_is_shown(mali: MaliPlans) -> None:
    """Drafts move the stamp, which costs an answer; what is kept must not show them."""
    before = get("plans/MLI-CRP-2021/")
    Revision.objects.create(plan=mali.crp_2021, number=2, stated_requested_usd="5.00")
    assert get("plans/MLI-CRP-2021/") == before
    assert Contribution.objects.filter(plan=mali.crp_2021).count() == 0
