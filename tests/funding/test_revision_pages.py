"""Pages of published revisions: the line of them, one with its seal, and what changed between two."""

from __future__ import annotations

import re
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from funding.selectors.differences import Differences, tell_total
from plans.models import Narrative, Plan, Revision
from plans.services import start_revision
from tests.conftest import MaliPlans
from tests.factories import make_plan
from tests.funding.revised import REASON, SECRET, draft_secretly, revise_mali
from tests.funding.test_pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MINUS = "\N{MINUS SIGN}"
MALI = "/plans/MLI-CRP-2025-2026"


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    """Return the plan of 2025-2026 with two published revisions and a draft."""
    revise_mali(mali.crp_2025_2026)
    draft_secretly(mali.crp_2025_2026)
    return mali.crp_2025_2026


def test_the_line_of_revisions(client: Client, plan: Plan) -> None:
    page = read(client, f"{MALI}/revisions/")
    assert "2 published revisions" in page
    assert re.search(r"Revision 2 in force In force since 1 August 2025 USD 32,853,500 required \(\+500,000", page)
    assert "In force from 17 April 2025 until 1 August 2025" in page
    assert REASON in page
    html = client.get(f"{MALI}/revisions/").content.decode()
    for number in (1, 2):
        assert f'href="{MALI}/revisions/{number}/"' in html
        assert plan.revisions.get(number=number).seal[:12] in html
    assert f'href="{MALI}/diff/?from=1&amp;to=2"' in html
    assert f'href="{MALI}/revisions/"' in client.get(f"{MALI}/").content.decode()


def test_what_changed(client: Client, plan: Plan) -> None:
    """500,000 more: of 6,200,000 that is 8.06 %, of 12,584,000 it is 3.97 %, of 32,353,500 it is 1.55 %."""
    page = read(client, f"{MALI}/diff/").replace("\N{NO-BREAK SPACE}", " ")
    assert "Funding required goes from USD 32,353,500 to USD 32,853,500 (+500,000, +1.55 %)." in page
    assert "Funding required (USD) 32,353,500 32,853,500 +500,000 +1.55 %" in page
    assert "Shelter and settlementsAmount (USD) 6,200,000 6,700,000 +500,000 +8.06 %" in page
    assert "people on the moveAmount (USD) 12,584,000 13,084,000 +500,000 +3.97 %" in page
    assert "as stated (USD)" not in page  # the same total twice
    assert "6,200,000 6,700,000 +500,000" in read(client, f"{MALI}/diff/?from=1&to=2")
    back = read(client, f"{MALI}/diff/?from=2&to=1").replace("\N{NO-BREAK SPACE}", " ")
    assert "This goes backwards" in back
    assert f"6,700,000 6,200,000 {MINUS}500,000 {MINUS}7.46 %" in back
    french = read(client, f"/fr{MALI}/diff/")
    assert "6 200 000" in french.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_texts_rows_and_unknown_figures_in_words_and_signs(client: Client, mali: MaliPlans) -> None:
    """Nothing is told by colour alone: each change has a sign and, for who hears the page, a word."""
    old = mali.crp_2025_2026.revisions.get()
    draft = start_revision(plan=mali.crp_2025_2026, by=None)
    Narrative.objects.filter(revision=draft, section="vision").update(body="A <b>new</b> vision & more.")
    draft.offices.filter(place="Gao").delete()
    Revision.objects.filter(pk=draft.pk).update(people_targeted=None)
    differences = Differences(old, Revision.objects.get(pk=draft.pk))
    assert differences.counts == ["1 row removed", "1 row changed"]
    assert [group.name for group in differences.groups] == ["people", "narrative", "presence"]
    Revision.objects.filter(pk=old.pk).update(status="superseded", superseded_at="2025-09-01T00:00Z")
    Revision.objects.filter(pk=draft.pk).update(status="published", published_at="2025-09-01T00:00Z")
    html = client.get(f"{MALI}/diff/").content.decode()
    assert re.search(r"<del><span[^>]*>removed: </span>", html)
    assert re.search(r"<ins><span[^>]*>added: </span>[^<]*&lt;b&gt;new&lt;/b&gt;", html)
    page = read(client, f"{MALI}/diff/")
    assert f"{MINUS} Removed Gao" in page
    assert "People targeted 273,000 Not reported –not known" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("from=9&to=1", ["from"]),
        ("from=3", ["from"]),  # the draft: no other words than for a number that is nowhere
        ("from=1&to=zwei", ["to"]),
        ("from=-1&to=1.0", ["from", "to"]),
        ("from=01&to=%00", ["from", "to"]),
        ("from=99999999999999999999&to=1", ["from"]),
        ("form=1", ["form"]),
    ],
)
def test_an_address_that_cannot_be_used_names_the_parameter(
    client: Client, plan: Plan, query: str, names: list[str]
) -> None:
    page = read(client, f"{MALI}/diff/?{query}", 400)
    html = client.get(f"{MALI}/diff/?{query}").content.decode()
    assert re.findall(r'id="problem-([^"]+)"', html) == names
    assert "Choose from: 1, 2." in page or "Did you mean “from”?" in page
    assert 'class="diff"' not in html


