"""Forms in which nothing is lost: two people at one draft, forms sent twice, and text that was never saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import translation

from crp.common.admin.safe import Opened
from crp.common.admin.versions import Page
from funding.admin.revision_form import cents, live_data
from funding.models import Contribution, FundingRequest, Project
from funding.rollups import sums_by_breakdown
from plans.admin import copies
from plans.models import FormCopy, Revision
from tests.admin import Desk, add_row, address, make_person, open_draft, problems
from tests.conftest import MaliPlans
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def other(desk: Desk) -> Desk:
    """Return somebody else who may write on the same draft."""
    return Desk(make_person("officer", username="colleague"))


def line(draft: Revision, code: str) -> str:
    """Return the prefix of the fields of a sector's amount."""
    codes = [row.sector.code for row in draft.funding_requests.filter(breakdown="sector").select_related("sector")]
    return f"sector_amounts-{codes.index(code)}"


def amount(draft: Revision, code: str) -> Decimal | None:
    found = draft.funding_requests.filter(breakdown="sector", sector__code=code).first()
    return found and found.amount_usd


def told(page: Any) -> dict[str, tuple[str, str, str, str, str]]:
    """Return the lines of the page that shows two versions: what they are about, three texts, and the choice."""
    return {
        f"{row['difference'].place} {row['difference'].label}".strip(): (
            row["difference"].opened,
            row["difference"].theirs,
            row["difference"].yours,
            str(row["difference"].changed_by),
            row["chosen"],
        )
        for row in page.context_data["rows"]
    }


def choose(page: Any, **given: str) -> dict[str, str]:
    """Return what the page of two versions sends: ``both`` is chosen where both have changed something."""
    data = {"typed": page.context_data["typed"], "seen": page.context_data["seen"]}
    for row in page.context_data["rows"]:
        side = row["chosen"] or given.get("both")
        if side:
            data[row["name"]] = side
    return data | {name: value for name, value in given.items() if name != "both"}


@pytest.fixture
def stale(desk: Desk, other: Desk, draft: Revision) -> Any:
    """Return the page that tells of two versions: shelter and a removed line changed by both, the rest by one."""
    mine = desk.read(address(draft))
    theirs = other.read(address(draft)) | {
        "people_targeted": "270,000",
        f"{line(draft, 'SHELTER')}-amount_usd": "6,300,000",
        f"{line(draft, 'HEALTH')}-DELETE": "on",
    }
    assert other.visit(address(draft), theirs).status_code == 302
    mine |= {
        "reason": "Mine",
        f"{line(draft, 'SHELTER')}-amount_usd": "6,700,000",
    }
    health = next(key for key, value in mine.items() if key.endswith("-amount_usd") and value == "2,500,000")
    return desk.visit(address(draft), mine | {health: "2,600,000"})


SHELTER = "Amounts by sector: Shelter and settlements Amount (USD)"
HEALTH = "Amounts by sector: Health the whole row"


def test_a_stale_save_shows_both_versions_and_saves_nothing(stale: Any, draft: Revision) -> None:
    lines = told(stale)
    assert lines == {
        SHELTER: ("6,200,000", "6,300,000", "6,700,000", "both", ""),
        HEALTH: (lines[HEALTH][0], "removed", lines[HEALTH][2], "both", ""),
        "People targeted": ("273,000", "270,000", "273,000", "theirs", "theirs"),
        "Reason": ("To be tested.", "To be tested.", "Mine", "yours", "yours"),
    }
    assert (lines[HEALTH][0][:18], lines[HEALTH][2][:18]) == ("Health · 2,500,000", "Health · 2,600,000")
    text = stale.render().content.decode()
    assert 'name="choice:people_targeted" value="theirs" checked' in text
    draft.refresh_from_db()
    assert (draft.reason, amount(draft, "SHELTER")) == ("To be tested.", Decimal(6_300_000))


