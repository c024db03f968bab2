"""Tags that tell search engines what a page says. Of a past day nothing is told: such pages are not for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.safestring import SafeString

from crp.exchange import described
from crp.exchange.terms import LICENCE

register = template.Library()


def _tell(context: RequestContext, describe: Callable[..., Sequence[Any]], subject: Any) -> SafeString | str:
    request = context.get("request")
    if request is None or getattr(request, "as_of", None) is not None:
        return ""
    return described.write_script(describe(subject, request.build_absolute_uri))


@register.simple_tag(takes_context=True)
def described_home(context: RequestContext, portfolio: Any) -> SafeString | str:
    """Tell of the site and of all plans together."""
    return _tell(context, described.describe_home, portfolio)


@register.simple_tag(takes_context=True)
def described_data(context: RequestContext, tables: Any) -> SafeString | str:
    """Tell of the tables of the API."""
    return _tell(context, described.describe_data, tables)


@register.simple_tag(takes_context=True)
def described_plan(context: RequestContext, page: Any) -> SafeString | str:
    """Tell of a plan."""
    return _tell(context, described.describe_plan, page)


@register.simple_tag(takes_context=True)
def described_country(context: RequestContext, page: Any) -> SafeString | str:
    """Tell of a country."""
    return _tell(context, described.describe_country, page)


@register.simple_tag
def terms_of_use() -> str:
    """Return under which terms the data may be passed on, as every download says."""
    return str(LICENCE)
