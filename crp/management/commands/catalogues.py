"""``manage.py catalogues``: bring the message catalogues in line with the code, and say what is not translated."""

from __future__ import annotations

import io
import shutil
from typing import Any

from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crp.common.catalogues import LANGUAGES, catalogue_path, collect, untranslated

SHOWN = 20


class Command(BaseCommand):
    """Collect the strings of the code into ``locale/``."""

    help = (
        "Collect the strings of the code into the catalogues: all of them for French, those that visitors see for "
        "Spanish and Arabic. Fails where one is not translated. Needs GNU gettext."
    )

    def handle(self, **options: Any) -> None:
        if not shutil.which("xgettext"):
            raise CommandError("GNU gettext is not installed: apt-get install gettext")
        missing = []
        for language, text in collect(settings.BASE_DIR).items():
            catalogue_path(settings.BASE_DIR, language).write_text(text)
            strings = untranslated(read_po(io.StringIO(text), locale=language, domain="django"))
            self.stdout.write(f"{language}: {len(strings)} not translated.")
            for string in strings[:SHOWN]:
                self.stdout.write(f"  {string}")
            missing += strings
        if missing:
            raise CommandError(f"{len(missing)} strings are not translated, in {', '.join(LANGUAGES)} together.")