@pytest.mark.parametrize(
    ("given", "people", "reason", "shelter", "health"),
    [
        ({"both": "yours"}, 270_000, "Mine", 6_700_000, 2_600_000),
        ({"both": "theirs"}, 270_000, "Mine", 6_300_000, None),
        ({"both": "theirs", "choice:people_targeted": "yours"}, 273_000, "Mine", 6_300_000, None),
        ({"_all": "yours"}, 273_000, "Mine", 6_700_000, 2_600_000),
        ({"_all": "theirs"}, 270_000, "To be tested.", 6_300_000, None),
    ],
)
def test_what_is_chosen_is_saved(
    desk: Desk,
    draft: Revision,
    stale: Any,
    given: dict[str, str],
    people: int,
    reason: str,
    shelter: int,
    health: int | None,
) -> None:
    assert desk.visit(address(draft), choose(stale, **given)).status_code == 302
    draft.refresh_from_db()
    found = (draft.people_targeted, draft.reason, amount(draft, "SHELTER"), amount(draft, "HEALTH"))
    assert found == (people, reason, shelter, health)
    assert draft.funding_requests.filter(breakdown="sector").count() == (17 if health is None else 18)


def test_one_has_to_choose_where_both_have_changed_something(desk: Desk, draft: Revision, stale: Any) -> None:
    page = desk.visit(address(draft), choose(stale) | {"choice:people_targeted": "yours", "_choose": "1"})
    assert page.context_data["problem"] == "Choose for each line that both of you changed: 2 to go."
    assert told(page)["People targeted"][-1] == "yours", "what was chosen already stays chosen"


def test_one_can_go_back_to_the_form_with_what_is_chosen(desk: Desk, draft: Revision, stale: Any) -> None:
    page = desk.visit(address(draft), choose(stale, both="yours") | {"_look": "1"})
    assert problems(page) == []
    form = page.context_data["adminform"].form
    assert (form["people_targeted"].value(), form["reason"].value()) == ("270,000", "Mine")
    draft.refresh_from_db()
    assert draft.reason == "To be tested."
    assert Opened.read(page.context_data["form_opened"]).page.main["people_targeted"] == ["270,000"]


def test_a_third_save_while_one_chooses_is_told_too(desk: Desk, other: Desk, draft: Revision, stale: Any) -> None:
    other.send(address(draft), people_in_need="6,500,000")
    page = desk.visit(address(draft), choose(stale, both="yours"))
    assert page.context_data["problem"].startswith("Meanwhile somebody saved once more")
    lines = told(page)
    assert lines["People in need"] == ("6,400,000", "6,500,000", "6,400,000", "theirs", "theirs")
    assert lines[SHELTER][-1] == "yours"


def test_rows_that_came_meanwhile_stay_and_mine_are_added(desk: Desk, other: Desk, draft: Revision) -> None:
    places = ("Kidal", "Menaka")
    mine, theirs = desk.read(address(draft)), other.read(address(draft))
    for data, place in ((mine, places[0]), (theirs, places[1])):
        add_row(data, "offices", place=place, kind="field", order="")
    assert other.visit(address(draft), theirs).status_code == 302
    page = desk.visit(address(draft), mine)
    assert {key: value[3] for key, value in told(page).items()} == {
        "Offices: Menaka the whole row": "theirs",
        "Offices: Kidal the whole row": "yours",
    }
    assert desk.visit(address(draft), choose(page)).status_code == 302
    assert set(places) <= set(draft.offices.values_list("place", flat=True))


def test_a_row_that_i_remove_and_they_change_is_asked_about(desk: Desk, other: Desk, draft: Revision) -> None:
    mine = desk.read(address(draft)) | {f"{line(draft, 'HEALTH')}-DELETE": "on"}
    other.send(address(draft), **{f"{line(draft, 'HEALTH')}-amount_usd": "2,600,000"})
    page = desk.visit(address(draft), mine)
    assert told(page)[HEALTH][2:] == ("removed", "both", "")
    assert desk.visit(address(draft), choose(page, both="yours")).status_code == 302
    assert amount(draft, "HEALTH") is None


