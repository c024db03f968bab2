"""``manage.py import_plan``: pages of plans (text, HTML, PDF, DOCX) and tables (CSV) into drafts; workbooks too."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from crp.accounts.models import User
from crp.importing.documents.document import Document
from crp.importing.documents.draft import Draft
from crp.importing.documents.layouts import LAYOUTS
from crp.importing.documents.matching import match_plan
from crp.importing.documents.names import Names, load_names
from crp.importing.documents.opening import LARGEST_BYTES, open_document
from crp.importing.documents.reading import read_document
from crp.importing.documents.report import FileReport, table
from crp.importing.documents.store import keep_document, save_document
from crp.importing.documents.time_limit import time_limit
from crp.importing.documents.workbooks import WorkbookReport, import_workbook, is_workbook
from crp.importing.documents.writing import Written, write_draft
from crp.importing.lists import load_lists
from crp.importing.models import MOST_BYTES
from crp.importing.progress import with_progress
from crp.importing.tables import FileRefused
from plans.models import Country

MOST_SECONDS = 60
# Of a folder. A table of a plan (CSV) is named on its own: most tables that lie beside documents are none.
SUFFIXES = frozenset({".txt", ".html", ".htm", ".pdf", ".docx"})
REFUSED, USAGE = 1, 2


class Command(BaseCommand):
    """Reads files, each into one draft or not at all, and reports every value with its lines."""

    help = (
        "Read pages of plans (text, HTML, PDF, DOCX) and tables of plans (CSV) into draft revisions, each value with "
        "the lines that it was read from; put what was changed in a workbook (XLSX) into its draft. Nothing is "
        "published. Values with an open question are left out. Status 0: all files were read; 1: a file was refused, "
        "nothing was understood of it, or it could not be saved; 2: wrong arguments."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = [layout.code for layout in LAYOUTS]
        parser.add_argument(
            "paths",
            nargs="+",
            type=Path,
            metavar="PATH",
            help="A file, or a folder: its " + ", ".join(sorted(SUFFIXES)) + ". Tables and workbooks by their names.",
        )
        parser.add_argument("--kind", choices=kinds, default="", help="The layout. Default: as the page tells.")
        parser.add_argument("--dry-run", action="store_true", help="Report the same, and change nothing.")
        parser.add_argument("--json", action="store_true", help="The report as JSON, see docs/importing.md.")
        parser.add_argument(
            "--by", default="", metavar="USER", help="In whose name, with their rights. Default: CRP's."
        )
        parser.add_argument(
            "--plan", default="", metavar="CODE", help="Which plan it is; a new one where no plan has this code."
        )
        parser.add_argument(
            "--accept-questions",
            action="store_true",
            help="Take values with an open question as they are proposed; the question stays in the citation.",
        )

    def handle(self, *args: Any, paths: list[Path], verbosity: int, **options: Any) -> None:
        files = _files_in(paths)
        if not files:
            raise CommandError("No document in there.", returncode=USAGE)
        if options["plan"] and len(files) > 1:
            raise CommandError("--plan: only with one file.", returncode=USAGE)
        self.by = _user(options["by"])
        self.options = options
        is_quiet = verbosity == 0 or options["json"] or len(files) == 1
        progress = with_progress(
            files, name="import_plan", total=len(files), to=None if is_quiet else sys.stderr, unit="files"
        )
        with transaction.atomic() if options["dry_run"] else nullcontext():
            if not Country.objects.exists():
                load_lists()
            self.names: Names = load_names()
            reports = [self._import(path, name) for path, name in progress]
            if options["dry_run"]:
                transaction.set_rollback(True)
        self._tell(reports)

    # One file

    def _import(self, path: Path, name: str) -> FileReport | WorkbookReport:
        """Return what became of a file; what was refused has changed nothing."""
        try:
            with time_limit(MOST_SECONDS):
                content = _read(path)
                if is_workbook(content):
                    return self._apply_workbook(path, content)
                document = open_document(path.name, content)
                draft = read_document(document, kind=self.options["kind"], names=self.names)
                return self._save(name, content, document, draft)
        except FileRefused as refusal:
            return FileReport(name, refused=str(refusal))

    def _apply_workbook(self, path: Path, content: bytes) -> WorkbookReport:
        """Return what a workbook did to its draft. Raises FileRefused."""
        if self.options["kind"]:
            raise FileRefused(_("It is a workbook, and no page of any layout: leave out --kind."))
        return import_workbook(
            path.name, content, plan_code=self.options["plan"], by=self.by, dry_run=self.options["dry_run"]
        )

    def _save(self, name: str, content: bytes, document: Document, draft: Draft) -> FileReport:
        match = match_plan(draft, document, code=self.options["plan"])
        is_dry_run: bool = self.options["dry_run"]
        written, unsaved = None, [] if is_dry_run else [*self._too_large(content)]
        if not unsaved:
            try:
                with transaction.atomic():
                    written = self._write(content, document, draft)
                    transaction.set_rollback(is_dry_run)
            except ValidationError as error:
                unsaved = error.messages
            except PermissionDenied as error:
                unsaved = [str(error)]
        return FileReport(
            name,
            document=document,
            draft=draft,
            match=match,
            written=written,
            unsaved=tuple(unsaved),
            is_dry_run=is_dry_run,
        )

    def _too_large(self, content: bytes) -> list[str]:
        if len(content) <= MOST_BYTES:
            return []
        return [_("It has %(size)s bytes: at most 20 MB are kept.") % {"size": f"{len(content):,}"}]

    def _write(self, content: bytes, document: Document, draft: Draft) -> Written:
        how: dict[str, Any] = {
            "code": self.options["plan"],
            "accept_questions": self.options["accept_questions"],
            "by": self.by,
        }
        written = None
        if match_plan(draft, document, code=self.options["plan"]).known is not None:
            written = write_draft(draft, document, **how)  # it is told, and nothing is written
        return written or save_document(keep_document(document, content, draft, by=self.by), **how)

    # Telling

    def _tell(self, reports: Sequence[FileReport | WorkbookReport]) -> None:
        refused = sum(not report.is_read for report in reports)
        unsaved = sum(bool(report.unsaved) for report in reports)
        if self.options["json"]:
            told = {"files": [report.as_json() for report in reports], "refused": refused, "unsaved": unsaved}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        elif len(reports) == 1:
            for line in reports[0].as_text():
                self.stdout.write(line)
        else:
            heads = (_("file"), _("plan"), _("values"), _("understood"), _("result"))
            for line in table([report.summary() for report in reports], heads):
                self.stdout.write(line)
            for report in reports:
                for why in filter(None, [report.refused, *report.unsaved]):
                    self.stdout.write(f"{report.name}: {why}")
        if self.options["dry_run"] and not self.options["json"]:
            self.stdout.write(_("A dry run: nothing was changed."))
        if refused or (unsaved and not self.options["dry_run"]):
            raise CommandError(
                _("%(refused)s of %(files)s files refused, %(unsaved)s not saved.")
                % {"refused": refused, "files": len(reports), "unsaved": unsaved},
                returncode=REFUSED,
            )


def _user(name: str) -> User | None:
    if not name:
        return None
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"--by: there is no user “{name}”.", returncode=USAGE)
    return user


def _files_in(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return the files with what they are called, those of folders by their path below it. Raises CommandError."""
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES and each.is_file())
            found.extend((each, each.relative_to(path).as_posix()) for each in inside)
        elif path.exists():
            found.append((path, path.name))
        else:
            raise CommandError(f"{path}: there is no such file.", returncode=USAGE)
    return found


def _read(path: Path) -> bytes:
    """Return a file that is not too large. Raises FileRefused."""
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise FileRefused(
                _("It has %(size)s bytes: at most %(most)s are read.")
                % {"size": f"{size:,}", "most": f"{LARGEST_BYTES:,}"}
            )
        return path.read_bytes()
    except OSError as error:
        raise FileRefused(_("It can't be read: %(why)s.") % {"why": error.strerror or error}) from None
