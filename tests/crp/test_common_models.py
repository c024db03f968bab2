"""Names in the reader's language, references by meaning, conditions that leave the unknown alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q
from django.utils import translation

from crp.common.models import NaturalKeyModel, between, not_negative
from crp.common.text import fold
from funding.models import FundingRequest
from plans.models import Citation, Country, Objective, Outcome, Presence, Revision
from plans.querysets import in_force
from sectors.models import Sector
from tests.conftest import MaliPlans
from tests.factories import make_country


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Name"), ("fr", "Nom"), ("fr-ch", "Nom"), ("es", "Name"), ("ar", "اسم"), ("de", "Name")],
)
def test_a_name_is_shown_in_the_readers_language_or_in_english(language: str, expected: str) -> None:
    country = Country(name="Name", name_fr="Nom", name_ar="اسم")
    with translation.override(language):
        assert country.label == str(country) == expected


def test_without_a_language_a_name_is_english() -> None:
    with translation.override(None):
        assert Country(name="Name", name_fr="Nom").label == "Name"


def test_confidence_is_confirmed_only_where_it_says_so() -> None:
    assert Sector(confidence="confirmed").is_confirmed
    assert not any(Sector(confidence=value).is_confirmed for value in ("inferred", "proposed", "unverified"))


def natural_models() -> list[type[NaturalKeyModel]]:
    found, left = [], [NaturalKeyModel]
    while left:
        for model in left.pop().__subclasses__():
            left.append(model)
            if not model._meta.abstract:
                found.append(model)
    return found


@pytest.mark.parametrize("model", natural_models(), ids=lambda model: model._meta.label)
def test_every_object_is_found_again_by_its_natural_key(mali: MaliPlans, model: type[Any]) -> None:
    rows = list(model._default_manager.all())
    assert len({row.natural_key() for row in rows}) == len(rows)
    for row in rows[:40]:
        assert model._default_manager.get_by_natural_key(*row.natural_key()) == row


def test_a_natural_key_follows_links_and_stops_where_one_is_missing(mali: MaliPlans) -> None:
    revision = Revision.objects.get(plan=mali.crp_2025_2026)
    objective = Objective.objects.get(revision=revision, number=2)
    request = FundingRequest.objects.get(objective=objective)
    assert objective.natural_key() == ("MLI-CRP-2025-2026", 1, 2)
    assert request.natural_key() == ("MLI-CRP-2025-2026", 1, "objective", None, 2, None, None, None, None)
    citation = Citation.objects.filter(revision=revision).first()
    assert citation.natural_key()[:3] == ("MLI-CRP-2025-2026", 1, None)


@pytest.mark.parametrize(
    ("model", "key"),
    [(Outcome, "outcome:2b"), (Presence, "presence")],
)
def test_a_row_has_a_name_within_its_revision(mali: MaliPlans, model: type[Any], key: str) -> None:
    assert key in [row.row_key for row in model.objects.filter(revision__plan=mali.crp_2025_2026)]


def test_a_wrong_number_of_key_parts_is_refused(mali: MaliPlans) -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        Objective.objects.get_by_natural_key("MLI-CRP-2025-2026", 1)


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (between("latitude", 0, 10), {None, 0, 10}),
        (not_negative("latitude"), {None, 0, 10, 11}),
        (not_negative("latitude", "longitude"), {None, 0, 11}),
    ],
)
def test_conditions_hold_for_what_is_not_given(condition: Q, expected: set[Any]) -> None:
    for latitude, longitude in ((None, None), (-1, None), (0, 0), (10, -1), (11, 5)):
        make_country(latitude=latitude, longitude=longitude)
    assert set(Country.objects.filter(condition).values_list("latitude", flat=True)) == expected


def test_what_is_in_force_can_be_asked_through_a_join(mali: MaliPlans) -> None:
    found = Objective.objects.filter(in_force(None, "revision__"))
    assert set(found) == set(Objective.objects.filter(revision__status="published"))
    assert found.exists()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Côte d’Ivoire", "cote d'ivoire"),
        ("MALI", "mali"),
        ("Türkiye", "turkiye"),
        ("Straße", "strasse"),
        ("São Tomé", "sao tome"),
        ("", ""),
    ],
)
def test_texts_are_compared_without_accents_and_capitals(text: str, folded: str) -> None:
    assert fold(text) == folded