def test_nobody_is_asked_where_both_wrote_the_same(desk: Desk, other: Desk, draft: Revision) -> None:
    mine = desk.read(address(draft)) | {"people_targeted": "270 000", "reason": "Mine"}
    other.send(address(draft), people_targeted="270,000")
    assert desk.visit(address(draft), mine).status_code == 302
    draft.refresh_from_db()
    assert (draft.people_targeted, draft.reason) == (270_000, "Mine")


def test_what_was_opened_can_not_be_made_up(desk: Desk, other: Desk, draft: Revision) -> None:
    mine = desk.read(address(draft)) | {"people_targeted": "1"}
    other.send(address(draft), people_targeted="270,000")
    page = desk.visit(address(draft), mine | {"form_opened": mine["form_opened"][:-3] + "abc"})
    assert told(page)["People targeted"][3] == "both", "what can't be read knows nothing"
    assert Opened.read(Opened("x", Page({"a": ["1"]})).sign()).page.main == {"a": ["1"]}


@pytest.mark.parametrize("model", [Project, FundingRequest])
def test_the_pages_of_rows_show_both_versions_too(desk: Desk, other: Desk, mali: MaliPlans, model: Any) -> None:
    row = model.objects.filter(revision=open_draft(mali.compendium_2017))[0]
    mine = desk.read(address(row)) | {"order": "7"}
    other.send(address(row), order="8")
    page = desk.visit(address(row), mine)
    assert told(page)["Order"][1:] == ("8", "7", "both", "")
    assert desk.visit(address(row), choose(page, both="yours")).status_code == 302
    row.refresh_from_db()
    assert row.order == 7


# Sent twice


def test_a_form_that_is_sent_twice_is_saved_once(desk: Desk, mali: MaliPlans) -> None:
    empty = f"{address(Contribution, 'add')}?plan={mali.compendium_2017.pk}"
    data = desk.read(empty) | {"plan": mali.compendium_2017.pk, "status": "paid", "amount_usd": "12,345"}
    first, second = desk.visit(empty, data), desk.visit(empty, data)
    assert second.url == first.url
    assert second.told == ["This was already saved: it was sent twice, and counted once."]
    assert Contribution.objects.filter(amount_usd=12_345).count() == 1
    assert desk.visit(empty, data | {"form_token": desk.read(empty)["form_token"]}).status_code == 302
    assert Contribution.objects.filter(amount_usd=12_345).count() == 2, "another form is another contribution"


def test_a_form_that_was_refused_can_be_sent_again(desk: Desk, draft: Revision) -> None:
    data = desk.read(address(draft))
    assert problems(desk.visit(address(draft), data | {"people_targeted": "many"}))
    assert desk.visit(address(draft), data | {"people_targeted": "5"}).status_code == 302
    twice = desk.visit(address(draft), data | {"people_targeted": "5"})
    assert twice.told == ["This was already saved: it was sent twice, and counted once."], "and no conflict with itself"


# Text that was never saved


def keep(desk: Desk, draft: Any, **changes: str) -> Any:
    """Send what changed in a form, as the page does while somebody types."""
    opened = desk.read(address(draft))
    own = {name: opened[name] for name in ("form_token", "form_opened")}
    return desk.visit(address(draft, "keep"), own | changes)


