"""Every language has every string that its readers can meet, with its placeholders."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from crp.common.catalogues import (
    LANGUAGES,
    catalogue_path,
    collect,
    differing,
    keep_public,
    read_catalogue,
    untranslated,
)
from tests.shared import PROJECT


@pytest.fixture(scope="module")
def collected() -> dict[str, str]:
    """The catalogues as ``make messages`` would write them."""
    if not shutil.which("xgettext"):
        pytest.skip("GNU gettext is not installed: apt-get install gettext")
    return collect(PROJECT)


def test_every_language_but_the_first_has_a_catalogue() -> None:
    assert {settings.LANGUAGE_CODE, *LANGUAGES} == {code for code, _name in settings.LANGUAGES}
    assert set(settings.ADMIN_LANGUAGES) == {"en", "fr"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_complete(language: str) -> None:
    catalogue = read_catalogue(catalogue_path(PROJECT, language), language)
    assert len(catalogue) > 500
    assert not catalogue.fuzzy, "the first entry is marked as fuzzy, and Babel compiles nothing of such a catalogue"
    assert untranslated(catalogue) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_keeps_the_placeholders(language: str) -> None:
    catalogue = read_catalogue(catalogue_path(PROJECT, language), language)
    wrong = {str(message.id): [str(error) for error in errors] for message, errors in catalogue.check()}
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_strings_of_the_code(language: str, collected: dict[str, str]) -> None:
    now = read_po(io.StringIO(collected[language]), locale=language, domain="django")
    added, gone = differing(read_catalogue(catalogue_path(PROJECT, language), language), now)
    assert (added, gone) == ([], []), "run make messages"


@pytest.mark.parametrize("language", ["es", "ar"])
def test_what_only_officers_read_stays_out_of_it(language: str) -> None:
    ids = {str(message.id) for message in read_catalogue(catalogue_path(PROJECT, language), language)}
    assert "Where money is missing" in ids
    assert not ids & {
        "Save translations",
        "An amount of 0 gives nothing: leave the contribution out.",
    }


CATALOGUE = """# A catalogue.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#: plans/models.py
msgid "As printed."
msgstr ""

#: plans/models.py
msgid "Title"
msgstr "Título"

#: crp/accounts/actions.py templates/admin/index.html
msgid "Sign in"
msgstr ""

#: crp/accounts/actions.py templates/base.html
msgid "Menu"
msgstr "Menú"

#: templates/base.html
#, fuzzy, python-format
#| msgid "%(year)s"
msgid "%(day)s"
msgstr "%(year)s"
"""


def test_a_string_is_public_where_one_use_of_it_is(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "models.py").write_text('CharField(_("Title"), help_text=_("As printed."))\n')
    kept = read_po(io.StringIO(keep_public(CATALOGUE, tmp_path)), locale="es")
    assert {message.id: message.string for message in kept if message.id} == {
        "Title": "Título", "Menu": "Menú", "%(day)s": "",
    }  # fmt: skip


def test_arabic_has_its_six_plural_forms() -> None:
    catalogue = read_catalogue(catalogue_path(PROJECT, "ar"), "ar")
    assert catalogue.num_plurals == 6
    plurals = [message for message in catalogue if isinstance(message.id, tuple)]
    assert plurals
    assert all(len(message.string) == 6 for message in plurals)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_one_that_is_read(language: str) -> None:
    message = read_catalogue(catalogue_path(PROJECT, language), language).get("Where money is missing")
    assert message is not None
    with override(language):
        assert _("Where money is missing") == message.string != "Where money is missing"
