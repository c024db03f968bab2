"""Flows of FTS become contributions: each once, with its source and its steps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from funding.models import Contribution, Organization, OrganizationIdentifier, StatusChange
from plans.models import Plan
from tests.factories import make_contribution, make_organization

from .fts_files import flows, requirements, run
from .test_fts_requirements import plan_of

pytestmark = pytest.mark.django_db

EUROS = {"originalAmount": "1236", "originalCurrency": "EUR", "exchangeRate": "0.824"}
LATER = {"updatedAt": "2024-07-01"}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    run(requirements(tmp_path / "plans.csv", {}), as_of=date(2024, 6, 30))
    return plan_of("900")


def one() -> Contribution:
    return Contribution.objects.get(external_scheme="fts")


def fts_contributions() -> dict[str, Decimal]:
    rows = Contribution.objects.filter(external_scheme="fts")
    return dict(rows.values_list("external_id", "amount_usd"))


def test_a_flow_becomes_a_contribution(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", EUROS | {"keywords": "Multiyear", "refCode": "REF/1", "budgetYear": "2023"}))
    found = one()
    assert (found.code, found.external_id, found.plan, found.country) == ("FTS-70001", "70001", plan, None)
    assert (found.amount_usd, found.status, found.flow) == (Decimal(1500), "commitment", "incoming")
    assert (found.original_amount, found.original_currency) == (Decimal(1236), "EUR")
    assert (found.exchange_rate, found.exchange_rate_source) == (Decimal("0.824"), "OCHA FTS")
    assert (found.decision_on, found.reported_on, found.usage_year) == (date(2024, 5, 1), date(2024, 5, 3), 2024)
    assert (found.sector.code, found.is_shared_across_sectors) == ("FSC", False)
    assert (found.grant_reference, found.is_in_kind, found.is_new_money) == ("REF/1", False, None)
    assert found.note == "Food for the north\nBudget year: 2023\nKeywords: Multiyear"
    assert (found.source.file_name, found.source.document_on, found.source_line) == ("f.csv", date(2024, 6, 1), 2)
    assert (found.donor.name, found.donor.kind) == ("Norway, Government of", "government")
    assert (found.recipient.name, found.recipient.kind) == ("World Food Programme", "un_agency")
    step = StatusChange.objects.get(contribution=found)
    assert (step.status, step.since_on, step.amount_usd) == ("commitment", date(2024, 5, 2), Decimal(1500))
    found.clean_fields()
    found.validate_constraints()


def test_a_flow_that_an_officer_recorded_already_does_not_count_twice(tmp_path: Path, plan: Plan) -> None:
    norway = make_organization(name="Norway, Government of")
    OrganizationIdentifier.objects.create(organization=norway, scheme="fts", value="Norway, Government of")
    by_hand = make_contribution(plan=plan, donor=norway, amount_usd="1500.00", decision_on=date(2024, 5, 20))
    path = flows(tmp_path / "f.csv", {}, {"id": "2"}, {"id": "3", "amountUSD": "1501"})
    told = run(path)
    assert f"FTS-70001 may be the same money as {by_hand.code}: it does not count until an officer has decided." in told
    found = {row.external_id: row for row in Contribution.objects.filter(external_scheme="fts")}
    assert {number: row.review for number, row in found.items()} == {
        "70001": "suspected", "2": "suspected", "3": "clear",
    }  # fmt: skip
    assert (found["70001"].duplicate_of, found["70001"].counted_usd) == (by_hand, None)
    assert found["3"].counted_usd == Decimal(1501)
    assert "contributions: 3 unchanged" in run(path)


def test_a_second_run_changes_nothing(tmp_path: Path, plan: Plan) -> None:
    path = flows(tmp_path / "f.csv", EUROS, {"id": "2", "destPlanId": "77", "destPlanCode": "", "status": "pledge"})
    run(path)
    before = [list(model.objects.order_by("pk").values()) for model in (Contribution, StatusChange, Organization, Plan)]
    assert "0 created, 0 updated, 2 unchanged" in run(path)
    after = [list(model.objects.order_by("pk").values()) for model in (Contribution, StatusChange, Organization, Plan)]
    assert after == before


def test_a_pledge_that_is_committed_is_one_contribution_with_two_steps(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", {"status": "pledge"}))
    Contribution.objects.update(earmarking="earmarked")
    run(flows(tmp_path / "g.csv", LATER | {"status": "paid", "amountUSD": "1400", "date": "2024-06-20"}))
    found = one()
    assert (found.status, found.amount_usd, found.source.file_name) == ("paid", Decimal(1400), "g.csv")
    assert found.earmarking == "earmarked"  # what an officer added stays
    steps = found.status_changes.order_by("pk").values_list("status", "amount_usd", "since_on")
    assert list(steps) == [
        ("pledge", Decimal(1500), date(2024, 5, 2)),
        ("paid", Decimal(1400), date(2024, 6, 20)),
    ]


def test_an_older_file_and_a_step_back_change_nothing(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", LATER | {"status": "paid"}))
    out = run(flows(tmp_path / "g.csv", {"amountUSD": "9"}))
    assert "line 2: amountUSD: 9.00 here; in CRP 1,500.00, as of 2024-07-01, a later day" in out
    out = run(flows(tmp_path / "h.csv", {"updatedAt": "2024-08-01"}))
    assert "line 2: status: commitment here; in CRP paid, a step back is for an officer to take." in out
    assert (one().amount_usd, one().status) == (Decimal(1500), "paid")


def test_identical_rows_are_one_flow(tmp_path: Path, plan: Plan) -> None:
    out = run(flows(tmp_path / "f.csv", {}, {}), flows(tmp_path / "g.csv", {}, {"id": "2"}))
    assert fts_contributions() == {"70001": Decimal(1500), "2": Decimal(1500)}
    assert "Rows that repeat another one, 1: each flow counts once." in out


def test_the_same_flow_with_two_amounts_is_a_problem_and_neither_is_used(tmp_path: Path, plan: Plan) -> None:
    out = run(flows(tmp_path / "f.csv", {}, {"id": "2"}, {"amountUSD": "1600"}))
    assert "line 4: amountUSD: Flow 70001 is 1,600.00 here and 1,500.00 on line 2, to the same place" in out
    assert "rows: 3 read, 2 skipped" in out
    assert fts_contributions() == {"2": Decimal(1500)}


def test_one_flow_to_two_places_has_two_parts_under_lasting_names(tmp_path: Path, plan: Plan) -> None:
    niger = {"destPlanId": "", "destPlan": "", "destPlanCode": "", "destLocations": "NER", "amountUSD": "20"}
    path = flows(tmp_path / "f.csv", {}, niger)
    run(path)
    first = fts_contributions()
    assert sorted(first.values()) == [Decimal(20), Decimal(1500)]
    assert all(name.startswith("70001/") for name in first)
    assert "0 created, 0 updated" in run(path)
    assert "contributions: 2 unchanged" in run(flows(tmp_path / "g.csv", niger, {}))
    assert fts_contributions() == first


def test_a_flow_whose_cluster_is_corrected_stays_one(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", {}))
    run(flows(tmp_path / "g.csv", LATER | {"destGlobalClusters": "Health"}))
    assert fts_contributions() == {"70001": Decimal(1500)}
    assert one().sector.code == "HEA"
    run(tmp_path / "f.csv")
    assert one().sector.code == "HEA"


def test_money_outside_plans_is_for_a_country_or_names_several(tmp_path: Path, plan: Plan) -> None:
    outside = {"destPlan": "", "destPlanCode": "", "destPlanId": ""}
    run(flows(tmp_path / "f.csv", outside | {"id": "1"}, outside | {"id": "2", "destLocations": "MLI,NER"}))
    one_country, several = Contribution.objects.filter(external_scheme="fts").order_by("external_id")
    assert (one_country.plan, one_country.country.iso3) == (None, "MLI")
    assert (several.plan, several.country) == (None, None)
    assert "Countries: MLI, NER" in several.note


def test_an_outgoing_flow_leaves_a_country_and_says_where_it_went(tmp_path: Path, plan: Plan) -> None:
    """The file names the plan that the money goes to, and not the one that it leaves."""
    out_of = {"boundary": "outgoing", "srcLocations": "MLI", "destLocations": "NER"}
    run(flows(tmp_path / "f.csv", out_of))
    found = one()
    assert (found.flow, found.plan, found.country.iso3) == ("outgoing", None, "MLI")
    assert "Went to plan: Mali 2024 HMLI24 900\nWent to: NER" in found.note


def test_the_same_flow_out_of_one_country_and_into_another_is_two_rows_of_the_ledger(
    tmp_path: Path, plan: Plan
) -> None:
    run(flows(tmp_path / "f.csv", {}))
    run(flows(tmp_path / "g.csv", LATER | {"boundary": "outgoing", "srcLocations": "NER"}))
    assert sorted(Contribution.objects.filter(external_scheme="fts").values_list("flow", flat=True)) == [
        "incoming",
        "outgoing",
    ]


def test_several_clusters_are_shared_and_an_unknown_one_is_noted(tmp_path: Path, plan: Plan) -> None:
    run(
        flows(
            tmp_path / "f.csv",
            {"id": "1", "destGlobalClusters": "Health,Nutrition"},
            {"id": "2", "destGlobalClusters": "Unheard of"},
            {"id": "3", "destGlobalClusters": ""},
        )
    )
    shared, unknown, none = Contribution.objects.filter(external_scheme="fts").order_by("external_id")
    assert (shared.sector, shared.is_shared_across_sectors) == (None, True)
    assert shared.note.endswith("Clusters: Health, Nutrition")
    assert (unknown.sector, unknown.is_shared_across_sectors) == (None, False)
    assert unknown.note.endswith("Clusters: Unheard of")
    assert (none.sector, none.is_shared_across_sectors) == (None, False)


def test_a_plan_known_from_its_flows_alone_asks_for_nothing_known(tmp_path: Path) -> None:
    to_plan = {"destPlan": "Global plan", "destPlanCode": "HGLB24", "destPlanId": "952", "destUsageYearEnd": "2025"}
    flow = flows(tmp_path / "f.csv", to_plan, to_plan | {"id": "2", "destLocations": "NER"})
    out = run(flow)
    plan = plan_of("952")
    assert (plan.code, plan.kind, plan.title, plan.period) == ("HGLB24", "other", "Global plan", "2024–2025")
    assert {country.iso3 for country in plan.countries.all()} == {"MLI", "NER"}
    assert (plan.current.requested_usd, plan.current.reports_funding) == (None, False)
    assert "HGLB24: made from its flows, what it asks for is not known." in out
    run(
        requirements(tmp_path / "a.csv", {"id": "952", "name": "Global plan", "code": "HGLB24"}), as_of=date(2024, 7, 1)
    )
    plan = plan_of("952")
    assert (plan.kind, plan.current.number) == ("hnrp", 2)


def test_an_organization_is_found_by_its_name_in_fts(tmp_path: Path, plan: Plan) -> None:
    there = make_organization(name="World Food programme", code="wfp")
    typed = {"srcOrganizationTypes": "NGO,UN agency"}
    run(flows(tmp_path / "f.csv", typed | {"srcOrganization": "Médecins du Monde", "srcLocations": "FRA"}))
    run(
        flows(
            tmp_path / "g.csv",
            {"id": "2", "srcOrganization": "Medecins du Monde", "srcOrganizationTypes": ""},
            {"id": "3", "srcOrganization": "Niger, Government of", "srcLocations": "NER"},
            {"id": "4", "srcOrganization": ""},
        )
    )
    names = OrganizationIdentifier.objects.filter(scheme="fts-name")
    assert names.get(value="World Food Programme").organization == there
    accented = names.get(value="Médecins du Monde").organization
    assert (accented.code, accented.kind, accented.country) == ("medecins-du-monde", "ngo", None)
    plain = names.get(value="Medecins du Monde").organization
    assert (plain.code, plain.kind) == ("medecins-du-monde-2", "other")
    assert names.get(value="Niger, Government of").organization.country.iso3 == "NER"
    assert Contribution.objects.get(external_id="4").donor is None


def test_carry_over_is_no_new_money_and_goods_are_in_kind(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", {"flowType": "Carryover", "contributionType": "in kind", "refCode": "r" * 150}))
    found = one()
    assert (found.is_new_money, found.is_in_kind, found.grant_reference) == (False, True, "")
    assert f"Reference: {'r' * 150}" in found.note


def test_a_currency_without_its_amount_is_noted_and_the_money_counts(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", {"originalCurrency": "JPY"}))
    found = one()
    assert (found.original_amount, found.original_currency, found.exchange_rate) == (None, "", None)
    assert "Original amount, in part: JPY" in found.note


@pytest.mark.once
@pytest.mark.parametrize(
    ("row", "where", "why"),
    [
        ({"amountUSD": "0"}, "amountUSD", "An amount of 0 gives nothing."),
        ({"amountUSD": "1e20"}, "amountUSD", "not a number"),
        ({"amountUSD": "NaN"}, "amountUSD", "not a number"),
        ({"amountUSD": "1,000.50"}, "amountUSD", "two ways"),
        ({"amountUSD": "1.000,50"}, "amountUSD", "two ways"),
        ({"amountUSD": ""}, "amountUSD", "It is empty"),
        ({"date": "2202-01-01"}, "date", "mistyped"),
        ({"decisionDate": "01/02/2024"}, "decisionDate", "not a date"),
        (EUROS | {"originalCurrency": "EURO"}, "originalCurrency", "no currency of ISO 4217"),
        (EUROS | {"exchangeRate": "0"}, "exchangeRate", "must be above 0"),
        ({"status": "promised"}, "status", "one of pledge, commitment, paid was"),
        ({"boundary": "sideways"}, "boundary", "one of incoming, internal, outgoing was"),
        ({"destLocations": "MLI,XYZ"}, "destLocations", "no ISO3 code"),
        ({"id": ""}, "id", "It is empty"),
        ({"id": "12/a"}, "id", "no number of FTS"),
        ({"destUsageYearStart": "2025", "destUsageYearEnd": "2024"}, "destUsageYearEnd", "lies before the first"),
        ({"contributionType": "loan"}, "contributionType", "one of financial, in kind was"),
    ],
)
def test_a_broken_line_is_reported_and_skipped(
    tmp_path: Path, plan: Plan, row: dict[str, str], where: str, why: str
) -> None:
    out = run(flows(tmp_path / "f.csv", {"id": "1"}, row, {"id": "3"}))
    assert f"line 3: {where}: " in out
    assert why in out
    assert "rows: 3 read, 1 skipped" in out
    assert set(fts_contributions()) == {"1", "3"}


def test_negative_money_is_a_correction(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", {"amountUSD": "-300"}))
    assert one().counted_usd == -300


def test_flows_that_are_gone_are_listed_and_stay(tmp_path: Path, plan: Plan) -> None:
    run(flows(tmp_path / "f.csv", {}, {"id": "2"}, {"id": "3", "boundary": "internal"}))
    out = run(flows(tmp_path / "g.csv", LATER, LATER | {"id": "4"}))
    assert "Contributions in CRP that the file does not have, 1: FTS-2. They stay as they are." in out
    assert len(fts_contributions()) == 4


def test_lines_count_as_in_a_text_editor(tmp_path: Path, plan: Plan) -> None:
    out = run(flows(tmp_path / "f.csv", {"description": "two\nlines"}, {"id": "2", "amountUSD": "0"}))
    assert "line 4: amountUSD" in out
    assert one().note.startswith("two\nlines")


def test_what_an_officer_changed_is_not_undone_by_the_same_file(tmp_path: Path, plan: Plan) -> None:
    path = flows(tmp_path / "f.csv", {})
    run(path)
    Contribution.objects.filter(external_id="70001").update(amount_usd=1_450)
    out = run(path)
    assert "line 2: amountUSD: 1,500.00 here; in CRP 1,450.00, from a later import or an officer" in out
    assert one().amount_usd == 1_450
    run(flows(tmp_path / "g.csv", LATER | {"amountUSD": "1480"}))
    assert one().amount_usd == 1_480


def test_two_files_of_one_run_that_disagree_are_reported(tmp_path: Path, plan: Plan) -> None:
    out = run(flows(tmp_path / "f.csv", {}), flows(tmp_path / "g.csv", {"amountUSD": "9"}))
    assert "amountUSD: 9.00 here; in CRP 1,500.00, from a file of the same day read before it in this run" in out
    assert fts_contributions() == {"70001": Decimal(1500)}
