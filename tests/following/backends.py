"""Ways of sending e-mails that fail."""

from __future__ import annotations

from collections.abc import Sequence
from smtplib import SMTPServerDisconnected
from typing import Any

from django.core.mail.backends.locmem import EmailBackend


class Broken(EmailBackend):
    """Sends nothing."""

    def send_messages(self, messages: Sequence[Any]) -> int:
        raise SMTPServerDisconnected("gone")


class Choosy(EmailBackend):
    """Sends everything but what goes to ``bad@example.org``."""

    def send_messages(self, messages: Sequence[Any]) -> int:
        if any("bad@example.org" in message.to for message in messages):
            raise SMTPServerDisconnected("gone")
        return super().send_messages(messages)
