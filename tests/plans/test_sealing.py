"""What is published is sealed: the database keeps it as it is, and a change that got in all the same is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from funding.models import FundingRequest, RelatedPlan
from funding.services import publish_revision
from plans.models import Citation, Narrative, Objective, Revision
from plans.sealing import canonical_bytes, seal_published
from plans.sealing.triggers import SEALS
from plans.services import start_revision
from plans.tree import row_models
from tests.conftest import MaliPlans
from tests.factories import make_plan, make_user

pytestmark = pytest.mark.django_db
SAYS = "published and sealed"


@pytest.fixture
def sealed(mali: MaliPlans) -> Revision:
    """Return the published revision of Mali 2025-2026, sealed."""
    seal_published()
    return mali.crp_2025_2026.revisions.in_force().get()


def refused(change: Callable[[], Any]) -> str:
    """Return what the database says to a change that it does not make."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        change()
    return str(error.value)


def tampered(change: Callable[[], int]) -> None:
    """Change one row behind the back of the triggers, as somebody with all rights over the database could."""
    SEALS.remove(connection)
    assert change() == 1
    SEALS.install(connection)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def verified(*plans: str) -> str:
    out = StringIO()
    call_command("verify_revisions", *plans, stdout=out)
    return out.getvalue()


def test_every_road_to_a_sealed_revision_is_closed(sealed: Revision) -> None:
    objective = sealed.objectives.get(number=1)
    objective.title = "Something else"
    roads: list[Callable[[], Any]] = [
        objective.save,
        objective.delete,
        lambda: sealed.objectives.update(people_targeted=1),
        lambda: FundingRequest.objects.filter(revision=sealed).delete(),
        lambda: Objective.objects.bulk_update([objective], ["title"]),
        lambda: Objective.objects.bulk_create([Objective(revision=sealed, number=9, title="One more")]),
        lambda: Narrative.objects.create(revision=sealed, section="other", order=99, body="More"),
        lambda: sealed.citations.all().delete(),
        lambda: sealed.citations.all()._raw_delete("default"),
        lambda: Revision.objects.filter(pk=sealed.pk).update(reason="Another"),
        lambda: Revision.objects.filter(pk=sealed.pk).update(seal=""),
        lambda: Revision.objects.filter(pk=sealed.pk).update(seal="", requested_usd=1),
        lambda: Revision.objects.filter(pk=sealed.pk).update(status="draft", published_at=None, requested_usd=None),
        sealed.delete,
    ]
    for road in roads:
        assert SAYS in refused(road)
    assert verified()


def test_no_table_of_a_revision_is_left_out(sealed: Revision) -> None:
    """A new model of rows is guarded without anybody thinking of it."""
    for model in (Citation, *row_models()):
        row = model._base_manager.filter(revision=sealed).first()
        if row is not None:
            table = model._meta.db_table
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):  # noqa: S608
                assert SAYS in refused(lambda sql=f"{change} WHERE id = {row.pk}": execute(sql))
    assert SEALS.missing(connection) == []


def test_rows_do_not_move_into_or_out_of_a_sealed_revision(sealed: Revision) -> None:
    draft = start_revision(plan=sealed.plan, by=None)
    for old, new in ((sealed, draft), (draft, sealed)):
        row = old.objectives.get(number=1)
        assert SAYS in refused(lambda pk=row.pk, to=new: Objective.objects.filter(pk=pk).update(revision=to, number=7))
    assert draft.objectives.filter(number=1).update(title="A draft can be changed") == 1


def test_a_later_revision_takes_the_place_and_a_login_is_forgotten(sealed: Revision) -> None:
    user = make_user(is_superuser=True)
    draft = start_revision(plan=sealed.plan, by=user)
    published = publish_revision(revision=draft, by=None, reason="Next")
    Revision.objects.filter(pk=published.pk).update(published_by=user)
    user.delete()
    sealed.refresh_from_db()
    assert (sealed.status, sealed.superseded_at) == ("superseded", published.published_at)
    assert SAYS in refused(lambda: Revision.objects.filter(pk=sealed.pk).update(superseded_at=None, status="published"))
    assert verified() == "4 published revisions are what they were when they were sealed.\n"


