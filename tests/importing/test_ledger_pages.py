"""Bulk entry in the admin: upload, look, confirm."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crp.accounts.roles import Role
from crp.importing.ledger.pages import SALT
from funding.models import Contribution
from plans.models import Plan
from tests.admin import make_person, make_programme_officer
from tests.conftest import MaliPlans
from tests.factories import make_contribution

pytestmark = pytest.mark.django_db

BULK = "/admin/funding/contribution/bulk/"
GOOD = b"plan,status,amount_usd\nMLI-COMPENDIUM-2017,paid,1000\nMLI-COMPENDIUM-2017,pledge,500\n"


@pytest.fixture
def officer(client: Client, mali: MaliPlans) -> Client:
    client.force_login(make_programme_officer())
    return client


def upload(client: Client, content: bytes, name: str = "march.csv") -> Any:
    return client.post(BULK, {"file": SimpleUploadedFile(name, content)})


def payload_of(answer: Any) -> str:
    found = re.search(r'name="payload" value="([^"]+)"', answer.content.decode())
    assert found, "the page offers to record"
    return found.group(1)


def test_a_file_is_shown_then_recorded(officer: Client) -> None:
    shown = upload(officer, GOOD)
    text = shown.content.decode()
    assert "march.csv: nothing is saved yet." in text
    assert "113,550" in text
    assert 'value="Record 2 rows"' in text
    assert Contribution.objects.count() == 1
    done = officer.post(BULK, {"payload": payload_of(shown)}, follow=True)
    told = [str(message) for message in done.context["messages"]]
    assert told[0] == "2 rows of march.csv are recorded."
    assert told[1].startswith("MLI-COMPENDIUM-2017: received (USD) 112,550 → 113,550;")
    amounts = Contribution.objects.order_by("pk").values_list("amount_usd", "status")
    assert list(amounts)[1:] == [(Decimal(1000), "paid"), (Decimal(500), "pledge")]
    again = upload(officer, GOOD).content.decode()
    assert "Everything in the file is on record already." in again
    assert 'name="payload"' not in again


def test_sending_the_confirmation_twice_records_once(officer: Client) -> None:
    payload = payload_of(upload(officer, GOOD))
    officer.post(BULK, {"payload": payload})
    second = officer.post(BULK, {"payload": payload})
    assert "Somebody recorded money meanwhile" in second.content.decode()
    assert Contribution.objects.count() == 3


def test_what_was_recorded_meanwhile_is_shown_before_anything_is_saved(officer: Client, mali: MaliPlans) -> None:
    payload = payload_of(upload(officer, GOOD))
    make_contribution(plan=mali.compendium_2017, donor=None, amount_usd="1000", decision_on=None, status="commitment")
    answer = officer.post(BULK, {"payload": payload})
    assert "Somebody recorded money meanwhile" in answer.content.decode()
    assert Contribution.objects.count() == 2
    officer.post(BULK, {"payload": payload_of(answer)})
    assert Contribution.objects.filter(review="suspected").count() == 1


@pytest.mark.once
def test_a_wrong_row_is_shown_and_can_not_be_recorded(officer: Client) -> None:
    text = upload(officer, GOOD + b"MLI-COMPENDIUM-2017,paid,0\n").content.decode()
    assert "An amount of 0 gives nothing." in text
    assert "One cell can’t be used, so nothing can be saved:" in text
    assert 'name="payload"' not in text


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "It is empty: its first row must name the columns."),
        (GOOD[:-9], "the last one, does not have all its columns: the file was cut."),
        ("plan,status,amount_usd\nMali é,paid,1\n".encode("latin-1"), "Line 2 is not in UTF-8 (byte 0xE9)"),
        (GOOD.replace(b",", b"\t"), "Its columns are separated by tabs"),
        (b"PK\x03\x04cut", "It is no workbook that can be read"),
    ],
)
def test_a_file_that_can_not_be_used_is_told(officer: Client, content: bytes, told: str) -> None:
    answer = upload(officer, content)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert Contribution.objects.count() == 1


@pytest.mark.once
def test_no_file_at_all_is_told(officer: Client) -> None:
    assert "This field is required." in officer.post(BULK, {}).content.decode()


@pytest.mark.once
def test_a_payload_of_somebody_else_is_refused(officer: Client, client: Client) -> None:
    kept = {"by": 0, "name": "x", "lines": [[2, {"plan": "MLI-COMPENDIUM-2017"}]], "digest": []}
    for payload in ("nonsense", signing.dumps(kept, salt=SALT), signing.dumps(kept, salt="other")):
        answer = officer.post(BULK, {"payload": payload}, follow=True)
        assert [str(message) for message in answer.context["messages"]] == [
            "This preview is too old: upload the file again."
        ]
    assert Contribution.objects.count() == 1


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "start", "content_type"),
    [("csv", b"\xef\xbb\xbfplan,donor,status,", "text/csv"), ("xlsx", b"PK\x03\x04", "application/vnd.openxml")],
)
def test_a_template_is_downloaded(officer: Client, kind: str, start: bytes, content_type: str) -> None:
    answer = officer.get(f"{BULK}template.{kind}")
    assert answer.content.startswith(start)
    assert answer["Content-Type"].startswith(content_type)
    assert answer["Content-Disposition"] == f'attachment; filename="contributions.{kind}"'
    assert officer.get(f"{BULK}template.exe").status_code == 302


def test_the_list_leads_to_bulk_entry(officer: Client) -> None:
    assert f'href="{BULK}"' in officer.get("/admin/funding/contribution/").content.decode()
    assert "<code>exchange_rate_source</code>" in officer.get(BULK).content.decode()


def test_who_may_not_record_is_told_which_right_is_missing(client: Client, mali: MaliPlans) -> None:
    client.force_login(make_person(Role.VIEWER))
    for answer in (client.get(BULK), upload(client, GOOD), client.get(f"{BULK}template.csv")):
        assert answer.status_code == 403
        assert "“Can add contribution”" in answer.content.decode()
    assert BULK not in client.get("/admin/funding/contribution/").content.decode()


def test_a_plan_that_nobody_sees_yet_is_told(officer: Client) -> None:
    plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    text = upload(officer, b"plan,status,amount_usd\nNEW,paid,5\n").content.decode()
    assert f"{plan.code} has no revision yet" in text
