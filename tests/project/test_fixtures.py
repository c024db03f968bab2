"""The fixtures hold the figures of the documents: every number below was typed from the text of the pages.

Not from the fixtures: the tables here are the second opinion. What lies in the database and what the rollups make of it
are both compared with them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from crp.common.history import is_history
from crp.management.commands.demo import FIXTURES
from funding.models import Contribution, FundingRequest, Project, RequestShare
from funding.rollups import break_down_plan, figures_of, with_figures
from plans.models import (
    Achievement,
    Contact,
    CountryProfile,
    Framework,
    KeyAction,
    Modality,
    Narrative,
    Objective,
    ObjectiveTargetGroup,
    Office,
    Outcome,
    Plan,
    Presence,
    Priority,
    Revision,
    RiskIndicator,
)
from tests.conftest import MaliPlans
from tests.constraints import is_summary

CRP = "MLI-CRP-2025-2026"
COMPENDIUM = "MLI-COMPENDIUM-2017"
EMPTY = "MLI-CRP-2021"

# mali-crp-2025-2026.txt: number, title, required, people, entities.
OBJECTIVES = [
    (1, "Saving lives and protecting people on the move", 12_584_000, 175_000, 13),
    (2, "Driving solutions to displacement", 10_057_000, 48_000, 7),
    (3, "Facilitating pathways for regular migration", 9_712_500, 50_000, 8),
]
OUTCOMES = {
    1: [
        ("Human suffering is alleviated", 50),
        ("Threats and vulnerabilities are reduced", 20),
        ("The quality of humanitarian assistance is enhanced", 30),
    ],
    2: [
        ("Adverse drivers of displacement are minimized", 25),
        ("Displaced people are resilient and self-reliant", 45),
        ("Displaced people benefit from solutions", 30),
    ],
    3: [
        ("Channels for regular migration are sustainable and responsive", 20),
        ("Migration flows and cross-border mobility are well managed", 20),
        ("Migration policy and legal frameworks are aligned with international standards", 40),
        ("Migrants are protected from violence, exploitation and abuse", 20),
    ],
}
GROUPS = {
    1: ["Internally displaced person", "Local population / community", "International migrant"],
    2: ["Internally displaced person", "Local population / community", "Internal migrant", "International migrant"],
    3: ["Internally displaced person", "Local population / community", "Internal migrant", "International migrant"],
}
# Sector, required, priority, related inter-agency plans; the first line has lost its heading.
SECTORS = [
    ("Protection-centred cross-cutting priority", 1_153_500, False, ["H(N)RP", "UNSDCF"]),
    ("Shelter and settlements", 6_200_000, True, ["H(N)RP", "UNSDCF"]),
    ("Disaster risk management", 500_000, False, []),
    ("Camp coordination and camp management", 600_000, False, ["H(N)RP"]),
    ("Water, sanitation and hygiene", 2_800_000, True, ["H(N)RP", "UNSDCF"]),
    ("Protection", 4_350_000, True, ["H(N)RP"]),
    ("Mental health and psychosocial support", 550_000, False, ["H(N)RP"]),
    ("Basic needs, including food and multi-purpose cash assistance", 1_300_000, False, ["H(N)RP"]),
    ("Humanitarian border management and search and rescue", 500_000, False, []),
    ("Health", 2_500_000, True, ["FA", "H(N)RP", "UNSDCF"]),
    ("Data for action, insight and foresight", 2_000_000, True, []),
    ("Legal identity and consular services", 1_400_000, False, []),
    ("Community stabilization and community-driven development", 2_000_000, False, ["UNSDCF"]),
    ("Community engagement and policing", 500_000, False, ["UNSDCF"]),
    ("Movement assistance", 1_000_000, False, []),
    ("Peacebuilding, violence and conflict reduction", 1_500_000, False, ["UNSDCF"]),
    ("Regular pathways", 2_000_000, False, ["UNSDCF"]),
    ("Integrated policy support", 1_500_000, False, ["UNSDCF"]),
]
# mali-compendium-2017.txt: framework, sector, how the project's title begins, requested, received.
PROJECTS = [
    ("HRP", "Early Recovery and Livelihoods", "Support to the Sustainable Return", 2_330_000, 0),
    ("HRP", "Health", "Assessing and responding to health needs", 1_000_000, 0),
    ("HRP", "Protection", "Protecting vulnerable Internally Displaced Persons", 1_500_000, 0),
    ("HRP", "Protection", "Supporting the Government of Mali to track", 1_500_000, 0),
    ("HRP", "Water, Sanitation, and Hygiene", "Improving Access to Water and Sanitation", 2_450_000, 0),
    ("HRP", "Emergency Shelter and Non-food Items", "Assessing and responding to shelter", 3_580_000, 112_550),
    ("MCOF", "Technical Assistance for Humanitarian Border Management", "Strengthen the border", 12_000_000, 0),
    ("MCOF", "Return and Reintegration Assistance", "Support the sustainable reintegration", 3_000_000, 0),
    ("MCOF", "Counter-trafficking and Protection of Vulnerable Migrants", "Strengthen the capacity", 3_000_000, 0),
    ("MCOF", "Migration Policy and Legislation Support", "Strengthen the migration management", 7_000_000, 0),
]


def revision_of(code: str) -> Revision:
    return Revision.objects.get(plan__code=code)


def values(revision: Revision, *columns: str) -> tuple[Any, ...]:
    return tuple(getattr(revision, column) for column in columns)


HEADLINE = (
    "stated_requested_usd", "requested_usd", "stated_received_usd", "reports_funding",
    "people_in_need", "people_targeted", "entities_targeted", "document_on", "funding_updated_on",
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (CRP, (32_353_500, 32_353_500, None, False, 6_400_000, 273_000, 25, date(2025, 4, 17), None)),
        (COMPENDIUM, (None, 37_360_000, None, True, None, None, None, None, None)),
        (EMPTY, (None, None, None, False, None, None, None, None, None)),
    ],
)
def test_headline_figures_are_those_of_the_page(mali: MaliPlans, code: str, expected: tuple[Any, ...]) -> None:
    assert values(revision_of(code), *HEADLINE) == expected


def test_there_are_three_plans_of_mali_each_with_one_published_revision(mali: MaliPlans) -> None:
    found = Plan.objects.values_list("code", "kind", "title", "start_year", "end_year", "countries__iso3")
    assert set(found) == {
        (COMPENDIUM, "compendium", "Mali 2017", 2017, 2017, "MLI"),
        (CRP, "crp", "Mali Crisis Response Plan 2025 - 2026", 2025, 2026, "MLI"),
        (EMPTY, "crp", "Mali Crisis Response Plan 2021", 2021, 2021, "MLI"),
    }
    assert set(Revision.objects.values_list("number", "status")) == {(1, "published")}


def test_objectives_of_2025(mali: MaliPlans) -> None:
    found = [
        (o.number, o.title, o.funding_requests.get().amount_usd, o.people_targeted, o.entities_targeted)
        for o in Objective.objects.filter(revision__plan__code=CRP)
    ]
    assert found == OBJECTIVES
    assert {o.strategic_objective.natural_key() for o in Objective.objects.filter(revision__plan__code=CRP)} == {
        ("2024-2028", 1),
        ("2024-2028", 2),
        ("2024-2028", 3),
    }


@pytest.mark.parametrize("number", OUTCOMES)
def test_outcomes_of_2025(mali: MaliPlans, number: int) -> None:
    outcomes = Outcome.objects.filter(revision__plan__code=CRP, objective__number=number)
    assert list(outcomes.values_list("name", "share_percent")) == OUTCOMES[number]
    groups = ObjectiveTargetGroup.objects.filter(revision__plan__code=CRP, objective__number=number)
    assert list(groups.values_list("target_group__name", flat=True)) == GROUPS[number]


def test_sectors_of_2025(mali: MaliPlans) -> None:
    requests = FundingRequest.objects.filter(revision__plan__code=CRP, breakdown="sector")
    found = [
        (
            r.sector.name,
            r.amount_usd,
            r.is_priority,
            sorted(r.related_plans.values_list("plan_family__code", flat=True)),
        )
        for r in requests
    ]
    assert found == SECTORS
    assert len(found) == 18
    assert sum(amount for _name, amount, *_rest in SECTORS) == 32_353_500
    assert sum(amount for _name, amount, *_rest in SECTORS[1:]) == 31_200_000


def test_the_cross_cutting_line_of_2025_is_inferred_and_split_over_the_objectives(mali: MaliPlans) -> None:
    line = FundingRequest.objects.get(revision__plan__code=CRP, amount_usd=1_153_500)
    assert line.sector.is_cross_cutting
    assert line.sector.confidence == "inferred"
    shares = RequestShare.objects.filter(funding_request=line).order_by("objective__number")
    assert list(shares.values_list("objective__number", "share_percent", "amount_usd")) == [
        (1, 42, 484_000),
        (2, 18, 207_000),
        (3, 40, 462_500),
    ]
    others = FundingRequest.objects.filter(revision__plan__code=CRP, breakdown="sector").exclude(pk=line.pk)
    assert not any(request.sector.is_cross_cutting for request in others)


def test_indicators_of_2025(mali: MaliPlans) -> None:
    found = RiskIndicator.objects.filter(revision__plan__code=CRP)
    assert set(found.values_list("indicator", "value", "rank", "rank_of", "level")) == {
        ("inform_risk", Decimal("7.10"), None, None, "very_high"),
        ("inform_severity", Decimal("5.00"), None, None, "very_high"),
        ("hdi_rank", None, 188, 193, "low"),
        ("fragility", None, None, None, "high"),
    }


def test_presence(mali: MaliPlans) -> None:
    columns = ("international_staff", "national_staff", "field_offices", "as_of_month")
    found = {presence.revision.plan.code: values(presence, *columns) for presence in Presence.objects.all()}
    assert found == {CRP: (15, 165, 6, date(2024, 11, 1)), COMPENDIUM: (14, 45, None, None)}
    offices = Office.objects.order_by("order").values_list("kind", "place")
    assert list(offices.filter(revision__plan__code=CRP)) == [
        ("main", "Bamako"), ("field", "Kayes"), ("field", "Mopti"),
        ("field", "Tombouctou"), ("field", "Gao"), ("field", "Sikasso"),
    ]  # fmt: skip
    assert set(offices.filter(revision__plan__code=COMPENDIUM)) == {
        ("main", "Bamako"), ("field", "Mopti"), ("field", "Gao"), ("field", "Timbuktu"),
    }  # fmt: skip


def test_modalities_and_priorities_of_2025(mali: MaliPlans) -> None:
    modalities = Modality.objects.filter(revision__plan__code=CRP).values_list("modality__name", flat=True)
    assert list(modalities) == [
        "Participation and empowerment", "Conflict sensitivity", "Integrated Programming",
        "Collaboration and partnership", "Localization", "Cash-based interventions",
    ]  # fmt: skip
    priorities = Priority.objects.filter(revision__plan__code=CRP).values_list("priority__name", flat=True)
    assert list(priorities) == [
        "Data and evidence", "Protection Mainstreaming", "Gender Equality",
        "Prevention of sexual exploitation and abuse", "Disaster Risk", "Climate Change", "Law and policy",
    ]  # fmt: skip


def test_projects_of_2017(mali: MaliPlans) -> None:
    projects = Project.objects.filter(revision__plan__code=COMPENDIUM).order_by("order")
    found = [
        (p.framework.code, p.sector.name, p.title, p.funding_requests.get().amount_usd, p.stated_received_usd)
        for p in projects
    ]
    assert len(found) == len(PROJECTS)
    for row, (framework, sector, title, requested, received) in zip(found, PROJECTS, strict=True):
        assert (row[0], row[1], row[3], row[4]) == (framework, sector, requested, received)
        assert row[2].startswith(title)


def test_frameworks_of_2017(mali: MaliPlans) -> None:
    found = {
        f.code: (f.funding_requests.get().amount_usd, f.stated_received_usd, f.stated_percent_funded)
        for f in Framework.objects.filter(revision__plan__code=COMPENDIUM)
    }
    assert found == {"HRP": (12_360_000, 112_550, 1), "MCOF": (25_000_000, 0, 0)}
    assert Achievement.objects.filter(revision__plan__code=COMPENDIUM).count() == 7


def test_the_one_contribution_is_the_money_of_the_shelter_project(mali: MaliPlans) -> None:
    money = Contribution.objects.get()
    assert (money.plan.code, money.amount_usd, money.is_counted) == (COMPENDIUM, 112_550, True)
    assert (money.donor, money.decision_on) == (None, None)  # the page names neither
    project = Project.objects.get(code=money.project_code)
    assert project.sector.name == "Emergency Shelter and Non-food Items"


def test_the_plan_of_2021_has_texts_and_no_figure(mali: MaliPlans) -> None:
    revision = revision_of(EMPTY)
    assert {narrative.section for narrative in Narrative.objects.filter(revision=revision)} == {"vision", "context"}
    others = ("objectives", "outcomes", "frameworks", "projects", "funding_requests", "presences", "risk_indicators")
    assert not any(getattr(revision, name).exists() for name in others)
    context = Narrative.objects.get(revision=revision, section="context")
    assert "311,193" in context.body  # context, not a figure of the plan


def test_the_profile_of_mali(mali: MaliPlans) -> None:
    profile = CountryProfile.objects.get(country__iso3="MLI")
    assert (profile.mission_since_year, profile.staff, profile.staff_is_approximate) == (1998, 100, True)
    assert profile.main_office == "Bamako"
    assert {office.strip() for office in profile.sub_offices.split(",")} == {"Mopti", "Timbuktu", "Gao"}
    assert KeyAction.objects.filter(profile=profile).count() == 5


def test_no_contact_is_shown_unless_it_was_released(mali: MaliPlans) -> None:
    assert Contact.objects.exists()
    assert not Contact.objects.filter(is_public=True).exists()


@pytest.mark.parametrize(
    ("code", "by", "expected"),
    [
        (CRP, "objective", [(title, required, None) for _n, title, required, _p, _e in OBJECTIVES]),
        (CRP, "sector", [(name, required, None) for name, required, _p, _r in SECTORS]),
        (COMPENDIUM, "project", [(title, asked, got) for _f, _s, title, asked, got in PROJECTS]),
    ],
)
def test_rollups_give_the_lines_of_the_page(mali: MaliPlans, code: str, by: str, expected: list[Any]) -> None:
    breakdown = break_down_plan(Plan.objects.get(code=code), by)
    assert len(breakdown.lines) == len(expected)
    for line, (name, requested, received) in zip(breakdown.lines, expected, strict=True):
        assert line.key.name.startswith(name)
        assert (line.figures.requested_usd, line.figures.received_usd) == (requested, received)


@pytest.mark.parametrize("code", [CRP, COMPENDIUM, EMPTY])
def test_the_total_of_each_plan_is_that_of_its_lines(mali: MaliPlans, code: str) -> None:
    expected = {
        CRP: (sum(required for _n, _t, required, _p, _e in OBJECTIVES), None),
        COMPENDIUM: (sum(row[3] for row in PROJECTS), sum(row[4] for row in PROJECTS)),
        EMPTY: (None, None),
    }[code]
    figures = figures_of(with_figures(Plan.objects.in_force()).get(code=code))
    assert (figures.requested_usd, figures.received_usd) == expected


def own_models() -> list[type[Any]]:
    models = [model for label in ("sectors", "plans", "funding") for model in apps.get_app_config(label).get_models()]
    return [model for model in models if not is_summary(model) and not is_history(model)]


@pytest.mark.once
@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_every_object_is_as_the_forms_would_demand(mali: MaliPlans, model: type[Any]) -> None:
    for item in model._default_manager.all():
        item.full_clean()


def everything() -> dict[str, list[tuple[Any, ...]]]:
    return {model._meta.label: list(model._base_manager.order_by("pk").values_list()) for model in own_models()}


@pytest.mark.once
def test_the_fixtures_stand_on_their_own_and_loading_them_again_changes_nothing(empty_database: None) -> None:
    """Each refers by meaning to what was loaded before it, so an empty database takes them in this order."""
    call_command("loaddata", *FIXTURES, stdout=StringIO())
    assert Plan.objects.count() == 3
    assert FundingRequest.objects.count() == 3 + 18 + 2 + 10
    before = everything()
    call_command("loaddata", *FIXTURES, stdout=StringIO())
    assert everything() == before
