"""Addresses of IATI files: all published plans, or one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from crp.common.api.conditional import ConditionalMixin
from crp.common.api.parameters import NULL, short
from crp.common.api.views import StrictParametersMixin
from crp.common.as_of import today
from crp.exchange.hapi.views import OneFormat
from crp.exchange.iati.activity import Publisher, Writing
from crp.exchange.iati.data import Lists
from crp.exchange.iati.files import published, write_activities
from funding.api.stamp import read_stamp
from plans.models import Plan

XML_TYPE = "application/xml; charset=utf-8"


def stamp_of_the_day() -> tuple[Any, date]:
    """Return what changes with the data and with the day, by which a plan runs or not. Queries: 1."""
    return read_stamp(), today()


class IatiView(ConditionalMixin, StrictParametersMixin):
    """What both addresses share."""

    schema = None
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OneFormat
    read_stamp: ClassVar[Any] = staticmethod(stamp_of_the_day)

    def answer(self, request: Request, numbers: Iterator[int], name: str) -> HttpResponseBase:
        """Return a file of the plans with these primary keys."""

        def written(_stamp: Any) -> StreamingHttpResponse:
            writing = Writing(
                publisher=Publisher(settings.IATI_PUBLISHER, settings.IATI_PUBLISHER_NAME),
                lists=Lists.read(),
                absolute=request.build_absolute_uri,
                today=today(),
            )
            headers = {"Content-Disposition": f'inline; filename="{name}.xml"'}
            return StreamingHttpResponse(write_activities(numbers, writing), content_type=XML_TYPE, headers=headers)

        return self.unless_known(request, written)


class ActivitiesView(IatiView):
    """Every published plan."""

    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request, published(), "iati-activities")


class ActivityView(IatiView):
    """One published plan."""

    def get(self, request: Request, code: str) -> HttpResponseBase:
        plan = None if NULL in code else Plan.objects.in_force().filter(code=code).first()
        if plan is None:
            near = None if NULL in code else Plan.objects.in_force().filter(code__iexact=code).first()
            hint = f" Did you mean “{near.code}”?" if near else ""
            raise NotFound(f"No published plan has the code “{short(code)}”.{hint}")
        return self.answer(request, iter([plan.pk]), f"iati-{plan.code}")