def test_what_is_typed_is_kept_offered_and_put_back(desk: Desk, draft: Revision) -> None:
    shelter = f"{line(draft, 'SHELTER')}-amount_usd"
    assert keep(desk, draft, people_targeted="270,000", **{shelter: "6,700,000"}).status_code == 200
    draft.refresh_from_db()
    assert (draft.people_targeted, amount(draft, "SHELTER")) == (273_000, Decimal(6_200_000)), (
        "the draft is not touched"
    )
    page = desk.visit(address(draft))
    (offer,) = page.context_data["kept"]
    found = {(item.label, item.theirs, item.yours) for item in offer["differences"]}
    assert found == {("People targeted", "273,000", "270,000"), ("Amount (USD)", "6,200,000", "6,700,000")}
    assert "Put it back" in page.render().content.decode()
    back = desk.visit(address(draft), {"_put_back": offer["copy"].pk})
    assert back.context_data["adminform"].form["people_targeted"].value() == "270,000"
    assert problems(back) == []
    assert amount(draft, "SHELTER") == Decimal(6_200_000)
    typed = {name: back.context_data[name] for name in ("form_token", "form_opened")}
    whole = dict(back.context_data["adminform"].form.data.items()) | typed
    assert desk.visit(address(draft), whole | {"_save": "1"}).status_code == 302
    assert amount(draft, "SHELTER") == Decimal(6_700_000)
    assert not FormCopy.objects.exists(), "what is saved needs no copy"


def test_what_is_put_back_after_somebody_else_saved_shows_both_versions(
    desk: Desk, other: Desk, draft: Revision
) -> None:
    keep(desk, draft, people_targeted="270,000")
    other.send(address(draft), people_in_need="6,500,000")
    back = desk.visit(address(draft), {"_put_back": FormCopy.objects.get().pk})
    typed = {name: back.context_data[name] for name in ("form_token", "form_opened")}
    page = desk.visit(address(draft), dict(back.context_data["adminform"].form.data.items()) | typed)
    assert {key: value[3] for key, value in told(page).items()} == {
        "People in need": "theirs",
        "People targeted": "yours",
    }


def test_a_copy_can_be_thrown_away_or_taken_back(desk: Desk, draft: Revision) -> None:
    keep(desk, draft, people_targeted="1")
    copy = FormCopy.objects.get()
    again = desk.visit(address(draft), {"_throw_away": copy.pk})
    assert (again.url, again.told) == (address(draft), ["The unsaved text is thrown away."])
    assert not FormCopy.objects.exists()
    opened = desk.read(address(draft))
    own = {name: opened[name] for name in ("form_token", "form_opened")}
    desk.visit(address(draft, "keep"), own | {"people_targeted": "1"})
    desk.visit(address(draft, "keep"), own | {"people_targeted": "2"})
    assert QueryDict(FormCopy.objects.get().content)["people_targeted"] == "2"
    desk.visit(address(draft, "keep"), own)
    assert not FormCopy.objects.exists(), "typed, and typed back"


def test_a_copy_is_for_its_writer_alone(desk: Desk, other: Desk, draft: Revision) -> None:
    keep(desk, draft, people_targeted="1")
    assert other.visit(address(draft)).context_data["kept"] == []
    for step in ("_put_back", "_throw_away"):
        answer = other.visit(address(draft), {step: FormCopy.objects.get().pk})
        assert answer.told[0].startswith("This text is not there any more")
    assert FormCopy.objects.count() == 1


def test_a_copy_is_put_back_in_the_language_it_was_typed_in(desk: Desk, draft: Revision) -> None:
    with translation.override("fr"):
        keep(desk, draft, stated_requested_usd="32 353 500,50")
    (offer,) = desk.visit(address(draft)).context_data["kept"]
    assert (offer["url"], offer["language"]) == (f"/fr{address(draft)}", "French")
    assert "differences" not in offer, "another language would read another number"


