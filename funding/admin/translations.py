"""The page on which the text of a plan is translated: source on one side, translation on the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from plans.diff.words import compare_texts
from plans.models import Narrative, Plan, Revision
from plans.services import Given, Item, TranslationWork, save_translations

from .plans import address_of

if TYPE_CHECKING:
    from crp.common.admin.base import BaseAdmin as Pages
else:
    Pages = object

MAY_TRANSLATE = "plans.change_revision"
STATES = {
    "all": gettext_lazy("All texts"),
    "missing": gettext_lazy("Not translated"),
    "older": gettext_lazy("Older than their source"),
    "done": gettext_lazy("Translated"),
}
LINE = 72  # letters: a text that is longer gets a box of several lines
MOST_LINES = 24


def translate_address(request: HttpRequest, revision: Revision) -> str:
    """Return the address of the translations of a revision; empty where this person may not make any."""
    user: Any = request.user
    if not user.has_perm(MAY_TRANSLATE, revision.plan):
        return ""
    return address_of(revision, "translations")


class TranslationPages(Pages):
    """The translations of a revision as a page of its admin."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/translate/", wrap(self.translations_view), name="plans_revision_translations"),
            path(
                "<path:object_id>/translate/<str:language>/",
                wrap(self.translate_view),
                name="plans_revision_translate",
            ),
            *super().get_urls(),
        ]

    def translations_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the first language that there is something to translate into."""
        revision = self._translated(request, object_id)
        if revision is None:
            return self.tell_missing(request, object_id)
        others = TranslationWork(revision).languages
        wanted = [code for code in others if code != settings.LANGUAGE_CODE] or others
        return redirect(reverse("admin:plans_revision_translate", args=[revision.pk, wanted[0]]))

    def translate_view(self, request: HttpRequest, object_id: str, language: str) -> HttpResponse:
        """Show each text beside its translation, and keep what a translator writes."""
        revision = self._translated(request, object_id)
        if revision is None:
            return self.tell_missing(request, object_id)
        work = TranslationWork(revision)
        if language not in work.languages:
            raise Http404(_("Nothing of this plan is to be translated into “%(code)s”.") % {"code": language[:20]})
        refused: Mapping[str, list[str]] = {}
        if request.method == "POST":
            try:
                return self._save(request, revision, language)
            except ValidationError as error:
                refused = error.message_dict
        context = {
            **self.admin_site.each_context(request),
            "title": _("Translate %(revision)s") % {"revision": revision},
            "opts": self.opts,
            "original": revision,
            "work": _languages(revision, work, language),
            "language": get_language_info(language),
            "counts": work.counts(language),
            "shown": _shown(request),
            "states": STATES.items(),
            "groups": _groups(work.items(language), request, refused),
            "refused": refused,
        }
        return TemplateResponse(request, "admin/crp/translate.html", context, status=400 if refused else 200)

    def _translated(self, request: HttpRequest, object_id: str) -> Revision | None:
        """Return a revision that this person may see and translate. Raises: PermissionDenied where they may not."""
        if not object_id.isdecimal():
            return None
        revision = self.get_queryset(request).select_related("plan").filter(pk=object_id).first()
        if revision is not None:
            request.user.require(MAY_TRANSLATE, revision.plan)  # type: ignore[union-attr]
        return revision

    def _save(self, request: HttpRequest, revision: Revision, language: str) -> HttpResponse:
        changed, removed = save_translations(
            revision=revision,
            language=language,
            given=read_given(request.POST),
            by=request.user,  # type: ignore[arg-type]
        )
        name = get_language_info(language)["name_translated"]
        if changed or removed:
            told = _("Translated into %(language)s. Texts kept: %(changed)s. Taken away: %(removed)s.") % {
                "language": name, "changed": changed, "removed": removed,
            }  # fmt: skip
            self.log_change(request, revision, told)
            said = ngettext("%(number)s text is saved.", "%(number)s texts are saved.", changed + removed)
            self.message_user(request, said % {"number": changed + removed}, messages.SUCCESS)
        else:
            self.message_user(request, _("Nothing was changed."), messages.INFO)
        return redirect(request.get_full_path())


def read_given(data: QueryDict) -> dict[str, Given]:
    """Return what the form sent, by the name of each text."""
    names = [name.removeprefix("text:") for name in data if name.startswith("text:")]
    return {
        name: Given(
            text=str(data[f"text:{name}"]).replace("\0", ""),
            made_from=data.get(f"from:{name}", ""),
            before=data.get(f"before:{name}", ""),
            still_holds=f"holds:{name}" in data,
        )
        for name in names
    }


def _shown(request: HttpRequest) -> str:
    asked = request.GET.get("show", "all")
    return asked if asked in STATES else "all"


def _languages(revision: Revision, work: TranslationWork, chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "info": get_language_info(code),
            "counts": work.counts(code),
            "url": reverse("admin:plans_revision_translate", args=[revision.pk, code]),
            "is_chosen": code == chosen,
        }
        for code in work.languages
    ]


def _groups(items: Iterable[Item], request: HttpRequest, refused: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Return the texts that are asked for, by the kind of row that they stand in; those that were refused, always."""
    shown = _shown(request)
    chosen = [item for item in items if shown in {"all", item.state} or item.name in refused]
    return [
        {"title": _kind_of(model), "entries": [_entry(item, request.POST, refused) for item in members]}
        for model, members in groupby(chosen, key=lambda item: type(item.passage.row))
    ]


def _kind_of(model: Any) -> str:
    return _("The plan") if model is Plan else str(capfirst(model._meta.verbose_name_plural))


def _entry(item: Item, sent: QueryDict, refused: Mapping[str, list[str]]) -> dict[str, Any]:
    typed = sent.get(f"text:{item.name}")
    text = item.text if typed is None else typed
    longest = max(len(item.passage.text), len(text))
    return {
        "item": item,
        "label": _label(item),
        "source": get_language_info(item.passage.language),
        "text": text,
        "still_holds": f"holds:{item.name}" in sent,
        "lines": min(MOST_LINES, max(1, longest // LINE + item.passage.text.count("\n") + 1)),
        "changed": compare_texts(item.older.source, item.passage.text) if item.older else (),
        "problems": refused.get(item.name, ()),
    }


def _label(item: Item) -> str:
    """Return where a text stands: the row, as the plan numbers it, and the column."""
    row, field = item.passage.row, item.passage.field
    column = capfirst(str(row._meta.get_field(field).verbose_name))
    if isinstance(row, Plan):
        return column
    number = item.passage.subject.partition(":")[2]
    if isinstance(row, Narrative):
        number = f"{row.get_section_display()} {row.objective.number if row.objective else ''}".strip()
    return f"{number} · {column}"
