"""The sums that the database keeps: their columns to the cent, their triggers all there, their proof able to fail."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Sum

from crp.common.money import CentsField
from funding import summaries
from funding.models import Contribution, PlanFigures, ReportedFunding, SectorFigures, StatusChange, TargetFigures
from funding.rollups import figures_of, with_figures
from funding.rollups.proof import differences
from plans.models import Plan
from sectors.models import Sector
from tests.crp.test_money import half_up_percent, pairs
from tests.factories import make_contribution, make_plan

pytestmark = pytest.mark.usefixtures("empty_module", "db")


def kept(plan: Plan) -> PlanFigures:
    return PlanFigures.objects.get(plan=plan)


def test_the_columns_are_exact_for_every_amount() -> None:
    """Percentages half up, gaps and surpluses to the cent, up to the largest amounts there can be."""
    given = [(part, whole) for part, whole in pairs(1_500) if whole >= 0]
    PlanFigures.objects.bulk_create(
        PlanFigures(plan_id=-number, requested_usd=whole, counted_sum=part, counted_number=1)
        for number, (part, whole) in enumerate(given, start=1)
    )
    rows = {row.plan_id: row for row in PlanFigures.objects.filter(plan__lt=0)}
    assert len(rows) == len(given) > 1_000
    for number, (part, whole) in enumerate(given, start=1):
        row = rows[-number]
        expected = half_up_percent(part, whole) if whole else None
        assert row.percent_funded == expected, (part, whole)
        assert row.received_usd == part
        assert row.gap_usd == max(whole - part, 0)
        assert row.over_funded_usd == max(part - whole, 0)


def test_hundredths_are_a_decimal_in_python_and_a_whole_number_in_the_database() -> None:
    field = CentsField()
    assert field.get_prep_value(Decimal("1.005")) == 100.5  # a limit between two cents stays between them
    assert field.get_prep_value("12.34") == 1234
    assert isinstance(field.get_prep_value(Decimal("12.34")), int)
    assert str(field.from_db_value(Decimal(1), None, None)) == "0.01"
    plan = make_plan(requested_usd="0.10", contributions=0)
    make_contribution(plan=plan, amount_usd="0.30")
    row = PlanFigures.objects.filter(received_usd__gt=Decimal("0.295"), received_usd__lt=Decimal("0.305"))
    assert [str(item.over_funded_usd) for item in row] == ["0.20"]
    assert PlanFigures.objects.aggregate(total=Sum("received_usd"))["total"] == Decimal("0.30")


def test_what_counts_and_what_does_not() -> None:
    """1,000 paid, 200 left for another plan, 50 taken back; the rest is not money received."""
    plan = make_plan(requested_usd=5_000, contributions=0, reports_funding=False)
    assert kept(plan).received_usd is None
    make_contribution(plan=plan, amount_usd=77, status="pledge")
    assert (kept(plan).received_usd, kept(plan).pledged_usd) == (None, 77)
    make_contribution(plan=plan, amount_usd=1_000)
    make_contribution(plan=plan, amount_usd=200, flow="outgoing", status="commitment")
    make_contribution(plan=plan, amount_usd=-50)
    make_contribution(plan=plan, amount_usd=900, flow="internal")
    make_contribution(plan=plan, amount_usd=800, review="suspected")
    make_contribution(plan=plan, amount_usd=700, review="merged", status="pledge")
    make_contribution(plan=plan, amount_usd=600, flow="outgoing", status="pledge")
    make_contribution(plan=plan, amount_usd=8, review="kept")
    row = kept(plan)
    assert (row.received_usd, row.pledged_usd, row.gap_usd) == (758, 77, 4_242)
    assert list(differences()) == []


def test_money_that_moves_takes_its_sums_along() -> None:
    first, second = make_plan(contributions=0), make_plan(contributions=0)
    item = make_contribution(plan=first, amount_usd=10, project_code="P-1")
    sector = first.revisions.get().projects.get(code="P-1").sector
    assert SectorFigures.objects.get(plan=first, sector_key=sector.pk).given_usd == 10
    item.plan, item.project_code, item.is_shared_across_sectors = second, "", True
    item.save()
    assert (kept(first).received_usd, kept(second).received_usd) == (0, 10)
    assert SectorFigures.objects.get(plan=first, sector_key=sector.pk).given_usd is None
    assert SectorFigures.objects.get(plan=second, sector_key=SectorFigures.SHARED).given_usd == 10
    item.delete()
    assert kept(second).counted_number == 0
    assert list(differences()) == []


def test_what_is_rolled_back_was_never_there() -> None:
    plan = make_plan(contributions=0)
    before = summaries.stamp(connection)
    with transaction.atomic():
        make_contribution(plan=plan, amount_usd=10)
        assert kept(plan).received_usd == 10
        transaction.set_rollback(True)
    assert kept(plan).received_usd == 0
    assert summaries.stamp(connection) == before


def test_an_official_total_is_the_money_received() -> None:
    """2,000 in all by the official source, 300 of it on record: never 2,300."""
    plan = make_plan(requested_usd=5_000, contributions=0)
    make_contribution(plan=plan, amount_usd=300)
    total = ReportedFunding.objects.create(plan=plan, amount_usd=2_000, reported_on=date(2024, 6, 1))
    assert (kept(plan).received_usd, kept(plan).counted_sum) == (2_000, 300)
    assert SectorFigures.objects.get(plan=plan, sector_key=SectorFigures.OFFICIAL_ONLY).given_usd == 1_700
    sector = Sector.objects.filter(taxonomy=plan.revisions.get().taxonomy).first()
    line = ReportedFunding.objects.create(
        plan=plan, scope="sector", sector=sector, amount_usd=1_500, reported_on=date(2024, 6, 1)
    )
    assert SectorFigures.objects.get(plan=plan, sector_key=SectorFigures.OFFICIAL_ONLY).given_usd == 500
    assert SectorFigures.objects.get(plan=plan, sector_key=sector.pk).given_usd == 1_500
    total.superseded_on = date(2024, 7, 1)
    total.save()
    assert kept(plan).received_usd == 300
    assert line.superseded_on is None
    assert list(differences()) == []


def test_a_draft_changes_no_figure() -> None:
    plan = make_plan(requested_usd=5_000, contributions=0)
    before = list(SectorFigures.objects.values_list("plan", "sector_key", "requested_usd"))
    former = plan.revisions.get()
    draft = former
    draft.pk, draft.number, draft.status = None, 2, "draft"
    draft.requested_usd = draft.published_at = None
    draft.save()
    draft.funding_requests.create(
        breakdown="sector", sector=draft.taxonomy.sectors.first(), amount_usd=9, revision=draft
    )
    assert kept(plan).requested_usd == 5_000
    assert list(SectorFigures.objects.values_list("plan", "sector_key", "requested_usd")) == before


def test_every_commit_moves_the_stamp_of_its_topic() -> None:
    plan = make_plan()
    content, money = summaries.stamp(connection)
    item = make_contribution(plan=plan, donor=plan.contributions.first().donor)
    assert summaries.stamp(connection) == (content, money + 1)
    StatusChange.objects.create(contribution=item, status="paid", amount_usd=1)
    assert summaries.stamp(connection) == (content, money + 2)
    plan.countries.clear()
    after = summaries.stamp(connection)
    assert (after[0] > content, after[1]) == (True, money + 2)


def test_every_table_with_figures_is_watched() -> None:
    tables = summaries.topics()
    assert {"funding_contribution", "plans_plan_countries", "sectors_crosswalk", "plans_narrative"} <= tables.keys()
    assert {table for table, topic in tables.items() if topic == "money"} == {
        "funding_contribution", "funding_statuschange", "funding_reportedfunding",
    }  # fmt: skip
    assert not {"funding_planfigures", "funding_changecounter"} & tables.keys()
    assert summaries.TRIGGERS.is_current(connection)


def check() -> str:
    out = StringIO()
    call_command("check_rollups", stdout=out)
    return out.getvalue()


def test_the_command_proves_what_is_kept() -> None:
    make_plan()
    assert check() == "0 differences over 1 plan and 2 contributions.\n"


WRONG: list[Any] = [
    lambda plan: PlanFigures.objects.update(counted_sum=1),
    lambda plan: PlanFigures.objects.update(requested_usd=None),
    lambda plan: PlanFigures.objects.update(official_usd=5),
    lambda plan: PlanFigures.objects.all().delete(),
    lambda plan: TargetFigures.objects.update(counted_sum=1),
    lambda plan: TargetFigures.objects.all().delete(),
    lambda plan: TargetFigures.objects.create(plan=plan, counted_sum=1, counted_number=1, project_code="X"),
    lambda plan: SectorFigures.objects.filter(given_usd__isnull=False).update(given_usd=1),
    lambda plan: SectorFigures.objects.update(requested_usd=1),
    lambda plan: SectorFigures.objects.all().delete(),
    lambda plan: SectorFigures.objects.create(plan=plan, sector_key=-2, given_usd=1),
]


@pytest.mark.parametrize("spoil", WRONG, ids=range(len(WRONG)))
def test_the_command_finds_every_sum_that_is_wrong(spoil: Any) -> None:
    plan = make_plan()
    make_contribution(plan=plan, sector=plan.revisions.get().taxonomy.sectors.first())
    assert list(differences()) == []
    spoil(plan)
    with pytest.raises(CommandError, match=r"^[1-9]\d* differences? over 1 plan and 3 contributions"):
        check()
    call_command("check_rollups", rebuild=True, stdout=StringIO())
    assert list(differences()) == []


def test_a_missing_trigger_is_noticed_and_put_back() -> None:
    plan = make_plan(contributions=0)
    summaries.TRIGGERS.remove(connection)
    make_contribution(plan=plan, amount_usd=10)
    assert kept(plan).received_usd == 0
    with pytest.raises(CommandError, match="Triggers are missing"):
        check()
    call_command("migrate", verbosity=0)
    assert kept(plan).received_usd == 10
    make_contribution(plan=plan, amount_usd=5)
    assert kept(plan).received_usd == 15


def test_a_list_reads_what_is_kept_in_one_query(django_assert_num_queries: Any) -> None:
    for number in range(3):
        make_plan(contributions=number)
    with django_assert_num_queries(1):
        found = [figures_of(plan) for plan in with_figures(Plan.objects.in_force())]
    assert sorted(item.received_usd for item in found if item.received_usd is not None) == [0, 1_000, 2_000]


@pytest.mark.parametrize("requested", [None, "100.00"])
@pytest.mark.parametrize("official", [None, "50.00"])
def test_new_money_is_added_to_the_lines_it_is_for(requested: str | None, official: str | None) -> None:
    """A plan that reports 0 has a line for it until there is money; an official total has a rest that changes."""
    plan = make_plan(requested_usd=requested, contributions=0, reports_funding=True)
    sectors = list(plan.revisions.in_force().get().taxonomy.sectors.all()[:2])
    if official:
        ReportedFunding.objects.create(plan=plan, scope="total", amount_usd=official, reported_on=date(2025, 1, 1))
    targets: list[dict[str, Any]] = [
        {"sector": sectors[0]},
        {"sector": sectors[1], "status": "pledge"},
        {"sector": sectors[1]},
        {"sector": sectors[0], "amount_usd": "-3.00"},
        {"sector": sectors[0], "flow": "outgoing"},
        {"is_shared_across_sectors": True},
        {"sector": sectors[0], "status": "pledge"},
        {},
    ]
    for target in targets:
        make_contribution(plan=plan, **target)
        assert [str(difference) for difference in differences()] == []
    Contribution.objects.bulk_create(
        Contribution(code=f"MANY-{place}", plan=plan, sector=sectors[place % 2], status="paid", amount_usd=place + 1)
        for place in range(5)
    )
    assert [str(difference) for difference in differences()] == []
