"""A sector keeps the name of its day and leads to one global cluster at most."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils import translation

from sectors.models import Crosswalk, Sector, Taxonomy
from tests.factories import make_plan, make_sector, make_taxonomy

pytestmark = pytest.mark.usefixtures("empty_module", "db")


@pytest.fixture
def clusters() -> Taxonomy:
    return make_taxonomy(sectors=2, clusters=False, kind=Taxonomy.Kind.GLOBAL_CLUSTERS)


@pytest.fixture
def taxonomy() -> Taxonomy:
    return make_taxonomy(sectors=2, clusters=False)


def messages(item: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        item.full_clean()
    return refused.value.message_dict


@pytest.mark.parametrize(("first", "last"), [(2017, 2016), (1, 0)])
def test_the_last_year_of_use_does_not_lie_before_the_first(taxonomy: Taxonomy, first: int, last: int) -> None:
    taxonomy.start_year, taxonomy.end_year = first, last
    assert messages(taxonomy) == {"__all__": ["The last year of use must not lie before the first."]}
    with pytest.raises(IntegrityError, match="taxonomy_years_in_order"):
        Taxonomy.objects.filter(pk=taxonomy.pk).update(start_year=first, end_year=last)


@pytest.mark.parametrize(("first", "last"), [(2017, 2017), (2017, None), (None, 2017), (None, None)])
def test_a_taxonomy_may_leave_its_years_open(taxonomy: Taxonomy, first: int | None, last: int | None) -> None:
    taxonomy.start_year, taxonomy.end_year = first, last
    taxonomy.full_clean()
    taxonomy.save()


def test_a_code_stands_once_in_a_taxonomy_and_again_in_another(taxonomy: Taxonomy) -> None:
    sector = taxonomy.sectors.first()
    again = Sector(taxonomy=taxonomy, code=sector.code, name="Again")
    assert messages(again) == {"__all__": ["This taxonomy already has a sector with this code."]}
    elsewhere = Sector(taxonomy=make_taxonomy(sectors=0), code=sector.code, name="Elsewhere")
    elsewhere.full_clean()
    elsewhere.save()
    with pytest.raises(IntegrityError):
        Sector.objects.bulk_create([again])


def test_codes_of_taxonomies_are_unique(taxonomy: Taxonomy) -> None:
    assert "code" in messages(Taxonomy(code=taxonomy.code, name="Again", publisher="Tests"))


@pytest.mark.parametrize("code", ["", "two words", "café", "a/b", "x" * 31])
def test_codes_fit_in_an_address(taxonomy: Taxonomy, code: str) -> None:
    assert set(messages(Sector(taxonomy=taxonomy, code=code, name="Sector"))) == {"code"}
    assert set(messages(Taxonomy(code=code, name="List", publisher="Tests"))) == {"code"}


def test_the_number_of_a_cluster_in_fts_is_its_own(clusters: Taxonomy) -> None:
    first, second = clusters.sectors.all()
    Sector.objects.filter(pk=first.pk).update(fts_id=4)
    second.fts_id = 4
    assert set(messages(second)) == {"fts_id"}
    with pytest.raises(IntegrityError):
        Sector.objects.filter(pk=second.pk).update(fts_id=4)


def test_a_sector_leads_to_a_cluster_of_the_iasc_list_and_no_other(taxonomy: Taxonomy, clusters: Taxonomy) -> None:
    sector, other = taxonomy.sectors.all()
    entry = Crosswalk(sector=sector, global_cluster=other, confidence="proposed")
    assert "Choose a cluster of the IASC list, not a sector of a plan." in messages(entry)["global_cluster"]
    Crosswalk(sector=sector, global_cluster=clusters.sectors.first()).full_clean()


def test_a_cluster_needs_no_crosswalk(clusters: Taxonomy) -> None:
    first, second = clusters.sectors.all()
    assert messages(Crosswalk(sector=first, global_cluster=second)) == {
        "sector": ["A global cluster needs no crosswalk: choose a sector of a plan."]
    }


def test_a_sector_leads_to_one_cluster_only(taxonomy: Taxonomy, clusters: Taxonomy) -> None:
    """An amount that counted under two clusters would be counted twice."""
    sector = taxonomy.sectors.first()
    first, second = clusters.sectors.all()
    Crosswalk.objects.create(sector=sector, global_cluster=first)
    again = Crosswalk(sector=sector, global_cluster=second)
    assert set(messages(again)) == {"sector"}
    with pytest.raises(IntegrityError):
        Crosswalk.objects.bulk_create([again])


def test_what_a_plan_uses_can_not_be_deleted() -> None:
    plan = make_plan()
    taxonomy = plan.revisions.get().taxonomy
    with pytest.raises(ProtectedError):
        taxonomy.delete()
    with pytest.raises(ProtectedError):
        taxonomy.sectors.order_by("order").first().delete()
    cluster = Crosswalk.objects.first().global_cluster
    with pytest.raises(ProtectedError):
        cluster.delete()


def test_sectors_keep_their_order(taxonomy: Taxonomy) -> None:
    third = make_sector(taxonomy=taxonomy, order=0)
    assert taxonomy.sectors.first() == third


def test_labels(taxonomy: Taxonomy, clusters: Taxonomy) -> None:
    sector, cluster = taxonomy.sectors.first(), clusters.sectors.first()
    Sector.objects.filter(pk=sector.pk).update(name="Shelter", name_fr="Abris")
    sector.refresh_from_db()
    with translation.override("fr"):
        assert str(sector) == "Abris"
        assert str(Crosswalk(sector=sector, global_cluster=cluster)) == f"Abris → {cluster.name}"
