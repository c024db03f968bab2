"""An officer signs in, in a real browser, with the password that the demo shows."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from crp.management.commands.demo import OFFICER, make_officer


def test_the_officer_signs_in_and_finds_the_plans(page: Page) -> None:
    password = make_officer()
    page.goto("/admin/")
    page.get_by_label("Username").fill(OFFICER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url("/admin/")
    page.goto("/admin/plans/plan/")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)


def test_a_wrong_password_is_told_so(page: Page) -> None:
    make_officer()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(OFFICER)
    page.get_by_label("Password").fill("not-this-one")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".errornote")).to_be_visible()


def test_the_officer_can_not_reach_the_users(officer_page: Page) -> None:
    officer_page.goto("/admin/")
    expect(officer_page.get_by_role("link", name="Plans", exact=True).first).to_be_visible()
    expect(officer_page.get_by_role("link", name="Users", exact=True)).to_have_count(0)
