"""Which format an answer has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from crp.common.api.parameters import short


class StrictNegotiation(DefaultContentNegotiation):
    """``format=`` in the address wins over the header Accept. Where there is no such format, says which there are."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        wanted = request.query_params.get(self.settings.URL_FORMAT_OVERRIDE)
        if wanted:
            renderer = self.filter_renderers(renderers, wanted)[0]
            if missing := missing_of(renderer):
                raise ValidationError({"format": [missing]})
            return renderer, renderer.media_type
        here = [renderer for renderer in renderers if not missing_of(renderer)]
        try:
            return super().select_renderer(request, here, format_suffix)
        except NotAcceptable:
            types = ", ".join(dict.fromkeys(renderer.media_type for renderer in here))
            asked = " ".join(self.get_accept_list(request))
            absent = [missing_of(renderer) for renderer in renderers if renderer.media_type in asked]
            sentence = f"None of the formats that Accept asks for is here. Choose from: {types}."
            raise NotAcceptable(" ".join([sentence, *filter(None, absent)])) from None

    def get_accept_list(self, request: Request) -> list[str]:
        """Return the media types asked for; an empty header asks for nothing in particular."""
        return [token for token in super().get_accept_list(request) if token] or ["*/*"]

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> list[Any]:  # noqa: A002 (the base class's name)
        known = [renderer for renderer in renderers if renderer.format == format]
        if not known:
            names = ", ".join(dict.fromkeys(renderer.format for renderer in renderers))
            raise ValidationError({"format": [f"“{short(format)}” is not a format here. Choose from: {names}."]})
        return known


def missing_of(renderer: Any) -> str:
    """Return why this server can't write a format. Empty: it can."""
    return getattr(renderer, "missing", "")
