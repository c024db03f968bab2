"""Search by name or code."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import AS_OF, as_of_page, past, read_as_of, today
from crp.common.pages import BadParameterError
from crp.common.parameters import refuse_unknown
from funding.selectors.search import Search, suggest


@require_safe
@as_of_page
def search(request: HttpRequest, on: date | None) -> HttpResponse:
    """Show what has a name or a code; an address that can't be understood is 400 and says why."""
    found = Search(request.GET, on)
    return render(request, "funding/search.html", {"search": found}, status=400 if found.problems else 200)


@require_safe
def search_suggest(request: HttpRequest) -> HttpResponse:
    """Give what the box suggests as JSON, to be kept for a minute; what can't be used is 400 with a sentence."""
    problems = refuse_unknown(request.GET.keys(), ("q", AS_OF))
    if problems:
        return JsonResponse({"detail": next(iter(problems.values()))[0]}, status=400)
    try:
        day = read_as_of(request.GET.getlist(AS_OF), today())
        answer = suggest(request.GET.get("q", ""), past(day, today()))
    except BadParameterError as error:
        return JsonResponse(
            {"detail": _("%(parameter)s: %(sentence)s") % {"parameter": error.parameter, "sentence": error.sentence}},
            status=400,
        )
    response = JsonResponse(answer)
    response["Cache-Control"] = "public, max-age=60"
    return response
