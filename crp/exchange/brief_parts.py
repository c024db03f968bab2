"""What briefs are made of: figures with their notes, bars, definitions and the code that leads back to the page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from textwrap import wrap
from typing import Any
from urllib.parse import urlsplit

import segno
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.translation import get_language, get_language_bidi, ngettext
from django.utils.translation import gettext as _

from crp.common.charts import parts_of
from crp.common.figures import Rollup
from crp.common.numbers import write_number, write_percent
from crp.exchange.terms import DEFINITIONS, LICENCE


def number_or_unknown(value: Decimal | int | None) -> str:
    """Return a number with its groups, or the words for a figure that is not known."""
    return _("Not reported") if value is None else write_number(value)


def cell(value: Decimal | int | None) -> str:
    """Return a number for a dense table; a dash, which its caption explains, for one that is not known."""
    return "–" if value is None else write_number(value)


def percent_cell(value: Decimal | None) -> str:
    """Return a computed percentage for a dense table; a dash for one that is not known."""
    return "–" if value is None else write_percent(value)


def long_date(day: date | datetime) -> str:
    """Return a day in words."""
    return date_format(day, "DATE_FORMAT")


def language_in(text: str, otherwise: str) -> str:
    """Return the language that a text of a plan is shown in."""
    return str(getattr(text, "language", "") or otherwise)[:2]


def plain(template: str, context: dict[str, Any]) -> str:
    """Return what a piece of a page says, without its markup."""
    return " ".join(unescape(strip_tags(render_to_string(template, context))).split())


def figure(label: Any, value: str, note: str = "", unit: str = "", *, is_known: bool = True) -> dict[str, Any]:
    """Return a headline figure as the templates of briefs take it."""
    return {"label": str(label), "value": value, "note": note, "unit": unit, "is_known": is_known}


def money_figures(
    rollup: Rollup, received_on: date | None = None, *, is_official: bool = False
) -> list[dict[str, Any]]:
    """Return requested, received, gap and percentage, with the notes that the pages put below them."""
    asked = figure(_("Requested"), number_or_unknown(rollup.requested_usd), _of_plans_asking(rollup), "USD")
    given = figure(_("Received"), number_or_unknown(rollup.received_usd), "", "USD")
    given["note"] = _received_note(rollup, received_on, is_official=is_official)
    asked["is_known"], given["is_known"] = rollup.requested_usd is not None, rollup.received_usd is not None
    figures = [asked, given]
    coverage = coverage_note(rollup)
    if rollup.over_funded_usd and not rollup.gap_usd:
        figures.append(figure(_("Over-funded by"), write_number(rollup.over_funded_usd), coverage, "USD"))
    elif rollup.gap_usd is not None:
        figures.append(figure(_("Gap"), write_number(rollup.gap_usd), coverage, "USD"))
    if rollup.percent_funded is not None:
        figures.append(figure(_("Funded"), write_percent(rollup.percent_funded), "" if rollup.gap_usd else coverage))
    else:
        why = _("not without an amount asked for") if rollup.funding_reported else _("not without what was received")
        figures.append(figure(_("Gap and percentage funded"), _("Can’t be told"), why, is_known=False))
    return figures


def _of_plans_asking(rollup: Rollup) -> str:
    if rollup.plans <= 1:
        return ""
    sentence = ngettext(
        "stated by %(requesting)s of %(plans)s plan", "stated by %(requesting)s of %(plans)s plans", rollup.plans
    )
    return sentence % {"requesting": write_number(rollup.plans_requesting), "plans": write_number(rollup.plans)}


def _received_note(rollup: Rollup, received_on: date | None, *, is_official: bool) -> str:
    if rollup.plans > 1:
        sentence = ngettext(
            "reported by %(reporting)s of %(plans)s plan", "reported by %(reporting)s of %(plans)s plans", rollup.plans
        )
        return sentence % {"reporting": write_number(rollup.plans_reporting), "plans": write_number(rollup.plans)}
    if not rollup.funding_reported:
        return _("unknown, which is not the same as 0")
    if is_official and received_on:
        return _("official total of %(date)s") % {"date": long_date(received_on)}
    if received_on:
        return _("commitments and payments, as of %(date)s") % {"date": long_date(received_on)}
    return _("commitments and payments")


def coverage_note(rollup: Rollup) -> str:
    """Return of which part of the requirement gap and percentage speak; empty where it is all of it."""
    if rollup.plans <= 1 or rollup.plans_reporting == rollup.plans or rollup.requested_reporting_usd is None:
        return ""
    sentence = ngettext(
        "of the %(amount)s asked for by the %(reporting)s plan of %(plans)s that reports",
        "of the %(amount)s asked for by the %(reporting)s plans of %(plans)s that report",
        rollup.plans_reporting,
    )
    return sentence % {
        "amount": write_number(rollup.requested_reporting_usd),
        "reporting": write_number(rollup.plans_reporting),
        "plans": write_number(rollup.plans),
    }


def funding_bar(rollup: Rollup) -> dict[str, Any] | None:
    """Return the money as one bar with its legend, and in words for who can't see it. None: there is none."""
    parts = parts_of(rollup)
    if not parts:
        return None
    labels = {
        "received": _("Received"),
        "over": _("Received beyond what is asked for"),
        "pledged": _("Pledged, not yet committed"),
        "missing": _("Missing"),
        "unknown": _("Asked for, with no report of what was received"),
    }
    if any(kind == "pledged" for kind, _amount in parts):
        labels["missing"] = _("Missing beyond pledges")
    legend = [{"kind": kind, "label": labels[kind], "amount": write_number(amount)} for kind, amount in parts]
    return {
        "segments": segments(rollup, None),
        "legend": legend,
        "words": ". ".join(f"{item['label']}: {item['amount']}" for item in legend),
    }


