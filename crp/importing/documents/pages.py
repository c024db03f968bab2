"""Documents in the admin: a file or a text goes in, its values are decided about beside it, a draft comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crp.accounts.models import User
from crp.common.numbers import write_number
from crp.importing.models import MOST_BYTES, ImportedDocument
from crp.importing.tables import FileRefused
from plans.models import Revision

from .deciding import Key, apply
from .layouts import LAYOUTS
from .matching import match_plan
from .reading import read_document
from .report import coverage_of, unread_lines
from .shown import key_of, show_groups, show_lines
from .store import (
    decide,
    decisions_of,
    discard_document,
    documents_seen_by,
    save_document,
    text_of,
    upload_document,
)
from .workbooks import is_workbook, revision_of_workbook
from .writing import ADD_PLAN, Written

if TYPE_CHECKING:
    from crp.common.admin.base import BaseAdmin as Pages
else:
    Pages = object

ACCEPTED_FILES = ".txt,.html,.htm,.pdf,.docx,.csv,.xlsx"
MOST_PASTED_CHARACTERS = 1_000_000
PASTED = "pasted.txt"
MOST_UNREAD_SHOWN = 200
MOST_OFFERED = 20
State = ImportedDocument.State


class DocumentForm(forms.Form):
    """A file, or the text of a page."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,  # it is refused with a sentence of its own
        max_length=200,
        help_text=gettext_lazy(
            "The page as text or saved from the browser, a PDF, a Word document, CRP’s own table (CSV) or workbook; at "
            "most 20 MB."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPTED_FILES}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        strip=False,
        max_length=MOST_PASTED_CHARACTERS,
        help_text=gettext_lazy("Select all of the page, copy it, and paste it here."),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind of page"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", _("As the page itself tells")), *((each.code, _(str(each.label))) for each in LAYOUTS)]

    def clean(self) -> dict[str, Any]:
        """Raise a sentence unless there is a file or a text, and not both."""
        given = super().clean() or {}
        has_text = bool((given.get("text") or "").strip())
        file = given.get("file")
        if file is not None and file.size > MOST_BYTES:
            self.add_error("file", _("It has %(size)s bytes: at most 20 MB are kept.") % {"size": f"{file.size:,}"})
        elif (file is not None) == has_text and not self.errors:
            self.add_error(
                "file", _("Give a file or a text, not both.") if has_text else _("Choose a file or paste a text.")
            )
        return given


