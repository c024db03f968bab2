"""The workbook in the admin: down, up, look, apply; who may, and what happens when two do."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from crp.importing.uploads import MOST_PAYLOAD_CHARACTERS
from crp.importing.workbook import pages
from funding.models import FundingRequest
from plans.models import Country, Objective, Revision
from tests.admin import make_person, make_programme_officer, open_draft
from tests.conftest import MaliPlans
from tests.factories import make_country, make_plan
from tests.importing.workbooks import changed, put, remove

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SHELTER = "fundingrequest:sector:IOM-2025:SHELTER"


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(make_programme_officer())
    return client


@pytest.fixture
def draft() -> Revision:
    return open_draft(make_plan(code="T-1", contributions=0))


def page_of(revision: Revision) -> str:
    return f"/admin/plans/revision/{revision.pk}/workbook/"


def download(client: Client, revision: Revision) -> bytes:
    answer = client.get(f"/admin/plans/revision/{revision.pk}/workbook.xlsx")
    assert answer.status_code == 200
    return answer.content


def send(client: Client, revision: Revision, content: bytes, name: str = "mine.xlsx") -> Any:
    return client.post(page_of(revision), {"file": SimpleUploadedFile(name, content)})


def text_of(answer: Any) -> str:
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def payload_of(answer: Any) -> str:
    found = re.search(r'name="payload" value="([^"]+)"', answer.content.decode())
    assert found, "the page offers to apply"
    return found.group(1)


def retitled(client: Client, revision: Revision, title: str = "Mine") -> bytes:
    content = download(client, revision)
    return changed(content, lambda book: put(book, "Objectives", "objective:1", "title", title))


def title(revision: Revision) -> str:
    return Objective.objects.get(revision=revision, number=1).title


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_the_story_of_an_officer_of_mali(officer: Client, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    form = text_of(officer.get(f"/admin/plans/revision/{draft.pk}/change/"))
    assert f'href="/admin/plans/revision/{draft.pk}/workbook.xlsx"' in form
    assert f'href="{page_of(draft)}"' in form
    content = changed(download(officer, draft), lambda book: put(book, "Sectors", SHELTER, "amount_usd", 6_700_000))
    shown = send(officer, draft, content, "mali.xlsx")
    text = text_of(shown)
    for part in ("mali.xlsx: nothing is saved yet.", "6,200,000", "6,700,000", "+500,000", "32,853,500",
                 "Apply the change of 1 row to the draft"):  # fmt: skip
        assert part in text
    line = FundingRequest.objects.get(revision=draft, sector__code="SHELTER")
    assert line.amount_usd == 6_200_000
    done = officer.post(page_of(draft), {"payload": payload_of(shown)}, follow=True)
    assert done.redirect_chain[-1][0].startswith(f"/admin/plans/revision/{draft.pk}/change/")
    assert told(done)[0].startswith("The workbook mali.xlsx is applied to the draft: 1 row changed.")
    line.refresh_from_db()
    assert line.amount_usd == 6_700_000
    assert "+500,000" in text_of(done)
    assert LogEntry.objects.latest("action_time").get_change_message() == (
        "The workbook mali.xlsx is applied to the draft: 1 row changed."
    )
    again = text_of(send(officer, draft, content, "mali.xlsx"))
    assert "mali.xlsx: nothing changes." in again
    assert "The draft is not as it was when this workbook was downloaded" in again


def test_an_unchanged_workbook_offers_nothing(officer: Client, draft: Revision) -> None:
    text = text_of(send(officer, draft, changed(download(officer, draft))))
    assert "mine.xlsx: nothing changes." in text
    assert 'name="payload"' not in text
    missing = text_of(officer.post(page_of(draft), {}))
    assert "Nothing of the file was used:" in missing


def test_the_file_is_named_after_the_revision_and_kept_by_nobody(officer: Client, draft: Revision) -> None:
    answer = officer.get(f"/admin/plans/revision/{draft.pk}/workbook.xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="T-1-r2.xlsx"'
    assert "no-store" in answer["Cache-Control"]
    assert officer.get("/admin/plans/revision/999999/workbook.xlsx").status_code == 302
    assert officer.get("/admin/plans/revision/abc/workbook/").status_code == 302


def test_what_is_wrong_is_shown_and_can_not_be_applied(officer: Client, draft: Revision) -> None:
    def change(book: Any) -> None:
        put(book, "Objectives", "objective:1", "amount_usd", "6,2 Mio")
        put(book, "Objectives", "objective:2", "title", "Fine")

    text = text_of(send(officer, draft, changed(download(officer, draft), change)))
    assert "One thing is wrong, so nothing can be saved:" in text
    assert "<code>E5</code>" in text
    assert "“6,2 Mio” is not a number" in text
    assert 'name="payload"' not in text
    refused = text_of(send(officer, draft, b"number,title"))
    assert "It is no workbook, whatever its name says" in refused


def test_a_removed_row_is_said_plainly(officer: Client, draft: Revision) -> None:
    content = changed(download(officer, draft), lambda book: remove(book, "Outcomes", "outcome:2b"))
    text = text_of(send(officer, draft, content))
    assert "One row is not in the workbook any more and would be removed from the draft." in text


def test_applying_twice_applies_once(officer: Client, draft: Revision) -> None:
    payload = payload_of(send(officer, draft, retitled(officer, draft)))
    officer.post(page_of(draft), {"payload": payload})
    second = officer.post(page_of(draft), {"payload": payload})
    assert "Somebody changed the draft meanwhile" in text_of(second)
    assert LogEntry.objects.filter(change_message__contains="is applied").count() == 1
    assert title(draft) == "Mine"


def test_what_somebody_else_wrote_is_shown_before_it_is_replaced(officer: Client, draft: Revision) -> None:
    content = retitled(officer, draft)
    payload = payload_of(send(officer, draft, content))
    Objective.objects.filter(revision=draft, number=1).update(title="Theirs")
    answer = officer.post(page_of(draft), {"payload": payload})
    text = text_of(answer)
    assert "Somebody changed the draft meanwhile" in text
    assert "Applying replaces what they wrote, in one row:" in text
    assert "theirs is Theirs, the workbook says Mine" in text
    assert title(draft) == "Theirs"
    assert "1 changed" in text_of(send(officer, draft, content))
    officer.post(page_of(draft), {"payload": payload_of(answer)})
    assert title(draft) == "Mine"


def test_a_workbook_of_an_older_revision_goes_up_on_the_next_draft(officer: Client, draft: Revision) -> None:
    published = draft.plan.revisions.get(status="published")
    shown = send(officer, draft, retitled(officer, published))
    assert "The workbook is of revision 1 and this is revision 2." in text_of(shown)
    officer.post(page_of(draft), {"payload": payload_of(shown)})
    assert (title(draft), title(published)) == ("Mine", "Objective 1")


def test_a_revision_that_can_not_be_edited_gives_its_workbook_and_takes_none(officer: Client, draft: Revision) -> None:
    content = retitled(officer, draft)
    payload = payload_of(send(officer, draft, content))
    for status, why in (("published", "what readers have seen stays as it is"), ("draft", "is in review")):
        revision = draft.plan.revisions.get(status=status)
        if status == "draft":
            Revision.objects.filter(pk=draft.pk).update(status="in_review")
        page = text_of(officer.get(page_of(revision)))
        assert why in page
        assert 'type="file"' not in page
        assert download(officer, revision)
        answer = officer.post(page_of(revision), {"payload": payload})
        assert why in text_of(answer)
        assert why in text_of(send(officer, revision, content))
        assert title(revision) == "Objective 1"


@pytest.mark.parametrize("how", ["tampered", "another revision", "another person", "too old"])
def test_only_what_was_shown_is_applied(
    how: str, officer: Client, draft: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload, revision = payload_of(send(officer, draft, retitled(officer, draft))), draft
    if how == "tampered":
        payload = payload[:-1]
    if how == "another revision":
        revision = open_draft(make_plan(contributions=0))
    if how == "another person":
        officer.force_login(make_person(Role.OFFICER))
    if how == "too old":
        monkeypatch.setattr("crp.importing.uploads.MOST_AGE_SECONDS", -1)
    answer = officer.post(page_of(revision), {"payload": payload}, follow=True)
    assert told(answer) == ["This preview is too old: upload the file again."]
    assert (title(draft), title(revision)) == ("Objective 1", "Objective 1")


def test_more_than_a_form_carries_is_not_offered(
    officer: Client, draft: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_PAYLOAD_CHARACTERS < 2_500_000
    monkeypatch.setattr(pages, "MOST_PAYLOAD_CHARACTERS", 10)
    text = text_of(send(officer, draft, retitled(officer, draft)))
    assert "The changes of this workbook are too long to be saved at once" in text
    assert 'name="payload"' not in text
    monkeypatch.setattr(pages, "MOST_BYTES", 10)
    assert "It has more than 10 bytes" in text_of(send(officer, draft, b"x" * 11))


def test_who_may(client: Client) -> None:
    """Officers of the country write, viewers look, others see what is published only."""
    here, there = make_country(), make_country()
    draft = open_draft(make_plan(countries=[here], contributions=0))
    published = draft.plan.revisions.get(status="published")
    client.force_login(make_person(Role.OFFICER, country=here))
    content = retitled(client, draft)
    payload = payload_of(send(client, draft, content))
    for roles, country, sees in (([Role.VIEWER], here, True), ([Role.OFFICER], there, False)):
        client.force_login(make_person(*roles, country=country))
        assert download(client, published)
        if sees:
            answer = send(client, draft, content)
            assert "Nothing was saved." in text_of(answer)
            assert 'name="payload"' not in text_of(answer)
            assert 'type="file"' not in text_of(client.get(page_of(draft)))
        else:
            assert client.get(page_of(draft)).status_code in {302, 403, 404}
            assert client.get(f"/admin/plans/revision/{draft.pk}/workbook.xlsx").status_code in {302, 403, 404}
            assert send(client, draft, content).status_code in {302, 403, 404}
    client.logout()
    assert client.get(f"/admin/plans/revision/{published.pk}/workbook.xlsx").status_code == 302
    assert title(draft) == "Objective 1"
    person = make_person(Role.OFFICER, country=here)
    client.force_login(person)
    payload = payload_of(send(client, draft, content))
    RoleAssignment.objects.filter(user=person).update(role=Role.VIEWER)
    assert "Nothing was saved." in text_of(client.post(page_of(draft), {"payload": payload}))
    assert title(draft) == "Objective 1"
    assert Country.objects.filter(pk=there.pk).exists()


def test_in_french(officer: Client, draft: Revision) -> None:
    answer = officer.get(f"/fr/admin/plans/revision/{draft.pk}/workbook.xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert "Objectifs" in book.sheetnames
    assert '"oui,non"' in [check.formula1 for check in book["Secteurs"].data_validations.dataValidation]
    shown = officer.post(f"/fr{page_of(draft)}", {"file": SimpleUploadedFile("le_mien.xlsx", retitled(officer, draft))})
    done = officer.post(f"/fr{page_of(draft)}", {"payload": payload_of(shown)})
    assert done["Location"] == f"/fr/admin/plans/revision/{draft.pk}/change/"
    assert title(draft) == "Mine"
