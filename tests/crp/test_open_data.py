"""Pages of other sites may read what is public, and write nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from crp.common.open_data import OPEN, OpenDataMiddleware
from tests.conftest import MaliPlans

pytestmark = pytest.mark.once

ORIGIN = {"origin": "https://dashboard.example"}
PUBLIC = (
    "/api/v1/",
    "/api/v1/plans/?limit=1",
    "/api/v1/plans/?format=csv",
    "/api/v1/docs/",
    "/api/v1/plans/NOPE/",
    "/api/v1/plans/?contry=MLI",
    "/feeds/revisions.atom",
    "/fr/plans/MLI-CRP-2021/revisions.json",
    "/plans/MLI-CRP-2021/download.csv",
    "/plans/MLI-CRP-2021/revisions/1/canonical.json",
    "/sitemap.xml",
    "/api/v2/coordination-context/funding",
    "/exchange/fts/",
    "/exchange/fts/fts_requirements_funding_mli.csv",
    "/iati/activities.xml",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_every_site_may_read(mali: MaliPlans, client: Client, address: str) -> None:
    for method in ("get", "head"):
        answer: Any = getattr(client, method)(address, headers=ORIGIN)
        assert answer["Access-Control-Allow-Origin"] == "*"
        exposed = answer["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Link", "Content-Disposition", "RateLimit", "Retry-After", "Deprecation"} <= set(exposed)
        assert {"Accept-Ranges", "Content-Range"} <= set(exposed)  # Parquet in a page is read in parts
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "origin" not in answer.get("Vary", "").lower()  # one answer for all: a cache keeps one copy


@pytest.mark.parametrize("address", [address for address in PUBLIC if address.startswith(("/api", "/ex", "/ia"))])
def test_the_language_of_the_reader_makes_no_other_answer(mali: MaliPlans, client: Client, address: str) -> None:
    assert "Accept-Language" not in client.get(address).get("Vary", "")


def test_304_may_be_read_too(mali: MaliPlans, client: Client) -> None:
    etag = client.get("/api/v1/plans/")["ETag"]
    for _time in range(2):  # from the view, and from the middleware before it
        answer: Any = client.get("/api/v1/plans/", headers={**ORIGIN, "if-none-match": etag})
        assert answer.status_code == 304
        assert answer["Access-Control-Allow-Origin"] == "*"


def preflight(client: Client, method: str, headers: str = "", address: str = "/api/v1/plans/") -> Any:
    asked = {**ORIGIN, "access-control-request-method": method}
    return client.options(
        address, headers={**asked, **({"access-control-request-headers": headers} if headers else {})}
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_preflight_for_reading(db: None, client: Client, method: str) -> None:
    answer = preflight(client, method, "authorization, if-none-match")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    allowed = {name.lower() for name in answer["Access-Control-Allow-Headers"].split(", ")}
    assert {"authorization", "if-none-match", "accept", "x-hdx-hapi-app-identifier"} <= allowed
    assert not {"cookie", "idempotency-key", "*"} & allowed
    assert int(answer["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Request-Method" in answer["Vary"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get", "", "X" * 9_000, "GET, POST"])
def test_a_preflight_for_anything_else(db: None, client: Client, method: str) -> None:
    answer = preflight(client, method)
    assert "Access-Control-Allow-Origin" not in answer.headers or method == ""
    assert "Access-Control-Allow-Methods" not in answer.headers
    if method:
        assert answer.status_code == 403
        assert "Write from a server." in answer.json()["detail"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "origin", ["https://dashboard.example", "null", "http://testserver:8000", "http://[", "//testserver"[2:]]
)
def test_no_other_site_may_write(db: None, client: Client, method: str, origin: str) -> None:
    answer: Any = getattr(client, method)(
        "/api/v1/contributions/", headers={"origin": origin, "content-type": "text/plain"}
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer["Cache-Control"] == "no-store"


def test_a_server_and_the_site_itself_may_try(db: None, client: Client) -> None:
    for headers in ({}, {"origin": "http://testserver"}):
        answer: Any = client.post("/api/v1/plans/", headers=headers)
        assert answer.status_code in {401, 405}
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "address",
    ["/", "/gaps/", "/admin/login/", "/fr/admin/data.csv", "/admin/x.json", "/search/suggest/", "/a.csv/", "/x\0.csv"],
)
def test_pages_and_the_admin_are_not_open(address: str) -> None:
    assert not OPEN.match(address)
    answer = OpenDataMiddleware(lambda request: HttpResponse())(RequestFactory().get("/", headers=ORIGIN))
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "address", ["/api/v1/plans/NOPE/", "/api/v1/plans/?contry=MLI", "/api/v1/nope/", "/feeds/x.atom"]
)
def test_what_is_not_there_is_kept_by_no_cache(mali: MaliPlans, client: Client, address: str) -> None:
    assert client.get(address)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["origin", "access-control-request-headers", "access-control-request-method"])
@pytest.mark.parametrize("value", ["x" * 9_000, "a\r\nSet-Cookie: x=1", "\x00", "*", "<script>"])
def test_nothing_that_is_sent_comes_back(db: None, client: Client, name: str, value: str) -> None:
    answer: Any = client.options(
        "/api/v1/plans/", headers={"access-control-request-method": "GET", **ORIGIN, name: value}
    )
    assert answer.status_code in {200, 204, 403}
    assert value not in str(answer.headers).replace("'*'", "")
    assert "Set-Cookie" not in answer.headers
