"""Logs in which nobody can be found: addresses, e-mails, keys and what people search for are taken out of every line.

It is done to the finished text, tracebacks included, whoever wrote it: the sentence of a database, of a library, of
gunicorn. It needs no Django, so that gunicorn can use it too.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from ipaddress import ip_address
from re import Match

# Each begins where a word does, and never reads the same stretch twice: a line may be as long as its sender likes.
EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
KEY = re.compile(r"crp_([0-9A-Za-z]{8})_[0-9A-Za-z]+")
HEADER = re.compile(r"(?i)(authorization['\"]?\s*[:=,]\s*['\"]?(?:\w+\s+)?)[^\s'\",)]{6,}")
CREDENTIALS = re.compile(r"(?i)\b((?:bearer|basic)\s+)[^\s'\",)]{16,}")
SECRET = re.compile(
    r"(?i)((?:password|passwd|secret|token|api_?key|access_token|sessionid|csrftoken|csrfmiddlewaretoken)"
    r"['\"]?\s*[:=]\s*['\"]?)[^\s'\",;&)]+"
)
QUERY = re.compile(r"(?<=[\w/%-])\?[^\s'\"<>]+")
IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\w)")
IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4})?(?![\w:])")
DSN = re.compile(r"(?<!\w)(\w+://)[^\s/@:]*:[^\s/@]*@")


def mask(text: str) -> str:
    """Return a text without what leads to a person or opens something. What a key begins with, which is no secret,
    stays: it says which one to revoke.
    """
    lower = text.lower()
    for signs, pattern, replacement in RULES:
        if any(sign in lower for sign in signs):
            text = pattern.sub(replacement, text)
    return text


def _address(found: Match[str]) -> str:
    """Return what stands in the place of an address; those of this machine are nobody's."""
    try:
        address = ip_address(found[0])
    except ValueError:  # a time of day, a version
        return found[0]
    return found[0] if address.is_loopback or address.is_unspecified else "[address]"


# What a text must hold, in small letters, for a pattern to be worth a try: every request writes a line.
RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str | Callable[[Match[str]], str]], ...] = (
    (("://",), DSN, r"\1[secret]@"),
    (("crp_",), KEY, r"crp_\1_[secret]"),
    (("authorization",), HEADER, r"\1[secret]"),
    (("bearer", "basic"), CREDENTIALS, r"\1[secret]"),
    (("pass", "secret", "token", "key", "sessionid"), SECRET, r"\1[secret]"),
    (("?",), QUERY, "?[query]"),
    (("@",), EMAIL, "[e-mail]"),
    ((":",), IPV6, _address),
    ((".",), IPV4, _address),
)


class MaskingFormatter(logging.Formatter):
    """Writes a line, and then takes out of it what has no business in a log."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
