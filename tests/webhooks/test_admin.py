"""Webhooks in the admin: made, tested, given a new secret, disabled, sent again; by administrators only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crp.accounts.roles import Role
from crp.webhooks.models import Delivery, Endpoint, EndpointSecret, Event
from crp.webhooks.services import disable_endpoint
from crp.webhooks.signing import write_secret
from tests.admin import Desk, address, make_person, problems, read
from tests.factories import make_organization
from tests.webhooks.receiver import NOW, OK, Receiver, make_endpoint, receiving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]
Status = Delivery.Status


@pytest.fixture
def desk() -> Desk:
    return Desk(make_person(Role.ADMINISTRATOR))


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([receiver.origin])
        yield receiver


@pytest.fixture
def endpoint(receiver: Receiver) -> Endpoint:
    return make_endpoint(receiver.origin, description="Ledger")


def make_dead(endpoint: Endpoint, number: int) -> None:
    for index in range(number):
        event = Event.objects.create(
            type="contribution.recorded", key=str(index), subject=f"C-{index}", occurred_at=NOW, payload="{}",
            created_at=NOW,
        )  # fmt: skip
        Delivery.objects.create(endpoint=endpoint, event=event, status=Status.DEAD, attempts=10)


def filled_in(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return what the form of a new webhook sends. None: left out, as a box that is not ticked."""
    nobody = {"countries": None, "plans": None}
    data = desk.read(address(Endpoint, "add")) | nobody | {"url": "https://hooks.example.org/crp"} | changes
    return {name: value for name, value in data.items() if value is not None}


def add(desk: Desk, **changes: Any) -> Any:
    return desk.visit(address(Endpoint, "add"), filled_in(desk, **changes))


def page(endpoint: Endpoint, name: str) -> str:
    return reverse(f"admin:webhooks_endpoint_{name}", args=[endpoint.pk])


def test_made_with_a_secret_that_is_shown_once(desk: Desk) -> None:
    partner = make_organization()
    response = add(desk, partner=str(partner.pk), thresholds="100,50 , 100")
    endpoint = Endpoint.objects.get()
    assert (endpoint.owner, endpoint.partner, endpoint.thresholds) == (desk.user, partner, "50, 100")
    secret = response.context_data["secret"]
    assert secret == write_secret(endpoint.secrets.get())
    assert response["Cache-Control"].startswith("no-store")
    assert response["Referrer-Policy"] == "no-referrer"
    assert endpoint.told_since <= timezone.now()
    assert endpoint.history.first().history_user == desk.user
    for other in (address(endpoint), page(endpoint, "secret"), page(endpoint, "test"), address(Endpoint, "changelist")):
        assert secret not in desk.visit(other).rendered_content


def test_a_form_that_is_sent_twice_makes_one(desk: Desk) -> None:
    data = filled_in(desk)
    desk.visit(address(Endpoint, "add"), data)
    second = desk.visit(address(Endpoint, "add"), data)
    assert (second.status_code, second.url) == (302, address(Endpoint.objects.get()))
    assert EndpointSecret.objects.count() == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://hooks.example.org/"}, "url: Expected https://"),
    ({"url": "https://169.254.169.254/latest"}, "url: Expected a name"),
    ({"url": "https://user:pw@hooks.example.org/"}, "url: Leave out the user"),
    ({"url": "https://hooks.example.org/" + "a" * 10_000}, "url: Ensure this value has at most 500"),
    ({"thresholds": "0"}, "thresholds: Expected whole percentages"),
    ({"thresholds": "50,,100"}, "thresholds: Expected whole percentages"),
    ({"thresholds": "\N{ARABIC-INDIC DIGIT ONE}00"}, "thresholds: Expected whole percentages"),
    ({"thresholds": ",".join(str(number) for number in range(1, 12))}, "thresholds: Expected 10 percentages"),
    (
        {f"tells_{name}": None for name in ("revisions", "contributions", "changes", "deletions", "thresholds")},
        "__all__: Choose at least one thing",
    ),
    ({"owner": "999999"}, "owner: Select a valid choice"),
    ({"plans": ["999999"]}, "plans: Select a valid choice"),
]


