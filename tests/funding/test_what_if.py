"""What if: amounts in an address, and what they would change."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from crp.common.recent import Recent
from funding.models import Contribution
from funding.selectors.what_if import WhatIf
from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan, make_taxonomy

pytestmark = pytest.mark.once

D = Decimal
MALI = "MLI-CRP-2025-2026"
OLD = "MLI-COMPENDIUM-2017"


def ask(client: Client, query: str) -> WhatIf:
    """Return what the page of an address shows, made anew."""
    Recent.forget_all()
    answer = client.get(f"/what-if/?{query}")
    assert answer.status_code == 200, words(answer)
    return answer.context["what_if"]


def words(answer: Any) -> str:
    return " ".join(unescape(strip_tags(answer.content.decode())).split())


def puts(*texts: str) -> str:
    return "&".join(f"put={text}" for text in texts)


# Figures


def test_a_plan_that_reports_moves_from_one_percentage_to_another(client: Client, mali: MaliPlans) -> None:
    # Mali 2017: 112,550 of 37,360,000 is 0.30 %; with 1,000,000 it is 1,112,550, which is 2.98 %
    what_if = ask(client, puts(f"{OLD}/framework/HRP:1000000"))
    (plan,) = what_if.plans
    (hrp,) = plan.by_line
    assert [plan.effect.percent_before, plan.effect.percent_after] == [D("0.30"), D("2.98")]
    # the framework asks for 12,360,000 and has 112,550: 0.91 %, then 9.00 %
    assert [hrp.effect.percent_before, hrp.effect.percent_after] == [D("0.91"), D("9.00")]
    assert (hrp.effect.missing_usd, hrp.effect.still_missing_usd) == (D(12_247_450), D(11_247_450))
    total = what_if.together
    assert (total.before.gap_usd, total.after.gap_usd, total.silent) == (D(37_247_450), D(36_247_450), 0)
    shown = words(client.get(f"/what-if/?{puts(f'{OLD}/framework/HRP:1000000')}"))
    assert "USD 1,000,000 on 1 plan" in shown
    assert "Gap 37,247,450 36,247,450" in shown
    assert "No donor has given or promised them, and nothing is stored." in shown


def test_a_plan_that_does_not_report_stays_unknown(client: Client, mali: MaliPlans) -> None:
    query = puts(f"{MALI}:500000", f"{MALI}/sector/IOM-2025/WASH:250000", f"{MALI}/objective/2:100000")
    what_if = ask(client, query)
    (plan,) = what_if.plans
    # 850,000 of 32,353,500 is 2.63 %
    assert (plan.effect.put_usd, plan.effect.percent_before, plan.effect.percent_after) == (D(850_000), None, D("2.63"))
    wash, objective = plan.by_line
    assert [wash.effect.percent_after, objective.effect.percent_after] == [D("8.93"), D("0.99")]  # of 2.8m and 10.057m
    assert objective.ask.name == "Driving solutions to displacement"
    assert [item.effect.put_usd for item in plan.unplaced] == [D(500_000)]
    total = what_if.together
    assert (total.before.received_usd, total.after.received_usd, total.put_silent_usd) == (None, None, D(850_000))
    shown = words(client.get(f"/what-if/?{query}"))
    assert "USD 850,000 of it is put on 1 plan that doesn’t report what it has received." in shown
    assert "Its coverage today is unknown, not 0" in shown
    assert "unknown →becomes at least 2.63 %" in shown
    assert "With your amounts" not in shown  # there is no total to compare


def test_a_total_leaves_out_those_that_do_not_report(client: Client, mali: MaliPlans) -> None:
    what_if = ask(client, puts(f"{MALI}:500000", f"{OLD}/project/MLI-2017-HRP-02:1500000"))
    total = what_if.together
    assert (total.put_usd, total.put_silent_usd) == (D(2_000_000), D(500_000))
    assert total.before.requested_reporting_usd == D(37_360_000)
    assert total.after.received_usd == D(1_612_550)
    # the project asks for 1,000,000: 500,000 is too much for it, and still fills the gap of its plan
    (project,) = what_if.plans[1].by_line
    assert (project.effect.percent_after, project.effect.over_after_usd) == (D("150.00"), D(500_000))
    assert what_if.plans[1].effect.over_after_usd == D(0)
    shown = words(client.get(f"/what-if/?{puts(f'{OLD}/project/MLI-2017-HRP-02:1500000')}"))
    assert "500,000 of your amount finds no gap here" in shown


def test_over_funding_is_shown_as_such(client: Client, empty_database: None) -> None:
    make_plan(code="NEARLY", requested_usd=1_000, contributions=0, start_year=2024)
    make_contribution(plan=Plan.objects.get(code="NEARLY"), amount_usd=900)
    what_if = ask(client, puts("NEARLY:400"))
    total = what_if.together
    assert (total.after.percent_funded, total.after.gap_usd) == (D("130.00"), D(0))
    assert (total.after.over_funded_usd, total.over_usd, total.used_usd) == (D(300), D(300), D(100))
    assert "Over-funded by 0 300" in words(client.get(f"/what-if/?{puts('NEARLY:400')}"))


def test_lines_of_two_plans_with_one_code_keep_their_names(client: Client, empty_database: None) -> None:
    for code in ("ONE", "TWO"):
        plan = make_plan(code=code, requested_usd=1_000)
        plan.revisions.get().objectives.filter(number=1).update(title=f"First of {code}")
        plan.revisions.get().projects.filter(code="P-1").update(title=f"Project of {code}")
    query = puts("ONE/objective/1:1", "TWO/objective/1:2", "ONE/project/P-1:3", "TWO/project/P-1:4")
    named = [(row.ask.name, row.amount_usd) for row in ask(client, query).rows if row.ask]
    assert named == [("First of ONE", 1), ("First of TWO", 2), ("Project of ONE", 3), ("Project of TWO", 4)]


def test_a_plan_without_an_amount_has_no_percentage(client: Client, mali: MaliPlans) -> None:
    what_if = ask(client, puts("MLI-CRP-2021:5"))
    assert what_if.plans[0].effect.percent_after is None
    assert "not without an amount asked for" in words(client.get(f"/what-if/?{puts('MLI-CRP-2021:5')}"))


def test_codes_are_read_in_small_letters_too(client: Client, mali: MaliPlans) -> None:
    what_if = ask(client, puts("mli-crp-2025-2026/SECTOR/iom-2025/wash:250,000"))
    assert what_if.rows[0].put == f"{MALI}/sector/IOM-2025/WASH:250000"


def test_a_past_day_has_its_own_figures(client: Client, empty_database: None) -> None:
    plan = make_plan(code="PAST", requested_usd=1_000, contributions=0, start_year=2024)
    make_contribution(plan=plan, amount_usd=400, decision_on=date(2024, 5, 1))
    then, now = ask(client, "put=PAST:100&as_of=2024-03-31"), ask(client, "put=PAST:100")
    assert [item.plans[0].effect.percent_after for item in (then, now)] == [D("10.00"), D("50.00")]
    html = client.get("/what-if/?put=PAST:100&as_of=2024-03-31").content.decode()
    for form in re.findall(r"(?s)<form .*?</form>", html):
        assert 'name="as_of" value="2024-03-31"' in form
    for link in re.findall(r'href="(\?[^"]*)"', html):
        assert "as_of=2024-03-31" in link or link == "?", link
    assert "As it" not in html


def test_nothing_is_stored(client: Client, mali: MaliPlans) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/what-if/?{puts(f'{MALI}:500000')}")
    assert not [query for query in queries if not query["sql"].lstrip().upper().startswith("SELECT")]
    assert not Contribution.objects.filter(amount_usd=500_000).exists()
    assert client.post("/what-if/", {"put": f"{MALI}:1"}).status_code in {403, 405}


# Forms


def sent(client: Client, query: str) -> dict[str, list[str]]:
    """Return the parameters of the address that what a form sends leads to."""
    answer = client.get(f"/what-if/?{query}")
    assert answer.status_code == 302, words(answer)
    assert urlsplit(answer["Location"]).path == "/what-if/"
    return parse_qs(urlsplit(answer["Location"]).query)


def test_a_form_adds_an_amount(client: Client, mali: MaliPlans) -> None:
    assert sent(client, f"add_to={MALI}/sector/IOM-2025/WASH&add_amount=250,000") == {
        "put": [f"{MALI}/sector/IOM-2025/WASH:250000"]
    }
    state = sent(client, f"{puts(f'{OLD}:5')}&add_to={MALI}&add_amount=0.5&as_of=2026-01-02")
    assert state == {"put": [f"{OLD}:5", f"{MALI}:0.50"], "as_of": ["2026-01-02"]}


def test_a_form_changes_and_removes_amounts(client: Client, mali: MaliPlans) -> None:
    pairs = f"target={OLD}&amount=7&target={MALI}&amount=&target={MALI}/objective/1&amount=1 000"
    assert sent(client, pairs) == {"put": [f"{OLD}:7", f"{MALI}/objective/1:1000"]}
    assert sent(client, f"target={OLD}&amount=") == {}
    # what can't be used is kept, and told where it leads to
    assert sent(client, f"target={OLD}&amount=-5") == {"put": [f"{OLD}:-5"]}


def test_the_page_offers_the_lines_of_the_plan_chosen(client: Client, mali: MaliPlans) -> None:
    what_if = ask(client, f"plan={OLD}")
    offered = {str(title): [ask.code for ask in asks] for title, asks in what_if.places}
    assert list(offered) == ["Sector", "Framework", "Project"]
    assert offered["Framework"] == ["HRP", "MCOF"]
    assert len(offered["Project"]) == 10
    html = client.get(f"/what-if/?plan={OLD}&put={MALI}:5").content.decode()
    assert f'<option value="{OLD}/framework/HRP"' in html
    assert f'<input type="hidden" name="put" value="{MALI}:5">' in html


def test_a_search_finds_plans_to_choose(client: Client, mali: MaliPlans) -> None:
    what_if = ask(client, f"find=mali&put={OLD}:5")
    assert [line.plan.code for line, _way in what_if.found] == [MALI, "MLI-CRP-2021", OLD]
    assert what_if.found[0][1] == f"?put={OLD}:5&plan={MALI}"
    assert "No published plan fits that." in words(client.get("/what-if/?find=atlantis"))


def test_a_row_is_taken_away_by_a_link(client: Client, mali: MaliPlans) -> None:
    what_if = ask(client, puts(f"{OLD}:5", f"{MALI}:6"))
    assert [way for _row, way in what_if.rows_with_ways] == [f"?put={MALI}:6", f"?put={OLD}:5"]
    assert [way for _row, way in ask(client, puts(f"{OLD}:5")).rows_with_ways] == ["?"]


# What can't be used


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (puts(f"{MALI}:-5"), "Enter an amount above 0: “-5” is below."),
        (puts(f"{MALI}:1e30"), "“1e30” can’t be used"),
        (puts(f"{MALI}:0"), "Enter an amount above 0."),
        (puts(f"{MALI}:much"), "“much” can’t be used"),
        (puts(f"{MALI}:"), "Enter an amount in US dollars."),
        (puts(MALI), f"“{MALI}” has no amount: write PLAN:AMOUNT"),
        (puts("NOPE:5"), "No published plan has the code “NOPE”."),
        (puts("MLI-CRP-2025-2027:5"), f"Near it: {MALI}"),
        (puts(f"{MALI}/colour/red:5"), "“colour” is no kind of line. Choose from: sector, cluster, objective"),
        (puts(f"{MALI}/sector/IOM-2025/NOPE:5"), "has no line “sector/IOM-2025/NOPE”. It has: IOM-2025/"),
        (puts(f"{MALI}/objective/9:5"), "has no line “objective/9”. It has: 1, 2, 3."),
        (puts(f"{MALI}/project/X:5"), "has no line by “project”"),
        (puts(f"{MALI}:5", f"{MALI}:6"), f"“{MALI}” stands twice: give it one amount."),
        (puts(*[f"{MALI}:5"] * 21), "At most 20 amounts can be put at a time."),
        (puts("M%00:5"), "No published plan has the code"),
        (puts(f"{MALI}/sector/%00:5"), "has no line"),
        ("putt=x:5", "Did you mean “put”?"),
        ("plan=NOPE", "No published plan has the code “NOPE”."),
        (f"add_to={MALI}&add_amount=-5", "Enter an amount above 0: “-5” is below."),
        (f"add_to={MALI}&add_amount=", "Enter an amount in US dollars."),
        (f"add_to={MALI}&add_amount=1e30", "“1e30” can’t be used"),
        (f"{puts(f'{MALI}:5')}&add_to={MALI}&add_amount=6", "There is an amount on this already"),
    ],
)
def test_what_cannot_be_used_is_400_with_a_sentence(client: Client, mali: MaliPlans, query: str, sentence: str) -> None:
    answer = client.get(f"/what-if/?{query}")
    shown = words(answer)
    assert answer.status_code == 400, query
    assert sentence in shown
    assert "With your amounts" not in shown
    assert "<h1" in answer.content.decode()


def test_the_sentence_stands_by_its_field(client: Client, mali: MaliPlans) -> None:
    html = client.get(f"/what-if/?{puts(f'{OLD}:5', f'{MALI}:-5')}").content.decode()
    assert re.search(r'name="amount" value="-5"[^>]*aria-invalid="true" aria-describedby="problem-put-2"', html)
    assert re.search(r'id="problem-put-2" role="alert">Enter an amount above 0', html)
    assert 'value="5" autocomplete="off">' in html
    html = client.get(f"/what-if/?add_to={MALI}/objective/1&add_amount=-5").content.decode()
    assert re.search(r'name="add_amount" value="-5"[^>]*aria-describedby="problem-add"', html)
    assert re.search(rf'<option value="{MALI}/objective/1" selected>', html)


def test_twenty_amounts_are_not_too_many(client: Client, mali: MaliPlans) -> None:
    sectors = [request.sector.code for request in mali.crp_2025_2026.revisions.get().funding_requests.filter(
        breakdown="sector").select_related("sector")]  # fmt: skip
    rows = [f"{MALI}/sector/IOM-2025/{code}:1" for code in sectors] + [f"{OLD}:1", f"{MALI}:1"]
    assert len(rows) == 20
    assert len(ask(client, puts(*rows)).plans) == 2
    answer = client.get(f"/what-if/?{puts(*rows)}&add_to={MALI}/objective/1&add_amount=5")
    assert answer.status_code == 400
    assert "At most 20 amounts" in words(answer)


def test_a_plan_that_is_no_longer_published_says_until_when(client: Client, mali: MaliPlans) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    Revision.objects.filter(plan__code=OLD).update(status="superseded", superseded_at=at)
    for query in (puts(f"{OLD}:5"), f"plan={OLD}"):
        answer = client.get(f"/what-if/?{query}")
        assert answer.status_code == 400
        assert "is no longer published: it was until 1 March 2026." in words(answer)
    assert ask(client, f"{puts(f'{OLD}:5')}&as_of=2026-02-01").plans
    answer = client.get(f"/what-if/?{puts(f'{MALI}:5')}&as_of=2020-01-01")
    assert (answer.status_code, "was first published on 17 April 2025" in words(answer)) == (400, True)


def test_a_draft_is_as_good_as_unknown(client: Client, empty_database: None) -> None:
    plan = make_plan(code="HIDDEN", title="Nobody may know")
    plan.revisions.update(status="draft", published_at=None, requested_usd=None)
    for query in (puts("HIDDEN:5"), "plan=HIDDEN", "find=nobody", puts("HIDDEM:5")):
        shown = words(client.get(f"/what-if/?{query}"))
        assert "Nobody may know" not in shown
        assert "Near it" not in shown


def test_a_script_is_shown_as_text(client: Client, mali: MaliPlans) -> None:
    for value in (
        "<script>alert(1)</script>",
        '"><img src=x>',
        "x" * 10_000,
        f"{MALI}/sector/<script>:5",
        "a/b/c/<b>:5",
    ):
        for name in ("put", "plan", "find", "target", "add_to", "add_amount", "amount"):
            html = client.get("/what-if/", {name: value}).content.decode()
            assert "<script>" not in html
            assert "<img" not in html


@pytest.mark.parametrize("prefix", ["", "/fr"])
def test_the_page_alone_explains_itself(client: Client, mali: MaliPlans, prefix: str) -> None:
    html = client.get(f"{prefix}/what-if/").content.decode()
    assert (html.count("<h1"), " style=" in html, "<script>" in html) == (1, False, False)


def test_no_query_repeats_per_row(client: Client, mali: MaliPlans, per_row_queries: None) -> None:
    ask(client, puts(f"{MALI}/objective/1:1", f"{MALI}/objective/2:1", f"{OLD}/project/MLI-2017-HRP-01:1", f"{OLD}:1"))
    ask(client, f"plan={MALI}&find=mali")


def test_many_rows_ask_the_database_as_often_as_one(client: Client, empty_database: None) -> None:
    taxonomy = make_taxonomy(sectors=3)
    plans = [make_plan(taxonomy=taxonomy, sectors=3) for _ in range(9)]
    sector = taxonomy.sectors.order_by("order").first()
    rows = [f"{plan.code}/sector/{taxonomy.code}/{sector.code}:1" for plan in plans] + [f"{p.code}:1" for p in plans]

    def count(query: str) -> int:
        ask(client, query)
        Recent.forget_all()
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/what-if/?{query}")
        return len(queries)

    assert count(puts(*rows)) == count(puts(rows[0], rows[9]))
