"""The admin's form of money: recorded, previewed, refused at its field."""

from __future__ import annotations

from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.translation import override

from funding.admin.contributions import ContributionAdmin
from funding.models import Contribution, StatusChange
from plans.models import Plan
from tests.admin import Desk, address, problems
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan
from tests.funding.recording import ADD, send_form

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    """Return the plan of 2017: 37,360,000 requested, 112,550 received."""
    return mali.compendium_2017


def test_money_is_recorded_and_its_effect_is_told(desk: Desk, plan: Plan) -> None:
    answer = send_form(desk, plan)
    made = Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0001")
    assert (made.amount_usd, made.flow, made.review) == (Decimal("1000.50"), "incoming", "clear")
    assert made.status_changes.get().recorded_by == desk.user
    assert answer.told[0] == (
        "MLI-COMPENDIUM-2017: received (USD) 112,550 → 113,550.50; gap (USD) 37,247,450 → 37,246,449.50."
    )


def test_a_pledge_changes_what_is_pledged_only(desk: Desk, plan: Plan) -> None:
    assert send_form(desk, plan, status="pledge").told[0] == "MLI-COMPENDIUM-2017: pledged (USD) – → 1,000.50."


def test_a_preview_shows_what_saving_would_do_and_saves_nothing(desk: Desk, plan: Plan) -> None:
    page = send_form(desk, plan, "_preview", amount_usd="", original_amount="655,957", original_currency="xof",
                  exchange_rate="655.957")  # fmt: skip
    (change,) = page.context_data["preview_changes"]
    shown = {str(row["label"]): (row["before"], row["after"]) for row in change.rows if row["changes"]}
    assert list(shown) == ["received (USD)", "gap (USD)"]
    assert (change.before.rollup.received_usd, change.after.rollup.received_usd) == (
        Decimal("112550.00"),
        Decimal("113550.00"),
    )
    assert problems(page) == []
    text = page.render().content.decode()
    assert "113,550" in text
    assert 'value="655,957"' in text, "what was typed is still there"
    assert (Contribution.objects.count(), StatusChange.objects.count(), LogEntry.objects.count()) == (1, 0, 0)


def test_a_preview_of_a_change_leaves_the_contribution_alone(desk: Desk, plan: Plan) -> None:
    send_form(desk, plan)
    made = Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0001")
    data = desk.read(address(made)) | {"amount_usd": "5,000"}
    data.pop("_save")
    page = desk.visit(address(made), data | {"_preview": "1"})
    assert page.context_data["preview_changes"][0].after.rollup.received_usd == Decimal("117550.00")
    made.refresh_from_db()
    assert made.amount_usd == Decimal("1000.50")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"flow": "internal"},
            "It is passed on inside the plan: it counted when it came in, and does not count again.",
        ),
        (
            {"flow": "outgoing", "status": "pledge"},
            "It is only announced to leave the plan: it is taken off once it is",
        ),
    ],
)
def test_why_money_changes_no_figure_is_told(desk: Desk, plan: Plan, values: dict[str, str], told: str) -> None:
    page = send_form(desk, plan, "_preview", **values)
    assert not any(row["changes"] for row in page.context_data["preview_changes"][0].rows)
    assert told in page.render().content.decode()
    answer = send_form(desk, plan, **values)
    assert answer.told[0] == "The figures of MLI-COMPENDIUM-2017 stay as they are."
    assert answer.told[1].startswith(told)
    leaving = send_form(desk, plan, flow="outgoing", amount_usd="50").told
    assert leaving[0] == "MLI-COMPENDIUM-2017: received (USD) 112,550 → 112,500; gap (USD) 37,247,450 → 37,247,500."
    assert len(leaving) == 2, "and that it was added"


def test_a_preview_of_what_is_wrong_tells_that(desk: Desk, plan: Plan) -> None:
    page = send_form(desk, plan, "_preview", amount_usd="0")
    assert problems(page) == ["amount_usd: An amount of 0 gives nothing: leave the contribution out."]
    assert page.context_data["preview"] is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"amount_usd": "0"}, "amount_usd: An amount of 0 gives nothing"),
        ({"amount_usd": "1e20"}, "amount_usd: Ensure that there are no more than 15 digits in total."),
        ({"amount_usd": "NaN"}, "amount_usd: Enter a number: digits only, no letters."),
        (
            {"amount_usd": "1.000,50"},
            "amount_usd: “1.000,50” is no number as this page writes them: expected one such as 1,234,567.50.",
        ),
        ({"amount_usd": "1,00.50"}, "amount_usd: “1,00.50” is no number as this page writes them"),
        ({"amount_usd": ""}, "amount_usd: Give the amount in US dollars, or the original amount"),
        (
            {"original_amount": "5", "original_currency": "ZZZ"},
            "original_currency: “ZZZ” is no currency of ISO 4217",
        ),
        (
            {"amount_usd": "", "original_amount": "5", "original_currency": "EUR", "exchange_rate": "0"},
            "exchange_rate: An exchange rate is above 0",
        ),
        ({"decision_on": "2202-01-01"}, "decision_on: 2202-01-01 has not come yet"),
        ({"decision_on": "2014-01-01"}, "decision_on: MLI-COMPENDIUM-2017 covers 2017-01-01 to 2017-12-31"),
        ({"donor": "999999"}, "donor: Select a valid choice. That choice is not one of the available choices."),
        ({"project_code": "NONE"}, "project_code: The plan has no project with this code."),
        ({"plan": ""}, None),
    ],
)
def test_what_is_wrong_stands_at_its_field(desk: Desk, plan: Plan, values: dict[str, str], told: str | None) -> None:
    answer = send_form(desk, plan, **values)
    if told is None:
        assert Contribution.objects.get(code="NO-PLAN-C0001").plan is None
        return
    (problem,) = problems(answer)
    assert problem.startswith(told)
    assert Contribution.objects.count() == 1