def test_what_the_form_refuses(desk: Desk) -> None:
    data = filled_in(desk)
    for changes, problem in REFUSED:
        sent = {name: value for name, value in (data | changes).items() if value is not None}
        told = problems(desk.visit(address(Endpoint, "add"), sent))
        assert any(sentence.startswith(problem) for sentence in told), (changes, told)
    assert Endpoint.objects.count() == 0


def test_a_change_is_on_record_and_an_attempt_is_none(desk: Desk, endpoint: Endpoint, receiver: Receiver) -> None:
    data = desk.read(address(endpoint))
    desk.visit(page(endpoint, "test"), {})
    response = desk.visit(address(endpoint), data | {"description": "Finance"})
    assert (problems(response), response.status_code) == ([], 302)
    assert [entry.description for entry in endpoint.history.all()] == ["Finance", "Ledger"]


def test_the_test_button_shows_the_answer(desk: Desk, endpoint: Endpoint, receiver: Receiver) -> None:
    receiver.reply = lambda _request: (500, b"<script>alert(1)</script>", {})
    assert desk.visit(page(endpoint, "test"), {}).url == page(endpoint, "test")
    shown = desk.visit(page(endpoint, "test")).rendered_content
    assert "It did not arrive" in shown
    assert "answer 500" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    receiver.reply = lambda _request: OK
    desk.visit(page(endpoint, "test"), {})
    assert "It arrived" in desk.visit(page(endpoint, "test")).rendered_content
    assert receiver.types == ["ping", "ping"]


def test_to_look_sends_and_changes_nothing(desk: Desk, endpoint: Endpoint, receiver: Receiver) -> None:
    make_dead(endpoint, 1)
    before = [list(model.objects.values()) for model in (Endpoint, EndpointSecret, Delivery, Event)]
    for name in ("test", "secret", "switch", "send_again", "change"):
        assert desk.visit(page(endpoint, name)).status_code == 200
    assert before == [list(model.objects.values()) for model in (Endpoint, EndpointSecret, Delivery, Event)]
    assert receiver.requests == []


def test_a_new_secret_once_for_each_form(desk: Desk, endpoint: Endpoint) -> None:
    former = endpoint.secrets.get()
    response = desk.visit(page(endpoint, "secret"), {"of": str(former.pk)})
    current = endpoint.secrets.get(ends_at=None)
    assert response.context_data["secret"] == write_secret(current)
    assert "24 hours" in response.rendered_content
    for of in (str(former.pk), "", "x", "9" * 30):
        again = desk.visit(page(endpoint, "secret"), {"of": of})
        assert again.status_code == 302
    assert endpoint.secrets.get(ends_at=None) == current


def test_off_and_on(desk: Desk, endpoint: Endpoint) -> None:
    desk.visit(page(endpoint, "switch"), {"to": "off"})
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_because) == (False, "person")
    assert "Somebody disabled it" in desk.visit(address(endpoint)).rendered_content
    desk.visit(page(endpoint, "switch"), {"to": "on"})
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_because) == (True, "")
    assert endpoint.history.first().history_user == desk.user


def test_the_dead_are_sent_again_all_or_chosen(desk: Desk, endpoint: Endpoint) -> None:
    make_dead(endpoint, 3)
    assert "3 deliveries are dead." in desk.visit(page(endpoint, "send_again")).rendered_content
    disable_endpoint(endpoint=endpoint)
    assert "enable it first" in desk.visit(page(endpoint, "send_again"), {}).told[0]
    desk.visit(page(endpoint, "switch"), {"to": "on"})
    first = Delivery.objects.earliest("pk")
    chosen = {"action": "send_again", "_selected_action": [str(first.pk)]}
    assert desk.visit(address(Delivery, "changelist"), chosen).told == ["1 delivery is sent again."]
    assert desk.visit(page(endpoint, "send_again"), {}).told == ["2 deliveries are sent again."]
    assert Delivery.objects.filter(status=Status.PENDING).count() == 3


