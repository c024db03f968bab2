"""``manage.py evaluate_import``: how well documents are read, against an index of what their pages say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from crp.importing.documents.document import Document
from crp.importing.documents.draft import Draft
from crp.importing.documents.evaluating import Evaluation, Outcome, evaluate, read_index, table_of
from crp.importing.documents.names import load_names
from crp.importing.documents.opening import open_document
from crp.importing.documents.reading import read_document
from crp.importing.documents.report import table
from crp.importing.documents.time_limit import time_limit
from crp.importing.lists import load_lists
from crp.importing.progress import with_progress
from crp.importing.tables import FileRefused
from plans.models import Country

MOST_SECONDS = 60
BAD, USAGE = 1, 2


class Command(BaseCommand):
    """Reads the documents of an index and compares; nothing is written."""

    help = (
        "Read the documents that an index lists and tell for each field how many values are right, wrong, missed and "
        "invented. Nothing is written. Status 0: nothing is wrong or invented; 1: something is; 2: wrong arguments."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="Where the documents are.")
        parser.add_argument(
            "index", type=Path, metavar="INDEX.csv", help="What their pages say; “file” is the path below DIR."
        )

    def handle(self, *args: Any, folder: Path, index: Path, verbosity: int, **options: Any) -> None:
        try:
            rows = read_index(index.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, FileRefused) as error:
            raise CommandError(f"{index}: {error}", returncode=USAGE) from None
        if not folder.is_dir():
            raise CommandError(f"{folder}: there is no such folder.", returncode=USAGE)
        with transaction.atomic():
            if not Country.objects.exists():
                load_lists()
            names = load_names()
            transaction.set_rollback(True)

        def read(name: str) -> tuple[Document, Draft]:
            with time_limit(MOST_SECONDS):
                document = open_document(Path(name).name, _content(folder, name))
                return document, read_document(document, names=names)

        progress = with_progress(
            rows, name="evaluate_import", total=len(rows), to=sys.stderr if verbosity else None, unit="files"
        )
        self._tell(evaluate(progress, read))

    def _tell(self, evaluation: Evaluation) -> None:
        heads = (_("field"), _("right"), _("wrong"), _("missed"), _("invented"), _("found"))
        for line in table(table_of(evaluation), heads):
            self.stdout.write(line)
        for name, why in evaluation.refused.items():
            self.stdout.write(_("%(file)s: REFUSED: %(why)s") % {"file": name, "why": why})
        if evaluation.unknown:
            self.stdout.write(
                _("Columns that were not compared: %(columns)s.") % {"columns": ", ".join(evaluation.unknown)}
            )
        told = [each for each in evaluation.findings if each.outcome not in {Outcome.RIGHT, Outcome.BLANK}]
        if told:
            self.stdout.write("")
            heads = (_("result"), _("file"), _("field"), _("expected"), _("found"), _("lines"))
            cells = [
                (each.outcome.value, each.file, each.field, each.expected, each.found.text, each.found.lines)
                for each in told
            ]
            for line in table(cells, heads):
                self.stdout.write(line)
        if not evaluation.is_clean:
            raise CommandError(_("Something is wrong or invented."), returncode=BAD)


def _content(folder: Path, name: str) -> bytes:
    """Return a file below the folder. Raises FileRefused."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise FileRefused(_("It lies outside of the folder."))
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileRefused(_("It can't be read: %(why)s.") % {"why": error.strerror or error}) from None
