"""Every list and every form of the admin opens, on both databases."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client

from crp.following.models import Subscription
from crp.webhooks.models import Delivery
from plans.models import Country, Plan
from tests.admin import address, open_draft
from tests.conftest import MaliPlans

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def root_client(client: Client, mali: MaliPlans) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_and_every_empty_form_is_there(root_client: Client, model: type) -> None:
    for kind in ("changelist", "add"):
        response = root_client.get(address(model, kind))
        never_by_hand = kind == "add" and model in {Subscription, Delivery}  # readers subscribe, events are delivered
        assert response.status_code == (403 if never_by_hand else 200), kind
        assert response.content.count(b"<h1") == 1, kind


@pytest.mark.parametrize(
    "kind", ["change", *(pytest.param(kind, marks=pytest.mark.once) for kind in ("history", "delete"))]
)
def test_every_object_has_its_pages(root_client: Client, kind: str) -> None:
    """One test for all: to open the draft takes longer than most of the pages."""
    open_draft(Plan.objects.get(code="MLI-COMPENDIUM-2017"))
    newest = [model._default_manager.order_by("-pk").first() for model in MODELS]  # type: ignore[attr-defined]
    rows = [row for row in newest if row is not None]
    assert len(rows) > 15
    for row in rows:
        stays = isinstance(row, Plan) or (isinstance(row, Country) and row.plans.exists())
        expected = 403 if kind == "delete" and stays else 200
        assert root_client.get(address(row, kind), follow=True).status_code == expected, repr(row)


@pytest.mark.parametrize("model", [model for model in MODELS if admin.site._registry[model].search_fields])
def test_every_list_can_be_searched(root_client: Client, model: type) -> None:
    assert root_client.get(address(model, "changelist"), {"q": "mali"}).status_code == 200
