"""Bulk entry in the admin: a file is shown with what it would do, and written when somebody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.admin.rights import tell_missing_right
from crp.importing.report import Problem
from crp.importing.tables import FileRefused
from crp.importing.uploads import MOST_PAYLOAD_CHARACTERS, WORKBOOK_TYPE, FileForm, read_signed, send_file, sign

from .blanks import blank_csv, blank_workbook
from .columns import COLUMNS, MOST_BYTES, MOST_ROWS
from .entry import Entered, Entry, Outcome, enter
from .reading import Entries, Line, read_entries

if TYPE_CHECKING:
    from crp.common.admin.base import BaseAdmin as Pages
else:
    Pages = object

SALT = "crp.importing.ledger"
MOST_ROWS_SHOWN = 200
MOST_PLANS_SHOWN = 20
# What is worth looking at comes first; errors have a table of their own.
ORDER = (Outcome.SUSPECTED, Outcome.STEP, Outcome.NEW, Outcome.UNCHANGED)


class LedgerFileForm(FileForm):
    """A file of contributions."""

    accept = ".xlsx,.csv"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _("A workbook (.xlsx) or a CSV file in UTF-8, at most 5,000 rows.")


class BulkPages(Pages):
    """The pages of bulk entry, beside the list of contributions."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("bulk/", view(self.bulk_view), name="funding_contribution_bulk"),
            path("bulk/template.<str:kind>", view(self.template_view), name="funding_contribution_bulk_template"),
            *super().get_urls(),
        ]

    def template_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Return an empty file to fill in."""
        self._require_rights(request)
        makers = {"csv": (blank_csv, "text/csv; charset=utf-8"), "xlsx": (blank_workbook, WORKBOOK_TYPE)}
        if kind not in makers:
            return self.tell_missing(request, kind)
        make, content_type = makers[kind]
        return send_file(make(), name=f"contributions.{kind}", content_type=content_type)

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, show what it would do, write it when that is confirmed."""
        self._require_rights(request)
        if request.method == "POST" and "payload" in request.POST:
            return self._confirm(request, request.POST["payload"])
        form = LedgerFileForm(request.POST, request.FILES) if request.method == "POST" else LedgerFileForm()
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            if file.size > MOST_BYTES:
                told = _("It has more than %(most)s bytes: split it.") % {"most": f"{MOST_BYTES:,}"}
                form.add_error("file", told)
                return self._page(request, {"form": form})
            try:
                entries = read_entries(file.read())
            except FileRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                return self._preview(request, entries, file.name)
        return self._page(request, {"form": form})

    def _require_rights(self, request: HttpRequest) -> None:
        """Raises: PermissionDenied, naming the right that is missing."""
        for action in ("add", "change"):
            if not request.user.has_perm(f"funding.{action}_contribution"):
                raise PermissionDenied(tell_missing_right(request, self.opts, action))

    def _preview(self, request: HttpRequest, entries: Entries, name: str, told: str = "") -> HttpResponse:
        entry = enter(entries, by=request.user, name=name, dry_run=True)  # type: ignore[arg-type]
        # Beside errors only what has to be looked at as well: nothing is saved yet of the rest.
        left_out = {Outcome.ERROR, Outcome.NEW, Outcome.UNCHANGED} if entry.problems else {Outcome.ERROR}
        right = [row for row in entry.rows if row.outcome not in left_out]
        shown = sorted(right, key=lambda row: (ORDER.index(row.outcome), row.line))
        payload = "" if entry.problems or not entry.writes else _sign(request, entries, name, entry)
        if len(payload) > MOST_PAYLOAD_CHARACTERS:
            payload, told = "", _("The texts of this file are too long to be recorded at once: split it.")
        context = {
            "entry": entry,
            "told": told,
            "name": name,
            "counts": [(outcome, number) for outcome, number in entry.counts.items() if number],
            "problems": [_shown_problem(problem) for problem in entry.problems[:MOST_ROWS_SHOWN]],
            "rows": shown[:MOST_ROWS_SHOWN],
            "left_out": max(0, len(shown) - MOST_ROWS_SHOWN),
            "changes": entry.changes[:MOST_PLANS_SHOWN],
            "payload": payload,
            "button": ngettext("Record %(number)s row", "Record %(number)s rows", entry.writes)
            % {"number": entry.writes},
        }
        return self._page(request, context)

    def _confirm(self, request: HttpRequest, payload: str) -> HttpResponse:
        """Write what was shown; where it would do something else by now, show that instead."""
        kept = read_signed(payload, by=request.user, salt=SALT)
        if kept is None:
            self.message_user(request, _("This preview is too old: upload the file again."), messages.ERROR)
            return redirect(reverse("admin:funding_contribution_bulk"))
        entries = Entries([Line(number, cells) for number, cells in kept["lines"]])
        try:
            with transaction.atomic():
                entry = enter(entries, by=request.user, name=kept["name"])  # type: ignore[arg-type]
                still = not entry.problems and _digest(entry) == kept["digest"]
                if not still:
                    transaction.set_rollback(True)
        except IntegrityError:
            told = _("Nothing was saved: somebody else saved something at the same moment that does not go with it.")
            return self._preview(request, entries, kept["name"], told)
        if not still:
            told = _("Somebody recorded money meanwhile: look at what the file would do now. Nothing is saved yet.")
            return self._preview(request, entries, kept["name"], told)
        told = ngettext(
            "%(number)s row of %(name)s is recorded.", "%(number)s rows of %(name)s are recorded.", entry.writes
        )
        self.message_user(request, told % {"number": entry.writes, "name": kept["name"]}, messages.SUCCESS)
        for change in entry.changes[:MOST_PLANS_SHOWN]:
            self.message_user(request, change.sentence, messages.INFO)
        return redirect(reverse("admin:funding_contribution_changelist"))

    def _page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        page = {
            **self.admin_site.each_context(request),
            "title": _("Bulk entry of contributions"),
            "opts": self.opts,
            "columns": COLUMNS,
            "most_rows": MOST_ROWS,
            "limits": request.user.tell_reach("funding.add_contribution"),  # type: ignore[union-attr]
            "media": self.media,
            **context,
        }
        return TemplateResponse(request, "admin/crp/contribution_bulk.html", page)


def _shown_problem(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "column": problem.column, "message": problem.message}


def _digest(entry: Entry) -> list[list[Any]]:
    """Return what a file does, short enough to tell whether it still does the same."""
    return [[row.line, row.outcome.value, _about(row)] for row in entry.rows if row.outcome != Outcome.NEW]


def _about(row: Entered) -> int | None:
    """Return which contribution on record a row is about."""
    if row.contribution is None:
        return None
    return row.contribution.pk if row.outcome in {Outcome.STEP, Outcome.UNCHANGED} else None


def _sign(request: HttpRequest, entries: Entries, name: str, entry: Entry) -> str:
    """Return the rows in a form that comes back from the browser unchanged, or is refused."""
    kept = {
        "name": name,
        "lines": [[line.number, {key: cell for key, cell in line.cells.items() if cell}] for line in entries.lines],
        "digest": _digest(entry),
    }
    return sign(kept, by=request.user, salt=SALT)
