"""What is wrong is told in a sentence by each way in: the form, the upload, the command. None writes."""

from __future__ import annotations

import csv
import io
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from funding.models import Contribution, StatusChange
from plans.models import Plan
from tests.admin import make_programme_officer
from tests.factories import make_organization, make_plan
from tests.funding.recording import ADD, LIST, publish_without

pytestmark = [pytest.mark.usefixtures("empty_module", "db"), pytest.mark.once]


@pytest.fixture
def plan() -> Plan:
    make_organization(code="norway", name="Norway")
    plan = make_plan(code="P-1", requested_usd=100_000, contributions=0, start_year=2024)
    publish_without(plan, "P-2")
    return plan


@pytest.fixture
def officer(client: Client, plan: Plan) -> Client:
    client.force_login(make_programme_officer())
    LogEntry.objects.all().delete()
    return client


def file(*rows: dict[str, str]) -> bytes:
    given = [{"plan": "P-1", "donor": "norway", "status": "paid", "amount_usd": "7"} | row for row in rows]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in given for name in row)), restval="")
    writer.writeheader()
    writer.writerows(given)
    return text.getvalue().encode()


def upload(officer: Client, content: bytes) -> str:
    """Return the page that a file leads to, after looking that it offers nothing to record."""
    text = officer.post(f"{LIST}bulk/", {"file": SimpleUploadedFile("march.csv", content)}).content.decode()
    assert 'name="payload"' not in text
    return unescape(text)


def command(path: Path, content: bytes) -> str:
    """Return what the command says of a file that it refuses."""
    path.write_bytes(content)
    output = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("import_contributions", str(path), stdout=output)
    return f"{output.getvalue()}{refusal.value}"


def nothing_is_there() -> bool:
    return not any(model.objects.exists() for model in (Contribution, StatusChange, LogEntry))


EUROS = {"amount_usd": "", "original_amount": "5", "original_currency": "EUR"}
LOST = "Project P-2 is not in r2 of P-1 any more: r1, superseded, was the last to have it."
CELLS: list[tuple[dict[str, str], str, str]] = [
    ({"amount_usd": "0"}, "An amount of 0 gives nothing: leave the", "amount_usd: An amount of 0 gives nothing."),
    ({"amount_usd": "1e20"}, "Ensure that there are no more than 15 digits", "amount_usd: “1e20” is not a number"),
    ({"amount_usd": "NaN"}, "Enter a number: digits only, no letters.", "amount_usd: “NaN” is not a number: digits"),
    (
        {"amount_usd": "1.000,50"},
        "“1.000,50” is no number as this pa",
        "amount_usd: “1.000,50” can be read in",
    ),
    ({**EUROS, "original_currency": "ZZZ"}, "“ZZZ” is no currency of ISO 4217", "original_currency: “ZZZ” is no"),
    (
        {**EUROS, "exchange_rate": "0"},
        "An exchange rate is above 0",
        "exchange_rate: “0” is no rate of exchange",
    ),
    ({"decision_on": "2202-03-01"}, "2202-03-01 has not come yet", "decision_on: “2202-03-01” lies outside the years"),
    (
        {"donor": "999999"},
        "That choice is not one of the available",
        "donor: No organization is called “999999”",
    ),
    ({"project_code": "P-2"}, LOST, f"project_code: {LOST}"),
    ({"project_code": "P-7"}, "The plan has no project with this code.", "project_code: The plan has no project with"),
]


@pytest.mark.parametrize(("cells", "by_form", "by_file"), CELLS, ids=[told[:40] for _cells, told, _file in CELLS])
def test_a_wrong_value_is_refused_by_every_way_in(
    officer: Client, plan: Plan, tmp_path: Path, cells: dict[str, str], by_form: str, by_file: str
) -> None:
    given = {"plan": plan.pk, "status": "paid", "amount_usd": "7", "is_new_money": "unknown"}
    page: Any = officer.post(ADD, given | cells)
    (told,) = [text for texts in page.context_data["adminform"].form.errors.values() for text in texts]
    assert by_form in told
    column, _colon, sentence = by_file.partition(": ")
    text = upload(officer, file({}, cells))
    assert f"<code>{column}</code>" in text
    assert sentence in text
    assert f"  line 3, {by_file}" in command(tmp_path / "march.csv", file({}, cells))
    assert nothing_is_there()


def test_thousands_with_commas_are_read_by_the_form_only(officer: Client, plan: Plan, tmp_path: Path) -> None:
    """The form knows the language of its reader; a file does not say which it was written in."""
    content = file({"amount_usd": "1,000.50"})
    for told in (upload(officer, content), command(tmp_path / "march.csv", content)):
        assert "“1,000.50” can be read in two ways" in told
    assert nothing_is_there()
    given = {"plan": plan.pk, "status": "paid", "amount_usd": "1,000.50", "is_new_money": "unknown"}
    assert officer.post(ADD, given).status_code == 302
    assert str(Contribution.objects.get().amount_usd) == "1000.50"


GOOD = file({}, {"amount_usd": "12345"})
FILES = [
    (file({"external_id": "7"}, {"external_id": "7", "amount_usd": "8"}), "“7” stands on line 3 too, with another am"),
    (GOOD[:-4], "Line 3, the last one, has no line end: “123” in column amount_usd may be cut."),
    (GOOD[:-9], "Line 3, the last one, does not have all its columns: the file was cut."),
    (GOOD.replace(b",", b"\t"), "Its columns are separated by tabs: commas or semicolons were expected."),
    (GOOD.replace(b",", b"|"), "Its columns are separated by bars: commas or semicolons were expected."),
    (GOOD.replace(b",", b";", 3), "No line has the separator that the names of the columns have."),
    (GOOD.replace(b"norway", "norvège".encode("latin-1"), 1), "Line 2 is not in UTF-8 (byte 0xE8): save the file as"),
]


@pytest.mark.parametrize(("content", "told"), FILES, ids=[told[:40] for _content, told in FILES])
def test_a_wrong_file_is_refused_by_both_ways_in(officer: Client, tmp_path: Path, content: bytes, told: str) -> None:
    assert told in upload(officer, content)
    assert told in command(tmp_path / "march.csv", content)
    assert nothing_is_there()
