"""What the documentation and the API's description say of webhooks, held against what is sent."""

from __future__ import annotations

import json
import random
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

from crp.webhooks.finding import find_events
from crp.webhooks.models import Event, EventType
from crp.webhooks.schema import DATA, EXAMPLES, HEADERS, payload_schema
from crp.webhooks.sending import Answer
from crp.webhooks.services import send_ping
from crp.webhooks.signing import sign
from funding.models import Contribution
from funding.services import change_status, record_contribution, remove_contribution
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_organization, make_plan
from tests.funding.revised import revise_mali
from tests.shared import PROJECT
from tests.webhooks.receiver import NOW, make_endpoint

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TEXT = (PROJECT / "docs" / "webhooks.md").read_text()


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    """Return what the receiver of the documentation defines, run as it stands there."""
    names: dict[str, Any] = {}
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    exec(compile(code, "docs/webhooks.md", "exec"), names)  # noqa: S102 (our own documentation)
    return names


def message(number: int, version: int, amount: str | None, *, age: int = 0, secret: str = SECRET) -> tuple[Any, bytes]:
    """Return the headers and the body of a message, signed as CRP signs."""
    kind = "contribution.deleted" if amount is None else "contribution.changed"
    after = None if amount is None else {"counted_usd": amount}
    body = json.dumps({"type": kind, "data": {"code": "C-1", "version": version, "after": after}})
    return sign([secret], f"msg_{number}", NOW - timedelta(seconds=age), body), body.encode()


def test_the_receiver_refuses_what_is_not_ours(documented: dict[str, Any]) -> None:
    receiver, refused = documented["Receiver"](SECRET), documented["RefusedError"]
    headers, body = message(1, 1, "5.00")
    now = NOW.timestamp()
    wrong: list[tuple[dict[str, str], bytes, float]] = [
        (headers, body + b" ", now),
        (headers, body.replace(b"5.00", b"9.00"), now),
        (headers | {"webhook-id": "msg_2"}, body, now),
        (headers | {"webhook-timestamp": str(int(now) + 1)}, body, now),
        (headers | {"webhook-timestamp": "soon"}, body, now),
        (headers | {"webhook-signature": ""}, body, now),
        (headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, body, now),
        (headers | {"webhook-signature": "v1,\N{LATIN SMALL LETTER E WITH ACUTE}"}, body, now),
        (headers, body, now + 301),
        (headers, body, now - 301),
        (*message(1, 1, "5.00", secret="whsec_" + "A" * 32), now),
    ]
    for each in wrong:
        with pytest.raises(refused):
            receiver.receive(*each)
    assert receiver.contributions == {}
    assert receiver.receive(headers, body, now + 299)


def test_a_second_signature_is_enough(documented: dict[str, Any]) -> None:
    """While a secret is replaced, the receiver has one of the two."""
    body = '{"type":"ping","data":{}}'
    both = sign(["whsec_" + "A" * 32, SECRET], "msg_1", NOW, body)
    assert documented["Receiver"](SECRET).receive(both, body.encode(), NOW.timestamp())


def test_replayed_and_reordered_messages_end_in_the_right_state(documented: dict[str, Any]) -> None:
    """Every order of four changes, with repetitions, ends as the last of them says."""
    history = [message(1, 1, "5.00"), message(2, 4, "7.00"), message(3, 9, "8.00"), message(4, 12, None)]
    for length, last in ((3, {"counted_usd": "8.00"}), (4, None)):
        for seed in range(30):
            coming = random.Random(seed).choices(history[:length], k=6) + history[:length]
            random.Random(seed).shuffle(coming)
            receiver = documented["Receiver"](SECRET)
            news = [receiver.receive(*each, NOW.timestamp()) for each in coming]
            assert receiver.contributions == {"C-1": last}
            assert sum(news) == length


