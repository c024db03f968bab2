"""The workbook of a revision in the admin: down, up again, a look at what it would do, and then that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.admin.rights import tell_missing_right
from crp.importing.tables import FileRefused
from crp.importing.uploads import MOST_PAYLOAD_CHARACTERS, FileForm, read_signed, send_file, sign
from plans.models import Revision

from .choices import Choices
from .comparing import digest_of, tell_meanwhile
from .entry import Entry, enter_workbook
from .preview import preview_of
from .reading import Edit, read_workbook
from .rows import rows_of_workbook
from .sheets import MOST_BYTES, MOST_ROWS
from .writing import write_workbook

if TYPE_CHECKING:
    from plans.admin.rows import OpenOnlyAdmin as Pages
else:
    Pages = object

SALT = "crp.importing.workbook"


class WorkbookPages(Pages):
    """The pages of the workbook, beside the page of a revision."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/workbook/", view(self.workbook_view), name="plans_revision_workbook"),
            path("<path:object_id>/workbook.xlsx", view(self.workbook_file_view), name="plans_revision_workbook_file"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        revision = kwargs.get("obj")
        if revision is not None:
            context["workbook_file_url"] = reverse("admin:plans_revision_workbook_file", args=[revision.pk])
            if self.has_change_permission(request, revision):
                context["workbook_url"] = reverse("admin:plans_revision_workbook", args=[revision.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def workbook_file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the workbook of a revision, of any status."""
        revision = self._revision(request, object_id)
        if revision is None:
            return self.tell_missing(request, object_id)
        return send_file(write_workbook(revision), name=f"{revision.plan.code}-r{revision.number}.xlsx")

    def workbook_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a workbook, show what it would do, write it when that is confirmed."""
        revision = self._revision(request, object_id)
        if revision is None:
            return self.tell_missing(request, object_id)
        may_change = self.has_change_permission(request, revision)
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        form.fields["file"].help_text = _(
            "A workbook (.xlsx) downloaded from this plan, at most %(most)s rows a sheet."
        ) % {"most": f"{MOST_ROWS:,}"}
        if request.method != "POST" or not may_change:
            if request.method == "POST":
                self.message_user(
                    request,
                    _("Nothing was saved. %(why)s") % {"why": self.explain_read_only(request, revision)},
                    messages.ERROR,
                )
            context = {"form": form if may_change else None, "read_only_because": self._tell_why(request, revision)}
            return self._page(request, revision, context)
        if "payload" in request.POST:
            return self._confirm(request, revision, request.POST["payload"])
        if form.is_valid():
            try:
                return self._upload(request, revision, form.cleaned_data["file"])
            except FileRefused as refusal:
                form.add_error("file", str(refusal))
        return self._page(request, revision, {"form": form})

    def _tell_why(self, request: HttpRequest, revision: Revision) -> str:
        return "" if self.has_change_permission(request, revision) else self.explain_read_only(request, revision)

    def _revision(self, request: HttpRequest, object_id: str) -> Revision | None:
        """Return the revision. Raises: PermissionDenied, naming the right, where this person may not see it."""
        number = unquote(object_id)
        found = Revision.objects.select_related("plan").filter(pk=number) if number.isdecimal() else None
        revision = found.first() if found is not None else None
        if revision is not None and not self.has_view_permission(request, revision):
            raise PermissionDenied(tell_missing_right(request, self.opts, "view", revision))
        return revision

    def _upload(self, request: HttpRequest, revision: Revision, file: Any) -> HttpResponse:
        """Show what a workbook would do. Raises: FileRefused."""
        if file.size > MOST_BYTES:
            raise FileRefused(_("It has more than %(most)s bytes: split it.") % {"most": f"{MOST_BYTES:,}"})
        upload = read_workbook(file.read(), revision)
        told = [tell_meanwhile(upload.base, rows_of_workbook(revision, Choices(revision))), *upload.notes]
        if upload.revision_number != revision.number:
            told.insert(
                0,
                _("The workbook is of revision %(found)s and this is revision %(expected)s.")
                % {"found": upload.revision_number, "expected": revision.number},
            )
        entry = enter_workbook(upload.edits, revision, by=request.user, problems=upload.problems, dry_run=True)  # type: ignore[arg-type]
        return self._preview(request, entry, upload.edits, file.name, notes=list(filter(None, told)))

    def _preview(
        self, request: HttpRequest, entry: Entry, edits: list[Edit], name: str, *, notes: list[str], told: str = ""
    ) -> HttpResponse:
        payload = ""
        if entry.changes and not entry.problems:
            kept = {
                "revision": entry.revision.pk,
                "name": name,
                "digest": digest_of(entry.changes),
                "edits": [
                    [edit.sheet, edit.row, edit.key, edit.values, edit.before, edit.is_removed] for edit in edits
                ],
            }
            payload = sign(kept, by=request.user, salt=SALT)
            if len(payload) > MOST_PAYLOAD_CHARACTERS:
                payload, told = "", _("The changes of this workbook are too long to be saved at once: make fewer.")
        context = {
            "name": name,
            "entry": entry,
            "told": told,
            "notes": notes,
            "payload": payload,
            "button": ngettext(
                "Apply the change of %(number)s row to the draft",
                "Apply the changes of %(number)s rows to the draft",
                len(entry.changes),
            )
            % {"number": len(entry.changes)},
            **preview_of(entry),
        }
        return self._page(request, entry.revision, context)

    def _confirm(self, request: HttpRequest, revision: Revision, payload: str) -> HttpResponse:
        """Write what was shown; where it would do something else by now, show that instead."""
        kept = read_signed(payload, by=request.user, salt=SALT)
        if kept is None or kept["revision"] != revision.pk:
            self.message_user(request, _("This preview is too old: upload the file again."), messages.ERROR)
            return redirect(reverse("admin:plans_revision_workbook", args=[revision.pk]))
        edits = [Edit(*values) for values in kept["edits"]]
        told = ""
        try:
            with transaction.atomic():
                entry = enter_workbook(edits, revision, by=request.user, name=kept["name"])  # type: ignore[arg-type]
                still = not entry.problems and digest_of(entry.changes) == kept["digest"]
                if still:
                    self._record(request, revision, entry, kept["name"])
                else:
                    transaction.set_rollback(True)
                    told = _("Somebody changed the draft meanwhile: look at what the workbook would do now.")
        except IntegrityError:
            still = False
            told = _("Nothing was saved: somebody else saved something at the same moment that does not go with it.")
        except ValidationError as refusal:  # it was sent for review while the preview was open
            self.message_user(
                request, _("Nothing was saved. %(why)s") % {"why": " ".join(refusal.messages)}, messages.ERROR
            )
            return redirect(reverse("admin:plans_revision_workbook", args=[revision.pk]))
        if still:
            return redirect(reverse("admin:plans_revision_change", args=[revision.pk]))
        entry = enter_workbook(edits, revision, by=request.user, dry_run=True)  # type: ignore[arg-type]
        return self._preview(request, entry, edits, kept["name"], notes=[], told=told)

    def _record(self, request: HttpRequest, revision: Revision, entry: Entry, name: str) -> None:
        """Say what was done: to the person, and in the list of what was done to the revision."""
        number = len(entry.changes)
        told = ngettext(
            "The workbook %(name)s is applied to the draft: %(number)s row changed.",
            "The workbook %(name)s is applied to the draft: %(number)s rows changed.",
            number,
        ) % {"name": name, "number": number}
        self.log_change(request, revision, told)
        self.message_user(
            request, f"{told} {_('The checks on this page speak of what is saved now.')}", messages.SUCCESS
        )

    def _page(self, request: HttpRequest, revision: Revision, context: dict[str, Any]) -> HttpResponse:
        page = {
            **self.admin_site.each_context(request),
            "title": _("Workbook of %(revision)s") % {"revision": revision},
            "opts": self.opts,
            "original": revision,
            "file_url": reverse("admin:plans_revision_workbook_file", args=[revision.pk]),
            "media": self.media,
            **context,
        }
        return TemplateResponse(request, "admin/crp/workbook.html", page)
