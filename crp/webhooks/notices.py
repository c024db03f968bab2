"""The e-mail to somebody whose endpoint was disabled."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from crp.webhooks.models import Endpoint

logger = logging.getLogger(__name__)


def tell_disabled(endpoint: Endpoint) -> None:
    """Tell the owner of an endpoint that nothing more is sent to it, and why. One that can't be sent stops nothing."""
    if endpoint.owner is None or not endpoint.owner.email:
        return
    with override(settings.LANGUAGE_CODE):
        page = reverse("admin:webhooks_endpoint_change", args=[endpoint.pk])
        body = _(
            "CRP sends nothing more to %(webhook)s. Reason: %(reason)s.\n\nWhat waits for it is kept. Enable it here "
            "once it answers:\n%(page)s\n"
        ) % {
            "webhook": endpoint.url,
            "reason": endpoint.get_disabled_because_display(),
            "page": f"{settings.SITE_ADDRESS or 'http://localhost:8000'}{page}",
        }
        subject = " ".join((_("Webhook disabled: %(webhook)s") % {"webhook": endpoint}).split())
    try:
        send_mail(subject, body, None, [endpoint.owner.email])
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("Notice of webhook %s not sent: %s", endpoint.pk, type(error).__name__)
