"""``manage.py import_fts``: which files it reads, what it says of those it can't, and how it ends."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from crp.importing.fts.kinds import Kind, inspect, kind_of
from crp.importing.tables import FileRefused
from funding.models import Contribution, Organization, ReportedFunding
from plans.models import Country, Plan, Source

from .fts_files import CLUSTERS, FLOWS, OUTSIDE, PLAN, REQUIREMENTS, clusters, flows, requirements, run, text_of
from .test_fts_requirements import SAHEL, everything, plan_of, total_of

HXL = (
    "#country+code,#activity+appeal+id+fts_internal,#activity+appeal+name,,,,#date+start,#date+end,#date+year,#v,#v,#v"
)
HAPI = (
    "location_code,has_hrp,in_gho,appeal_code,appeal_name,appeal_type,requirements_usd,funding_usd,funding_pct,"
    "reference_period_start,reference_period_end"
)
IN_HAPI = {
    "location_code": "MLI",
    "appeal_code": "HMLI24",
    "appeal_name": "Mali 2024",
    "appeal_type": "Humanitarian response plan",
    "requirements_usd": "1000",
    "funding_usd": "275",
    "reference_period_start": "2024-01-01",
    "reference_period_end": "2024-12-31",
}


def fails(*paths: Path, **options: object) -> tuple[str, str]:
    """Import files that make the command end with an error; return what it says, and the error."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("import_fts", *map(str, paths), stdout=out, verbosity=0, skip_checks=True, **options)
    return out.getvalue(), str(caught.value)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (REQUIREMENTS, Kind.REQUIREMENTS),
        (f"{REQUIREMENTS},covidFunding,covidPercentageOfFunding".replace(",percentFunded", ""), Kind.REQUIREMENTS),
        (CLUSTERS, Kind.CLUSTER),
        (FLOWS, Kind.FLOWS),
        (HAPI, Kind.HAPI),
    ],
)
def test_the_columns_tell_what_a_file_is(columns: str, kind: Kind) -> None:
    assert kind_of(columns.split(",")) == kind


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (REQUIREMENTS.replace(",year", ""), "an FTS file of requirements but has no column year."),
        (FLOWS.replace(",boundary", "").replace(",refCode", ""), "of flows but has no column boundary, refCode."),
        ("name,code,colour", "Its columns are not those of an FTS file: name, code, colour."),
    ],
)
def test_a_file_of_other_columns_is_refused(columns: str, why: str) -> None:
    with pytest.raises(FileRefused) as caught:
        kind_of(columns.split(","))
    assert why in str(caught.value)


@pytest.mark.once
@pytest.mark.django_db
def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    path = flows(tmp_path / "fts_requirements_funding.csv", {})
    assert inspect(path).kind == Kind.FLOWS


@pytest.mark.once
@pytest.mark.django_db
def test_a_byte_order_mark_hashtags_and_gzip_change_nothing(tmp_path: Path) -> None:
    plain = text_of(REQUIREMENTS, [PLAN, OUTSIDE])
    head, rest = plain.split("\n", 1)
    path = tmp_path / "hxl.csv.gz"
    path.write_bytes(gzip.compress(f"\ufeff{head}\r\n{HXL}\r\n{rest}".encode()))
    out = run(path)
    assert "note: The row of HXL hashtags was read past." in out
    assert "rows: 2 read" in out
    assert plan_of("900").current.citations.get(field="requested_usd").first_line == 3
    before = everything()[:4]
    run(requirements(tmp_path / "plain.csv", {}, OUTSIDE))
    assert everything()[:4] == before


@pytest.mark.once
@pytest.mark.django_db
def test_a_folder_is_its_csv_files_plans_first(tmp_path: Path) -> None:
    """The flows come first by name, and would make a plan of which nothing else is known."""
    flows(tmp_path / "a.csv", {})
    clusters(tmp_path / "b.csv", {})
    (tmp_path / "deep").mkdir()
    requirements(tmp_path / "deep" / "z.csv", {})
    (tmp_path / "README.md").write_text("no table")
    out = run(tmp_path)
    assert out.index("z.csv: requirements") < out.index("b.csv: clusters of plans") < out.index("a.csv: flows")
    assert "3 files. Rows: 3 read" in out
    assert (plan_of("900").kind, plan_of("900").current.number) == ("hnrp", 1)
    assert Contribution.objects.get(external_scheme="fts").plan == plan_of("900")


@pytest.mark.django_db
def test_a_dry_run_changes_nothing_and_reports_the_same(tmp_path: Path) -> None:
    paths = (
        requirements(tmp_path / "a.csv", {}, {"id": "902", "requirements": "x"}),
        clusters(tmp_path / "b.csv", {}),
        flows(tmp_path / "c.csv", {}),
    )
    before = everything(), Organization.objects.count()
    dry = run(*paths, dry_run=True)
    assert (everything(), Organization.objects.count()) == before
    assert dry == run(*paths) + "A dry run: nothing was changed.\n"


@pytest.mark.usefixtures("empty_database")
def test_where_there_is_no_country_yet_the_lists_are_loaded_first(tmp_path: Path) -> None:
    file = requirements(tmp_path / "plans.csv", {})
    told = run(file, dry_run=True)
    assert "No countries here yet: the lists that come with CRP are loaded first" in told
    assert not Country.objects.exists()
    assert "1 file. Rows: 1 read" in run(file)
    assert Plan.objects.get().countries.get().iso3 == "MLI"
    assert "No countries here yet" not in run(file)


