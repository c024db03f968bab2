"""To follow a plan in a real browser: the form, the link in the e-mail, the button that ends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from crp.following.models import Subscription

WIDTHS = [390, 1366]


def path_in(message: mail.EmailMessage, name: str) -> str:
    """Return the path of the link to one page in an e-mail."""
    found = re.search(rf"http://\S+?/follow/{name}/\S+", message.body)
    assert found is not None
    parts = urlsplit(found[0])
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_whole_way(page: Page, accessible: Callable[[Page], None], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/follow/?plan=MLI-CRP-2025-2026")
    accessible(page)
    page.get_by_label("Your e-mail address").fill("reader@example.org")
    page.get_by_label("Once a week, in one e-mail").check()
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your e-mail")
    accessible(page)
    page.goto(path_in(mail.outbox[-1], "confirm"))
    accessible(page)
    page.get_by_role("button", name="Yes, send me this").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You are following Mali")
    accessible(page)
    page.get_by_role("link", name="All that you follow").click()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("How often").select_option("immediate")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Changed.")
    assert Subscription.objects.get().frequency == "immediate"
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You no longer follow Mali")
    accessible(page)
    assert not Subscription.objects.exists()


def test_without_a_script(plain_page: Page) -> None:
    plain_page.goto("/follow/?country=MLI")
    plain_page.get_by_label("Your e-mail address").fill("reader@example.org")
    plain_page.get_by_role("button", name="Follow", exact=True).click()
    plain_page.goto(path_in(mail.outbox[-1], "confirm"))
    plain_page.get_by_role("button", name="Yes, send me this").click()
    expect(plain_page.get_by_role("heading", level=1)).to_contain_text("You are following Mali")


@pytest.mark.parametrize("path", ["/follow/", "/fr/follow/?sector=IOM-2025/HEALTH"])
def test_its_pages_are_accessible(reader_page: Page, accessible: Callable[[Page], None], path: str) -> None:
    assert reader_page.goto(path).status == 200
    accessible(reader_page)
    reader_page.set_viewport_size({"width": 320, "height": 740})
    assert reader_page.evaluate("document.documentElement.scrollWidth") <= 320