def test_the_same_revision_and_a_plan_published_once(client: Client, plan: Plan) -> None:
    page = read(client, f"{MALI}/diff/?from=2&to=2")
    assert "The same revision: no difference." in page
    for address in ("/plans/MLI-CRP-2021/diff/", "/plans/MLI-CRP-2021/revisions/"):
        assert "published once, so there is nothing to compare yet" in read(client, address)


@pytest.mark.parametrize("rest", ["revisions/", "diff/", "revisions/1/", "revisions/1/canonical.json"])
def test_small_letters_lead_to_the_address_in_capitals(client: Client, plan: Plan, rest: str) -> None:
    answer: Any = client.get(f"{MALI.lower()}/{rest}?from=1")
    assert (answer.status_code, answer["Location"]) == (302, f"{MALI}/{rest}?from=1")
    assert client.get(f"/plans/NOPE/{rest}").status_code == 404


def test_one_revision_with_its_seal(client: Client, plan: Plan) -> None:
    """What the page tells a donor to do with sha256sum, done here; a superseded revision is readable for ever."""
    first, second = plan.revisions.public().order_by("number")
    for revision in (first, second):
        answer: Any = client.get(f"{MALI}/revisions/{revision.number}/canonical.json")
        assert answer["Content-Type"] == "application/json"
        assert sha256(answer.content).hexdigest() == revision.seal
    page = read(client, f"{MALI}/revisions/2/")
    assert first.seal in page
    assert second.seal in page
    assert f"curl -s http://testserver{MALI}/revisions/2/canonical.json | sha256sum" in page
    assert REASON in page
    assert re.search(r"Shelter and settlements *By sector *6,700,000", page)
    old = read(client, f"{MALI}/revisions/1/")
    assert "A later revision has taken its place." in old
    assert re.search(r"Shelter and settlements *By sector *6,200,000", old)


@pytest.mark.parametrize("number", ["3", "0", "01", "x", "-1", "99999999999", "1%00", "²"])
def test_no_other_revision_is_there(client: Client, plan: Plan, number: str) -> None:
    """Revision 3 is a draft: it is not there in the same words as one that never was."""
    for rest in ("", "canonical.json"):
        page = read(client, f"{MALI}/revisions/{number}/{rest}", 404)
        assert "has no published revision" in page
        assert "It has: 1, 2." in page


def test_a_draft_is_told_nowhere(client: Client, plan: Plan) -> None:
    for rest in ("", "revisions/", "diff/", "revisions/1/", "revisions/2/", "revisions.atom", "revisions.json"):
        html = client.get(f"{MALI}/{rest}").content.decode()
        assert SECRET not in html
        assert "7,654,321" not in html
        assert "7654321" not in html
    draft = Plan.objects.create(code="NEVER", kind="crp", title="Never", start_year=2026, end_year=2026)
    Revision.objects.create(plan=draft)
    for rest in ("revisions/", "revisions/1/", "revisions/1/canonical.json", "diff/", "diff/?from=1"):
        assert client.get(f"/plans/NEVER/{rest}").status_code == 404


def test_it_asks_as_often_for_many_as_for_few(client: Client) -> None:
    def queries(number: int, rest: str) -> int:
        plan = make_plan(objectives=number, sectors=number, projects=number, contributions=0)
        for again in range(1, number):
            Revision.objects.create(
                plan=plan, number=again + 1, status="superseded",
                published_at=f"2023-01-{again:02}T00:00Z", superseded_at=f"2023-01-{again + 1:02}T00:00Z",
            )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/plans/{plan.code}/{rest}").status_code == 200
        return len(captured)

    for rest in ("revisions/", "revisions/1/"):
        assert queries(2, rest) == queries(9, rest), rest


def test_what_became_of_a_total() -> None:
    told = {
        (None, None): "It states no funding required, as before.",
        (5, 5): "Funding required stays at USD 5.",
        (None, 5): "Funding required is now stated: USD 5.",
        (5, None): "Funding required is no longer stated; it was USD 5.",
        (0, 5): "Funding required goes from USD 0 to USD 5 (+5).",
        (8, 6): f"Funding required goes from USD 8 to USD 6 ({MINUS}2, {MINUS}25.00\N{NO-BREAK SPACE}%).",
    }
    for (old, new), sentence in told.items():
        assert tell_total(*(None if value is None else Decimal(value) for value in (old, new))) == sentence
