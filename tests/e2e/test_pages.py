"""The public pages in a real browser: they read well for everybody, and their figures need no script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from funding.models import RelatedPlan
from plans.models import Country, PlanFamily
from tests.factories import make_contribution, make_organization, make_plan, make_reported_funding

PAGES = [
    "/",
    "/gaps/",
    "/countries/MLI/",
    "/plans/MLI-COMPENDIUM-2017/",
    "/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-CRP-2021/",
    "/plans/MLI-COMPENDIUM-2017/funding/",
    "/plans/MLI-CRP-2025-2026/funding/",
    "/donors/",
    "/donors/iom/",
    "/plans/MLI-CRP-2025-2026/checks/",
    "/plans/MLI-CRP-2025-2026/revisions/1/",
    "/methodology/",
    "/data/",
    "/data/api/rollups/",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits_a_phone(
    reader_page: Page, accessible: Callable[[Page], None], path: str
) -> None:
    assert reader_page.goto(path).status == 200
    expect(reader_page.locator("h1")).to_have_count(1)
    accessible(reader_page)
    reader_page.set_viewport_size({"width": 360, "height": 740})
    assert reader_page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.fixture
def ledger(transactional_db: None) -> None:
    """Have a plan with every kind of contribution, an official total, and a plan beside it that it overlaps with."""
    country = Country.objects.get(iso3="MLI")
    plan = make_plan(code="LEDGER-1", countries=[country], requested_usd=9_000_000, contributions=0, sectors=2)
    donor = make_organization(code="giver", name="Giver, Government of", country=country)
    for number, fields in enumerate(
        (
            {"original_amount": 90, "original_currency": "EUR", "exchange_rate": "0.9"},
            {"flow": "outgoing"},
            {"flow": "internal", "recipient": donor},
            {"status": "pledge"},
            {"review": "suspected"},
            {"earmarking": "softly_earmarked", "is_new_money": False, "is_in_kind": True, "note": "In kind."},
        )
    ):
        make_contribution(plan=plan, code=f"GIFT-{number}", amount_usd=1_234_567, donor=donor, **fields)
    make_reported_funding(plan=plan, amount_usd=9_500_000)
    make_reported_funding(country=country, year=2024, amount_usd=55_000)
    line = plan.revisions.get().funding_requests.filter(breakdown="sector").first()
    family = PlanFamily.objects.get(code="H(N)RP")
    other = make_plan(code="OTHER-1", kind="hnrp", title="The plan beside it", countries=[country])
    RelatedPlan.objects.create(
        revision=line.revision, funding_request=line, plan_family=family, related_plan=other, overlap="identical"
    )


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    "path",
    [
        "/plans/LEDGER-1/",
        "/plans/LEDGER-1/funding/",
        "/plans/OTHER-1/",
        "/plans/OTHER-1/funding/",
        "/fr/plans/LEDGER-1/funding/?part=counted",
        "/donors/",
        "/donors/giver/",
        "/countries/MLI/",
    ],
)
def test_the_ledger_is_accessible_and_fits_a_phone(
    reader_page: Page, accessible: Callable[[Page], None], path: str
) -> None:
    assert reader_page.goto(path).status == 200
    accessible(reader_page)
    reader_page.set_viewport_size({"width": 320, "height": 740})
    assert reader_page.evaluate("document.documentElement.scrollWidth") <= 320


OUTSIDE_ITS_COLUMN = """() => [...document.querySelectorAll(".figure")].filter(figure => {
    const number = figure.querySelector(".number");
    return number && number.getBoundingClientRect().right > figure.getBoundingClientRect().right;
}).map(figure => figure.textContent)"""
OVER_EACH_OTHER = """() => {
    const labels = [...document.querySelectorAll(".column-value")].map(label => label.getBoundingClientRect());
    return labels.some((label, at) => at && labels[at - 1].width && label.left < labels[at - 1].right);
}"""


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("path", ["/", "/gaps/", "/countries/MLI/", "/fr/", "/fr/countries/MLI/"])
def test_figures_of_hundreds_of_billions_fit(reader_page: Page, path: str) -> None:
    mali = [Country.objects.get(iso3="MLI")]
    for year in range(2004, 2024):
        plan = make_plan(requested_usd=38_888_888_888, countries=mali, start_year=year, contributions=0)
        make_contribution(plan=plan, amount_usd=28_888_888_888)
    reader_page.goto(path)
    for width in (320, 390, 768, 1024, 1366):
        reader_page.set_viewport_size({"width": width, "height": 740})
        assert reader_page.evaluate(OUTSIDE_ITS_COLUMN) == []
        assert not reader_page.evaluate(OVER_EACH_OTHER)
        assert reader_page.evaluate(
            "[...document.querySelectorAll('.columns')].every(item => item.scrollWidth <= item.clientWidth)"
        )
        assert reader_page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("path", "figures"),
    [
        ("/plans/MLI-COMPENDIUM-2017/", ["37,360,000", "112,550", "37,247,450"]),
        ("/plans/MLI-CRP-2025-2026/", ["32,353,500", "12,584,000", "273,000"]),
    ],
)
def test_the_figures_of_a_plan_need_no_script(plain_page: Page, path: str, figures: list[str]) -> None:
    plain_page.goto(path)
    for figure in figures:
        expect(plain_page.get_by_text(figure).locator("visible=true").first).to_be_visible()
