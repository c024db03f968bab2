"""Tags that show the text of a plan, marked where it is not in the language of the page."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils.html import format_html
from django.utils.translation import get_language_bidi, get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from plans.translating import Told, reading

register = template.Library()

SHOWN_IN = {
    "en": gettext_lazy("Shown in English"),
    "fr": gettext_lazy("Shown in French"),
    "es": gettext_lazy("Shown in Spanish"),
    "ar": gettext_lazy("Shown in Arabic"),
}


@register.filter
def told(text: str) -> str:
    """Return a text of a plan as it is shown, marked where it is not in the language of the page.

    Texts that say no language are in that of the plan's first page, English.
    """
    language = _language_of(text)
    if not text or language == reading():
        return text
    return format_html('<bdi lang="{}">{}</bdi>', language, text)


@register.simple_tag
def in_language_of(text: str) -> str:
    """Return the attributes of an element that holds a text of a plan: its language, and where it begins."""
    return in_language(_language_of(text))


@register.simple_tag
def in_language(language: str) -> str:
    """Return the attributes of an element that holds a text in a language."""
    if not language:
        return ""
    if language not in LANG_INFO:
        return format_html('lang="{}" dir="auto"', language)
    if get_language_info(language)["bidi"] == get_language_bidi():
        return format_html('lang="{}"', language)
    return format_html('lang="{}" dir="{}"', language, "rtl" if get_language_info(language)["bidi"] else "ltr")


@register.simple_tag
def shown_in(text: str) -> str:
    """Return the mark of a text that is not in the language of the page: which one it is shown in."""
    language = _language_of(text)
    if not text or language == reading():
        return ""
    said = SHOWN_IN.get(language) or _("Shown in another language: %(code)s") % {"code": language}
    return format_html('<p class="shown-in">{}</p>', said)


def _language_of(text: str) -> str:
    return text.language if isinstance(text, Told) else settings.LANGUAGE_CODE
