"""Dumps: the same rows as the API in every file, whole or not at all, kept by a rule, sent in parts."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sqlite3
import threading
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import frictionless
import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from crp.api_urls import router
from crp.common import parquet
from crp.exchange.dumps import building, store
from crp.exchange.dumps.tables import TABLES, DumpError, DumpTable
from crp.exchange.dumps.writers import SqliteFile
from plans.models import Contact, CountryProfile, Plan, Revision
from sectors.models import Taxonomy
from tests.api import LISTS, every, get
from tests.conftest import MaliPlans
from tests.factories import add_objectives, make_contribution, make_organization, make_reported_funding
from tests.funding.test_api_csv import as_text

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "SECRET-OF-A-DRAFT"


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """Return the folder of the dumps, empty."""
    settings.DUMPS_DIR = tmp_path / "dumps"
    return settings.DUMPS_DIR


def make(now: datetime = NOON, *, force: bool = False, days: int = 7, months: int = 12) -> building.Outcome:
    return building.build(now, days=days, months=months, force=force, say=lambda line: None)


@pytest.fixture
def dump(mali: MaliPlans, folder: Path) -> Path:
    """Return the folder of a dump of the Mali plans, money and awkward letters."""
    donor = make_organization(name='Ça, "là"\net ici; =1+1', code="awkward")
    given = make_contribution(plan=mali.compendium_2017, amount_usd="12.34", donor=donor, recipient=donor)
    make_contribution(plan=mali.compendium_2017, amount_usd="-3.50", duplicate_of=given)
    make_contribution(plan=mali.crp_2021, amount_usd="500.00", status="pledge")
    make_reported_funding(plan=mali.crp_2025_2026, amount_usd="0.00")
    made = make()
    assert made.made == "2026-11-23T120000Z"
    return folder / made.made


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def archive(dump: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(dump.glob("*.zip")))


# What is in it


def test_a_dump_has_every_list_of_the_api() -> None:
    views = {name: view for _prefix, view, name in router.registry}
    assert {table.name for table in TABLES} == set(LISTS) == set(views)
    for table in TABLES:
        assert issubclass(views[table.name], table.view)


def test_every_file_holds_the_rows_of_the_lists(dump: Path) -> None:
    packed, base = archive(dump), sqlite3.connect(next(dump.glob("*.sqlite3")))
    for name in LISTS:
        entries = list(every(f"{name}/?limit=500"))
        columns = list(entries[0])
        table = list(csv.DictReader(io.TextIOWrapper(packed.open(f"{name}.csv"), "utf-8", newline="")))
        lines = gzip.decompress((dump / f"crp-{name}-2026-11-23.ndjson.gz").read_bytes()).decode().splitlines()
        assert [json.loads(line) for line in lines] == entries
        assert table == [{column: as_text(value) for column, value in entry.items()} for entry in entries]
        found = base.execute(f'SELECT * FROM "{name.replace("-", "_")}"')  # noqa: S608 (a name of ours)
        assert [column[0] for column in found.description] == columns
        assert len(found.fetchall()) == len(entries)
        arrow = pyarrow.parquet.read_table(dump / f"crp-{name}-2026-11-23.parquet")
        assert (arrow.column_names, arrow.num_rows) == (columns, len(entries))
    base.close()


def test_the_database_adds_up_to_the_rollups(dump: Path) -> None:
    base = sqlite3.connect(next(dump.glob("*.sqlite3")))

    def cents(sql: str) -> dict[Any, Decimal]:
        return {key: Decimal(str(value)).quantize(Decimal("0.01")) for key, value in base.execute(sql)}

    rollup = get("rollups/?by=year")
    requested = cents("SELECT start_year, SUM(requested_usd) FROM plans WHERE requested_usd IS NOT NULL GROUP BY 1")
    assert requested == {
        row["year"]: Decimal(row["requested_usd"]) for row in rollup["rows"] if row["requested_usd"] is not None
    }
    assert requested == {2017: Decimal("37360000.00"), 2025: Decimal("32353500.00")}
    by_plan = cents("SELECT plan, SUM(counted_usd) FROM contributions WHERE plan LIKE '%2017' GROUP BY 1")
    received = get("plans/MLI-COMPENDIUM-2017/")["received_usd"]
    assert by_plan == {"MLI-COMPENDIUM-2017": Decimal(received)} == {"MLI-COMPENDIUM-2017": Decimal("112558.84")}
    by_sector = cents("SELECT plan, SUM(amount_usd) FROM funding_requests WHERE breakdown = 'sector' GROUP BY 1")
    assert by_sector["MLI-CRP-2025-2026"] == Decimal("32353500.00")
    base.close()


def test_the_database_knows_keys_and_meanings(dump: Path) -> None:
    base = sqlite3.connect(next(dump.glob("*.sqlite3")))
    assert base.execute("PRAGMA foreign_key_check").fetchall() == []
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kinds = dict(base.execute("SELECT column_name, type FROM _columns WHERE table_name = 'contributions'"))
    assert (kinds["amount_usd"], kinds["is_counted"], kinds["steps"]) == ("DECIMAL(15, 2)", "BOOLEAN", "JSON")
    words = base.execute("SELECT description FROM _columns WHERE column_name = 'counted_usd'").fetchone()[0]
    assert "null: nothing" in words
    assert dict(base.execute("SELECT * FROM _about"))["unit_of_money"] == "US dollars"
    joined = "SELECT o.name FROM contributions c JOIN organizations o ON o.code = c.donor WHERE c.amount_usd = 12.34"
    assert base.execute(joined).fetchall() == [('Ça, "là"\net ici; =1+1',)]
    assert base.execute("SELECT countries FROM plans WHERE start_year = 2017").fetchone() == ('["MLI"]',)
    assert base.execute("SELECT received_usd FROM plans WHERE code = 'MLI-CRP-2025-2026'").fetchone() == (0,)
    assert base.execute("SELECT gap_usd FROM plans WHERE code = 'MLI-CRP-2021'").fetchone() == (None,)
    base.close()


@pytest.mark.once
def test_the_archive_is_a_data_package(dump: Path) -> None:
    report = frictionless.validate(str(next(dump.glob("*.zip"))), type="package")
    assert report.valid, report.flatten(["resource", "type", "message"])[:5]
    package = json.loads(archive(dump).read("datapackage.json"))
    assert package == json.loads((dump / "datapackage.json").read_bytes())
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert set(resources) == set(LISTS)
    fields = {field["name"]: field for field in resources["contributions"]["schema"]["fields"]}
    assert fields["amount_usd"]["type"] == "number"
    assert "US dollars" in fields["counted_usd"]["description"]
    assert "null: nothing" in fields["counted_usd"]["description"]
    keys = resources["contributions"]["schema"]["foreignKeys"]
    assert {"fields": ["plan"], "reference": {"resource": "plans", "fields": ["code"]}} in keys
    assert "terms of their publishers" in package["licenses"][0]["title"]
    everything = [field for resource in package["resources"] for field in resource["schema"]["fields"]]
    assert [field["name"] for field in everything if not field.get("description")] == []


@pytest.mark.once
def test_the_archive_tells_people_what_it_is(dump: Path) -> None:
    packed = archive(dump)
    words = packed.read("README.txt").decode("utf-8-sig")
    assert "Everything that was published at 2026-11-23 12:00:00 UTC." in words
    for table in json.loads((dump / "manifest.json").read_bytes())["tables"]:
        assert f"{table['name']}.csv: {table['rows']:,} rows. " in words
    assert {name for name in packed.namelist() if name not in words} == {"README.txt"}
    for sentence in ("It is never 0.", "Money is in US dollars", "never across", "under the terms of their publishers"):
        assert sentence in words


@pytest.mark.once
def test_a_package_that_is_wrong_is_found(dump: Path, tmp_path: Path) -> None:
    """The test above can fail: a plan that is not there, a text for an amount."""
    archive(dump).extractall(tmp_path / "wrong")
    path = tmp_path / "wrong" / "objectives.csv"
    path.write_text(path.read_text().replace("MLI-CRP-2025-2026,1,1,", "NOWHERE,1,1,").replace("12584000.00", "much"))
    report = frictionless.validate(str(tmp_path / "wrong" / "datapackage.json"))
    assert {"foreign-key", "type-error"} <= {error[0] for error in report.flatten(["type"])}


@pytest.mark.once
def test_the_manifest_tells_the_truth(dump: Path) -> None:
    manifest = json.loads((dump / "manifest.json").read_bytes())
    assert names_in(dump) == {"manifest.json", *(file["name"] for file in manifest["files"])}
    for file in manifest["files"]:
        content = (dump / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    sums = dict(reversed(line.split("  ")) for line in (dump / "SHA256SUMS").read_text().splitlines())
    assert sums == {file["name"]: file["sha256"] for file in manifest["files"] if file["name"] != "SHA256SUMS"}
    rows = {table["name"]: table["rows"] for table in manifest["tables"]}
    assert rows == {name: get(f"{name}/?limit=1")["count"] for name in LISTS}
    assert manifest["made_at"] == "2026-11-23T12:00:00+00:00"
    assert manifest["licence"]["title"]


def test_no_draft_and_nobody_s_number_is_in_any_file(mali: MaliPlans, folder: Path) -> None:
    hidden = Plan.objects.create(code=SECRET, kind=Plan.Kind.CRP, title=SECRET, start_year=2026, end_year=2026)
    make_contribution(plan=hidden, code=f"{SECRET}-1", note=SECRET)
    draft = Revision.objects.create(plan=mali.crp_2021, number=2, taxonomy=Taxonomy.objects.get(code="IOM-2025"))
    add_objectives(draft, [Decimal("91827364.55")])
    profile = CountryProfile.objects.get(country__iso3="MLI")
    Contact.objects.create(profile=profile, kind=Contact.Kind.PERSON, value="Awa Personne", is_public=True)
    made = make()
    found = b""
    for path in (folder / made.made).iterdir():
        content = path.read_bytes()
        found += gzip.decompress(content) if path.suffix == ".gz" else content
    packed = archive(folder / made.made)
    found += b"".join(packed.read(name) for name in packed.namelist())
    assert b"MLI-CRP-2021" in found
    for secret in (SECRET.encode(), b"91827364", b"Awa Personne"):
        assert secret not in found


@pytest.mark.once
def test_the_same_data_are_the_same_bytes(dump: Path, folder: Path) -> None:
    again = folder / make(NOON + timedelta(minutes=1), force=True).made
    for path in dump.glob("*.ndjson.gz"):
        assert path.read_bytes() == (again / path.name).read_bytes()


@pytest.mark.once
def test_a_server_without_parquet_makes_the_rest(
    mali: MaliPlans, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "is_installed", lambda: False)
    made = folder / make().made
    assert list(made.glob("*.parquet")) == []
    assert len(list(made.glob("*.ndjson.gz"))) == len(LISTS)
    assert json.loads((made / "manifest.json").read_bytes())["missing"] == [parquet.MISSING]


# Whole or not at all


class KilledError(Exception):
    """What stands for a disk that is full, or a signal."""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail half-way."""
    write = SqliteFile.write

    def fail(self: SqliteFile, rows: Any) -> None:
        write(self, rows)
        if "plans" in self._insert:
            raise KilledError

    monkeypatch.setattr(SqliteFile, "write", fail)


