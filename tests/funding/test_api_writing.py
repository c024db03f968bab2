"""A finance system records contributions, takes them a step on, and corrects them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from crp.accounts.keys import revoke
from crp.accounts.roles import Role
from crp.accounts.scopes import Scope
from funding.api import writing_examples as examples
from funding.models import Contribution, StatusChange
from plans.models import Country, Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import make_country, make_plan
from tests.funding.writing import BATCH, CONTRIBUTIONS, Finance, entry, get, officer_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(mali: MaliPlans) -> Finance:
    return Finance(officer_of(Country.objects.get(iso3="MLI"), username="awa", first_name="Awa", last_name="Keita"))


def figures(code: str = "MLI-CRP-2025-2026") -> dict[str, Any]:
    return Client().get(f"/api/v1/plans/{code}/").json()


# Recording


def test_a_commitment_in_euro_counts_in_dollars_at_its_rate(finance: Finance) -> None:
    assert figures()["received_usd"] is None, "not reported, which is not 0"
    response = finance.send(CONTRIBUTIONS, examples.COMMITMENT)
    body = told(response, 201)
    assert body["amount_usd"] == "289017.34"  # 250,000 / 0.865 = 289,017.341...
    assert body == examples.RECORDED | {"updated_at": body["updated_at"]}
    assert response["Location"] == "http://testserver/api/v1/contributions/MLI-CRP-2025-2026-C0001/"
    assert response["Cache-Control"] == "no-store"
    assert figures()["received_usd"] == "289017.34"
    assert figures()["gap_usd"] == str(Decimal(figures()["requested_usd"]) - Decimal("289017.34"))


def test_the_answer_is_what_everybody_reads_from_then_on(finance: Finance) -> None:
    response = finance.send(CONTRIBUTIONS, entry())
    body = told(response, 201)
    shown = get(body["code"])
    assert shown.json() == {name: value for name, value in body.items() if name != "warnings"}
    assert shown["ETag"] == response["ETag"]
    listed = Client().get(f"{CONTRIBUTIONS}?plan=MLI-CRP-2025-2026").json()["results"]
    assert shown.json() in listed


def test_a_first_step_has_its_own_day_and_note(finance: Finance) -> None:
    body = finance.record(since_on="2025-06-20", step_note="Signed", code="ERP-1", note="Seen by all")
    assert (body["code"], body["steps"], body["note"]) == ("ERP-1", ["commitment:2025-06-20"], "Seen by all")
    step = StatusChange.objects.get(contribution__code="ERP-1")
    assert (step.note, step.recorded_by, step.amount_usd) == ("Signed", finance.user, Decimal("1000.50"))


def test_money_outside_any_plan_says_so(finance: Finance) -> None:
    body = finance.record(plan=None, country="MLI")
    assert (body["code"], body["plan"], body["country"]) == ("MLI-C0001", None, "MLI")
    values = entry()
    del values["plan"]
    assert told(finance.send(CONTRIBUTIONS, values), 400)["errors"] == {
        "plan": ["Say which: the code of the plan, or null for money outside any plan."]
    }


@pytest.mark.usefixtures("history")
def test_the_history_names_the_person_and_the_key(finance: Finance) -> None:
    code = finance.record()["code"]
    finance.change(code, "*", status="paid", since_on="2025-07-01")
    finance.change(code, "*", grant_reference="GR-7")
    row = Contribution.objects.get(code=code)
    reason = f"API key ERP (crp_{finance.key.prefix}_…)"
    kept = list(row.history.order_by("history_id").values_list("history_type", "history_change_reason"))
    assert kept == [("+", reason), ("~", reason), ("~", reason)]
    assert {record.history_user for record in row.history.all()} == {finance.user}
    statuses = list(row.history.order_by("history_id").values_list("status", "grant_reference"))
    assert statuses == [("commitment", ""), ("paid", ""), ("paid", "GR-7")]
    assert {item.history_user for item in StatusChange.history.all()} == {finance.user}
    logged = LogEntry.objects.filter(object_id=str(row.pk)).order_by("pk")
    assert [item.get_change_message() for item in logged] == [
        reason,
        "Step: Paid, USD 1,000.50. ",
        "Changed grant reference.",
    ]


def test_what_may_repeat_another_is_told_and_does_not_count(finance: Finance) -> None:
    first = finance.record()
    second = finance.record()
    assert first["warnings"] == []
    assert second["warnings"] == [f"It may repeat {first['code']} and does not count until somebody decides."]
    assert (second["review"], second["duplicate_of"], second["counted_usd"]) == ("suspected", first["code"], None)
    assert figures()["received_usd"] == "1000.50"


def test_a_plan_that_is_not_published_is_recorded_and_not_shown(finance: Finance) -> None:
    plan = Plan.objects.create(code="MLI-NEW", kind="crp", title="New", start_year=2025, end_year=2025)
    plan.countries.set([Country.objects.get(iso3="MLI")])
    Revision.objects.create(plan=plan)
    response = finance.send(CONTRIBUTIONS, entry(plan="MLI-NEW"))
    body = told(response, 201)
    assert body["warnings"] == ["MLI-NEW is not published yet: readers see its money once it is."]
    assert get(body["code"]).status_code == 404
    assert finance.change(body["code"], response["ETag"], status="paid")["status"] == "paid"


# A step


def test_a_commitment_is_paid_and_comes_to_less(finance: Finance) -> None:
    code = finance.record()["code"]
    tag = get(code)["ETag"]
    body = finance.change(code, tag, status="paid", since_on="2025-07-01", amount_usd="990.00", step_note="Fees")
    assert (body["status"], body["amount_usd"], body["counted_usd"]) == ("paid", "990.00", "990.00")
    assert body["steps"] == ["commitment:2025-06-01", "paid:2025-07-01"]
    assert list(StatusChange.objects.filter(contribution__code=code).values_list("amount_usd", "note")) == [
        (Decimal("1000.50"), ""),
        (Decimal("990.00"), "Fees"),
    ]
    assert figures()["received_usd"] == "990.00"
    past = Client().get(f"{CONTRIBUTIONS}{code}/?as_of=2025-06-30").json()
    assert (past["status"], past["amount_usd"]) == ("commitment", "1000.50")


def test_a_step_and_a_correction_are_two_things(finance: Finance) -> None:
    code = finance.record()["code"]
    body = finance.change(code, "*", 400, status="paid", exchange_rate="0.9", note="x")
    assert body["errors"] == {
        name: ["A step is recorded alone: send this correction before it, or after it."]
        for name in ("exchange_rate", "note")
    }
    assert finance.change(code, "*", 400, since_on="2025-07-01")["errors"] == {
        "since_on": ["This belongs to a step: it needs status."]
    }


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"status": "pledge"}, "status", "which lies after “Pledge”"),
        ({"status": "commitment"}, "status", "is at “Commitment” already"),
        ({"status": "paid", "since_on": "2025-05-01"}, "since_on", "expected that day or a later one"),
        ({"status": "paid", "since_on": "2202-01-01"}, "since_on", "has not come yet"),
        ({"status": "paid", "amount_usd": "-5"}, "amount_usd", "contradict each other"),
        ({"status": "paid", "amount_usd": "0"}, "amount_usd", "gives nothing"),
        ({"status": "paid", "step_note": "x" * 301}, "step_note", "at most 300"),
        ({"status": None}, "status", "null can't stand here"),
    ],
)
def test_a_step_that_can_not_be_is_refused(finance: Finance, values: dict, field: str, words: str) -> None:
    code = finance.record()["code"]
    errors = finance.change(code, "*", 400, **values)["errors"]
    assert list(errors) == [field]
    assert words in errors[field][0]
    assert Contribution.objects.get(code=code).status == "commitment"


def test_a_step_is_taken_back_with_its_reason(finance: Finance) -> None:
    code = finance.record()["code"]
    finance.change(code, "*", status="paid", amount_usd="990")
    address = f"{CONTRIBUTIONS}{code}/take-back/"
    assert told(finance.send(address, {}, If_Match="*"), 400)["errors"]["reason"] == [
        "It is missing: it must be given."
    ]
    body = told(finance.send(address, {"reason": "Returned by the bank"}, If_Match=get(code)["ETag"]), 200)
    assert (body["status"], body["amount_usd"], body["steps"]) == ("commitment", "1000.50", ["commitment:2025-06-01"])
    assert "Returned by the bank" in LogEntry.objects.latest("pk").get_change_message()
    again = told(finance.send(address, {"reason": "Again"}, If_Match="*"), 409)
    assert again["code"] == "first_step"


# A correction


def test_a_correction_changes_what_it_names_and_no_more(finance: Finance) -> None:
    code = finance.record(note="Old", recipient="iom", sector="IOM-2025/WASH")["code"]
    before = get(code).json()
    body = finance.change(
        code, get(code)["ETag"], note=None, sector=None, is_shared_across_sectors=True, amount_usd="7"
    )
    changed = {name for name, value in before.items() if body[name] != value}
    assert changed == {
        "note", "sector", "is_shared_across_sectors", "amount_usd", "counted_usd", "updated_at",
    }  # fmt: skip
    assert (body["note"], body["recipient"], body["amount_usd"]) == (None, "iom", "7.00")
    assert StatusChange.objects.get(contribution__code=code).amount_usd == Decimal(7)
    assert figures()["received_usd"] == "7.00"


def test_a_converted_amount_follows_its_rate_until_one_is_given(finance: Finance) -> None:
    code = told(finance.send(CONTRIBUTIONS, examples.COMMITMENT), 201)["code"]
    body = finance.change(code, "*", exchange_rate="0.8")
    assert (body["amount_usd"], body["amount_basis"]) == ("312500.00", "converted")  # 250,000 / 0.8
    body = finance.change(code, "*", amount_usd="300000")
    assert (body["amount_usd"], body["amount_basis"]) == ("300000.00", "given")
    assert "more than 0.5 % away" in body["warnings"][0]
    body = finance.change(code, "*", amount_usd=None, exchange_rate=1)
    assert (body["amount_usd"], body["amount_basis"]) == ("250000.00", "converted")


@pytest.mark.usefixtures("history")
def test_what_is_on_record_already_is_not_written_again(finance: Finance) -> None:
    code = finance.record()["code"]
    before = get(code)
    body = finance.change(code, before["ETag"], amount_usd="1000.50", donor=None, is_in_kind=False)
    assert body["updated_at"] == before.json()["updated_at"]
    assert get(code)["ETag"] == before["ETag"]
    assert Contribution.history.filter(code=code).count() == 1


def test_a_code_is_permanent_and_no_change_is_none(finance: Finance) -> None:
    code = finance.record()["code"]
    assert finance.change(code, "*", 400, code="X")["errors"] == {"code": ["A code is permanent: leave it out."]}
    assert list(finance.change(code, "*", 400)["errors"]) == ["body"]


def test_one_that_is_merged_is_left_alone(finance: Finance) -> None:
    first, second = (finance.record()["code"] for _time in range(2))
    Contribution.objects.filter(code=second).update(review="merged")
    body = finance.change(second, "*", 409, note="x")
    assert (body["code"], body["detail"]) == (
        "merged",
        f"{second} is merged with {first}: change that one, or undo the merge first.",
    )


# Of which state


def test_without_a_state_nothing_is_changed(finance: Finance) -> None:
    code = finance.record()["code"]
    body = told(finance.send(f"{CONTRIBUTIONS}{code}/", {"note": "x"}, "patch"), 428)
    assert body["code"] == "precondition_required"
    assert told(finance.send(f"{CONTRIBUTIONS}{code}/take-back/", {"reason": "x"}), 428)
    assert Contribution.objects.get(code=code).note == ""


def test_what_another_has_changed_is_not_changed_over(finance: Finance) -> None:
    code = finance.record()["code"]
    old = get(code)["ETag"]
    theirs = finance.change(code, old, note="Theirs")
    body = finance.change(code, old, 412, note="Mine")
    assert body["code"] == "precondition_failed"
    assert theirs["updated_at"] in body["detail"]
    assert get(code).json()["note"] == "Theirs"


def test_the_tag_stays_while_others_change(finance: Finance) -> None:
    first, second = (finance.record(amount_usd=amount)["code"] for amount in ("1", "2"))
    tag = get(first)["ETag"]
    finance.change(second, "*", note="x")
    assert get(first)["ETag"] == tag
    assert Client().get(f"{CONTRIBUTIONS}{first}/", headers={"If-None-Match": tag}).status_code == 304
    finance.change(first, tag, note="y")
    assert Client().get(f"{CONTRIBUTIONS}{first}/", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"{time}"', "{gzip}", "*"])
def test_a_state_is_named_in_several_ways(finance: Finance, form: str) -> None:
    code = finance.record()["code"]
    shown = get(code)
    tag, time = shown["ETag"], shown.json()["updated_at"]
    given = form.format(tag=tag, time=time, gzip=f'{tag[:-1]}-gzip"')
    assert finance.change(code, given, note="x")["note"] == "x"


@pytest.mark.parametrize("given", ["abc", '"a', "W/abc", '"a" "b"', '"x",' * 30 + '"y"', '"a\x01"'])
def test_a_state_that_can_not_be_read_is_refused(finance: Finance, given: str) -> None:
    code = finance.record()["code"]
    assert list(finance.change(code, given, 400, note="x")["errors"]) == ["If-Match"]


# Who


def test_no_key_is_401_and_another_scope_403(mali: MaliPlans, finance: Finance) -> None:
    reader = Finance(finance.user, scopes=())
    for address, method in ((CONTRIBUTIONS, "post"), (BATCH, "post"), (f"{CONTRIBUTIONS}MLI-2017-0001/", "patch")):
        response = getattr(Client(), method)(address, entry(), content_type="application/json")
        assert told(response, 401)["code"] == "key_required"
        assert response["WWW-Authenticate"] == 'Bearer realm="CRP"'
        assert told(reader.send(address, entry(), method), 403)["code"] == "insufficient_scope"
    assert Contribution.objects.count() == 1


def test_a_session_of_the_admin_opens_nothing(mali: MaliPlans, finance: Finance) -> None:
    client = Client()
    client.force_login(finance.user)
    assert client.post(CONTRIBUTIONS, entry(), content_type="application/json").status_code == 401


def test_a_key_that_is_revoked_writes_nothing(finance: Finance) -> None:
    revoke(key=finance.key, by=None, reason="Lost")
    assert told(finance.send(CONTRIBUTIONS, entry()), 401)["code"] == "invalid_key"


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.FUNDING_OFFICER, 201),
        (Role.ADMINISTRATOR, 201),
        (Role.OFFICER, 403),
        (Role.REVIEWER, 403),
        (Role.VIEWER, 403),
    ],
)
def test_the_role_of_the_user_decides(mali: MaliPlans, role: str, status: int) -> None:
    country = None if role == Role.ADMINISTRATOR else Country.objects.get(iso3="MLI")
    body = Finance(officer_of(country, role)).record(status)
    if status == 403:
        assert body["code"] == "permission_denied"
        assert "has not got the right “Can add contribution” for Mali" in body["detail"]


def test_a_foreign_country_is_403_and_says_which_right_is_missing(finance: Finance) -> None:
    abroad = make_plan(contributions=1, countries=[make_country(name="Elsewhere")], start_year=2025)
    code = abroad.contributions.get().code
    for body in (
        finance.record(403, plan=abroad.code),
        finance.change(code, "*", 403, note="x"),
        finance.change(finance.record()["code"], "*", 403, plan=abroad.code),
    ):
        assert "contribution” for Elsewhere: ask who gave it to you." in body["detail"]
    assert Contribution.objects.get(code=code).note == ""


def test_a_key_narrows_what_its_user_may(mali: MaliPlans) -> None:
    elsewhere = make_country()
    abroad = make_plan(contributions=0, countries=[elsewhere], start_year=2025)
    user = officer_of()
    assert Finance(user).record(plan=abroad.code)["plan"] == abroad.code
    narrow = Finance(user, countries=[Country.objects.get(iso3="MLI")])
    narrow.record(403, plan=abroad.code)
    narrow.record(403, plan=None)
    assert narrow.record()["plan"] == "MLI-CRP-2025-2026"


def test_a_draft_of_another_country_is_not_there(finance: Finance) -> None:
    plan = Plan.objects.create(code="SECRET-1", kind="crp", title="New", start_year=2025, end_year=2025)
    plan.countries.set([make_country()])
    money = Contribution.objects.create(
        code="S-1", plan=plan, status="paid", amount_usd=5, decision_on=date(2025, 1, 1)
    )
    assert finance.record(400, plan="SECRET-1")["errors"] == {"plan": ["No plan has the code “SECRET-1”."]}
    assert finance.change(money.code, "*", 404, note="x")["code"] == "not_found"
    assert finance.record(400, parent="S-1")["errors"] == {"parent": ["No contribution has the code “S-1”."]}


@pytest.mark.parametrize("method", ["put", "delete"])
def test_nothing_is_deleted_or_put(finance: Finance, method: str) -> None:
    code = finance.record()["code"]
    response = finance.send(f"{CONTRIBUTIONS}{code}/", entry(), method, If_Match="*")
    assert told(response, 405)["code"] == "method_not_allowed"
    assert Contribution.objects.filter(code=code).exists()


def test_reading_with_a_key_is_reading(finance: Finance) -> None:
    response = Client().get(CONTRIBUTIONS, headers={"Authorization": f"Bearer {finance.token}"})
    assert response.status_code == 200
    told(Client().options(CONTRIBUTIONS, headers={"Authorization": f"Bearer {finance.token}"}), 200)
    assert Scope.CONTRIBUTIONS_WRITE in finance.key.scope_names
