"""Objectives and areas of work of IOM's Crisis Response Plans: what each asks for, and one that lost its heading."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crp.importing.documents.draft import Basis, Ref
from crp.importing.documents.names import Names, load_names
from tests.conftest import MaliPlans

from .crp_pages import OBJECTIVE, PROSE, SECTORS, got, read, unread, value

pytestmark = pytest.mark.once


@pytest.fixture
def names(mali: MaliPlans) -> Names:
    return load_names()


def test_words_where_a_number_is_expected_are_kept(names: Names) -> None:
    draft = read(names, OBJECTIVE.replace("175,000\n", "At risk communities\n"))
    found = value(draft, "objective:1", "people_targeted")
    assert (found.value, found.printed) == (None, "At risk communities")
    assert "At risk communities" in found.question
    assert got(draft, "fundingrequest:objective:1", "amount_usd") == Decimal(600_000)
    assert got(draft, "objective:1", "entities_targeted") == 13


def test_objectives_with_and_without_a_number(names: Names) -> None:
    draft = read(names, OBJECTIVE)
    assert [row.subject for row in draft.of_kind("objective")] == ["objective:1", "objective:2", "objective:3"]
    first, second, third = (value(draft, f"objective:{number}", "number") for number in (1, 2, 3))
    assert (first.basis, str(first.span)) == (Basis.STATED, "4")
    assert (second.basis, second.printed) == (Basis.INFERRED, "Driving solutions to displacement")
    assert "number 2" in second.note
    assert third.basis is Basis.INFERRED
    keys = [got(draft, f"objective:{number}", "strategic_objective").key for number in (1, 2, 3)]
    assert keys == [("2024-2028", 1), ("2024-2028", 2), ("2021-2023", 3)]
    assert value(draft, "objective:3", "title").printed == "Strengthen preparedness and reduce disaster risk"
    assert str(value(draft, "objective:1", "title").span) == "6"
    assert value(draft, "fundingrequest:objective:3", "amount_usd").basis is Basis.MISSING
    assert value(draft, "fundingrequest:objective:1", "amount_usd").question == ""
    assert draft.row("fundingrequest:objective:1").parents == {"objective": "objective:1"}  # type: ignore[union-attr]
    assert unread(draft, OBJECTIVE) == []


def test_target_groups_by_commas_and_lines_and_one_that_no_list_has(names: Names) -> None:
    groups = read(names, OBJECTIVE).of_kind("objectivetargetgroup")
    assert [row.key for row in groups] == [("1", "IDP"), ("1", "?:pastoralist"), ("1", "REFUGEE")]
    assert [bool(row.values["target_group"].question) for row in groups] == [False, True, False]


def test_what_is_confirmed_is_a_percentage_and_no_money(names: Names) -> None:
    draft = read(names, OBJECTIVE)
    found = value(draft, "objective:1", "stated_percent_funded")
    assert (found.value, found.printed, found.question) == (Decimal(28), "28%", "")
    assert "stated_received_usd" not in draft.row("revision").values  # type: ignore[union-attr]
    odd = read(names, OBJECTIVE.replace("72%", "62%"))
    assert "62%" in value(odd, "objective:1", "stated_percent_funded").question


def test_outcomes_of_an_objective(names: Names) -> None:
    draft = read(names, OBJECTIVE)
    assert [(row.key, row.get("share_percent")) for row in draft.of_kind("outcome")] == [
        (("1a",), Decimal(60)),
        (("1-2",), Decimal(40)),
    ]
    assert value(draft, "outcome:1a", "share_percent").printed == '{"name":"Human suffering is alleviated","y":60}'
    assert "strategic_outcome" not in draft.row("outcome:1-2").values  # type: ignore[union-attr]


def test_an_amount_printed_again_differently_is_asked(names: Names) -> None:
    text = OBJECTIVE.replace("$600,000\nFunding required\n[", "$610,000\nFunding required\n[")
    found = value(read(names, text), "fundingrequest:objective:1", "amount_usd")
    assert found.value == Decimal(600_000)
    assert "$610,000" in found.question


def test_one_number_for_two_objectives_is_told(names: Names) -> None:
    draft = read(names, OBJECTIVE.replace("Driving solutions", "Objective 1 - Driving solutions"))
    assert [remark.text for remark in draft.remarks] == [
        (
            "Line 23 gives another name or number to objective 1 (“Saving lives and protecting people on the move”):"
            " its block is not read."
        )
    ]
    assert got(draft, "fundingrequest:objective:1", "amount_usd") == Decimal(600_000)


def test_areas_of_work(names: Names) -> None:
    draft = read(names, SECTORS)
    requests = {row.key[1:]: row for row in draft.of_kind("fundingrequest") if row.key[0] == "sector"}
    assert {key: row.get("amount_usd") for key, row in requests.items()} == {
        ("IOM-2025", "PROTECTION_CENTRED"): Decimal(50_000),
        ("IOM-2025", "SHELTER"): Decimal(500_000),
        ("IOM-2025", "HEALTH"): Decimal(200_000),
        ("?", "bee keeping"): Decimal(100_000),
        ("IOM-2025", "PROTECTION"): Decimal(50_000),
    }
    assert got(draft, "revision", "taxonomy").key == ("IOM-2025",)
    assert [row.get("is_priority") for row in requests.values()] == [True, False, False, False, False]
    assert [row.order for row in requests.values()] == [1, 2, 3, 4, 0]
    strange = requests["?", "bee keeping"].values["sector"]
    assert (strange.value, strange.printed) == (None, "Bee keeping")
    assert "Bee keeping" in strange.question
    assert [row.key[2:] for row in draft.of_kind("relatedplan")] == [
        ("SHELTER", "H(N)RP"),
        ("SHELTER", "?:xyz"),
        ("PROTECTION_CENTRED", "H(N)RP"),
        ("PROTECTION_CENTRED", "UNSDCF"),
    ]
    assert unread(draft, SECTORS) == []


def test_cards_whose_words_stand_on_lines_of_their_own(names: Names) -> None:
    text = f"""