def test_in_french_a_comma_is_the_point(officer_client: Client, desk: Desk, plan: Plan) -> None:
    data = {"plan": plan.pk, "status": "paid", "amount_usd": "1000,50", "is_new_money": "unknown"}
    with override("fr"):  # so that what the request leaves behind does not reach the next test
        assert officer_client.post(f"/fr{ADD}", data).status_code == 302
    assert Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0001").amount_usd == Decimal("1000.50")


@pytest.mark.parametrize("typed", ["1.000,50", "1,000.50"])
def test_in_french_points_between_thousands_are_refused(
    officer_client: Client, desk: Desk, plan: Plan, typed: str
) -> None:
    data = {"plan": plan.pk, "status": "paid", "amount_usd": typed, "is_new_money": "unknown"}
    with override("fr"):
        page = officer_client.post(f"/fr{ADD}", data)
        (told,) = page.context_data["adminform"].form.errors["amount_usd"]
    assert typed in told
    assert "1\u202f234\u202f567,50" in told
    assert Contribution.objects.count() == 1


def test_a_converted_amount_follows_until_somebody_types_one(desk: Desk, plan: Plan) -> None:
    send_form(desk, plan, amount_usd="", original_amount="900", original_currency="EUR", exchange_rate="0.9")
    made = Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0001")
    assert (made.amount_usd, made.amount_basis) == (Decimal("1000.00"), "converted")
    desk.send(address(made), exchange_rate="0.8")
    made.refresh_from_db()
    assert (made.amount_usd, made.amount_basis) == (Decimal("1125.00"), "converted")
    answer = desk.send(address(made), amount_usd="1,200")
    made.refresh_from_db()
    assert (made.amount_usd, made.amount_basis) == (Decimal("1200.00"), "given")
    assert any("more than 0.5 % away" in told for told in answer.told)


def test_the_form_of_a_recorded_contribution_has_no_status(desk: Desk, plan: Plan) -> None:
    send_form(desk, plan)
    made = Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0001")
    assert "status" not in desk.visit(address(made)).context_data["adminform"].form.fields
    desk.send(address(made), status="paid")
    made.refresh_from_db()
    assert made.status == "commitment"


def test_two_who_have_the_form_open_are_told(desk: Desk, plan: Plan) -> None:
    send_form(desk, plan)
    made = Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0001")
    opened = desk.read(address(made))
    desk.send(address(made), note="Theirs")
    page = desk.visit(address(made), opened | {"note": "Mine"}).context_data
    (row,) = [row["difference"] for row in page["rows"] if row["name"] == "choice:note"]
    assert (row.opened, row.theirs, row.yours) == ("–", "Theirs", "Mine")
    chosen = {"typed": page["typed"], "seen": page["seen"], "choice:note": "yours", "_choose": "1"}
    assert desk.visit(address(made), chosen).status_code == 302
    made.refresh_from_db()
    assert made.note == "Mine"


def test_parents_are_those_of_the_plan_and_what_comes_from_outside(officer_client: Client, plan: Plan) -> None:
    other = make_plan(contributions=0)
    mine, outside = make_contribution(plan=plan), make_contribution(plan=plan)
    Contribution.objects.filter(pk=outside.pk).update(plan=None)
    leaving = make_contribution(plan=other, flow="outgoing")
    make_contribution(plan=other)
    asked = {"app_label": "funding", "model_name": "contribution", "field_name": "parent"}
    found = officer_client.get("/admin/autocomplete/", asked | {"plan": plan.pk}).json()["results"]
    assert {row["text"] for row in found} == {"MLI-2017-0001", mine.code, outside.code, leaving.code}
    form = officer_client.get(ADD, {"plan": plan.pk}).content.decode()
    assert f"/admin/autocomplete/?plan={plan.pk}" in form


def test_sectors_are_those_of_the_plan(desk: Desk, plan: Plan, mali: MaliPlans) -> None:
    def offered(address: str) -> set[str]:
        field = desk.visit(address).context_data["adminform"].form.fields["sector"]
        return {field.offered[str(pk)].taxonomy.code for pk, _label in field.choices if pk}

    assert offered(f"{ADD}?plan={plan.pk}") == {"COMPENDIUM-2017", "MCOF-2012"}
    other = mali.crp_2025_2026.revisions.get().taxonomy.sectors.first()
    (told,) = problems(send_form(desk, plan, sector=other.pk))
    assert told == "sector: This sector is of a taxonomy that the plan does not use."


def test_what_came_in_between_judging_and_saving_is_told(
    desk: Desk, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Contribution.objects.count()
    refusal = ValidationError("Another contribution has the code.")
    monkeypatch.setattr(ContributionAdmin, "save_model", Mock(side_effect=refusal))
    answer = send_form(desk, plan)
    assert (answer.status_code, answer.url) == (302, ADD)
    assert answer.told == ["Nothing was saved. Another contribution has the code."]
    assert Contribution.objects.count() == before
