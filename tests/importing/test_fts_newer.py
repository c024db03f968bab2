"""A newer file changes what is different, an older one nothing; in which order they are read again is all the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine

from funding.models import FundingRequest, ReportedFunding
from plans.models import Country, Plan, Revision
from plans.services import start_revision
from tests.factories import make_plan

from .fts_files import OUTSIDE, requirements, run
from .test_fts_requirements import SAHEL, amounts_by_country, everything, plan_of, total_of

pytestmark = pytest.mark.django_db

JUNE, JULY, AUGUST = date(2024, 6, 30), date(2024, 7, 31), date(2024, 8, 31)


def test_a_newer_file_makes_a_new_revision_where_the_requirement_changed(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}, {"id": "902", "code": "SAME"}), as_of=JUNE)
    out = run(
        requirements(
            tmp_path / "b.csv", {"requirements": "1200"}, {"id": "902", "code": "SAME"}, {"id": "903", "code": "NEW"}
        ),
        as_of=JULY,
    )
    assert "plans: 1 created, 1 updated, 1 unchanged" in out
    plan = plan_of("900")
    first, second = plan.revisions.order_by("number")
    assert (first.status, first.requested_usd) == ("superseded", Decimal(1000))
    assert (second.status, second.requested_usd, second.document_on) == ("published", Decimal(1200), JULY)
    assert second.reason == "Requirement in OCHA FTS as of 2024-07-31: 1,200.00, before 1,000.00."
    assert second.citations.get(field="requested_usd").source.file_name == "b.csv"
    assert plan_of("902").revisions.count() == 1
    assert Revision.objects.in_force(JUNE).get(plan=plan).requested_usd == 1000


def test_a_newer_total_supersedes_and_the_older_stays(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}, OUTSIDE), as_of=JUNE)
    run(requirements(tmp_path / "b.csv", {"funding": "300"}, OUTSIDE), as_of=JULY)
    plan = plan_of("900")
    assert plan.revisions.count() == 1
    old, new = ReportedFunding.objects.filter(plan=plan).order_by("reported_on")
    assert (old.amount_usd, old.superseded_on) == (Decimal(250), JULY)
    assert (new.amount_usd, new.reported_on, new.superseded_on) == (Decimal(300), JULY, None)
    assert ReportedFunding.objects.in_force(JUNE).get(plan=plan).amount_usd == 250
    assert ReportedFunding.objects.filter(plan=None).count() == 1


def test_an_older_file_changes_nothing_and_says_so(tmp_path: Path) -> None:
    run(requirements(tmp_path / "b.csv", {"requirements": "1200", "funding": "300"}), as_of=JULY)
    out = run(requirements(tmp_path / "a.csv", {}, {"id": "902", "code": "OLD"}), as_of=JUNE)
    plan = plan_of("900")
    assert (plan.current.requested_usd, total_of(plan)) == (Decimal(1200), Decimal(300))
    why = "as of 2024-07-31, a later day than that of this file."
    assert f"line 2: requirements: 1,000.00 here; in CRP 1,200.00, {why}" in out
    assert f"line 2: funding: 250.00 here; in CRP 300.00, {why}" in out
    assert plan_of("902").current.requested_usd == 1000


def test_files_can_be_read_again_in_any_order(tmp_path: Path) -> None:
    first = requirements(tmp_path / "a.csv", {}, SAHEL, SAHEL | {"countryCode": "NER"}, OUTSIDE)
    second = requirements(
        tmp_path / "b.csv",
        {"requirements": "1200", "funding": "300", "name": "Mali, revised"},
        SAHEL,
        SAHEL | {"countryCode": "NER", "requirements": "1"},
        OUTSIDE | {"funding": "-1"},
    )
    run(first)
    run(second)
    assert plan_of("900").current.requested_usd == 1200
    before = everything()
    for path in (first, second, second, first):
        run(path)
        assert everything() == before


def test_without_a_day_the_later_run_is_the_newer_file(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}))
    run(requirements(tmp_path / "b.csv", {"requirements": "1200", "funding": "300"}))
    assert (plan_of("900").current.requested_usd, total_of(plan_of("900"))) == (Decimal(1200), Decimal(300))


def test_in_one_run_the_first_file_stays(tmp_path: Path) -> None:
    paths = requirements(tmp_path / "a.csv", {}), requirements(tmp_path / "b.csv", {"requirements": "1200"})
    out = run(*paths)
    assert "1,200.00 here; in CRP 1,000.00, from a file of the same day read before it in this run" in out
    assert plan_of("900").current.requested_usd == 1000
    run(*paths)
    assert plan_of("900").current.requested_usd == 1000


def test_a_file_without_the_plans_of_later_years_is_not_taken_for_new(tmp_path: Path) -> None:
    late = {"id": "910", "code": "HMLI26", "startDate": "2026-01-01", "endDate": "2026-12-31", "year": "2026"}
    old = requirements(tmp_path / "b.csv", {"requirements": "1200", "funding": "300"})
    run(requirements(tmp_path / "a.csv", {}, late))
    out = run(old)
    assert "its newest plan of MLI starts on 2024-01-01, that of CRP (HMLI26) on 2026-01-01" in out
    assert "It is taken as of 2024-01-01" in out
    assert (plan_of("900").current.requested_usd, total_of(plan_of("900"))) == (Decimal(1000), Decimal(250))
    run(old, as_of=datetime.now(tz=UTC).date())
    assert (plan_of("900").current.requested_usd, total_of(plan_of("900"))) == (Decimal(1200), Decimal(300))


def test_a_file_keeps_the_day_of_its_first_import(tmp_path: Path) -> None:
    path = requirements(tmp_path / "a.csv", {})
    with time_machine.travel(datetime(2024, 7, 31, 10, tzinfo=UTC), tick=False):
        run(path)
    with time_machine.travel(datetime(2024, 8, 31, 10, tzinfo=UTC), tick=False):
        run(path)
        assert ReportedFunding.objects.get().source.document_on == JULY
        assert "that day stays" in run(path, as_of=JUNE)
        assert "sources: 1 updated" in run(path, as_of=AUGUST)
    assert ReportedFunding.objects.get().source.document_on == AUGUST


def test_title_and_days_follow_a_newer_file(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}), as_of=JUNE)
    run(requirements(tmp_path / "b.csv", {"name": "Mali, revised", "endDate": "2025-03-31"}), as_of=JULY)
    plan = plan_of("900")
    assert (plan.title, plan.end_on, plan.end_year) == ("Mali, revised", date(2025, 3, 31), 2025)
    assert plan.revisions.count() == 1


def test_a_plan_that_crp_had_before_keeps_its_title(tmp_path: Path) -> None:
    mali = Country.objects.get(iso3="MLI")
    plan = make_plan(code="MLI-OWN", title="Our words", requested_usd="1000.00", start_year=2024, countries=[mali])
    plan.identifiers.create(scheme="fts", value="900")
    run(requirements(tmp_path / "a.csv", {"requirements": "1200"}))
    plan = plan_of("900")
    assert plan.title == "Our words"
    assert (plan.current.number, plan.current.requested_usd) == (2, Decimal(1200))
    assert FundingRequest.objects.filter(revision=plan.current, breakdown="sector").count() == 2


def test_an_open_draft_is_not_overrun(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}), as_of=JUNE)
    start_revision(plan=plan_of("900"), by=None, reason="An officer is at work.")
    out = run(requirements(tmp_path / "b.csv", {"requirements": "1200"}), as_of=JULY)
    assert "HMLI24 stays as it is: HMLI24 already has an open draft, revision 2" in out
    assert plan_of("900").current.requested_usd == 1000


def test_the_file_of_one_country_leaves_the_other_countries_of_a_plan(tmp_path: Path) -> None:
    """The total becomes the sum of the new line and of what CRP has for the country that the file leaves out."""
    niger = SAHEL | {"countryCode": "NER", "requirements": "30", "funding": "3"}
    run(requirements(tmp_path / "a.csv", SAHEL, niger), as_of=JUNE)
    run(requirements(tmp_path / "mli.csv", SAHEL | {"requirements": "1100", "funding": "260"}), as_of=JULY)
    plan = plan_of("901")
    assert plan.current.requested_usd == 1130
    assert amounts_by_country(plan.current) == {"MLI": Decimal(1100), "NER": Decimal(30)}
    assert total_of(plan) == 263
    in_force = ReportedFunding.objects.in_force().filter(plan=plan, scope="country")
    assert dict(in_force.values_list("country__iso3", "amount_usd")) == {"MLI": Decimal(260), "NER": Decimal(3)}


def test_files_of_one_country_each_build_a_plan_of_several(tmp_path: Path) -> None:
    run(requirements(tmp_path / "mli.csv", SAHEL), as_of=JUNE)
    assert amounts_by_country(plan_of("901").current) == {}
    niger = SAHEL | {"countryCode": "NER", "requirements": "30", "funding": "3"}
    run(requirements(tmp_path / "ner.csv", niger), as_of=JULY)
    plan = plan_of("901")
    assert plan.current.requested_usd == 1030
    assert amounts_by_country(plan.current) == {"MLI": Decimal(1000), "NER": Decimal(30)}
    assert total_of(plan) == 253
    in_force = ReportedFunding.objects.in_force().filter(plan=plan, scope="country")
    assert dict(in_force.values_list("country__iso3", "amount_usd")) == {"MLI": Decimal(250), "NER": Decimal(3)}
    before = everything()
    run(tmp_path / "mli.csv", tmp_path / "ner.csv")
    assert everything() == before


def test_what_is_gone_is_listed_and_stays(tmp_path: Path) -> None:
    niger = SAHEL | {"countryCode": "NER"}
    run(requirements(tmp_path / "a.csv", {}, SAHEL, niger, OUTSIDE, OUTSIDE | {"countryCode": "NER"}), as_of=JUNE)
    out = run(requirements(tmp_path / "b.csv", SAHEL, OUTSIDE | {"countryCode": "NER"}), as_of=JULY)
    assert "Plans in CRP that the file does not have, 1: HMLI24. They stay as they are." in out
    assert "Money outside plans in CRP that the file does not have, 1: MLI 2024." in out
    assert "RSAH-RRP24: Niger asked for 1,000.00; the file has no such line." in out
    assert Plan.objects.filter(code="HMLI24").exists()
    assert amounts_by_country(plan_of("901").revisions.get(number=1)) == {"MLI": Decimal(1000), "NER": Decimal(1000)}
    assert ReportedFunding.objects.in_force().filter(plan=None, country__iso3="MLI").exists()
