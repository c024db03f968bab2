"""Every kind of public page answers with every kind of money on it, on both databases."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.funding.past import make_past

pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_past), pytest.mark.usefixtures("world")]

PAGES = [
    "/", "/gaps/", "/gaps/?view=chart", "/gaps/?view=map", "/gaps/?group=country", "/gaps/?group=global_cluster",
    "/gaps/?group=sector&open=not_specified", "/gaps/?group=framework",
    "/gaps/?gap_min=1&percent_funded_max=50&search=one",
    "/gaps/?ordering=-percent_funded&columns=people_targeted,cost_per_person_usd,document_on,funding_as_of,pledged_usd",
    "/gaps/download.csv", "/gaps/finder/?amount=500&year=2024&earmarking=earmarked", "/what-if/?put=PAST-1:100",
    "/compare/?plan=PAST-1&plan=PAST-2", "/countries/", "/sectors/", "/donors/", "/donors/steady/",
    "/organizations/steady/", "/search/?q=plan", "/plans/PAST-1/", "/plans/PAST-1/funding/",
    "/plans/PAST-1/funding/?donor=steady", "/plans/PAST-1/checks/", "/plans/PAST-1/revisions/",
    "/plans/PAST-1/revisions/2/", "/plans/PAST-1/diff/?from=1&to=2", "/plans/PAST-1/download.csv", "/plans/PAST-2/",
    "/plans/PAST-2/funding/", "/feeds/revisions.atom", "/methodology/", "/data/",
]  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_it_answers(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert len(getattr(answer, "content", b"".join(answer))) > 200