@pytest.mark.once
def test_a_build_that_fails_leaves_nothing(mali: MaliPlans, folder: Path, broken: None) -> None:
    with pytest.raises(KilledError):
        make()
    assert names_in(folder) == {".lock"}
    assert get("dumps/")["count"] == 0


@pytest.mark.once
def test_a_build_that_fails_leaves_the_old_ones(dump: Path, folder: Path, broken: None) -> None:
    before = {path: path.stat().st_mtime_ns for path in dump.iterdir()}
    with pytest.raises(KilledError):
        make(NOON + timedelta(days=1), force=True)
    assert {path: path.stat().st_mtime_ns for path in dump.iterdir()} == before
    assert [entry["name"] for entry in get("dumps/")["results"]] == [dump.name]


@pytest.mark.once
def test_what_a_killed_build_left_is_never_seen_and_removed_by_the_next(mali: MaliPlans, folder: Path) -> None:
    left = folder / ".building-2026-11-22T000000Z"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text("{")
    assert get("dumps/")["count"] == 0
    assert Client().get(f"/api/v1/dumps/{left.name}/manifest.json").status_code == 404
    make()
    assert names_in(folder) == {".lock", "checked.json", "2026-11-23T120000Z"}


@pytest.mark.once
def test_half_a_dump_is_not_seen_while_it_is_written(
    mali: MaliPlans, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    write = SqliteFile.write

    def look(self: SqliteFile, rows: Any) -> None:
        write(self, rows)
        seen.append(store.all_dumps())

    monkeypatch.setattr(SqliteFile, "write", look)
    make()
    assert seen
    assert not any(seen)


def test_two_builds_do_not_meet(mali: MaliPlans, folder: Path) -> None:
    folder.mkdir()
    with building._alone(folder), pytest.raises(CommandError, match="Another build is at work"):
        call_command("build_dumps")
    assert names_in(folder) == {".lock"}


def test_a_row_that_refers_to_nothing_stops_the_build(
    mali: MaliPlans, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = DumpTable.rows
    monkeypatch.setattr(DumpTable, "rows", lambda table: iter(()) if table.name == "plans" else rows(table))
    with pytest.raises(DumpError, match="refers to a row of plans that is not there"):
        make()
    assert names_in(folder) == {".lock"}


@pytest.mark.django_db(transaction=True)
def test_all_rows_are_of_one_moment(mali: MaliPlans, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contribution that another connection records while the dump is written is not in it."""
    written: list[bool] = []

    def record() -> None:
        try:
            make_contribution(plan=mali.compendium_2017, code="MEANWHILE", donor=None)
            written.append(True)
        finally:
            connection.close()

    begin = SqliteFile.begin

    def meanwhile(self: SqliteFile, table: Any, columns: Any) -> None:
        if table.name == "objectives" and not written:
            other = threading.Thread(target=record)
            other.start()
            other.join()
        begin(self, table, columns)

    if connection.vendor == "sqlite" and "mode=memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("threads share the one connection of a database in memory")
    monkeypatch.setattr(SqliteFile, "begin", meanwhile)
    made = make()
    assert written == [True]
    found = gzip.decompress((folder / made.made / "crp-contributions-2026-11-23.ndjson.gz").read_bytes())
    assert b"MEANWHILE" not in found
    assert get("contributions/MEANWHILE/")["code"] == "MEANWHILE"


# When one is made, and which stay


def test_nothing_is_made_where_nothing_has_changed(dump: Path, folder: Path, mali: MaliPlans) -> None:
    later = NOON + timedelta(days=1)
    assert make(later).made is None
    assert get("dumps/")["checked_at"] == "2026-11-24T12:00:00Z"
    assert len(store.names()) == 1
    make_contribution(plan=mali.crp_2021, amount_usd=1)
    assert make(later + timedelta(days=1)).made == "2026-11-25T120000Z"
    assert make(later + timedelta(days=2), force=True).made == "2026-11-26T120000Z"


@pytest.mark.once
@pytest.mark.parametrize(
    ("days", "months", "stays"),
    [
        (7, 12, ["11-23", "11-17", "10-31", "09-30", "01-05"]),
        (8, 12, ["11-23", "11-17", "11-16", "10-31", "09-30", "01-05"]),
        (0, 0, ["11-23"]),
        (1, 2, ["11-23", "10-31"]),
        (7, 13, ["11-23", "11-17", "10-31", "09-30", "01-05", "2025-11-30"]),
    ],
)
def test_which_dumps_stay(days: int, months: int, stays: list[str]) -> None:
    every_day = ["2025-11-30", *(f"2026-{day}" for day in ("01-01", "01-05", "09-01", "09-30", "10-01", "10-31"))]
    every_day += [f"2026-11-{day}" for day in (16, 17, 23)]
    found = [f"{day}T020000Z" for day in every_day]
    expected = {f"{day if len(day) > 5 else f'2026-{day}'}T020000Z" for day in stays}
    assert store.kept(found, date(2026, 11, 23), days, months) == expected


def test_the_newest_stays_however_old() -> None:
    assert store.kept(["2020-01-01T020000Z", "2019-01-01T020000Z"], date(2026, 1, 1), 7, 12) == {"2020-01-01T020000Z"}
    assert store.kept([], date(2026, 1, 1), 7, 12) == set()


@pytest.mark.once
def test_old_ones_are_removed(dump: Path, folder: Path) -> None:
    made = make(NOON + timedelta(days=9), force=True)
    assert made.removed == []  # the newest of its month
    made = make(NOON + timedelta(days=9, hours=1), force=True, days=0, months=1)
    assert sorted(made.removed) == ["2026-11-23T120000Z", "2026-12-02T120000Z"]
    assert names_in(folder) == {".lock", "checked.json", "2026-12-02T130000Z"}


@pytest.mark.once
def test_the_command(mali: MaliPlans, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("build_dumps", "--keep", "3,4")
    assert capsys.readouterr().out.startswith("Made 2")
    call_command("build_dumps")
    assert capsys.readouterr().out.startswith("Nothing has changed since 2")
    for keep in ("", "7", "7,12,1", "-1,2", "7, 12", "99999,1"):
        with pytest.raises(CommandError, match="expected two whole numbers"):
            call_command("build_dumps", f"--keep={keep}")
