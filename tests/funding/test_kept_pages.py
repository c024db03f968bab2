"""Pages that are kept for readers: given again fast, never after something has changed, never to the wrong reader."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from crp.common.kept_pages import KeptPage, PageStore
from crp.kept_pages import KeptPagesMiddleware
from funding.models import Contribution, Organization
from funding.services import publish_revision
from plans.models import Contact, Country, CountryProfile, Narrative, Plan
from plans.services import start_revision
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan, make_reported_funding, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_pages")]

PAGES = (
    "/",
    "/gaps/",
    "/gaps/?country=MLI",
    "/countries/",
    "/countries/MLI/",
    "/donors/",
    "/donors/iom/",
    "/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-COMPENDIUM-2017/funding/",
    "/plans/MLI-CRP-2025-2026/checks/",
    "/plans/MLI-CRP-2021/revisions/",
    "/sectors/",
    "/sectors/IASC-GC/SHL/",
    "/methodology/",
    "/fr/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-CRP-2025-2026/?as_of=2025-06-01",
)
PLAN = "/plans/MLI-COMPENDIUM-2017/"


def get(path: str = PLAN, client: Client | None = None, **headers: str) -> Any:
    return (client or Client()).get(path, headers=headers)


def queries_of(path: str, client: Client | None = None, **headers: str) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as captured:
        answer = get(path, client, **headers)
    return answer, len(captured)


@pytest.mark.once
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_given_again_after_one_query(mali: MaliPlans, path: str) -> None:
    first, made = queries_of(path)
    again, kept = queries_of(path)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert dict(again.headers) == dict(first.headers)
    assert kept == 1
    assert made > 1 or path == "/methodology/"


@pytest.mark.once
@pytest.mark.parametrize("path", PAGES)
def test_a_browser_that_has_the_page_is_told_so(mali: MaliPlans, path: str) -> None:
    etag = get(path)["ETag"]
    for _kept_by_this_process in (True, False):
        answer, queries = queries_of(path, **{"if-none-match": etag})
        assert (answer.status_code, answer.content, queries) == (304, b"", 1)
        assert answer["ETag"] == etag
        assert answer["Cache-Control"] == "no-cache"
        KeptPagesMiddleware.store.forget_all()


def test_the_moment_of_publishing_shows(mali: MaliPlans, history: None) -> None:
    address = mali.crp_2021.get_absolute_url()
    first = get(address)
    draft = start_revision(plan=mali.crp_2021, by=None)
    type(draft).objects.filter(pk=draft.pk).update(stated_requested_usd=7_777_777)
    assert "7,777,777" not in get(address).content.decode()
    publish_revision(revision=type(draft).objects.get(pk=draft.pk), by=None, reason="More")
    after = get(address, **{"if-none-match": first["ETag"]})
    assert after.status_code == 200
    assert "7,777,777" in after.content.decode()


def changes() -> dict[str, Any]:
    """Return ways in which what pages show changes, each a function of the plan."""
    return {
        "a contribution": lambda plan: make_contribution(plan=plan, amount_usd=5),
        "an official total": lambda plan: make_reported_funding(plan=plan, amount_usd=5),
        "a corrected amount": lambda plan: Contribution.objects.update(amount_usd=Decimal("5.00")),
        "a contribution taken away": lambda plan: Contribution.objects.all().delete(),
        "a donor's name": lambda plan: Organization.objects.update(name="Another"),
        "a country's name": lambda plan: Country.objects.filter(iso3="MLI").update(name="Another"),
        "a passage": lambda plan: Narrative.objects.all().delete(),
        "the mission": lambda plan: CountryProfile.objects.update(staff=5),
        "a contact released": lambda plan: Contact.objects.update(is_public=True),
        "a plan withdrawn": lambda plan: plan.revisions.update(status="superseded", superseded_at=datetime.now(UTC)),
        "another plan": lambda plan: make_plan(contributions=0),
    }


@pytest.mark.parametrize("what", changes())
@pytest.mark.parametrize(
    "path", ["/", pytest.param("/countries/MLI/", marks=pytest.mark.once), pytest.param(PLAN, marks=pytest.mark.once)]
)
def test_nothing_from_before_a_change_is_given_after_it(mali: MaliPlans, path: str, what: str) -> None:
    make_contribution(plan=mali.compendium_2017)
    etag = get(path)["ETag"]
    changes()[what](mali.compendium_2017)
    answer = get(path, **{"if-none-match": etag})
    assert answer.status_code != 304
    KeptPagesMiddleware.store.forget_all()
    assert get(path).content == answer.content


def test_a_page_made_while_something_changes_is_not_given_after_it(
    mali: MaliPlans, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = PageStore.keep

    def change_first(*args: Any) -> None:
        Plan.objects.filter(pk=mali.compendium_2017.pk).update(title="Changed while the page was made")
        keep(*args)

    monkeypatch.setattr(PageStore, "keep", change_first)
    before = get()
    monkeypatch.setattr(PageStore, "keep", keep)
    after = get(**{"if-none-match": before["ETag"]})
    assert after.status_code == 200
    assert "Changed while the page was made" in after.content.decode()


def test_a_page_that_no_longer_holds_costs_no_second_look(mali: MaliPlans) -> None:
    first = queries_of(PLAN)[1]
    Country.objects.filter(iso3="MLI").update(name="Another")
    assert queries_of(PLAN)[1] == first


def test_what_is_taken_back_shows_the_page_from_before(mali: MaliPlans) -> None:
    before = get()
    with transaction.atomic():
        make_contribution(plan=mali.compendium_2017, amount_usd=987_654)
        assert "1,100,204" in get().content.decode()
        transaction.set_rollback(True)
    assert get().content == before.content


@pytest.mark.once
def test_people_signed_in_share_nothing(mali: MaliPlans) -> None:
    signed_in = Client()
    signed_in.force_login(make_user())
    kept = get()
    answer, queries = queries_of(PLAN, signed_in)
    assert queries > 1
    assert "ETag" not in answer.headers
    assert get(PLAN, signed_in, **{"if-none-match": kept["ETag"]}).status_code == 200
    KeptPagesMiddleware.store.forget_all()
    get(PLAN, signed_in)
    assert queries_of(PLAN)[1] > 1


@pytest.mark.once
def test_a_reader_whom_a_message_waits_for_is_given_a_page_of_his_own(mali: MaliPlans) -> None:
    get()
    client = Client()
    client.cookies["messages"] = "anything"
    assert queries_of(PLAN, client)[1] > 1


def through(view: Any, path: str = PLAN, **meta: Any) -> HttpResponse:
    """Return the answer of a view of one's own in place of a page."""
    request = RequestFactory().get(path, **meta)
    request.resolver_match = resolve(path)

    def respond(request: Any) -> HttpResponse:
        return middleware.process_view(request, view, (), {}) or view(request)

    middleware = KeptPagesMiddleware(respond)
    return middleware(request)  # type: ignore[return-value]


