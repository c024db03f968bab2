"""``Idempotency-Key``: what was asked for twice is done once, and answered twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from funding.api import writing, writing_once
from funding.models import Contribution, IdempotentAnswer, StatusChange
from funding.services import recording_many
from plans.models import Country, Plan
from tests.conftest import MaliPlans
from tests.factories import make_plan
from tests.funding.writing import BATCH, CONTRIBUTIONS, Finance, entry, get, officer_of, told

WAIT = 20  # seconds: far more than a request needs


@pytest.fixture
def finance(mali: MaliPlans) -> Finance:
    return Finance(officer_of(Country.objects.get(iso3="MLI")))


def recorded() -> int:
    return Contribution.objects.exclude(code="MLI-2017-0001").count()


@pytest.mark.django_db
class TestAnswer:
    """One request after the other."""

    def test_the_same_request_gets_the_same_answer(self, finance: Finance) -> None:
        first, again = (finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k") for _time in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert "Idempotency-Replayed" not in first.headers
        assert again["Idempotency-Replayed"] == "true"
        for name in ("Location", "ETag", "Content-Type", "Cache-Control"):
            assert again[name] == first[name]
        assert (recorded(), StatusChange.objects.count()) == (1, 1)

    def test_the_answer_stays_that_of_then(self, finance: Finance) -> None:
        body = told(finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k"), 201)
        finance.change(body["code"], "*", status="paid")
        assert told(finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k"), 201)["status"] == "commitment"
        assert get(body["code"]).json()["status"] == "paid"

    def test_a_batch_is_recorded_once(self, finance: Finance) -> None:
        rows = [entry(amount_usd="1"), entry(amount_usd="2")]
        assert finance.batch(rows) == finance.batch(rows)
        assert recorded() == 2

    def test_a_change_that_comes_again_is_answered_although_the_state_is_another(self, finance: Finance) -> None:
        code = finance.record()["code"]
        address, tag = f"{CONTRIBUTIONS}{code}/", get(code)["ETag"]
        for _time in range(2):
            response = finance.send(address, {"status": "paid"}, "patch", If_Match=tag, Idempotency_Key="k")
            assert told(response, 200)["status"] == "paid"
        assert told(finance.send(address, {"status": "paid"}, "patch", If_Match=tag), 412)
        for _time in range(2):
            response = finance.send(f"{address}take-back/", {"reason": "x"}, If_Match="*", Idempotency_Key="t")
            assert told(response, 200)["status"] == "commitment"

    def test_names_in_another_order_are_the_same_request(self, finance: Finance) -> None:
        body = told(finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k"), 201)
        backwards = dict(reversed(entry().items()))
        assert told(finance.send(CONTRIBUTIONS, backwards, Idempotency_Key="k"), 201) == body

    def test_another_request_under_the_key_is_refused(self, finance: Finance) -> None:
        body = told(finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k"), 201)
        for address, values, method in (
            (CONTRIBUTIONS, entry(amount_usd="2"), "post"),
            (CONTRIBUTIONS, entry(amount_usd="1000.5"), "post"),
            (BATCH, {"contributions": [entry()]}, "post"),
            (f"{CONTRIBUTIONS}{body['code']}/", entry(), "patch"),
        ):
            response = finance.send(address, values, method, Idempotency_Key="k", If_Match="*")
            assert told(response, 422)["code"] == "idempotency_key_reused"
        assert recorded() == 1

    def test_a_refusal_is_not_kept(self, finance: Finance) -> None:
        assert told(finance.send(CONTRIBUTIONS, entry(amount_usd="0"), Idempotency_Key="k"), 400)
        assert told(finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k"), 201)
        assert IdempotentAnswer.objects.count() == 1

    def test_a_key_is_of_its_sender(self, finance: Finance) -> None:
        other = Finance(finance.user, name="Other")
        codes = {told(who.send(CONTRIBUTIONS, entry(), Idempotency_Key="k"), 201)["code"] for who in (finance, other)}
        assert len(codes) == 2

    @pytest.mark.parametrize("same", ['"k"', " k ", "k"])
    def test_quotes_make_no_difference(self, finance: Finance, same: str) -> None:
        finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k")
        assert finance.send(CONTRIBUTIONS, entry(), Idempotency_Key=same)["Idempotency-Replayed"] == "true"

    @pytest.mark.parametrize("key", ["", '""', "a b", "é", "k" * 256, '"a', 'a"b', "a,b", "a\tb", "a\x00b"])
    def test_what_is_no_key_is_named(self, finance: Finance, key: str) -> None:
        body = told(finance.send(CONTRIBUTIONS, entry(), Idempotency_Key=key), 400)
        assert list(body["errors"]) == ["Idempotency-Key"]
        assert recorded() == 0

    def test_a_batch_needs_a_key_and_a_dry_run_none(self, finance: Finance) -> None:
        rows = {"contributions": [entry()]}
        assert "Send a key" in told(finance.send(BATCH, rows), 400)["errors"]["Idempotency-Key"][0]
        told(finance.send(f"{BATCH}?dry_run=true", rows, Idempotency_Key="k"), 200)
        assert (recorded(), IdempotentAnswer.objects.count()) == (0, 0)
        assert finance.batch([entry()], key="k")["created"] == 1

    def test_answers_are_kept_two_days(self, finance: Finance) -> None:
        finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k")
        kept = IdempotentAnswer.objects.get()
        assert timedelta(hours=47) < kept.expires_at - timezone.now() <= timedelta(hours=48)
        IdempotentAnswer.objects.update(expires_at=timezone.now())
        assert finance.record(amount_usd="7")
        assert IdempotentAnswer.objects.count() == 1, "no key, nothing to keep, nothing to tidy up"
        finance.send(CONTRIBUTIONS, entry(amount_usd="8"), Idempotency_Key="other")
        assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["other"]

    def test_a_key_whose_time_is_over_is_new(self, finance: Finance) -> None:
        finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k")
        IdempotentAnswer.objects.update(expires_at=timezone.now())
        assert "Idempotency-Replayed" not in finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k").headers
        assert recorded() == 2

    def test_some_are_tidied_up_at_a_time(self, finance: Finance, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(writing_once, "PRUNED_AT_ONCE", 2)
        over = timezone.now() - timedelta(days=1)
        for number in range(3):
            IdempotentAnswer.objects.create(
                api_key=finance.key, key=f"old-{number}", fingerprint="", status=200, body=b"", expires_at=over
            )
        assert [writing_once.prune(timezone.now()) for _time in range(3)] == [2, 1, 0]


@pytest.mark.django_db
class TestCrash:
    """What stays where something fails between the write and the answer."""

    @pytest.mark.parametrize("where", ["zlib.compress", "prune"])
    def test_neither_the_write_nor_the_answer(
        self, finance: Finance, monkeypatch: pytest.MonkeyPatch, where: str
    ) -> None:
        class PowerCutError(Exception):
            """The process dies."""

        def dies(*arguments: Any) -> None:
            assert Contribution.objects.filter(amount_usd="1000.50").exists(), "it was written before"
            raise PowerCutError

        with monkeypatch.context() as patched:
            patched.setattr(f"funding.api.writing_once.{where}", dies)
            with pytest.raises(PowerCutError):
                finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k")
        assert (recorded(), StatusChange.objects.count(), IdempotentAnswer.objects.count()) == (0, 0, 0)
        response = finance.send(CONTRIBUTIONS, entry(), Idempotency_Key="k")
        assert told(response, 201)
        assert "Idempotency-Replayed" not in response.headers
        assert (recorded(), IdempotentAnswer.objects.count()) == (1, 1)

    def test_the_answer_was_lost_on_the_way(self, finance: Finance, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(writing_once.Answer, "response", property(lambda answer: 1 / 0))
            with pytest.raises(ZeroDivisionError):
                finance.batch([entry()])
        assert recorded() == 1
        response = finance.send(BATCH, {"contributions": [entry()]}, Idempotency_Key="k-1")
        assert response["Idempotency-Replayed"] == "true"
        assert told(response, 200)["created"] == 1
        assert recorded() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "tries"), [(IntegrityError, 2), (OperationalError, 1)])
def test_where_the_database_could_not_it_is_said_when_to_come_again(
    finance: Finance, monkeypatch: pytest.MonkeyPatch, error: type[Exception], tries: int
) -> None:
    times = []

    def fails(*arguments: Any, **named: Any) -> None:
        times.append(1)
        raise error

    monkeypatch.setattr(writing, "record_one", fails)
    response = finance.send(CONTRIBUTIONS, entry())
    assert told(response, 503)["code"] == "busy"
    assert response["Retry-After"] == "5"
    assert len(times) == tries


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
class TestSideBySide:
    """Several at the same moment."""

    @pytest.fixture
    def plan(self) -> Plan:
        """Return a plan of its own: to load all data again takes longer than the test."""
        return make_plan(contributions=0, start_year=2025)

    @pytest.fixture
    def chief(self, plan: Plan) -> Finance:
        return Finance(officer_of())

    @pytest.fixture
    def pool(self) -> Any:
        with ThreadPoolExecutor(4) as pool:
            yield pool

    @staticmethod
    def sent(finance: Finance, *arguments: Any, **named: Any) -> Any:
        try:
            return finance.send(*arguments, **named)
        finally:
            connection.close()

    def test_while_the_first_is_running_the_second_is_told_to_wait(
        self, chief: Finance, plan: Plan, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written, go_on = Event(), Event()
        record_one = writing.record_one

        def slow(*arguments: Any) -> Any:
            made = record_one(*arguments)
            written.set()
            assert go_on.wait(WAIT)
            return made

        monkeypatch.setattr(writing, "record_one", slow)
        first = pool.submit(self.sent, chief, CONTRIBUTIONS, entry(plan=plan.code), Idempotency_Key="k")
        assert written.wait(WAIT)
        second = pool.submit(self.sent, chief, CONTRIBUTIONS, entry(plan=plan.code), Idempotency_Key="k").result(WAIT)
        go_on.set()
        assert told(second, 409)["code"] == "idempotency_key_in_use"
        assert second["Retry-After"] == "1"
        assert told(first.result(WAIT), 201)
        assert chief.send(CONTRIBUTIONS, entry(plan=plan.code), Idempotency_Key="k")["Idempotency-Replayed"] == "true"
        assert Contribution.objects.filter(plan=plan).count() == 1

    def test_of_four_equal_requests_one_records(self, chief: Finance, plan: Plan, pool: ThreadPoolExecutor) -> None:
        rows = {"contributions": [entry(plan=plan.code, amount_usd=str(number)) for number in range(1, 30)]}
        sent = [pool.submit(self.sent, chief, BATCH, rows, Idempotency_Key="k") for _number in range(4)]
        answers = [future.result(WAIT) for future in sent]
        assert {answer.status_code for answer in answers} <= {200, 409}
        done = [answer for answer in answers if answer.status_code == 200]
        assert len([answer for answer in done if "Idempotency-Replayed" not in answer.headers]) == 1
        assert len({answer.content for answer in done}) == 1
        assert Contribution.objects.filter(plan=plan).count() == 29

    def test_of_two_changes_of_one_state_one_is_made(
        self, chief: Finance, plan: Plan, pool: ThreadPoolExecutor
    ) -> None:
        code = chief.record(plan=plan.code)["code"]
        address, tag = f"{CONTRIBUTIONS}{code}/", get(code)["ETag"]
        sent = [
            pool.submit(self.sent, chief, address, {"note": note}, "patch", If_Match=tag) for note in ("one", "two")
        ]
        answers = {future.result(WAIT).status_code: future.result(WAIT) for future in sent}
        assert set(answers) == {200, 412}
        assert Contribution.objects.get(code=code).note == answers[200].json()["note"]

    def test_two_plans_can_not_get_one_identifier(
        self, chief: Finance, plan: Plan, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing that both lock tells them of each other: the second one's look comes too early."""
        judged, go_on = Event(), Event()
        write, waits = recording_many._write, []

        def late(*arguments: Any) -> None:
            if not waits:
                waits.append(1)
                judged.set()
                assert go_on.wait(WAIT)
            write(*arguments)

        monkeypatch.setattr(recording_many, "_write", late)
        given = {"external_scheme": "erp", "external_id": "1"}
        first = pool.submit(self.sent, chief, CONTRIBUTIONS, entry(plan=plan.code, **given))
        assert judged.wait(WAIT)
        other = entry(plan=make_plan(contributions=0, start_year=2025).code, **given)
        code = told(pool.submit(self.sent, chief, CONTRIBUTIONS, other).result(WAIT), 201)["code"]
        go_on.set()
        body = told(first.result(WAIT), 400)
        assert body["errors"] == {
            "external_id": [f"{code} already has this external identifier: USD 1,000.50, commitment."]
        }
        assert Contribution.objects.filter(external_scheme="erp").count() == 1
