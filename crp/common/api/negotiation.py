"""Which format an answer has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rest_framework.exceptions import NotAcceptable, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from crp.common.api.parameters import short

QUALITY = re.compile(r"q=([01](?:\.[0-9]{0,3})?)", re.ASCII | re.IGNORECASE)


class Wanted(NamedTuple):
    """One media type of the header Accept (RFC 9110, 12.5.1)."""

    family: str
    member: str
    quality: float
    """How much it is wanted, from 0, which is not at all, to 1."""

    @classmethod
    def read(cls, token: str) -> Wanted:
        """Return a media type of the header; what is no quality is passed over, as other parameters are."""
        kind, *parameters = (part.strip() for part in token.split(";"))
        family, _slash, member = kind.lower().partition("/")
        found = next((match for one in parameters if (match := QUALITY.fullmatch(one))), None)
        return cls(family, member, min(float(found[1]), 1.0) if found else 1.0)

    def fits(self, media_type: str) -> int:
        """Return how closely it names a media type: 3 the type itself, 2 its family, 1 anything; 0: not at all."""
        family, _slash, member = media_type.partition("/")
        if (self.family, self.member) == (family, member):
            return 3
        if self.member != "*":
            return 0
        return {family: 2, "*": 1}.get(self.family, 0)


def best_of(renderers: Sequence[Any], tokens: Iterable[str]) -> Any:
    """Return the renderer that a client wants most; of several the one it names closest, then the first. None: none."""
    asked = [Wanted.read(token) for token in tokens]
    best, best_rank = None, (0.0, 0)
    for renderer in renderers:
        closest = max(asked, key=lambda wanted, of=renderer.media_type: wanted.fits(of))  # type: ignore[misc]
        rank = closest.quality, closest.fits(renderer.media_type)
        if all(rank) and rank > best_rank:
            best, best_rank = renderer, rank
    return best


class StrictNegotiation(DefaultContentNegotiation):
    """``format=`` in the address wins over the header Accept. Where there is no such format, says which there are.

    Own, because that of DRF does not read qualities: ``text/csv;q=0, */*`` would be answered with CSV.
    """

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        wanted = request.query_params.get(self.settings.URL_FORMAT_OVERRIDE)
        if wanted:
            renderer = self.filter_renderers(renderers, wanted)[0]
            if missing := missing_of(renderer):
                raise ValidationError({"format": [missing]})
            return renderer, renderer.media_type
        here = [renderer for renderer in renderers if not missing_of(renderer)]
        accepted = self.get_accept_list(request)
        renderer = best_of(here, accepted)
        if renderer is not None:
            return renderer, renderer.media_type
        types = ", ".join(dict.fromkeys(renderer.media_type for renderer in here))
        asked = " ".join(accepted)
        absent = [missing_of(renderer) for renderer in renderers if renderer.media_type in asked]
        sentence = f"None of the formats that Accept asks for is here. Choose from: {types}."
        raise NotAcceptable(" ".join([sentence, *filter(None, absent)]))

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
