"""Who works in the admin, and on what."""

from __future__ import annotations

import pytest
from django.test import Client

from plans.models import Revision
from tests.admin import Desk, make_programme_officer, open_draft
from tests.conftest import MaliPlans


@pytest.fixture
def desk(mali: MaliPlans) -> Desk:
    return Desk(make_programme_officer())


@pytest.fixture
def officer_client(client: Client, desk: Desk) -> Client:
    client.force_login(desk.user)
    return client


@pytest.fixture
def draft(mali: MaliPlans) -> Revision:
    return open_draft(mali.crp_2025_2026)