Mali Crisis Response Plan 2025
Shelter and settlements
Priority
$500
Funding required
Related inter agency plans
H(N)RP
UNSDCF

{PROSE}

Health
$300
Funding required
"""
    draft = read(names, text)
    subject = "fundingrequest:sector:IOM-2025:SHELTER"
    assert (str(value(draft, subject, "sector").span), str(value(draft, subject, "is_priority").span)) == ("2", "3")
    families = {row.key[-1]: str(row.values["plan_family"].span) for row in draft.of_kind("relatedplan")}
    assert families == {"H(N)RP": "7", "UNSDCF": "8"}
    assert str(value(draft, "narrative:sector:1", "heading").span) == "2"
    assert got(draft, "fundingrequest:sector:IOM-2025:HEALTH", "amount_usd") == Decimal(300)
    assert unread(draft, text) == []


def test_a_block_without_its_heading(names: Names) -> None:
    draft = read(names, SECTORS)
    subject = "fundingrequest:sector:IOM-2025:PROTECTION_CENTRED"
    sector = value(draft, subject, "sector")
    assert (sector.basis, str(sector.span), sector.printed) == (Basis.INFERRED, "11–20", "")
    assert "Protection-centred cross-cutting priority" in sector.question
    assert str(value(draft, subject, "amount_usd").span) == "11–12"
    share = draft.row("requestshare:IOM-2025:PROTECTION_CENTRED:1")
    assert share is not None
    assert (share.get("share_percent"), share.values["share_percent"].printed) == (
        Decimal(100),
        '["Saving lives",100]',
    )
    assert share.values["amount_usd"].basis is Basis.MISSING
    assert any("Pathways for regular migration" in remark.text for remark in draft.remarks)  # objective 3 is not there
    plain = read(names, SECTORS.replace("do no harm, with meaningful access, and protection principles", "be kind"))
    lost = value(plain, "fundingrequest:sector:?:line 11", "sector")
    assert (lost.value, bool(lost.question)) == (None, True)


def test_an_area_without_an_amount_is_told(names: Names) -> None:
    draft = read(names, SECTORS)
    assert draft.remarks[0].text == ("The area “Water, sanitation and hygiene” is named on line 36, without an amount.")


def test_an_area_that_stands_twice_is_not_added_up(names: Names) -> None:
    found = value(
        read(names, f"{SECTORS}$70,000\nFunding required\nHealth\n$10,000 Funding required"),
        "fundingrequest:sector:IOM-2025:HEALTH",
        "amount_usd",
    )
    assert found.value is None
    assert "$200,000 (26–27); $10,000" in found.question


def test_the_list_of_sectors_is_that_of_the_years(names: Names) -> None:
    text = "Mali Crisis Response Plan {}\nShelter and settlements\nFunding required\n$500"
    assert got(read(names, text.format(2023)), "revision", "taxonomy").key == ("IOM-2022",)
    early = read(names, text.format(2020))
    assert (got(early, "revision", "taxonomy"), bool(value(early, "revision", "taxonomy").question)) == (None, True)
    assert got(early, "fundingrequest:sector:?:shelter and settlements", "amount_usd") == Decimal(500)


def test_a_reference_names_what_it_is(names: Names) -> None:
    assert got(read(names, SECTORS), "fundingrequest:sector:IOM-2025:HEALTH", "sector") == Ref(
        "sector", ("IOM-2025", "HEALTH"), "Health"
    )


def test_an_amount_below_the_text_of_an_objective_is_not_its_own(names: Names) -> None:
    text = f"{OBJECTIVE}\nObjective 2\n$300,000\nFunding required\n{PROSE}\nFunding required\n$70,000\n"
    draft = read(names, text)
    assert value(draft, "fundingrequest:objective:2", "amount_usd").question == ""
    lost = [row for row in draft.of_kind("fundingrequest") if row.key[:2] == ("sector", "?")]
    assert [(row.get("amount_usd"), row.get("sector")) for row in lost] == [(Decimal(70_000), None)]
    assert lost[0].values["sector"].question
    named = read(names, text.replace(PROSE, f"Reintegration of returnees\n{PROSE}"))
    assert got(named, "fundingrequest:sector:?:reintegration of returnees", "amount_usd") == Decimal(70_000)


def test_what_is_printed_again_the_same_is_no_remark(names: Names) -> None:
    again = 'Primary target groups\nInternally displaced person\n[{"name":"Human suffering is alleviated","y":%s}]'
    same = read(names, OBJECTIVE + "Objective 1\n" + again % 60)
    other = read(names, OBJECTIVE + "Objective 1\n" + again % 61)
    assert same.remarks == []
    assert [remark.text for remark in other.remarks] == [
        "What stands on line 39 was given before and is not taken twice: outcome:1a."
    ]