def set_cookie(request: Any) -> HttpResponse:
    answer = HttpResponse("a")
    answer.set_cookie("seen", "1")
    return answer


def vary(request: Any) -> HttpResponse:
    return HttpResponse("a", headers={"Vary": "Accept-Encoding, Cookie"})


def token(request: Any) -> HttpResponse:
    request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
    return HttpResponse("a")


def policy(request: Any) -> HttpResponse:
    answer = HttpResponse("a")
    answer._csp_update = {"frame-ancestors": "*"}  # type: ignore[attr-defined]
    return answer


def refusal(request: Any) -> HttpResponse:
    return HttpResponse("a", status=400)


@pytest.mark.once
@pytest.mark.parametrize("view", [set_cookie, vary, token, policy, refusal])
def test_an_answer_for_one_reader_is_not_kept(mali: MaliPlans, view: Any) -> None:
    through(view)
    assert list(KeptPagesMiddleware.store._values) == []
    assert through(lambda request: HttpResponse("b")).content == b"b"
    assert through(lambda request: HttpResponse("c")).content == b"b"


@pytest.mark.once
@pytest.mark.parametrize("view", [set_cookie, vary, token, refusal])
def test_an_answer_for_one_reader_has_no_tag(mali: MaliPlans, view: Any) -> None:
    assert "ETag" not in through(view).headers


