"""Which plan a draft belongs to."""

from __future__ import annotations

import pytest

from crp.importing.documents.matching import identifier_in, match_plan
from crp.importing.documents.writing import write_draft
from plans.models import Plan

from .written import benin, document

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("https://crisisresponse.iom.int/response/mali-crp-2025", ("gcrp", "mali-crp-2025")),
        ("https://www.crisisresponse.iom.int:443/index.php/response/mali-crp/year/2021", ("gcrp", "mali-crp")),
        ("https://crisisresponse.iom.int/index.php/node/36038", ("gcrp", "node/36038")),
        ("http://humanitariancompendium.iom.int/node/73/appeals-print/", ("compendium", "node/73")),
        ("http://humanitariancompendium.iom.int/appeals/mali", ("compendium", "mali")),
        (
            "https://eur.safelinks.protection.outlook.com/?url=https%3A%2F%2Fcrisisresponse.iom.int%2Fresponse%2Fx",
            ("gcrp", "x"),
        ),
        ("https://example.org/response/mali", None),
        ("", None),
    ],
)
def test_identifiers_in_addresses(url: str, identifier: tuple[str, str] | None) -> None:
    assert identifier_in(url) == identifier


def test_a_plan_is_found_by_its_address_or_by_kind_country_and_years() -> None:
    draft = benin()
    plan = write_draft(benin(), document(), by=None).plan
    assert (match_plan(draft, document("x")).plan, match_plan(draft, document("x")).how) == (plan, "identifier")
    plan.identifiers.all().delete()
    assert (match_plan(draft, document("x")).plan, match_plan(draft, document("x")).how) == (plan, "same")
    Plan.objects.filter(pk=plan.pk).update(start_year=2024)
    assert match_plan(draft, document("x")).plan == plan  # by the code that it would get
    Plan.objects.filter(pk=plan.pk).update(code="OTHER")
    assert (match_plan(draft, document("x")).plan, match_plan(draft, document("x")).code) == (None, "BEN-CRP-2025")
