"""Dumps as they are listed, sent whole or in part, and shown on a page."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from crp.exchange.dumps.writers import MEDIA_TYPES
from tests.api import get
from tests.conftest import MaliPlans
from tests.exchange.test_dumps import NOON, folder, make

__all__ = ["folder"]
NAME = "2026-11-23T120000Z"
UP = ".."
CONTENT = bytes(range(256)) * 40
FILES = {
    "crp-csv-2026-11-23.zip": ("csv-zip", None),
    "crp-2026-11-23.sqlite3": ("sqlite", None),
    "crp-plans-2026-11-23.ndjson.gz": ("ndjson", "plans"),
    "crp-plans-2026-11-23.parquet": ("parquet", "plans"),
    "datapackage.json": ("json", None),
    "SHA256SUMS": ("text", None),
}


@pytest.fixture
def dump(folder: Path) -> Path:
    """Return a dump put there by hand: what is in its files is no matter of how they are sent."""
    made = folder / NAME
    made.mkdir(parents=True)
    files = []
    for number, (name, (form, table)) in enumerate(FILES.items()):
        content = CONTENT + bytes([number])
        (made / name).write_bytes(content)
        told = {"format": form, "media_type": MEDIA_TYPES[form], "table": table, "rows": 3 if table else None}
        sha256 = hashlib.sha256(content).hexdigest()
        files.append({"name": name, **told, "bytes": len(content), "sha256": sha256})
    manifest = {
        "name": NAME,
        "made_at": NOON.isoformat(),
        "stamp": {"content": 1, "money": 2},
        "code": "x",
        "tables": [{"name": "plans", "title": "Plans", "rows": 3}],
        "files": files,
    }
    (made / "manifest.json").write_text(json.dumps(manifest))
    return made


@pytest.fixture
def file(dump: Path) -> str:
    return f"/api/v1/dumps/{dump.name}/crp-csv-2026-11-23.zip"


def fetch(address: str, **headers: str) -> Any:
    response: Any = Client().get(address, headers=headers)
    response.body = b"".join(response.streaming_content) if response.streaming else response.content
    return response


def test_the_list_of_dumps(dump: Path) -> None:
    answer = get("dumps/")
    assert (answer["count"], answer["next"], answer["previous"]) == (1, None, None)
    (entry,) = answer["results"]
    assert (entry["name"], entry["made_at"]) == (dump.name, "2026-11-23T12:00:00Z")
    assert entry["rows"] == sum(table["rows"] for table in entry["tables"])
    forms = {file["format"]: file for file in entry["files"]}
    assert set(forms) == {"csv-zip", "sqlite", "ndjson", "parquet", "json", "text"}
    for file in entry["files"]:
        response = fetch(file["address"])
        assert (response.status_code, len(response.body)) == (200, file["bytes"])
        assert hashlib.sha256(response.body).hexdigest() == file["sha256"]
        assert response["Content-Type"] == file["media_type"]
        assert response["ETag"] == f'"{file["sha256"]}"'
    assert json.loads(fetch(entry["manifest"]).body)["name"] == NAME
    assert get("")["entry_points"]["dumps"].endswith("/api/v1/dumps/")
    assert get("dumps/?limit=1&offset=1")["results"] == []


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)), ("bytes=100-199", slice(100, 200)), ("bytes=100-", slice(100, None)),
        ("bytes=-50", slice(-50, None)), ("bytes=10-99999999999", slice(10, None)),
        ("bytes=-99999999999", slice(0, None)), ("bytes = 5 - 6", slice(5, 7)),
    ],
)  # fmt: skip
def test_a_part_of_a_file(dump: Path, file: str, asked: str, part: slice) -> None:
    whole = next(dump.glob("*.zip")).read_bytes()
    answer = fetch(file, range=asked)
    assert (answer.status_code, answer.body) == (206, whole[part])
    start, stop, _step = part.indices(len(whole))
    assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert answer["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=9-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "0-1"])
def test_a_range_that_says_nothing_gets_the_whole(dump: Path, file: str, asked: str) -> None:
    answer = fetch(file, range=asked)
    assert (answer.status_code, answer["Accept-Ranges"]) == (200, "bytes")
    assert answer.body == next(dump.glob("*.zip")).read_bytes()


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_part_that_is_not_there_is_416(file: str, asked: str) -> None:
    answer = fetch(file, range=asked)
    size = fetch(file)["Content-Length"]
    assert (answer.status_code, answer["Content-Range"], answer.body) == (416, f"bytes */{size}", b"")


def test_a_part_of_another_file_is_not_mixed_with_this(file: str) -> None:
    etag = fetch(file)["ETag"]
    assert fetch(file, range="bytes=0-9", **{"if-range": etag}).status_code == 206
    assert fetch(file, range="bytes=0-9", **{"if-range": '"other"'}).status_code == 200
    assert fetch(file, range="bytes=0-9", **{"if-range": f"W/{etag}"}).status_code == 200


def test_a_file_that_the_client_has_is_not_sent_again(file: str) -> None:
    first = fetch(file, **{"accept-encoding": "gzip, br", "accept": "text/turtle"})
    assert "immutable" in first["Cache-Control"]
    assert "Content-Encoding" not in first
    assert first["Content-Disposition"] == 'attachment; filename="crp-csv-2026-11-23.zip"'
    assert fetch(file, **{"if-none-match": first["ETag"]}).status_code == 304
    assert fetch(file, **{"if-modified-since": first["Last-Modified"]}).status_code == 304
    head: Any = Client().head(file)
    assert (head.status_code, head["Content-Length"]) == (200, first["Content-Length"])
    described = fetch(file.replace("crp-csv-2026-11-23.zip", "datapackage.json"), **{"accept-encoding": "br"})
    assert described["Content-Disposition"] == 'attachment; filename="crp-datapackage-2026-11-23.json"'
    assert "Content-Encoding" not in described


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("crp-csv.zip", "crp-csv-2026-11-23.zip"),
        ("crp-plans.parquet", "crp-plans-2026-11-23.parquet"),
        ("crp.sqlite3", "crp-2026-11-23.sqlite3"),
        ("crp-csv-2026-11-23.zip", "crp-csv-2026-11-23.zip"),
        ("manifest.json", "manifest.json"),
    ],
)
def test_the_newest_has_an_address_that_stays(dump: Path, name: str, held: str) -> None:
    answer: Any = Client().get(f"/api/v1/dumps/latest/{name}")
    assert (answer.status_code, answer["Location"]) == (307, f"http://testserver/api/v1/dumps/{dump.name}/{held}")


@pytest.mark.parametrize(
    "path",
    [
        "{dump}/nothing.zip", "{dump}/{up}/checked.json", "{dump}/%2e%2e%2fchecked.json", "{dump}/{up}%2f{up}%2fsecret",
        "{up}%2f/secret", "%2e%2e/secret", "2026-11-23T120000Z%00/manifest.json", "{dump}/manifest.json%00",
        "{dump}/%2fetc%2fpasswd", ".lock/manifest.json", "latest/nothing", "{dump}/.",
        "2020-01-01T000000Z/manifest.json", "latest/" + "x" * 10_000,
    ],
)  # fmt: skip
def test_no_path_leads_out_of_a_dump(dump: Path, folder: Path, path: str) -> None:
    (folder / "secret").write_text("secret")
    (dump / "not-in-the-manifest").write_text("secret")
    for address in (path, "{dump}/not-in-the-manifest"):
        # What ends in no slash and is nowhere is sent on to where it does, and refused there.
        answer: Any = Client().get(f"/api/v1/dumps/{address.format(dump=dump.name, up='..')}", follow=True)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/json"
        assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("query", ["limit=0", "offset=-1", "since=1", "format=csv", "limit=", "limit=1&limit=2"])
def test_the_list_refuses_what_it_does_not_know(folder: Path, db: None, query: str) -> None:
    assert query.partition("=")[0] in get(f"dumps/?{query}", 400)["errors"]


def test_a_manifest_that_is_damaged_is_left_out(mali: MaliPlans, dump: Path, caplog: pytest.LogCaptureFixture) -> None:
    (dump / "manifest.json").write_text('{"name": 1}')
    assert get("dumps/")["results"] == []
    assert "can't be read" in caplog.text
    assert Client().get("/data/").status_code == 200


# The page


def page(language: str = "") -> str:
    return Client().get(f"{language}/data/").content.decode()


def test_the_page_shows_the_newest(mali: MaliPlans, dump: Path) -> None:
    shown = page()
    entry = get("dumps/")["results"][0]
    files = {file["format"]: file for file in entry["files"]}
    for form in ("csv-zip", "sqlite"):
        assert files[form]["sha256"] in shown
    for file in entry["files"]:
        if file["format"] != "text":
            assert f'href="/api/v1/dumps/{dump.name}/{file["name"]}"' in shown
    assert "The newest is of 23 November 2026, 12:00 UTC" in shown
    assert "SHA256SUMS" in shown
    assert shown.count("<h1") == 1


def test_the_page_says_what_to_do_without_one(mali: MaliPlans, folder: Path) -> None:
    shown = page()
    assert "No such file has been made on this server yet." in shown
    assert "manage.py build_dumps" in shown
    assert "SHA-256" not in shown
    for language in ("/fr", "/es", "/ar"):
        assert "build_dumps" in page(language)


def test_the_page_shows_a_dump_as_soon_as_it_is_made(mali: MaliPlans, folder: Path, kept_pages: None) -> None:
    assert "SHA256SUMS" not in page()
    make()
    assert "SHA256SUMS" in page()
