"""The site in four languages: every page answers in each, and an address in another one leads on."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.test.utils import override_settings

from tests.conftest import MaliPlans

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = [
    "/",
    "/gaps/",
    "/gaps/?country=MLI&view=chart",
    "/countries/",
    "/countries/MLI/",
    "/sectors/",
    "/sectors/IASC-GC/SHL/",
    "/donors/",
    "/donors/iom/",
    "/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-COMPENDIUM-2017/",
    "/plans/MLI-CRP-2025-2026/funding/",
    "/plans/MLI-CRP-2025-2026/checks/",
    "/plans/MLI-CRP-2025-2026/revisions/",
    "/plans/MLI-CRP-2025-2026/revisions/1/",
    "/methodology/",
    "/data/",
]
PREFIXES = {"en": "", "fr": "/fr", "es": "/es", "ar": "/ar"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_in_every_language(client: Client, mali: MaliPlans, path: str) -> None:
    for language, prefix in PREFIXES.items():
        answer = client.get(f"{prefix}{path}")
        text = answer.content.decode()
        assert answer.status_code == 200, language
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in text
        assert answer.headers["Content-Language"] == language
        others = dict(re.findall(r'<link rel="alternate" hreflang="([a-z-]+)" href="http://testserver([^"]*)"', text))
        escaped = path.replace("&", "&amp;")
        assert others == {code: f"{other}{escaped}" for code, other in PREFIXES.items()} | {"x-default": escaped}


@pytest.mark.parametrize("path", PAGES)
def test_the_switch_names_each_language_in_itself(client: Client, mali: MaliPlans, path: str) -> None:
    text = client.get(f"/ar{path}").content.decode()
    for language, name in (("en", "English"), ("fr", "Français"), ("es", "Español"), ("ar", "العربيّة")):
        assert re.search(rf'<a href="[^"]*" lang="{language}" hreflang="{language}"[^>]*>{name}</a>', text)


def test_names_come_in_the_language_of_the_page(client: Client, mali: MaliPlans) -> None:
    arabic, spanish = (client.get(f"{prefix}/countries/MLI/").content.decode() for prefix in ("/ar", "/es"))
    assert re.search(r"<h1>\s*مالي", arabic)
    assert re.search(r"<h1>\s*Malí", spanish)
    assert "المأوى والمستوطنات" in client.get("/ar/plans/MLI-CRP-2025-2026/").content.decode()
    assert "Alojamiento y asentamientos" in client.get("/es/plans/MLI-CRP-2025-2026/").content.decode()


@pytest.mark.parametrize(
    ("path", "english"),
    [
        ("/de/gaps/", "/gaps/"),
        ("/pt-BR/", "/"),
        ("/en/gaps/", "/gaps/"),
        ("/fr-CA/plans/MLI-CRP-2021/", "/plans/MLI-CRP-2021/"),
        ("/DE/methodology/", "/methodology/"),
    ],
)
def test_an_unknown_language_is_told_where_the_page_is(
    client: Client, mali: MaliPlans, path: str, english: str
) -> None:
    answer = client.get(path)
    text = answer.content.decode()
    assert answer.status_code == 404
    for prefix in PREFIXES.values():
        assert f'<a href="{prefix}{english}" lang=' in text


@pytest.mark.parametrize("path", ["/de/no/such/", "/deutsch/gaps/", "/de", "/de/%3Cscript%3E/", "/xx/" + "y" * 3000])
def test_what_is_no_page_in_any_language_is_not_offered_in_them(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {301, 404}
    assert "The same page is there in:" not in answer.content.decode()
    assert "<script>/" not in answer.content.decode()


@pytest.mark.parametrize("language", ["es", "ar"])
def test_a_page_that_is_not_there_says_so_in_the_language_asked_for(client: Client, language: str) -> None:
    answer = client.get(f"/{language}/no/such/page/")
    assert answer.status_code == 404
    assert f'<html lang="{language}"' in answer.content.decode()
    assert "There is no such page" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/admin/", "/admin/plans/revision/?status=draft", "/admin/login/?next=/ar/"])
@pytest.mark.parametrize("language", ["es", "ar"])
def test_the_admin_speaks_english_and_french(client: Client, language: str, path: str) -> None:
    answer = client.get(f"/{language}{path}")
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert client.get(f"/fr{path}").status_code in {200, 302}
    offered = client.get("/admin/login/").context["languages"]
    assert [item["code"] for item in offered] == ["en", "fr"]


def test_an_address_that_only_begins_like_the_admin_is_no_admin(client: Client) -> None:
    assert client.get("/ar/administration/").status_code == 404
    assert client.get("/ar//evil.example/admin/").status_code == 404


@override_settings(DEBUG=False)
def test_a_redirect_of_the_admin_stays_on_this_host(client: Client) -> None:
    answer = client.get("/ar/admin//evil.example/")
    assert answer.headers["Location"].startswith("/admin/")