@pytest.mark.once
@pytest.mark.parametrize("path", ["/api/v1/plans/", "/admin/login/", "/feeds/revisions.atom", "/plans/NONE/"])
def test_other_addresses_are_left_alone(mali: MaliPlans, path: str) -> None:
    get(path)
    assert list(KeptPagesMiddleware.store._values) == []


@pytest.mark.once
def test_each_address_language_host_and_packing_has_its_own(mali: MaliPlans) -> None:
    plain, french = get(), get("/fr" + PLAN)
    packed = get(**{"accept-encoding": "gzip"})
    elsewhere = Client().get(PLAN, HTTP_HOST="localhost")
    narrowed = get(PLAN + "funding/?part=counted")
    assert len({answer.content for answer in (plain, french, packed, elsewhere, narrowed)}) == 5
    assert len(KeptPagesMiddleware.store._values) == 5
    assert gzip.decompress(packed.content) == plain.content
    assert get(**{"accept-encoding": "gzip"}).content == packed.content
    assert get(**{"accept-encoding": "gzip", "if-none-match": plain["ETag"]}).status_code == 304


@pytest.mark.once
def test_a_page_is_of_its_day(mali: MaliPlans) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 23, 59, tzinfo=UTC), tick=False):
        before = get()
    with time_machine.travel(datetime(2026, 3, 2, 0, 1, tzinfo=UTC), tick=False):
        after = get(**{"if-none-match": before["ETag"]})
    assert after.status_code == 200
    assert "1 March 2026" in before.content.decode()
    assert "2 March 2026" in after.content.decode()


@pytest.mark.once
def test_nothing_is_kept_while_templates_are_edited(mali: MaliPlans, settings: Any) -> None:
    settings.DEBUG = True
    assert "ETag" not in get().headers
    assert queries_of(PLAN)[1] > 1


@pytest.mark.once
def test_a_head_has_the_tag_of_the_page(mali: MaliPlans) -> None:
    assert Client().head(PLAN)["ETag"] == get()["ETag"]


@pytest.mark.once
def test_security_headers_stand_on_a_kept_page(mali: MaliPlans) -> None:
    get()
    answer, queries = queries_of(PLAN)
    assert queries == 1
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_store_is_bounded() -> None:
    store = PageStore(most_bytes=100)
    for number in range(50):
        store.keep(1, number, KeptPage(b"x" * 30, {}))
    assert list(store._values) == [47, 48, 49]
    assert store.find(1, 47)
    store.keep(1, 50, KeptPage(b"x" * 30, {}))
    assert list(store._values) == [49, 47, 50]
    assert store.find(2, 47) is None
    store.keep(2, 51, KeptPage(b"x", {}))
    assert list(store._values) == [51]
    store.keep(2, 52, KeptPage(b"x" * 101, {}))
    assert list(store._values) == []


def test_an_address_without_end_is_not_kept(mali: MaliPlans) -> None:
    assert get("/gaps/?search=" + "x" * 3_000).status_code in {200, 400}
    get("/methodology/?" + "x" * 3_000)
    assert list(KeptPagesMiddleware.store._values) == []


def test_every_name_is_that_of_a_page_or_of_one_to_come() -> None:
    known = {name for name in KeptPagesMiddleware.names if name in {"home", "methodology", "gaps"}}
    assert {reverse(name) for name in known} == {"/", "/methodology/", "/gaps/"}
