"""Files by cluster give plans lines by sector, and official totals by sector."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from funding.checks import Verdict, check_revision
from funding.models import FundingRequest, ReportedFunding
from plans.models import Revision
from sectors.models import Crosswalk, Sector
from tests.factories import make_plan

from .fts_files import clusters, requirements, run
from .test_fts_requirements import SAHEL, everything, plan_of

pytestmark = pytest.mark.django_db

JUNE, JULY = date(2024, 6, 30), date(2024, 7, 31)
NOT_SPECIFIED = {"clusterCode": "", "cluster": "Not specified", "requirements": "", "funding": "40"}
SEVERAL = {"clusterCode": "", "cluster": "Multiple clusters/sectors (shared)", "requirements": "", "funding": "0"}
HEALTH = {"clusterCode": "7", "cluster": "Health"}


def lines_of(revision: Revision, breakdown: str = "sector") -> dict[str, Decimal]:
    rows = FundingRequest.objects.filter(revision=revision, breakdown=breakdown)
    return dict(rows.values_list("sector__code", "amount_usd"))


def totals_of(scope: str) -> dict[tuple[str | None, bool], Decimal]:
    rows = ReportedFunding.objects.in_force().filter(scope=scope, plan__identifiers__value="900")
    return {
        (code, shared): amount
        for code, shared, amount in rows.values_list("sector__code", "is_shared_across_sectors", "amount_usd")
    }


def test_clusters_of_a_plan_become_sectors_lines_and_totals(tmp_path: Path) -> None:
    other = {"clusterCode": "5002", "cluster": "Health", "requirements": "", "funding": ""}
    out = run(
        requirements(tmp_path / "a.csv", {}),
        clusters(tmp_path / "c.csv", {}, other, NOT_SPECIFIED, SEVERAL),
        as_of=JUNE,
    )
    plan = plan_of("900")
    assert plan.current.number == 1
    assert plan.current.taxonomy.code == "FTS-CLUSTERS"
    assert lines_of(plan.current) == {"5001": Decimal(600)}
    assert plan.current.requested_usd == 1000
    assert totals_of("sector") == {("5001", False): Decimal(200), (None, False): Decimal(40), (None, True): Decimal(0)}
    assert Sector.objects.get(taxonomy__code="FTS-CLUSTERS", code="5001").name == "Santé"
    mapped = Crosswalk.objects.get(sector__taxonomy__code="FTS-CLUSTERS")
    assert (mapped.sector.code, mapped.global_cluster.code, mapped.confidence) == ("5002", "HEA", "inferred")
    assert "Read as clusters of plans: 0 of its 2 clusters" in out
    cited = plan.current.citations.get(subject="fundingrequest:sector:FTS-CLUSTERS:5001")
    assert (cited.source.file_name, cited.first_line, cited.as_printed) == ("c.csv", 2, "600")
    assert Verdict.ERROR not in {check.verdict for check in check_revision(plan.current)}


def test_global_clusters_are_told_by_number_and_name(tmp_path: Path) -> None:
    """FTS has a cluster that CRP's list lacks: it joins a list of its own, and is a global cluster all the same."""
    nutrition = {"clusterCode": "9", "cluster": "Nutrition", "requirements": "50"}
    new = {"clusterCode": "29999", "cluster": "Something new", "requirements": "5", "funding": "1"}
    out = run(requirements(tmp_path / "a.csv", {}), clusters(tmp_path / "g.csv", HEALTH, nutrition, new, SEVERAL))
    plan = plan_of("900")
    assert "Read as global clusters: 2 of its 3 clusters have number and name of a global cluster." in out
    assert lines_of(plan.current, "global_cluster") == {"HEA": Decimal(600), "NUT": Decimal(50), "29999": Decimal(5)}
    assert lines_of(plan.current) == {}
    assert plan.current.taxonomy is None
    added = Sector.objects.get(fts_id=29999)
    assert (added.taxonomy.code, added.taxonomy.kind) == ("FTS-GLOBAL", "global_clusters")
    assert totals_of("global_cluster")[None, True] == 0
    for row in FundingRequest.objects.filter(revision=plan.current):
        row.full_clean()


