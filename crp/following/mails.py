"""E-mails as they are sent: text and HTML of the same content, with the headers that let programs unsubscribe."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from crp.following.models import Subscription, mask
from crp.following.subjects import Subject
from crp.following.tokens import Purpose, token_of

logger = logging.getLogger(__name__)
Absolute = Callable[[str], str]
"""Makes a path an address with scheme and host."""

PAGES = {Purpose.CONFIRM: "follow-confirm", Purpose.STOP: "follow-stop", Purpose.MANAGE: "follow-manage"}


class MailFailedError(Exception):
    """The e-mail could not be handed over."""


def from_site(path: str) -> str:
    """Return a path as an address, where no request says under which name CRP is reached."""
    return f"{settings.SITE_ADDRESS or 'http://localhost:8000'}{path}"


def link(subscription: Subscription, purpose: Purpose) -> str:
    """Return the path of the page on which the owner of the address does one thing; it is theirs alone."""
    return f"{reverse(PAGES[purpose])}?{urlencode({'token': token_of(subscription, purpose)})}"


def compose(
    name: str,
    *,
    subscription: Subscription,
    title: str,
    absolute: Absolute,
    context: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> EmailMultiAlternatives:
    """Return an e-mail made of the templates of this name, in the language that is active."""
    shown = {
        **context,
        "subscription": subscription,
        "title": title,
        "site": absolute(reverse("home")),
        "methodology": absolute(reverse("methodology")),
        "manage": absolute(link(subscription, Purpose.MANAGE)),
        "stop": absolute(link(subscription, Purpose.STOP)),
    }
    mail = EmailMultiAlternatives(
        subject=" ".join(title.split()),
        body=render_to_string(f"following/mail/{name}.txt", shown).strip() + "\n",
        to=[subscription.email],
        headers={"Auto-Submitted": "auto-generated", **(headers or {})},
    )
    mail.attach_alternative(render_to_string(f"following/mail/{name}.html", shown), "text/html")
    return mail


def send(mail: EmailMultiAlternatives) -> None:
    """Hand an e-mail over. Raises: MailFailedError where that does not succeed."""
    try:
        mail.send()
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("E-mail to %s not sent: %s", mask(mail.to[0]), error.__class__.__name__)
        raise MailFailedError from error


def confirmation(subscription: Subscription, subject: Subject, absolute: Absolute) -> EmailMultiAlternatives:
    """Return the e-mail that asks whether its reader wants this."""
    return compose(
        "confirm",
        subscription=subscription,
        title=_("Please confirm: news of %(subject)s") % {"subject": subject.name},
        absolute=absolute,
        context={"subject": subject, "confirm": absolute(link(subscription, Purpose.CONFIRM))},
    )


def reminder(subscription: Subscription, subject: Subject, absolute: Absolute) -> EmailMultiAlternatives:
    """Return the e-mail to somebody who asks for what they have."""
    return compose(
        "known",
        subscription=subscription,
        title=_("You follow this already: %(subject)s") % {"subject": subject.name},
        absolute=absolute,
        context={"subject": subject},
    )


def list_headers(subscription: Subscription, absolute: Absolute) -> dict[str, str]:
    """Return the headers by which a mail program shows a button to unsubscribe (RFC 2369, RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{absolute(link(subscription, Purpose.STOP))}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
