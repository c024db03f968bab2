"""The API reference in a real browser: Swagger runs under the site's content security policy, and asks nobody else."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_the_reference_describes_and_asks(page: Page) -> None:
    answer = page.goto("/api/v1/docs/")
    assert answer.status == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    expect(page.get_by_role("heading", name="What you see")).to_be_visible(timeout=20_000)
    expect(page.locator(".opblock-tag-section")).to_have_count(7)
    operation = page.locator("#operations-plans-plans_list")
    operation.locator(".opblock-summary-control").click()
    operation.locator(".try-out__btn").click()
    operation.locator(".execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text("37360000.00")


def test_the_reference_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/api/v1/docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_the_reference_leads_to_the_schema(plain_page: Page) -> None:
    plain_page.goto("/api/v1/docs/")
    expect(plain_page.get_by_role("link", name="/api/v1/schema/")).to_be_visible()
