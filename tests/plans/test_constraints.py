"""Every rule that the tables of plans keep: the database refuses what breaks it, the form says it in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from plans.models import (
    Achievement,
    Acknowledgement,
    Citation,
    Contact,
    CountryProfile,
    CrossCuttingPriority,
    FormCopy,
    Framework,
    KeyAction,
    Modality,
    Narrative,
    Objective,
    ObjectiveTargetGroup,
    Office,
    OperatingModality,
    Outcome,
    Plan,
    PlanIdentifier,
    Presence,
    Priority,
    Revision,
    RiskIndicator,
    Source,
    StrategicObjective,
    TargetGroup,
    Translation,
)
from tests.constraints import Broken, assert_refused, named_constraints
from tests.factories import make_country, make_plan, make_user

EARLY, LATE = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
NEGATIVE = "Ensure this value is greater than or equal to 0."


AT = datetime(2026, 1, 1, tzinfo=UTC)


def make_world() -> SimpleNamespace:
    """One row of each kind, so that a second one like it breaks the rule."""
    plan = make_plan(code="PLAN-1")
    revision = plan.revisions.get()
    objective = revision.objectives.get(number=1)
    country = make_country()
    profile = CountryProfile.objects.create(country=country)
    source = Source.objects.create(code="source", title="Source")
    made = SimpleNamespace(
        plan=plan, revision=revision, objective=objective, country=country, profile=profile, source=source
    )
    made.user = make_user()
    FormCopy.objects.create(user=made.user, address="/admin/", content="a=1", saved_at=AT)
    made.group = TargetGroup.objects.create(code="IDP", name="Displaced")
    made.modality = OperatingModality.objects.create(code="CASH", name="Cash")
    made.priority = CrossCuttingPriority.objects.create(code="GENDER", name="Gender")
    PlanIdentifier.objects.create(plan=plan, scheme="fts", value="1")
    translate(plan).save()
    StrategicObjective.objects.create(strategy="2024-2028", number=1, name="One")
    KeyAction.objects.create(profile=profile, order=1, title="One")
    Contact.objects.create(profile=profile, kind="fax", value="+1")
    ObjectiveTargetGroup.objects.create(revision=revision, objective=objective, target_group=made.group)
    RiskIndicator.objects.create(revision=revision, indicator="hdi_rank", rank=1, rank_of=193)
    Modality.objects.create(revision=revision, modality=made.modality)
    Priority.objects.create(revision=revision, priority=made.priority)
    Presence.objects.create(revision=revision)
    Office.objects.create(revision=revision, kind="main", place="Bamako")
    Achievement.objects.create(revision=revision, order=1, text="Done")
    Citation.objects.create(revision=revision, subject="revision", field="people_in_need", source=source)
    Citation.objects.create(profile=profile, subject="profile", field="staff", source=source)
    return made


pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_world), pytest.mark.usefixtures("world")]


def open_revision(plan: Plan, **values: Any) -> Revision:
    return Revision(**{"plan": plan, "number": 2} | values)


def cite(world: Any, **values: Any) -> Citation:
    given = {"revision": world.revision, "subject": "objective:1", "field": "title", "source": world.source}
    return Citation(**given | values)


def translate(plan: Plan, **values: Any) -> Translation:
    given = {"subject": "plan", "field": "title", "source_hash": "0" * 64, "source": "A title", "text": "Un título"}
    return Translation(**{"plan": plan, "language": "es"} | given | values)


def second_draft(world: Any) -> Revision:
    if not world.plan.revisions.filter(number=2).exists():
        Revision.objects.create(plan=world.plan, number=2)
    return open_revision(world.plan, number=3, status="in_review")


def bare(plan: Plan, **values: Any) -> Revision:
    """Return a published revision of a plan that has none, so that only the rule at hand is broken."""
    return Revision(**{"plan": make_plan_without_revision(plan), "status": "published", "published_at": EARLY} | values)


def make_plan_without_revision(plan: Plan) -> Plan:
    found, _made = Plan.objects.get_or_create(code="BARE", kind="crp", title="Bare", start_year=2024, end_year=2024)
    return found


CASES = [
    Broken(
        "plan_years_in_order",
        lambda w: Plan(code="P", kind="crp", title="P", start_year=2025, end_year=2024),
        "The last year must not lie before the first year.",
    ),
    Broken(
        "plan_days_in_order",
        lambda w: Plan(
            code="P", kind="crp", title="P", start_year=2025, end_year=2025, start_on="2025-02-02", end_on="2025-02-01"
        ),
        "The last day must not lie before the first day.",
    ),
    *(
        Broken(
            "plan_totals_year_within_period",
            lambda w, year=year: Plan(
                code="P", kind="crp", title="P", start_year=2025, end_year=2026, totals_year=year
            ),
            "The year of the totals must lie within the years of the plan.",
        )
        for year in (2024, 2027)
    ),
    Broken(
        "plan_identifier_once",
        lambda w: PlanIdentifier(plan=w.plan, scheme="fts", value="1"),
        "Another plan already has this identifier.",
    ),
    Broken(
        "revision_number_once_per_plan",
        lambda w: open_revision(w.plan, number=1),
        "This plan already has a revision with this number.",
    ),
    Broken(
        "revision_one_published_per_plan",
        lambda w: open_revision(w.plan, status="published", published_at=LATE),
        "This plan already has a published revision: supersede it first.",
    ),
    Broken(
        "revision_one_open_per_plan",
        second_draft,
        "This plan already has an open draft: finish that one first.",
    ),
    *(
        Broken(
            "revision_published_at_matches_status",
            make,
            "A published revision needs a publication time; a draft has none.",
        )
        for make in (
            lambda w: bare(w.plan, published_at=None),
            lambda w: open_revision(w.plan, published_at=EARLY),
            lambda w: open_revision(w.plan, status="in_review", published_at=EARLY),
            lambda w: open_revision(w.plan, requested_usd=5),
        )
    ),
    *(
        Broken(
            "revision_superseded_at_matches_status",
            make,
            "A superseded revision needs a time after its publication; others have none.",
        )
        for make in (
            lambda w: bare(w.plan, superseded_at=LATE),
            lambda w: bare(w.plan, status="superseded"),
            lambda w: bare(w.plan, status="superseded", superseded_at=EARLY),
            lambda w: bare(w.plan, status="superseded", published_at=LATE, superseded_at=EARLY),
            lambda w: open_revision(w.plan, superseded_at=LATE),
        )
    ),
    *(
        Broken("revision_amounts_not_negative", make, NEGATIVE, where=where)
        for where, make in (
            ("stated_requested_usd", lambda w: open_revision(w.plan, stated_requested_usd=-1)),
            ("requested_usd", lambda w: bare(w.plan, requested_usd=-1)),
            (
                "stated_received_usd",
                lambda w: open_revision(w.plan, stated_received_usd=-1, reports_funding=True),
            ),
        )
    ),
    Broken(
        "revision_received_is_reported",
        lambda w: open_revision(w.plan, stated_received_usd=0, reports_funding=False),
        "An amount received is given: tick “states money received”.",
    ),
    Broken(
        "revision_sealed_is_published",
        lambda w: open_revision(w.plan, seal="0" * 64),
        "Only what is published is sealed.",
    ),
    Broken(
        "acknowledgement_needs_comment",
        lambda w: Acknowledgement(revision=w.revision, rule="citations", statement="None", comment="", at=AT),
        "This field cannot be blank.",
        where="comment",
    ),
    Broken(
        "form_copy_once_per_person_and_form",
        lambda w: FormCopy(user=w.user, address="/admin/", content="a=1", saved_at=AT),
        "Unsaved form with this Person and Address of the form already exists.",
    ),
    Broken(
        "framework_code_once_per_revision",
        lambda w: Framework(revision=w.revision, code="HRP", name="Again"),
        "This revision already has a framework with this code.",
    ),
    Broken(
        "framework_amounts_not_negative",
        lambda w: Framework(revision=w.revision, code="X", name="X", stated_received_usd=-1),
        NEGATIVE,
        where="stated_received_usd",
    ),
    Broken(
        "framework_amounts_not_negative",
        lambda w: Framework(revision=w.revision, code="X", name="X", stated_percent_funded=-1),
        NEGATIVE,
        where="stated_percent_funded",
    ),
    Broken(
        "objective_number_once_per_revision",
        lambda w: Objective(revision=w.revision, number=1, title="Again"),
        "This revision already has an objective with this number.",
    ),
    Broken(
        "objective_percent_not_negative",
        lambda w: Objective(revision=w.revision, number=9, title="X", stated_percent_funded=-1),
        NEGATIVE,
        where="stated_percent_funded",
    ),
    Broken(
        "target_group_once_per_objective",
        lambda w: ObjectiveTargetGroup(revision=w.revision, objective=w.objective, target_group=w.group),
        "This objective already names this target group.",
    ),
    Broken(
        "outcome_code_once_per_revision",
        lambda w: Outcome(revision=w.revision, objective=w.objective, code="1a", name="Again", share_percent=1),
        "This revision already has an outcome with this code.",
    ),
    *(
        Broken(
            "outcome_share_within_0_100",
            lambda w, share=share: Outcome(
                revision=w.revision, objective=w.objective, code="9z", name="Share", share_percent=share
            ),
            sentence,
            where="share_percent",
        )
        for share, sentence in (
            ("-0.01", "Ensure this value is greater than or equal to 0."),
            ("100.01", "Ensure this value is less than or equal to 100."),
        )
    ),
    Broken(
        "narrative_order_once_per_section",
        lambda w: Narrative(revision=w.revision, section="context", body="Again"),
        "Two passages of a section need two order numbers.",
    ),
    *(
        Broken(
            "narrative_objective_matches_section",
            make,
            "Name the objective for the text of an objective, and only there.",
        )
        for make in (
            lambda w: Narrative(revision=w.revision, section="objective", body="Text"),
            lambda w: Narrative(revision=w.revision, section="vision", objective=w.objective, body="Text"),
        )
    ),
    Broken(
        "risk_indicator_once_per_revision",
        lambda w: RiskIndicator(revision=w.revision, indicator="hdi_rank"),
        "This revision already has this indicator.",
    ),
    *(
        Broken(
            "risk_indicator_rank_within",
            lambda w, values=values: RiskIndicator(revision=w.revision, indicator="fragility", **values),
            "A rank runs from 1 to the number of countries ranked: give both.",
        )
        for values in ({"rank": 1}, {"rank_of": 193}, {"rank": 194, "rank_of": 193}, {"rank": 0, "rank_of": 193})
    ),
    Broken(
        "risk_indicator_value_not_negative",
        lambda w: RiskIndicator(revision=w.revision, indicator="fragility", value="-0.1"),
        "The value of an index must not be negative.",
    ),
    Broken(
        "modality_once_per_revision",
        lambda w: Modality(revision=w.revision, modality=w.modality),
        "This revision already names this modality.",
    ),
    Broken(
        "priority_once_per_revision",
        lambda w: Priority(revision=w.revision, priority=w.priority),
        "This revision already names this priority.",
    ),
    Broken(
        "presence_once_per_revision",
        lambda w: Presence(revision=w.revision),
        "This revision already states its presence.",
    ),
    Broken(
        "office_once_per_revision",
        lambda w: Office(revision=w.revision, kind="field", place="Bamako"),
        "This revision already names an office there.",
    ),
    Broken(
        "achievement_order_once_per_revision",
        lambda w: Achievement(revision=w.revision, order=1, text="Again"),
        "Two achievements need two order numbers.",
    ),
    Broken(
        "key_action_order_once_per_profile",
        lambda w: KeyAction(profile=w.profile, order=1, title="Again"),
        "Two key actions need two order numbers.",
    ),
    Broken(
        "contact_once_per_profile",
        lambda w: Contact(profile=w.profile, kind="fax", value="+1"),
        "This profile already has this contact.",
    ),
    Broken(
        "strategic_objective_once",
        lambda w: StrategicObjective(strategy="2024-2028", number=1, name="Again"),
        "This strategy already has an objective with this number.",
    ),
    *(
        Broken("citation_of_one_thing", make, "A citation belongs to a revision or to a country profile.")
        for make in (lambda w: cite(w, revision=None), lambda w: cite(w, profile=w.profile))
    ),
    Broken(
        "citation_once_per_revision_value",
        lambda w: cite(w, subject="revision", field="people_in_need"),
        "This value already cites this source.",
    ),
    Broken(
        "citation_once_per_profile_value",
        lambda w: cite(w, revision=None, profile=w.profile, subject="profile", field="staff"),
        "This value already cites this source.",
    ),
    *(
        Broken("citation_lines_in_order", make, "The last line must not lie before the first.")
        for make in (lambda w: cite(w, first_line=5, last_line=4), lambda w: cite(w, last_line=4))
    ),
    Broken(
        "citation_inferred_needs_note",
        lambda w: cite(w, basis="inferred"),
        "An inferred value needs its reasoning.",
    ),
    Broken(
        "translation_once_per_source",
        lambda w: translate(w.plan, text="Otro título"),
        "This text has a translation into this language already.",
    ),
    Broken(
        "translation_has_text",
        lambda w: translate(w.plan, subject="objective:1", text=""),
        "A translation without text is no translation.",
    ),
]


@pytest.mark.parametrize("broken", CASES, ids=str)
def test_a_row_that_breaks_a_rule_is_refused(world: SimpleNamespace, broken: Broken) -> None:
    assert_refused(broken, world)


def test_every_rule_of_the_tables_is_tested() -> None:
    assert {broken.constraint for broken in CASES} == named_constraints("plans")
