"""What a reader sees when something fails."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import Client
from django.utils.translation import override
from django.views.defaults import server_error


def test_the_page_of_a_failure_needs_neither_database_nor_hashed_files(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ImproperlyConfigured("no static files here")

    monkeypatch.setattr("django.templatetags.static.StaticNode.handle_simple", fail)
    for language, heading in (("en", "Something went wrong"), ("fr", "<h1>"), ("es", "<h1>"), ("ar", 'dir="rtl"')):
        with override(language):
            answer = server_error(HttpRequest())
        assert answer.status_code == 500
        assert heading in answer.content.decode()
        assert f'lang="{language}"' in answer.content.decode()
        assert f'href="{"/" if language == "en" else f"/{language}/"}"' in answer.content.decode()


@pytest.mark.django_db
def test_a_page_that_is_not_there_offers_a_search(client: Client) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert 'action="/search/"' in answer.content.decode()
    assert "nowhere" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/gaps/", "/methodology/"])
def test_a_page_takes_no_form(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
