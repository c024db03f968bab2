"""What was answered to a request that may come again: the same request is answered, and not done, a second time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crp.accounts.models import ApiKey

LONGEST_KEY = 255
FINGERPRINT_LENGTH = 64


class IdempotentAnswer(models.Model):
    """The answer to a write under an ``Idempotency-Key``, kept in the transaction of that write.

    It has no history and no right of its own: it repeats what the ledger says, and is gone after a while.
    """

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", verbose_name=_("API key"))
    key = models.CharField(max_length=LONGEST_KEY)
    fingerprint = models.CharField(max_length=FINGERPRINT_LENGTH)
    """Of method, address and body: the key of one request is not that of another."""
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    """Compressed: a batch answers with a row for each of its entries."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("answer kept for a repeated request")
        verbose_name_plural = _("answers kept for repeated requests")
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api_key", "key"], name="idempotent_answer_once_per_key")
        ]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="idempotent_answer_expires")]

    def __str__(self) -> str:
        return self.key