def test_the_oldest_copies_make_room(desk: Desk, draft: Revision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST_COPIES", 2)
    for people in ("1", "2", "3"):
        keep(desk, draft, people_targeted=people)
    kept = [QueryDict(copy.content)["people_targeted"] for copy in FormCopy.objects.order_by("saved_at")]
    assert kept == ["2", "3"]


def test_who_may_not_keep_is_told_why(desk: Desk, draft: Revision, client: Client, mali: MaliPlans) -> None:
    published = mali.crp_2021.revisions.get()
    own = {"form_token": "t" * 22, "people_targeted": "1"}
    assert desk.visit(address(published, "keep"), own).status_code == 403
    assert Desk(make_person("viewer")).visit(address(draft, "keep"), own).status_code == 403
    assert desk.visit(address(draft, "keep"), {"people_targeted": "1"}).status_code == 400
    assert desk.visit(address(draft, "keep"), own | {"reason": "x" * 1_000_001}).status_code == 413
    assert desk.visit(address(draft, "keep")).status_code == 405
    assert client.post(address(draft, "keep"), own).status_code == 401
    client.force_login(make_user())
    assert client.post(address(draft, "keep"), own).status_code == 401, "signed in, and no officer"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.user)
    assert strict.post(address(draft, "keep"), own).status_code == 403
    assert not FormCopy.objects.exists()
    saved = desk.read(address(draft))
    desk.visit(address(draft), saved | {"people_targeted": "9"})
    late = desk.visit(address(draft, "keep"), {"form_token": saved["form_token"], "people_targeted": "9"})
    assert late.status_code == 409, "a copy that arrives after saving"


# The form


def test_each_table_and_fieldset_stands_in_one_section(desk: Desk, draft: Revision) -> None:
    context = desk.visit(address(draft)).context_data
    tables = [inline.formset.prefix for section in context["sections"] for inline in section["tables"]]
    assert sorted(tables) == sorted(inline.formset.prefix for inline in context["inline_admin_formsets"])
    assert sorted(number for section in context["sections"] for number, _part in section["fieldsets"]) == [
        0,
        1,
        2,
        3,
        4,
    ]
    answer = desk.send(address(draft), people_targeted="x", **{f"{line(draft, 'SHELTER')}-amount_usd": "y"})
    errors = {section["slug"]: section["errors"] for section in answer.context_data["sections"] if section["errors"]}
    assert errors == {"figures": 1, "sectors": 1}


def test_live_totals_get_the_sums_of_projects_exactly(mali: MaliPlans) -> None:
    draft = open_draft(mali.compendium_2017)
    data = live_data(draft)
    assert sum(map(int, data["projects"].values())) == 3_736_000_000
    assert sorted(data["projects"].values()) == ["1236000000", "2500000000"]
    assert sum(map(int, data["projects"].values())) == sums_by_breakdown(draft)["project"] * 100
    assert cents(Decimal("9999999999999.99")) == "999999999999999"
    with translation.override("fr"):
        assert (live_data(draft)["point"], live_data(draft)["comma"]) == (",", "\N{NARROW NO-BREAK SPACE}")


def test_the_preview_is_made_as_the_page_is(officer_client: Client) -> None:
    made = officer_client.post("/admin/preview-markdown/", {"text": "## A\n\n<script>1</script> **b**"})
    assert made.content.decode() == "<h4>A</h4>\n<p>&lt;script&gt;1&lt;/script&gt; <strong>b</strong></p>\n"
    assert officer_client.get("/admin/preview-markdown/").status_code == 405
    assert officer_client.post("/admin/preview-markdown/", {"text": "x" * 200_001}).status_code == 413
    assert Client().post("/admin/preview-markdown/", {"text": "x"}).status_code == 302


def test_a_place_that_both_add_is_refused_in_words(desk: Desk, other: Desk, draft: Revision) -> None:
    """What two versions together make is judged as if one person had typed it."""
    mine, theirs = desk.read(address(draft)), other.read(address(draft))
    for data in (mine, theirs):
        add_row(data, "offices", place="Kidal", kind="field", order="")
    assert other.visit(address(draft), theirs).status_code == 302
    answer = desk.visit(address(draft), choose(desk.visit(address(draft), mine)))
    assert problems(answer) == ["Place “Kidal” stands more than once: each may stand once."]