def segments(rollup: Rollup, scale: Decimal | None) -> list[dict[str, Any]]:
    """Return the stretches of a bar, each as a share of the scale between 0 and 1. Scale None: the bar fills it."""
    parts = parts_of(rollup)
    whole = scale or sum((amount for _kind, amount in parts), Decimal(0))
    return [{"kind": kind, "share": round(float(min(amount / whole, Decimal(1))), 5)} for kind, amount in parts]


def definitions(*names: str) -> list[dict[str, str]]:
    """Return what figures mean, in the words of the methodology page."""
    return [{"title": str(DEFINITIONS[name][0]), "text": str(DEFINITIONS[name][1])} for name in names]


LONGEST_IN_CODE, LONGEST_SHOWN, LONGEST_LINK = 600, 160, 2_000  # letters of an address
LONG_WORD = re.compile(r"\S{41,}")
FIRST_STRONG_ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
MAY_BREAK = "\N{ZERO WIDTH SPACE}"


def breakable(text: str) -> str:
    """Return a text whose longest words may go on in the next line."""
    return LONG_WORD.sub(lambda word: MAY_BREAK.join(wrap(word.group(), 20)), text)


def qr_code(address: str) -> str:
    """Return a QR code of an address as SVG, without the quiet zone: the paper around it is white.

    Empty for an address so long that no camera would read it off a small square.
    """
    if len(address) > LONGEST_IN_CODE:
        return ""
    made = io.BytesIO()
    segno.make(address, error="m", micro=False).save(made, kind="svg", border=0, xmldecl=False, dark="#15202b")
    return made.getvalue().decode()


def frame(title: str, address: str, made_at: datetime, past: date | None) -> dict[str, Any]:
    """Return what stands around every brief. ``address``: where the same is on the screen, with its host."""
    known = _("As it was known on %(day)s.") % {"day": long_date(past)} if past else ""
    return {
        "document_title": title,
        "brand": _("Crisis Response Plans"),
        "is_rtl": get_language_bidi(),
        "language": (get_language() or "en").split("-")[0],
        "past": known,
        "address": address,
        "address_shown": breakable(address if len(address) <= LONGEST_SHOWN else f"{address[:LONGEST_SHOWN]}…"),
        "is_linked": len(address) <= LONGEST_LINK,
        "qr": qr_code(address),
        "qr_words": _("QR code of the address of this page"),
        "made": _("Made on %(date)s from %(host)s") % {"date": long_date(made_at), "host": urlsplit(address).netloc},
        "page_words": _("Page {page} of {pages}"),
        "licence": str(LICENCE),
        "labels": {
            "definitions": _("What each figure means"),
            "verify": _("Look it up"),
            "licence": _("Terms of use"),
            "not_reported": _("–: not reported, which is not 0."),
        },
    }


def join(parts: Iterable[str]) -> str:
    """Return the parts that say something, with a dot between them.

    Written from the right, each is kept to itself: else the figures of one would go over to the next.
    """
    before, after = (FIRST_STRONG_ISOLATE, END_OF_ISOLATE) if get_language_bidi() else ("", "")
    return " · ".join(f"{before}{part}{after}" for part in parts if part)


def shorten(text: str, most: int) -> str:
    """Return the whole sentences that fit; of a first one that is too long, its beginning."""
    if len(text) <= most:
        return text
    end = max(text.rfind(mark, 0, most) for mark in (". ", "! ", "? ", "؟ "))
    return text[: end + 1] if end > most // 4 else f"{text[:most].rsplit(' ', 1)[0]}…"