class DocumentPages(Pages):
    """The pages of documents: the list, where one goes in, and where its values are decided about."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return documents_seen_by(request.user)  # type: ignore[arg-type]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_add_documents(request.user, obj)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A document that a revision was made of is what its citations count the lines of; any other is put aside."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a document, and lead to what was read of it."""
        if not self.has_add_permission(request):
            raise PermissionDenied(self.explain_no_documents(request))
        form = DocumentForm(request.POST, request.FILES) if request.method == "POST" else DocumentForm()
        if request.method == "POST" and form.is_valid():
            file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
            name, content = (file.name, file.read()) if file else (PASTED, _unix(form.cleaned_data["text"]))
            try:
                if is_workbook(content):
                    return self._lead_to_draft(request, revision_of_workbook(content))
                document = upload_document(name, content, kind=kind, by=request.user)  # type: ignore[arg-type]
            except FileRefused as refusal:
                form.add_error("file" if file else "text", str(refusal))
            else:
                return redirect(reverse("admin:importing_importeddocument_change", args=[document.pk]))
        page = {"form": form, "title": _("Read a document")}
        return self._page(request, "admin/crp/document_read.html", page)

    def _lead_to_draft(self, request: HttpRequest, revision: Revision) -> HttpResponse:
        """Lead to where the workbook of a draft is uploaded: a person sees each change there before it is saved."""
        told = _("This file is a workbook of %(revision)s: upload it here, and see what it would change.")
        self.message_user(request, told % {"revision": revision}, messages.INFO)
        return redirect(reverse("admin:plans_revision_workbook", args=[revision.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a document beside what was read of it; take decisions; save a draft."""
        found = documents_seen_by(request.user) if object_id.isdecimal() and len(object_id) < 19 else None  # type: ignore[arg-type]
        document = None if found is None else found.filter(pk=object_id).select_related("plan", "revision").first()
        if document is None:
            return self.tell_missing(request, object_id)
        errors: dict[Key, str] = {}
        if request.method == "POST":
            if "discard" in request.POST:
                return self._discard(request, document)
            errors = self._decide_all(request, document)
            if not errors and "save" in request.POST and (written := self._save(request, document)):
                return redirect(reverse("admin:plans_revision_change", args=[written.revision.pk]))
            if not errors and "save" not in request.POST:
                self.message_user(request, _("Your decisions are kept."), messages.SUCCESS)
                return redirect(request.get_full_path())
        return self._review(request, document, errors)

    def _review(self, request: HttpRequest, document: ImportedDocument, errors: dict[Key, str]) -> HttpResponse:
        text = text_of(document)
        try:
            draft = read_document(text, kind=document.layout)
        except FileRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(reverse("admin:importing_importeddocument_changelist"))
        decisions = decisions_of(document)
        proposed = apply(draft, decisions)
        unread = unread_lines(text, draft)
        groups = show_groups(draft, decisions, proposed, errors)
        only_questions = request.GET.get("show") == "questions"
        if only_questions:
            groups = [group for group in groups if group.keep_questions()]
        page = {
            "title": document.name,
            "document": document,
            "groups": groups,
            "only_questions": only_questions,
            "lines": show_lines(text, draft),
            "asked": len(proposed.open_questions()),
            "outdated": proposed.outdated,
            "remarks": draft.remarks,
            "unread": unread[:MOST_UNREAD_SHOWN],
            "number_unread": len(unread),
            "coverage": coverage_of(text, draft),
            "match": match_plan(proposed.draft, text),
            "errors": errors,
            "is_closed": document.state == State.SAVED and document.revision_id is not None,
        }
        return self._page(request, "admin/crp/document_review.html", page)

    def _decide_all(self, request: HttpRequest, document: ImportedDocument) -> dict[Key, str]:
        """Keep every decision that the form changes. Returns what was refused, by value: the others are kept."""
        draft = read_document(text_of(document), kind=document.layout)
        held = apply(draft, decisions_of(document))
        stand = {(each.subject, each.field): each for each in decisions_of(document)}
        errors: dict[Key, str] = {}
        for row, name, _value in draft.values():
            key = (row.subject, name)
            verdict = request.POST.get(f"verdict:{key_of(*key)}")
            if verdict is None:
                continue
            value = request.POST.get(f"value:{key_of(*key)}", "").strip()
            before = stand[key] if key in held.decided else None
            if verdict == (before.verdict if before else "") and (not before or before.value in {value, ""}):
                continue
            try:
                decide(document, *key, verdict=verdict, value=value, by=request.user)  # type: ignore[arg-type]
            except ValidationError as refusal:
                errors[key] = " ".join(refusal.messages)
        return errors

    def _save(self, request: HttpRequest, document: ImportedDocument) -> Written | None:
        """Write the draft. None: it was refused, and the page says why."""
        code = request.POST.get("code", "").strip()
        try:
            written = save_document(document, code=code, is_settled="settled" in request.POST, by=request.user)  # type: ignore[arg-type]
        except (ValidationError, PermissionDenied) as refusal:
            why = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
            self.message_user(request, _("Nothing was saved. %(why)s") % {"why": why}, messages.ERROR)
            return None
        told = _("%(revision)s is a draft made of this document.")
        if written.is_known:
            told = _("This text was read into %(revision)s before: nothing was changed.")
        self.message_user(request, told % {"revision": written.revision}, messages.SUCCESS)
        self._offer_money(request, written)
        if number := len(written.placed.left_out):
            told = ngettext(
                "%(number)s value was left out, because nobody has decided about it.",
                "%(number)s values were left out, because nobody has decided about them.",
                number,
            )
            self.message_user(request, told % {"number": number}, messages.WARNING)
        return written

    def _offer_money(self, request: HttpRequest, written: Written) -> None:
        """Lead to the form for each amount received that the page states: it counts once somebody records it."""
        revision: Any = written.revision
        user: Any = request.user
        may_record = user.reach("funding.add_contribution").covers(written.plan.countries.values_list("pk", flat=True))
        projects = revision.projects.filter(stated_received_usd__gt=0).select_related("framework")
        lines = dict(
            written.revision.citations.filter(field="stated_received_usd").values_list("subject", "first_line")
        )
        for project in () if written.is_known else projects[:MOST_OFFERED]:
            given = {
                "plan": written.plan.pk,
                "status": "paid",
                "amount_usd": project.stated_received_usd,
                "sector": project.sector_id or "",
                "framework_code": project.framework.code if project.framework else "",
                "project_code": project.code,
                "source": written.source.pk if written.source else "",
                "source_line": lines.get(project.row_key) or "",
            }
            address = f"{reverse('admin:funding_contribution_add')}?{urlencode(given)}"
            told = _("The page states %(amount)s USD received for %(project)s.") % {
                "amount": write_number(project.stated_received_usd),
                "project": project.code,
            }
            offer = _("It counts once a funding officer records it.")
            if may_record:
                offer = format_html('<a href="{}">{}</a>', address, _("Record it as a contribution"))
            self.message_user(request, format_html("{} {}", told, offer), messages.INFO)

    def _discard(self, request: HttpRequest, document: ImportedDocument) -> HttpResponse:
        try:
            discard_document(document, by=request.user)  # type: ignore[arg-type]
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        else:
            told = _("%(name)s is put aside. Reading it again opens it.") % {"name": document.name}
            self.message_user(request, told, messages.SUCCESS)
        return redirect(reverse("admin:importing_importeddocument_changelist"))

    def explain_no_documents(self, request: HttpRequest) -> str:
        """Return which right is missing to read documents, and who grants it."""
        user: Any = request.user
        return str(user.explain_missing(ADD_PLAN))

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        page = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **context}
        return TemplateResponse(request, template, page)


def may_add_documents(user: User | AnonymousUser, document: ImportedDocument | None = None) -> bool:
    """Tell whether somebody may read documents into plans: at all, or this one. Queries: 3 at most."""
    if not isinstance(user, User):
        return False
    reach = user.reach(ADD_PLAN)
    if document is None:
        return reach.everywhere or bool(reach.countries)
    return documents_seen_by(user).filter(pk=document.pk).exists()


def _unix(text: str) -> bytes:
    """Return a text from a form, where lines end as on the web, as a file."""
    return text.replace("\r\n", "\n").encode()