def test_the_seal_is_the_sha256_of_the_canonical_form_that_names_the_one_before(sealed: Revision) -> None:
    published = publish_revision(revision=start_revision(plan=sealed.plan, by=None), by=None, reason="Next")
    for revision, before in ((sealed, None), (published, sealed.seal)):
        revision.refresh_from_db()
        body = canonical_bytes(revision)
        form = json.loads(body)
        # Written by somebody else's JSON library it is the same, which is what canonical means.
        again = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        assert again == body
        assert sha256(body).hexdigest() == revision.seal
        assert form.get("before") == before
    assert (form["form"], form["plan"], form["revision"]["number"]) == ("crp-revision/1", "MLI-CRP-2025-2026", 2)
    assert form["revision"]["stated_requested_usd"] == "32353500.00"
    amounts = [row for row in form["rows"]["fundingrequest"] if row.get("objective") == 1]
    assert [row["amount_usd"] for row in amounts] == ["12584000.00"]
    assert not [key for key in form["revision"] if "_by" in key or "superseded" in key]


GOLDEN = {
    "MLI-COMPENDIUM-2017": "b6a8f5667bbc86c931275ca0948979409d1978e34d6c1916258ea5397bb990bd",
    "MLI-CRP-2021": "b392a0855686d0cddb6a67ed1a606b552cc468fca35838639930175d86ab6ece",
    "MLI-CRP-2025-2026": "1d751d910c62d5b6a0d5b0d917e47a65ed5d09629f6931b03c4703daa8e49a98",
}


def test_a_seal_is_the_same_on_every_machine_and_for_ever(mali: MaliPlans) -> None:
    """Readers keep these: if this fails, the canonical form has changed, and every seal given so far is broken."""
    seal_published()
    assert dict(Revision.objects.values_list("plan__code", "seal")) == GOLDEN


DAY = datetime(2020, 1, 1, tzinfo=UTC)
FUNDING = FundingRequest.objects.filter(revision__plan__code="MLI-CRP-2025-2026")
CHANGES: dict[str, Callable[[], int]] = {
    "one digit of an amount": lambda: FUNDING.filter(objective__number=1).update(amount_usd=Decimal("12584000.01")),
    "the total": lambda: Revision.objects.filter(requested_usd=32_353_500).update(requested_usd=32_353_501),
    "people": lambda: Objective.objects.filter(pk=first(Objective)).update(people_targeted=1),
    "a source is gone": lambda: Citation.objects.filter(revision__isnull=False, pk=first(Citation))._raw_delete(
        "default"
    ),
    "a full stop": lambda: Narrative.objects.filter(pk=first(Narrative)).update(body=Concat("body", Value("."))),
    "the day": lambda: Revision.objects.filter(pk=first(Revision)).update(
        published_at=datetime(2020, 1, 1, tzinfo=UTC)
    ),
}


def first(model: type[Any]) -> int:
    return model.objects.filter(**({"revision__isnull": False} if model is Citation else {})).order_by("pk")[0].pk


@pytest.mark.parametrize("change", CHANGES)
def test_one_digit_is_found(sealed: Revision, change: str) -> None:
    assert verified()
    tampered(CHANGES[change])
    with pytest.raises(CommandError, match=r"MLI-[A-Z0-9-]+ revision 1 is not what was sealed: its seal is \w{64}"):
        verified()


def test_a_changed_predecessor_breaks_the_chain_even_where_its_own_seal_was_made_anew(sealed: Revision) -> None:
    publish_revision(revision=start_revision(plan=sealed.plan, by=None), by=None, reason="Next")
    own = Revision.objects.filter(pk=sealed.pk)
    tampered(lambda: own.update(reason="Another"))
    tampered(lambda: own.update(seal=sha256(canonical_bytes(own.get())).hexdigest()))
    with pytest.raises(CommandError, match="MLI-CRP-2025-2026 revision 2 is not"):
        verified("mli-crp-2025-2026")


def test_what_is_not_sealed_and_not_guarded_is_said(mali: MaliPlans) -> None:
    with pytest.raises(CommandError, match=r"MLI-COMPENDIUM-2017 revision 1 is published and not sealed"):
        verified()
    out = StringIO()
    call_command("verify_revisions", "--seal", stdout=out)
    assert out.getvalue().startswith("Sealed now: 3.\n3 published revisions")
    SEALS.remove(connection)
    with pytest.raises(CommandError, match=r"does not keep sealed revisions as they are: \d+ triggers are missing"):
        verified()
    SEALS.install(connection)
    with pytest.raises(CommandError, match=r"No plan has the code NOWHERE\."):
        verified("nowhere")


@pytest.mark.once
def test_sealing_asks_as_often_for_many_revisions_as_for_one(empty_database: None) -> None:
    def queries(number: int) -> int:
        for _ in range(number):
            make_plan(contributions=0)
        with CaptureQueriesContext(connection) as captured:
            assert seal_published() == number
        return len([query for query in captured if not query["sql"].startswith("UPDATE")])

    RelatedPlan.objects.all().delete()
    assert queries(1) == queries(12)