def test_a_number_with_the_name_of_another_is_left_out(tmp_path: Path) -> None:
    wrong = {"clusterCode": "29999", "cluster": "Nutrition"}
    out = run(
        requirements(tmp_path / "a.csv", {}),
        clusters(tmp_path / "g.csv", HEALTH, {"clusterCode": "3", "cluster": "Education"}, wrong),
    )
    assert "line 4: clusterCode: “Nutrition” has the number 9 in CRP, and 29999 here. The plan is left as it is." in out
    assert lines_of(plan_of("900").current, "global_cluster") == {}


def test_rows_of_several_countries_add_up(tmp_path: Path) -> None:
    sahel = {"id": "901", "requirements": "10", "funding": "1"}
    run(
        requirements(tmp_path / "a.csv", SAHEL, SAHEL | {"countryCode": "NER"}),
        clusters(tmp_path / "c.csv", sahel, sahel | {"countryCode": "NER", "requirements": "5", "funding": ""}),
    )
    plan = plan_of("901")
    assert lines_of(plan.current) == {"5001": Decimal(15)}
    assert plan.reported_funding.get(scope="sector").amount_usd == 1


def test_the_clusters_of_some_countries_only_are_left_out(tmp_path: Path) -> None:
    out = run(
        requirements(tmp_path / "a.csv", SAHEL, SAHEL | {"countryCode": "NER"}),
        clusters(tmp_path / "c.csv", {"id": "901"}),
    )
    assert "The file has the clusters of RSAH-RRP24 without those of NER" in out
    assert lines_of(plan_of("901").current) == {}


def test_a_later_cluster_file_makes_a_new_revision_only_where_a_line_changed(tmp_path: Path) -> None:
    run(requirements(tmp_path / "a.csv", {}), as_of=JUNE)
    first = clusters(tmp_path / "c.csv", {}, {"clusterCode": "5002", "requirements": "100"})
    run(first, as_of=JUNE)
    assert plan_of("900").current.number == 2
    run(clusters(tmp_path / "d.csv", {}, {"clusterCode": "5002", "requirements": "100"}, NOT_SPECIFIED), as_of=JULY)
    assert plan_of("900").current.number == 2
    out = run(clusters(tmp_path / "e.csv", {"requirements": "650"}), as_of=JULY)
    plan = plan_of("900")
    assert (plan.current.number, lines_of(plan.current)) == (3, {"5001": Decimal(650)})
    assert "HMLI24: Santé asked for 100.00; the file has no such line." in out
    assert lines_of(plan.revisions.get(number=2)) == {"5001": Decimal(600), "5002": Decimal(100)}
    before = everything()
    run(first)
    assert everything() == before


def test_a_plan_that_crp_does_not_have_is_left_out(tmp_path: Path) -> None:
    out = run(clusters(tmp_path / "c.csv", {}))
    assert "line 2: id: CRP has no plan 900 of FTS: import its requirements first." in out


def test_a_plan_with_sectors_of_another_list_keeps_them(tmp_path: Path) -> None:
    plan = make_plan(requested_usd="1000.00")
    plan.identifiers.create(scheme="fts", value="900")
    iso3 = plan.countries.get().iso3
    out = run(clusters(tmp_path / "c.csv", {"countryCode": iso3}))
    assert f"{plan.code} stays as it is: it names its sectors by another list." in out
    assert plan.revisions.count() == 1


@pytest.mark.once
@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"clusterCode": "x1"}], "“x1” is no number of FTS"),
        ([{"clusterCode": ""}], "“Santé” has no number"),
        ([{"cluster": ""}], "cluster: It is empty"),
        ([{}, {"requirements": "601"}], "“Santé” of plan 900 in MLI has other amounts on line 2."),
    ],
)
def test_a_broken_line_leaves_the_lines_of_its_plan(tmp_path: Path, rows: list[dict[str, str]], why: str) -> None:
    out = run(requirements(tmp_path / "a.csv", {}), clusters(tmp_path / "c.csv", *rows))
    assert why in out
    assert lines_of(plan_of("900").current) == {}
    assert totals_of("sector") == {}