@pytest.mark.django_db
@pytest.mark.usefixtures("history")
def test_the_receiver_holds_what_the_ledger_holds(documented: dict[str, Any]) -> None:
    """What is found of many changes, shuffled and repeated, is applied; then both sides hold the same."""
    make_endpoint()
    plan = make_plan(requested_usd="1000000.00", contributions=0, sectors=0, projects=0, objectives=0)
    made = []
    for number in range(6):
        contribution = Contribution(
            plan=plan, donor=make_organization(), status="pledge", amount_usd=Decimal(1000 + number)
        )
        made.append(record_contribution(contribution=contribution).contribution)
    for contribution in made[1:5]:
        change_status(contribution=contribution, status="commitment")
    for contribution in made[3:5]:
        change_status(contribution=contribution, status="paid", amount_usd=Decimal(900))
    remove_contribution(contribution=Contribution.objects.get(pk=made[4].pk))
    find_events(NOW)
    events = list(Event.objects.all()) * 2
    random.Random(7).shuffle(events)
    receiver = documented["Receiver"](SECRET)
    for event in events:
        headers = sign([SECRET], event.webhook_id, NOW, event.payload)
        receiver.receive(headers, event.payload.encode(), NOW.timestamp())
    held = {code: state and state["counted_usd"] for code, state in receiver.contributions.items()}
    ledger = {row.code: row.counted_usd and f"{row.counted_usd:.2f}" for row in Contribution.objects.filter(plan=plan)}
    assert held == ledger | {made[4].code: None}
    assert receiver.contributions[made[4].code] is None
    assert sorted(filter(None, ledger.values())) == ["1001.00", "1002.00", "900.00"]


@pytest.mark.django_db
@pytest.mark.usefixtures("history")
def test_what_is_sent_is_as_described(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = make_endpoint(thresholds="50")
    plan = make_plan(requested_usd="1000.00", contributions=0, sectors=0, projects=0, objectives=0)
    empty = make_plan(requested_usd=None, contributions=0, sectors=0, projects=0, objectives=0)
    find_events(NOW)
    revise_mali(mali.crp_2025_2026)
    for target in (plan, empty):
        contribution = make_contribution(plan=target, amount_usd="600.00")
        contribution.amount_usd = Decimal(700)
        contribution.save()
        find_events(NOW)
        contribution.delete()
    Contribution.objects.create(code="OUT", plan=None, status="paid", amount_usd=Decimal(5))
    find_events(NOW)
    monkeypatch.setattr("crp.webhooks.services.post", lambda *_arguments: Answer(code=200))
    send_ping(endpoint=endpoint, at=NOW)
    payloads = [json.loads(text) for text in Event.objects.values_list("payload", flat=True)]
    assert {payload["type"] for payload in payloads} == set(EventType.values)
    for payload in payloads:
        check(payload)


def check(payload: Any) -> None:
    schema = payload_schema(payload["type"])
    Draft202012Validator.check_schema(schema)
    problems = [
        problem.message for problem in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(payload)
    ]
    assert problems == []
    assert set(payload["data"]) == set(schema["properties"]["data"]["properties"]), "nothing that is not described"


@pytest.mark.once
@pytest.mark.parametrize("event_type", DATA)
def test_examples_are_as_described(event_type: str) -> None:
    check({"type": event_type, "timestamp": "2026-03-01T12:00:00.000Z", "data": EXAMPLES[event_type]})


@pytest.mark.once
def test_the_example_of_the_documentation() -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert json.loads(text)["data"] == EXAMPLES["plan.threshold_crossed"]
    check(json.loads(text))


@pytest.mark.once
def test_the_description_of_the_api_has_every_type() -> None:
    described = SchemaGenerator().get_schema(request=None, public=True)["webhooks"]
    assert set(described) == set(EventType.values) == set(DATA)
    assert all(f"`{event_type}`" in TEXT for event_type in DATA)
    for path in described.values():
        operation = path["post"]
        assert [parameter["name"] for parameter in operation["parameters"]] == [name for name, *_rest in HEADERS]
        assert operation["summary"]