def test_the_list_of_deliveries_and_one(desk: Desk, endpoint: Endpoint) -> None:
    make_dead(endpoint, 2)
    shown = desk.visit(address(Delivery, "changelist") + "?status=dead").context_data["cl"]
    assert shown.result_count == 2
    assert desk.visit(address(Delivery, "changelist") + "?status=delivered").context_data["cl"].result_count == 0
    one = Delivery.objects.earliest("pk")
    text = desk.visit(address(one)).rendered_content
    assert one.event.webhook_id in text
    assert "Dead: not tried again" in text
    assert desk.visit(address(one, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("query", ["?status=%27%3B--", "?endpoint__id__exact=" + "9" * 30, "?o=99", "?p=-1", "?nope=1"])
def test_crafted_lists(query: str, client: Client, endpoint: Endpoint) -> None:
    client.force_login(make_person(Role.ADMINISTRATOR))
    response = client.get(address(Delivery, "changelist") + query, follow=True)
    assert response.status_code in {200, 400}


@pytest.mark.parametrize("name", ["test", "secret", "switch", "send-again"])
def test_one_that_is_not_there(name: str, client: Client) -> None:
    client.force_login(make_person(Role.ADMINISTRATOR))
    for object_id in ("999999", "x", "9" * 40, "%00", "..%2F"):
        response = client.get(f"/admin/webhooks/endpoint/{object_id}/{name}/")
        assert response.status_code in {302, 404}


def test_nobody_else_may(client: Client, endpoint: Endpoint, receiver: Receiver) -> None:
    """Somebody with every role but that of an administrator, everywhere."""
    make_dead(endpoint, 1)
    client.force_login(make_person(*(role for role in Role.values if role != Role.ADMINISTRATOR)))
    delivery = Delivery.objects.get()
    urls = [page(endpoint, name) for name in ("test", "secret", "switch", "send_again", "change", "delete")]
    urls += [
        address(Endpoint, "add"),
        address(Endpoint, "changelist"),
        address(Delivery, "changelist"),
        address(delivery),
    ]
    for url in urls:
        for response in (client.get(url), client.post(url, {"to": "off", "post": "yes", "of": "1"})):
            assert response.status_code == 403
            assert "comes with the role Administrator" in response.content.decode()
    assert receiver.requests == []
    assert Endpoint.objects.get().is_enabled
    assert EndpointSecret.objects.count() == 1


def test_the_number_of_queries_of_the_lists(desk: Desk, django_assert_max_num_queries: Any, endpoint: Endpoint) -> None:
    make_dead(endpoint, 2)

    def queries(model: Any) -> int:
        with django_assert_max_num_queries(60) as counted:
            desk.visit(address(model, "changelist")).render()
        return len(counted)

    few = [queries(model) for _times in range(2) for model in (Endpoint, Delivery)][2:]
    for number in range(8):
        made = make_endpoint(f"https://{number}.example.org/", partner=make_organization(), owner=desk.user)
        Event.objects.all().delete()
        make_dead(made, 8)
    assert [queries(model) for model in (Endpoint, Delivery)] == few


def test_one_that_is_deleted_takes_its_deliveries_along(desk: Desk, endpoint: Endpoint) -> None:
    make_dead(endpoint, 3)
    asked = desk.visit(page(endpoint, "delete"))
    assert "3" in asked.rendered_content
    assert desk.visit(page(endpoint, "delete"), {"post": "yes"}).status_code == 302
    assert Endpoint.objects.count() == Delivery.objects.count() == EndpointSecret.objects.count() == 0
    assert endpoint.history.first().history_type == "-"


def test_the_form_reads_as_it_was_saved(desk: Desk, endpoint: Endpoint) -> None:
    sent = read(desk.visit(address(endpoint)))
    assert (sent["url"], sent["thresholds"], sent["tells_changes"]) == (endpoint.url, "100", "on")