@pytest.mark.django_db
def test_only_one_country_takes_its_plans_whole(tmp_path: Path) -> None:
    """The total of a plan of several countries would otherwise be too small."""
    niger = {"countryCode": "NER"}
    path = requirements(
        tmp_path / "a.csv", {}, {"id": "902", "code": "NER"} | niger, SAHEL, SAHEL | niger, OUTSIDE, OUTSIDE | niger
    )
    money = flows(
        tmp_path / "f.csv",
        {},
        {"id": "2", "destLocations": "NER", "destPlanId": ""},
        {"id": "3"} | {"destLocations": "MLI,NER"},
    )
    run(path, money, country="MLI")
    assert set(Plan.objects.filter(identifiers__scheme="fts").values_list("code", flat=True)) == {
        "HMLI24",
        "RSAH-RRP24",
    }
    assert plan_of("901").current.requested_usd == 2000
    assert [total.country.iso3 for total in ReportedFunding.objects.filter(plan=None)] == ["MLI"]
    assert set(Contribution.objects.filter(external_scheme="fts").values_list("external_id", flat=True)) == {
        "70001",
        "3",
    }
    before = everything()
    run(path, money, country="MLI")
    assert everything() == before
    run(path, money)
    assert Plan.objects.filter(code="NER").exists()
    assert Contribution.objects.filter(external_scheme="fts").count() == 3


BROKEN = {
    "cut in a quoted text": ('{head}\nMLI,900,"Mali 20', "is never closed"),
    "cut in a line": ("{head}\n{row}\nMLI,902,Mali", "Line 3, the last one, stops after 3 of 12 columns"),
    "wrong delimiter": ("{semicolons}\nMLI;900\n", "separated by semicolons"),
    "Latin-1": ("{head}\n{row}\nMLI,902,Caf\xe9\n", "Line 3 is not in UTF-8"),
    "empty": ("", "It is empty."),
    "no row": ("{head}\n", "no row"),
    "missing column": ("countryCode,id,name,code,typeName,startDate,endDate,year,funding\n", "no column requirements"),
}


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_changes_nothing_and_ends_with_status_1(tmp_path: Path, case: str) -> None:
    content, why = BROKEN[case]
    row = text_of(REQUIREMENTS, [PLAN]).splitlines()[1]
    broken = tmp_path / "broken.csv"
    content = content.format(head=REQUIREMENTS, row=row, semicolons=REQUIREMENTS.replace(",", ";"))
    broken.write_bytes(content.encode("latin-1"))
    before = everything()
    out, error = fails(broken)
    assert "REFUSED, nothing changed: " in out
    assert why in out
    assert error == "1 of 1 files refused."
    assert everything() == before


@pytest.mark.django_db
def test_the_other_files_are_read_where_one_is_refused(tmp_path: Path) -> None:
    out, error = fails(tmp_path / "none.csv", requirements(tmp_path / "a.csv", {}))
    assert "It can't be read: No such file or directory." in out
    assert error == "1 of 2 files refused."
    assert plan_of("900").current.requested_usd == 1000


@pytest.mark.django_db
def test_what_the_database_refuses_leaves_nothing_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan is written, and then a code that is taken breaks the file: the plan goes too, and so does its source."""
    run(requirements(tmp_path / "a.csv", {}))
    Contribution.objects.create(code="FTS-70001", amount_usd=5, status="paid")
    before = everything()
    out, _error = fails(flows(tmp_path / "f.csv", {"id": "1", "destPlanId": "999", "destPlanCode": "NEW"}, {}))
    assert "REFUSED, nothing changed" in out
    assert everything() == before


@pytest.mark.once
@pytest.mark.django_db
def test_arguments_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    path = requirements(tmp_path / "a.csv", {})
    tomorrow = datetime.now(tz=UTC).date() + timedelta(days=1)
    assert "no country with this ISO3 code" in fails(path, country="XYZ")[1]
    assert "still to come" in fails(path, as_of=tomorrow)[1]
    (tmp_path / "empty").mkdir()
    assert "No CSV file in there." in fails(tmp_path / "empty")[1]
    with pytest.raises(CommandError, match="not a date"):
        call_command("import_fts", str(path), "--as-of", "30/06/2024", skip_checks=True)
    assert not Source.objects.filter(code__startswith="fts-").exists()


@pytest.mark.django_db
def test_hapi_brings_plans_up_to_date_and_makes_none(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}), as_of=date(2024, 6, 30))
    path = tmp_path / "hapi.csv"
    outside = IN_HAPI | {"appeal_code": "Not specified", "appeal_name": "Not specified", "requirements_usd": ""}
    unknown = IN_HAPI | {"appeal_code": "HXXX24"}
    path.write_text("\ufeff" + text_of(HAPI, [IN_HAPI, unknown, outside | {"funding_usd": "8"}]))
    out = run(path, as_of=date(2024, 7, 31))
    assert "line 3: appeal_code: CRP has no plan with the code “HXXX24” of FTS: import its requirements first." in out
    assert total_of(plan_of("900")) == 275
    assert plan_of("900").current.number == 1
    assert ReportedFunding.objects.get(plan=None).amount_usd == 8


@pytest.mark.once
@pytest.mark.django_db
def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    path = tmp_path / "covid.csv"
    path.write_text(text_of(f"{REQUIREMENTS},covidFunding", [PLAN | {"covidFunding": "9"}]))
    assert "note: Columns read past: covidFunding." in run(path)


@pytest.mark.once
@pytest.mark.django_db
def test_progress_is_one_line_a_step_where_nobody_watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = requirements(tmp_path / "a.csv", {}, OUTSIDE)
    call_command("import_fts", str(path), stdout=StringIO(), skip_checks=True)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" in ")[0] for line in lines] == ["a.csv: read: 2 rows", "a.csv: written: 2 rows"]
