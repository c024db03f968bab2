"""Requirements and funding of FTS become plans, revisions and official totals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from crp.importing.fts.plans import code_of, kind_of_type
from funding.checks import Verdict, check_revision
from funding.models import Contribution, FundingRequest, ReportedFunding
from plans.models import Plan, Revision, Source

from .fts_files import OUTSIDE, requirements, run

pytestmark = pytest.mark.django_db

SAHEL = {"id": "901", "name": "Sahel refugees", "code": "RSAH_RRP24", "typeName": "Regional response plan"}


def plan_of(fts_id: str) -> Plan:
    return Plan.objects.in_force().get(identifiers__scheme="fts", identifiers__value=fts_id)


def total_of(plan: Plan) -> Decimal:
    return ReportedFunding.objects.in_force().get(plan=plan, scope="total").amount_usd


def amounts_by_country(revision: Revision) -> dict[str, Decimal]:
    rows = FundingRequest.objects.filter(revision=revision, breakdown="country")
    return dict(rows.values_list("country__iso3", "amount_usd"))


def test_a_row_becomes_a_published_plan_with_its_source(tmp_path: Path) -> None:
    path = requirements(tmp_path / "a.csv", {})
    out = run(path, as_of=date(2024, 6, 30))
    plan = plan_of("900")
    assert (plan.code, plan.kind, plan.title) == ("HMLI24", Plan.Kind.HNRP, "Mali 2024")
    assert (plan.start_on, plan.end_on, plan.start_year, plan.end_year) == (
        date(2024, 1, 1),
        date(2024, 12, 31),
        2024,
        2024,
    )
    assert plan.totals_year is None
    assert [country.iso3 for country in plan.countries.all()] == ["MLI"]
    revision = plan.current
    assert (revision.number, revision.stated_requested_usd, revision.requested_usd) == (1, Decimal(1000), Decimal(1000))
    assert (revision.document_on, revision.funding_updated_on) == (date(2024, 6, 30), date(2024, 6, 30))
    assert revision.published_at.date() == date(2024, 6, 30)
    assert revision.reports_funding
    assert amounts_by_country(revision) == {}
    total = ReportedFunding.objects.get(plan=plan)
    assert (total.scope, total.amount_usd, total.reported_on, total.source_line) == (
        "total",
        Decimal(250),
        date(2024, 6, 30),
        2,
    )
    source = total.source
    assert (source.file_name, source.document_on, len(source.sha256)) == ("a.csv", date(2024, 6, 30), 64)
    cited = revision.citations.get(field="stated_requested_usd")
    assert (cited.source, cited.first_line, cited.as_printed) == (source, 2, "1000")
    assert "plans: 1 created" in out
    assert not Contribution.objects.filter(plan=plan).exists()


def test_what_is_written_passes_the_checks_of_the_house(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}, SAHEL, SAHEL | {"countryCode": "NER", "requirements": "40"}))
    for fts_id in ("900", "901"):
        verdicts = {check.rule: check.verdict for check in check_revision(plan_of(fts_id).current)}
        assert Verdict.ERROR not in verdicts.values()
        assert verdicts["citations"] == Verdict.OK
        assert verdicts["published_total"] == Verdict.OK
    for plan in Plan.objects.filter(identifiers__scheme="fts"):
        plan.full_clean()


def test_a_second_run_changes_nothing_at_all(tmp_path: Path) -> None:
    path = requirements(tmp_path / "a.csv", {}, SAHEL, SAHEL | {"countryCode": "NER"}, OUTSIDE)
    run(path)
    before = everything()
    out = run(path)
    assert everything() == before
    assert "0 created, 0 updated" in out


def everything() -> list[object]:
    models = (Plan, Revision, FundingRequest, ReportedFunding, Source, Contribution)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_plan_of_several_countries_is_the_sum_of_its_known_rows(tmp_path: Path) -> None:
    run(
        requirements(
            tmp_path / "a.csv",
            SAHEL | {"countryCode": "MLI", "requirements": "100", "funding": "10"},
            {"id": "905"},
            SAHEL | {"countryCode": "NER", "requirements": "30.50", "funding": ""},
            SAHEL | {"countryCode": "BFA", "requirements": "", "funding": "-4"},
        )
    )
    plan = plan_of("901")
    assert plan.code == "RSAH-RRP24"
    assert {country.iso3 for country in plan.countries.all()} == {"MLI", "NER", "BFA"}
    assert plan.current.requested_usd == Decimal("130.50")
    assert amounts_by_country(plan.current) == {"MLI": Decimal(100), "NER": Decimal("30.50")}
    assert total_of(plan) == Decimal(6)
    by_country = ReportedFunding.objects.filter(plan=plan, scope="country")
    assert dict(by_country.values_list("country__iso3", "amount_usd")) == {"MLI": Decimal(10), "BFA": Decimal(-4)}
    cited = plan.current.citations.get(field="stated_requested_usd")
    assert (cited.basis, cited.first_line, cited.note) == ("computed", None, "The sum of its countries, lines 2, 4.")


def test_unknown_is_not_0(tmp_path: Path) -> None:
    run(
        requirements(
            tmp_path / "a.csv", {"requirements": "", "funding": ""}, {"id": "902", "code": "X", "funding": "0"}
        )
    )
    plan = plan_of("900")
    assert (plan.current.requested_usd, plan.current.reports_funding) == (None, False)
    assert not plan.reported_funding.exists()
    assert total_of(plan_of("902")) == 0


def test_money_outside_plans_is_of_a_country_and_year(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", OUTSIDE, OUTSIDE | {"year": "2023", "funding": "-10"}))
    found = ReportedFunding.objects.filter(plan=None, country__iso3="MLI", scope="country")
    assert dict(found.values_list("year", "amount_usd")) == {2024: Decimal(70), 2023: Decimal(-10)}


def test_a_plan_counts_in_the_year_of_the_file(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {"startDate": "2023-11-01"}))
    plan = plan_of("900")
    assert (plan.start_year, plan.totals_year, plan.figures_year) == (2023, 2024, 2024)


def test_codes_never_collide(tmp_path: Path) -> None:
    Plan.objects.filter(code="MLI-CRP-2021").update(code="HMLI24")
    run(
        requirements(tmp_path / "a.csv", {}, {"id": "902", "code": "H_MLI24"}, {"id": "903", "code": ""}, {"id": "904"})
    )
    assert [plan_of(fts_id).code for fts_id in ("900", "902", "903", "904")] == [
        "HMLI24-900",
        "H-MLI24",
        "FTS-903",
        "HMLI24-904",
    ]


def test_codes_keep_to_the_pattern_of_crp() -> None:
    assert code_of("RDRC_RRP25", "1") == "RDRC-RRP25"
    assert code_of("OGLBL20b", "1") == "OGLBL20B"
    assert code_of("__", "77") == "FTS-77"
    assert len(code_of("RBENBFA" * 20, "1")) == 60


@pytest.mark.parametrize(
    ("type_name", "kind"),
    [
        ("Humanitarian needs and response plan", "hnrp"),
        ("Humanitarian response plan", "hnrp"),
        ("Strategic response plan", "hnrp"),
        ("Flash appeal", "flash_appeal"),
        ("Regional response plan", "regional"),
        ("Consolidated appeals process", "consolidated"),
        ("Consolidated inter-agency appeal", "consolidated"),
        ("CAP", "consolidated"),
        ("Refugee response plan", "rrp"),
        ("Other", "other"),
        ("", "other"),
    ],
)
def test_the_type_gives_the_kind(type_name: str, kind: str) -> None:
    assert kind_of_type(type_name) == kind


@pytest.mark.once
@pytest.mark.parametrize(
    ("row", "where", "why"),
    [
        ({"requirements": "1,000.50"}, "requirements", "can be read in two ways"),
        ({"requirements": "1.000,50"}, "requirements", "can be read in two ways"),
        ({"requirements": "1e20"}, "requirements", "is not a number"),
        ({"requirements": "100000000000000000000"}, "requirements", "is too large"),
        ({"requirements": "NaN"}, "requirements", "is not a number"),
        ({"requirements": "-5"}, "requirements", "is below 0"),
        ({"funding": "ten"}, "funding", "is not a number"),
        ({"countryCode": "XYZ"}, "countryCode", "no ISO3 code of a country"),
        ({"countryCode": ""}, "countryCode", "It is empty"),
        ({"endDate": "2023-12-31", "startDate": "2024-01-01"}, "endDate", "before it starts"),
        ({"startDate": "2202-01-01"}, "startDate", "mistyped"),
        ({"startDate": ""}, "startDate", "It is empty"),
        ({"year": "2026"}, "year", "outside the plan"),
        ({"id": "9x"}, "id", "no number of FTS"),
        ({"name": "x" * 201}, "name", "at most 200 fit"),
    ],
)
def test_a_broken_line_is_reported_and_skipped(tmp_path: Path, row: dict[str, str], where: str, why: str) -> None:
    out = run(requirements(tmp_path / "a.csv", {"id": "902", "code": "GOOD"}, row, {"id": "903", "code": "GOOD2"}))
    assert f"line 3: {where}: " in out
    assert why in out
    assert "rows: 3 read, 1 skipped" in out
    assert set(Plan.objects.filter(identifiers__scheme="fts").values_list("code", flat=True)) == {"GOOD", "GOOD2"}


def test_a_plan_with_a_broken_line_is_left_out_whole(tmp_path: Path) -> None:
    """Its other rows alone would make a total that is too small."""
    out = run(requirements(tmp_path / "a.csv", SAHEL, SAHEL | {"countryCode": "NER", "requirements": "?"}))
    assert "line 2: Left out with line 3 of the same plan" in out
    assert "rows: 2 read, 2 skipped" in out
    assert not Plan.objects.filter(identifiers__value="901").exists()


def test_a_row_of_the_wrong_width_is_skipped_and_spoils_its_plan(tmp_path: Path) -> None:
    path = requirements(tmp_path / "a.csv", SAHEL, {}, SAHEL | {"countryCode": "NER"})
    lines = path.read_text().splitlines()
    lines[3] += ",surplus"
    path.write_text("\n".join(lines) + "\n")
    out = run(path)
    assert "line 4: It has 13 columns: 12 were expected." in out
    assert "line 2: Left out with line 4" in out
    assert plan_of("900").code == "HMLI24"
    assert not Plan.objects.filter(identifiers__value="901").exists()


def test_rows_that_contradict_each_other_are_left_out(tmp_path: Path) -> None:
    out = run(
        requirements(
            tmp_path / "a.csv",
            {"requirements": "1"},
            {"requirements": "2"},
            SAHEL,
            SAHEL | {"countryCode": "NER", "name": "Another name"},
            OUTSIDE,
            OUTSIDE | {"funding": "71"},
        )
    )
    assert "line 3: countryCode: MLI of plan 900 has other amounts on line 2." in out
    assert "line 5: id: Plan 901 has another name, code, type, year or day on line 4." in out
    assert "line 7: funding: MLI in 2024 outside plans has another amount on line 6." in out
    assert "rows: 6 read, 6 skipped" in out
    assert not ReportedFunding.objects.exists()


def test_a_row_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}, {}, OUTSIDE, OUTSIDE))
    assert plan_of("900").current.requested_usd == 1000
    assert ReportedFunding.objects.filter(plan=None).get().amount_usd == 70
