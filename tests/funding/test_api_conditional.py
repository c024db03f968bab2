"""A client that has an answer already is told so, and only as long as that is true."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from crp.common.api import conditional
from funding import summaries
from funding.api import stamp
from funding.api.plans import PlanViewSet
from funding.models import Contribution
from plans.models import Country, Revision
from tests.api import ask, get, text_of
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan

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
    text_of(response)
    return response["ETag"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_new(mali: MaliPlans, address: str) -> None:
    response: Any = ask(address, **{"if-none-match": etag_of(address)})
    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag_of(address)
    assert response["Cache-Control"] == "no-cache"
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_the_stamp_is_read(mali: MaliPlans, address: str) -> None:
    etag = etag_of(address)
    with CaptureQueriesContext(connection) as captured:
        assert ask(address, **{"if-none-match": etag}).status_code == 304
    assert len(captured) == 1


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
    monkeypatch.setattr(conditional.ConditionalMixin, "unless_known", refusing)
    for known in (etag, f"W/{etag}"):
        response = ask_again(**{"if-none-match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == etag
        assert response["Cache-Control"] == "no-cache"
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
    assert [address[2] for address in middleware._given] == ["/?limit=3", "/?limit=2"]
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


def test_only_the_head(mali: MaliPlans) -> None:
    response: Any = ask("plans/", "head")
    assert (response.status_code, response.content) == (200, b"")
    assert response["ETag"] == etag_of("plans/")
    again: Any = ask("plans/", "head", **{"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_a_draft_changes_nothing_that_is_shown(mali: MaliPlans) -> None:
    """Drafts move the stamp, which costs an answer; what is kept must not show them."""
    before = get("plans/MLI-CRP-2021/")
    Revision.objects.create(plan=mali.crp_2021, number=2, stated_requested_usd="5.00")
    assert get("plans/MLI-CRP-2021/") == before
    assert Contribution.objects.filter(plan=mali.crp_2021).count() == 0
