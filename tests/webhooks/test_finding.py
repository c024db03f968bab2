"""What is told of, with hand-worked figures: each thing once, nothing that did not happen, and no draft."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from zeal import zeal_context

from crp.webhooks import finding
from crp.webhooks.finding import LONGEST_TRANSACTION, find_events
from crp.webhooks.models import Delivery, Event, Mark, PlanState, Seen, Source
from crp.webhooks.services import disable_endpoint, enable_endpoint
from funding.models import Contribution
from funding.services import change_status, record_contribution, remove_contribution
from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import (
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
    make_taxonomy,
    publish,
)
from tests.funding.revised import PUBLISHED_AT, draft_secretly, revise_mali
from tests.webhooks.receiver import NOW, make_endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]
LATER = NOW + timedelta(minutes=5)


def found(at: datetime = LATER) -> list[dict[str, Any]]:
    """Return what one more run finds."""
    known = set(Event.objects.values_list("pk", flat=True))
    find_events(at)
    return [json.loads(event.payload) for event in Event.objects.exclude(pk__in=known)]


def make_open_plan(requested_usd: str = "1000000.00", **fields: Any) -> Plan:
    """Return a published plan without contributions, which reports its funding."""
    return make_plan(requested_usd=requested_usd, contributions=0, sectors=0, projects=0, objectives=0, **fields)


def make_hidden_plan() -> Plan:
    """Return a plan of which nothing is published yet."""
    plan = Plan.objects.create(code="TEST-HIDDEN", kind=Plan.Kind.CRP, title="Hidden", start_year=2024, end_year=2024)
    Revision.objects.create(plan=plan, taxonomy=make_taxonomy(), document_on=date(2024, 1, 10))
    return plan


def test_a_revision_with_its_figures(mali: MaliPlans, settings: Any) -> None:
    """Worked by hand: 6,700,000 for shelter after 6,200,000, so 32,853,500 after 32,353,500."""
    settings.SITE_ADDRESS = "https://crp.example.org"
    make_endpoint()
    revise_mali(mali.crp_2025_2026)
    (event,) = found()
    start = "https://crp.example.org/api/v1/plans/MLI-CRP-2025-2026"
    people = {
        name: getattr(mali.crp_2025_2026.revisions.first(), name) for name in ("people_in_need", "people_targeted")
    }
    assert event == {
        "type": "revision.published",
        "timestamp": PUBLISHED_AT.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "code": "MLI-CRP-2025-2026",
            "address": f"{start}/",
            "version": 2,
            "revision_address": f"{start}/revisions/2/",
            "diff_address": f"{start}/diff/?from=1&to=2",
            "before": {"revision": 1, "requested_usd": "32353500.00", **people},
            "after": {"revision": 2, "requested_usd": "32853500.00", **people},
            "as_of": PUBLISHED_AT.date().isoformat(),
        },
    }
    assert found() == []


def test_the_first_revision_has_none_before() -> None:
    make_endpoint()
    plan = make_open_plan("5000.00")
    (event,) = found()
    assert event["type"] == "revision.published"
    assert event["data"]["before"] is None
    assert event["data"]["diff_address"] is None
    assert (event["data"]["code"], event["data"]["after"]["requested_usd"]) == (plan.code, "5000.00")


def test_drafts_are_never_told(mali: MaliPlans) -> None:
    make_endpoint()
    draft_secretly(mali.crp_2025_2026)
    hidden = make_hidden_plan()
    make_contribution(plan=hidden, amount_usd="5.00")
    assert found() == []
    publish(hidden.revisions.get())
    assert [event["type"] for event in found()] == ["revision.published"]


def test_what_is_rolled_back_is_not_told(mali: MaliPlans) -> None:
    make_endpoint()
    with transaction.atomic():
        revise_mali(mali.crp_2025_2026)
        make_contribution(plan=mali.crp_2025_2026)
        transaction.set_rollback(True)
    assert found() == []
    make_contribution(plan=mali.crp_2025_2026)
    assert [event["type"] for event in found()] == ["contribution.recorded"]


def test_a_contribution_from_pledge_to_payment_and_gone() -> None:
    """Each step with its amounts as they were before it and after."""
    make_endpoint(tells_thresholds=False)
    plan = make_open_plan(countries=[make_country(iso3="QAA")])
    found()
    contribution = Contribution(
        plan=plan, donor=make_organization(), status="pledge", amount_usd=Decimal(1200), decision_on=date(2024, 3, 1)
    )
    record_contribution(contribution=contribution)
    change_status(contribution=contribution, status="paid", amount_usd=Decimal(1000))
    contribution.refresh_from_db()
    remove_contribution(contribution=contribution)
    recorded, changed, deleted = found()
    pledge = {
        "status": "pledge", "flow": "incoming", "review": "clear",
        "amount_usd": "1200.00", "counted_usd": None, "pledged_usd": "1200.00",
    }  # fmt: skip
    paid = pledge | {"status": "paid", "amount_usd": "1000.00", "counted_usd": "1000.00", "pledged_usd": None}
    assert [event["type"] for event in (recorded, changed, deleted)] == [
        "contribution.recorded",
        "contribution.changed",
        "contribution.deleted",
    ]
    states = [(event["data"]["before"], event["data"]["after"]) for event in (recorded, changed, deleted)]
    assert states == [(None, pledge), (pledge, paid), (paid, None)]
    versions = [event["data"]["version"] for event in (recorded, changed, deleted)]
    assert versions == sorted(set(versions))
    assert {event["data"]["code"] for event in (recorded, changed, deleted)} == {contribution.code}
    assert recorded["data"]["plan"] == plan.code
    assert recorded["data"]["address"].endswith(f"/api/v1/contributions/{contribution.code}/")


def test_nothing_that_readers_see_changed() -> None:
    make_endpoint()
    contribution = make_contribution(plan=make_open_plan())
    found()
    contribution.save()
    assert found() == []


def test_moved_to_a_plan_that_is_not_published_is_gone_for_readers() -> None:
    make_endpoint(tells_thresholds=False)
    plan, hidden = make_open_plan(), make_hidden_plan()
    contribution = make_contribution(plan=plan, amount_usd="70.00")
    found()
    contribution.plan = hidden
    contribution.save()
    (gone,) = found()
    assert gone["type"] == "contribution.deleted"
    assert (gone["data"]["plan"], gone["data"]["before"]["amount_usd"], gone["data"]["after"]) == (
        plan.code,
        "70.00",
        None,
    )
    contribution.plan = plan
    contribution.save()
    (back,) = found()
    assert (back["type"], back["data"]["before"]) == ("contribution.recorded", None)


def test_of_before_the_history_the_state_is_unknown(settings: Any) -> None:
    settings.SIMPLE_HISTORY_ENABLED = False
    contribution = make_contribution(plan=make_open_plan(), amount_usd="70.00")
    settings.SIMPLE_HISTORY_ENABLED = True
    make_endpoint()
    contribution.amount_usd = Decimal(80)
    contribution.save()
    changed = next(event for event in found() if event["type"] == "contribution.changed")
    assert (changed["data"]["before"], changed["data"]["after"]["amount_usd"]) == (None, "80.00")


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["499999.99"], []),
        (["500000.00"], [(50, "up", False)]),
        (["499999.99", "500000.01"], [(50, "up", True), (100, "up", True)]),
        # 99.999 % is shown as 100.00 and has a gap of 10 dollars.
        (["999990.00"], [(50, "up", False)]),
        (["1000000.00", "-0.01"], [(50, "up", True), (100, "up", True), (100, "down", False)]),
        (
            ["2000000.00", "-1600000.00"],
            [(50, "up", True), (100, "up", True), (50, "down", False), (100, "down", False)],
        ),
    ],
)
def test_percentages_passed_up_and_down(amounts: list[str], expected: list[tuple[int, str, bool]]) -> None:
    plan = make_open_plan("1000000.00")
    make_endpoint(thresholds="50, 100", tells_contributions=False)
    passed = []
    for amount in amounts:
        make_contribution(plan=plan, amount_usd=amount)
        passed += [event["data"] for event in found()]
    assert [(data["threshold_percent"], data["direction"], data["gap_closed"]) for data in passed] == expected


def test_the_figures_of_a_gap_that_closes() -> None:
    """Worked by hand: 250,000 of 1,000,000 is 25 %; with 800,000 more it is 105 %, and 50,000 above."""
    plan = make_open_plan("1000000.00")
    make_contribution(plan=plan, amount_usd="250000.00")
    make_endpoint(tells_contributions=False)
    make_contribution(plan=plan, amount_usd="800000.00")
    (event,) = found()
    assert event["data"] == {
        "code": plan.code,
        "address": f"http://localhost:8000/api/v1/plans/{plan.code}/",
        "version": 2,
        "threshold_percent": 100,
        "direction": "up",
        "gap_closed": True,
        "before": {
            "requested_usd": "1000000.00", "received_usd": "250000.00", "gap_usd": "750000.00",
            "over_funded_usd": "0.00", "percent_funded": 25.0,
        },
        "after": {
            "requested_usd": "1000000.00", "received_usd": "1050000.00", "gap_usd": "0.00",
            "over_funded_usd": "50000.00", "percent_funded": 105.0,
        },
        "as_of": "2026-03-01",
    }  # fmt: skip
    assert found() == []


def test_a_larger_requirement_opens_the_gap_again() -> None:
    plan = make_open_plan("1000.00")
    make_contribution(plan=plan, amount_usd="1000.00")
    make_endpoint()
    plan.revisions.update(requested_usd=Decimal(2000))
    (event,) = found()
    assert (event["data"]["direction"], event["data"]["after"]["percent_funded"]) == ("down", 50.0)


def test_unknown_is_never_0() -> None:
    """Of a plan that does not report nothing is told, until it does, and then only upwards."""
    plan = make_open_plan("1000.00", reports_funding=False)
    other = make_open_plan("1000.00", reports_funding=False)
    make_endpoint(thresholds="50", tells_contributions=False, tells_deletions=False)
    make_contribution(plan=other, amount_usd="100.00")
    assert found() == []
    make_contribution(plan=plan, amount_usd="600.00")
    (event,) = found()
    assert event["data"]["before"]["received_usd"] is None
    assert event["data"]["before"]["percent_funded"] is None
    assert (event["data"]["direction"], event["data"]["after"]["percent_funded"]) == ("up", 60.0)
    Contribution.objects.filter(plan=plan).delete()
    assert found() == []
    make_contribution(plan=plan, amount_usd="700.00")
    assert found() == []


def test_an_official_total_moves_a_plan_too() -> None:
    plan = make_open_plan("10000.00")
    make_endpoint(thresholds="50")
    make_reported_funding(plan=plan, amount_usd="5000.00")
    (event,) = found()
    assert (event["type"], event["data"]["after"]["received_usd"]) == ("plan.threshold_crossed", "5000.00")


def test_a_plan_that_is_new_passes_nothing() -> None:
    make_endpoint()
    make_contribution(plan=make_open_plan("1000.00"), amount_usd="1000.00")
    assert sorted(event["type"] for event in found()) == ["contribution.recorded", "revision.published"]


def test_each_endpoint_is_told_of_what_it_chose() -> None:
    mali, niger = make_country(iso3="QAB"), make_country(iso3="QAC")
    of_mali, of_niger = make_open_plan("1000.00", countries=[mali]), make_open_plan("1000.00", countries=[niger])
    both = make_open_plan("1000.00", countries=[mali, niger])
    everything = make_endpoint("https://a.example.org/", thresholds="25, 50")
    country = make_endpoint("https://b.example.org/", thresholds="50")
    country.countries.add(mali)
    plan = make_endpoint("https://c.example.org/", tells_contributions=False)
    plan.plans.add(of_niger)
    silent = make_endpoint("https://d.example.org/", tells_contributions=False, tells_thresholds=False)
    for chosen in (of_mali, of_niger, both):
        make_contribution(plan=chosen, amount_usd="500.00")
    outside = {"plan": None, "status": "paid", "amount_usd": Decimal(5)}
    Contribution.objects.create(code="OUT-MALI", country=mali, **outside)
    Contribution.objects.create(code="OUT-NOWHERE", **outside)
    find_events(LATER)

    def told(endpoint: Any) -> list[tuple[str, str]]:
        rows = endpoint.deliveries.order_by("event_id").values_list("event__type", "event__subject")
        return sorted((kind.partition(".")[0], subject) for kind, subject in rows if "C-" not in subject)

    codes = sorted([of_mali.code, of_niger.code, both.code])
    assert told(everything) == [
        ("contribution", "OUT-MALI"), ("contribution", "OUT-NOWHERE"),
        *[("plan", code) for code in codes for _threshold in (25, 50)],
    ]  # fmt: skip
    assert everything.deliveries.count() == 5 + 6
    assert told(country) == [
        ("contribution", "OUT-MALI"),
        *[("plan", code) for code in sorted([of_mali.code, both.code])],
    ]
    assert country.deliveries.count() == 3 + 2
    assert told(plan) == []  # 50 % is none of its percentages
    assert told(silent) == []
    # One event of each thing, however many are told.
    assert Event.objects.count() == 5 + 6


def test_nobody_is_told_of_what_was_before_it_or_while_it_was_disabled() -> None:
    plan = make_open_plan()
    make_contribution(plan=plan)
    endpoint = make_endpoint()
    assert found() == []
    disable_endpoint(endpoint=endpoint)
    make_contribution(plan=plan)
    assert found() == []
    enable_endpoint(endpoint=endpoint, at=LATER)
    assert found() == []
    make_contribution(plan=plan)
    assert len(found()) == 1
    # Another one that is enabled goes on being told meanwhile.
    make_contribution(plan=plan)
    other = make_endpoint("https://other.example.org/")
    assert (endpoint.deliveries.count(), other.deliveries.count()) == (2, 0)


def test_what_a_long_transaction_shows_late_is_found() -> None:
    """A row with an older number than those that were looked at: on PostgreSQL numbers are given before the commit."""
    make_endpoint()
    history: Any = Contribution.history
    late = make_contribution(plan=make_open_plan())
    hidden = history.get(id=late.pk)
    history.filter(pk=hidden.pk).delete()
    make_contribution(plan=make_open_plan())
    assert len(found()) == 3
    hidden.save(force_insert=True)
    (event,) = found(LATER + LONGEST_TRANSACTION / 2)
    assert event["data"]["code"] == late.code
    assert found(LATER + LONGEST_TRANSACTION / 2) == []


def test_notes_are_dropped_after_a_day_and_nothing_is_told_twice() -> None:
    make_endpoint()
    plan = make_open_plan()
    newest = [make_contribution(plan=plan) for _ in range(3)][-1]
    assert len(found()) == 4
    days = LATER + LONGEST_TRANSACTION + timedelta(hours=1)
    assert found(days) == []
    assert not Seen.objects.filter(source=Source.CONTRIBUTION).exists()
    history: Any = Contribution.history
    assert Mark.objects.get(pk=Source.CONTRIBUTION).up_to == history.get(id=newest.pk).history_id
    assert found(days) == []


def test_many_are_found_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "BATCH", 7)
    make_endpoint(tells_revisions=False, tells_thresholds=False)
    plan = make_open_plan()
    first = make_contribution(plan=plan)
    history: Any = Contribution.history
    row = history.get(id=first.pk)
    rows = []
    for number in range(24):
        row.pk, row.amount_usd, row.history_type = None, Decimal(number + 2_000), "~"
        rows.append(type(row)(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}))
    history.bulk_create(rows)
    assert len(found()) == 25
    amounts = [
        json.loads(text)["data"]["after"]["amount_usd"] for text in Event.objects.values_list("payload", flat=True)
    ]
    assert amounts[-1] == "2023.00"


def test_personal_data_and_notes_are_in_no_payload() -> None:
    make_endpoint()
    plan = make_open_plan()
    make_contribution(plan=plan, note="Call Awa Traore, +223 76 00 00 00", grant_reference="G-1")
    find_events(LATER)
    assert "Traore" not in "".join(Event.objects.values_list("payload", flat=True))
    assert max(len(text) for text in Event.objects.values_list("payload", flat=True)) < 1_000


def test_queries_do_not_grow_with_what_happened(django_assert_max_num_queries: Any) -> None:
    make_endpoint(thresholds="1")
    for _ in range(12):
        make_contribution(plan=make_open_plan("1000.00"), amount_usd="100.00")
    with django_assert_max_num_queries(40), zeal_context():
        find_events(LATER)
    assert Delivery.objects.count() == Event.objects.count() == 24
    assert PlanState.objects.count() >= 12
