"""The lists that come with CRP, loaded into a database that has an older state of them."""

from __future__ import annotations

import pytest

from crp.importing.lists import LOADED, load_lists
from plans.models import Country
from sectors.models import Sector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]


def test_names_in_a_new_language_reach_what_is_there_already() -> None:
    load_lists()
    Country.objects.update(name_ar="", name_es="")
    Country.objects.filter(iso3="MLI").update(name_fr="Le Mali")
    Country.objects.filter(iso3="NER").update(name="Niger, renamed here")
    before = Country.history.count()
    assert load_lists() == 0
    mali, niger = Country.objects.get(iso3="MLI"), Country.objects.get(iso3="NER")
    assert (mali.name_es, mali.name_ar, mali.name_fr) == ("Malí", "مالي", "Le Mali")
    assert niger.name_ar == ""  # whoever renamed it may mean another place
    assert Country.history.count() == before + Country.objects.exclude(name_ar="").count()
    assert mali.history.first().history_change_reason == LOADED
    again = Country.history.count()
    load_lists()
    assert Country.history.count() == again


@pytest.mark.once
def test_every_name_that_comes_with_crp_is_there_in_every_language() -> None:
    load_lists()
    for model in (Country, Sector):
        assert not model.objects.filter(name_ar="").exists()
        assert not model.objects.filter(name_es="").exists()
