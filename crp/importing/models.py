"""Documents that were uploaded to be read, and what people decided about the values that were read from them.

Neither has a history: who and when are columns, and a document holds names and telephone numbers of staff, which a
history would keep for good.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crp.common.models import between
from plans.models import Country, Plan, Revision

MOST_BYTES = 20 * 1024 * 1024
SHA256 = RegexValidator(r"^[0-9a-f]{64}\Z", _("64 hexadecimal digits."))


class ImportedDocument(models.Model):
    """A file that plans are read from. Personal data: shown in the admin only, and never as HTML.

    The file stands in the database, so that a backup is one thing and no web server can hand it out. Its text is kept
    as it was read on the first day: citations count its lines.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be decided")
        SAVED = "saved", _("Saved as a draft")
        DISCARDED = "discarded", _("Discarded")

    name = models.CharField(_("file name"), max_length=200)
    format = models.CharField(_("format"), max_length=20, help_text=_("Of the file, as its content tells."))
    layout = models.CharField(_("layout"), max_length=30, help_text=_("Which kind of page it was read as."))
    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        unique=True,
        validators=[SHA256],
        help_text=_("Of the file: the same file is kept once."),
        error_messages={"unique": _("This file has been uploaded already.")},
    )
    size_bytes = models.PositiveIntegerField(
        _("size (bytes)"), validators=[MinValueValidator(1), MaxValueValidator(MOST_BYTES)]
    )
    content = models.BinaryField(_("file"), editable=False)
    text = models.TextField(_("text"), help_text=_("Whose lines are counted."))
    text_sha256 = models.CharField(_("SHA-256 of the text"), max_length=64, validators=[SHA256], db_index=True)
    pages = models.JSONField(
        _("pages"), default=list, blank=True, help_text=_("The page that each line stands on; empty: it has no pages.")
    )
    warnings = models.JSONField(
        _("warnings"), default=list, blank=True, help_text=_("What was left out on the way from the file to its text.")
    )
    countries = models.ManyToManyField(
        Country,
        related_name="+",
        verbose_name=_("countries"),
        help_text=_("That it speaks of: they decide who may see it."),
    )
    plan = models.ForeignKey(
        Plan,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("plan"),
        help_text=_("That it went into. Empty: none yet, or a plan that was deleted."),
    )
    revision = models.ForeignKey(
        Revision,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("revision"),
        help_text=_("That was made of it. Empty: none yet, or a draft that was deleted."),
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering: ClassVar = ["-uploaded_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=between("size_bytes", 1, MOST_BYTES),
                name="imported_document_size",
                violation_error_message=_("A document has from 1 byte to 20 MB."),
            ),
            models.CheckConstraint(
                # Plan and draft of a saved one may be deleted later.
                condition=Q(state="saved") | Q(plan__isnull=True, revision__isnull=True),
                name="imported_document_unsaved_has_no_plan",
                violation_error_message=_("Only a saved document names a plan."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Decision(models.Model):
    """What somebody decided about one value that was read. It holds as long as the document is read the same way."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        CORRECTED = "corrected", _("Corrected")
        REJECTED = "rejected", _("Rejected")

    document = models.ForeignKey(ImportedDocument, models.CASCADE, related_name="decisions", verbose_name=_("document"))
    subject = models.CharField(_("row"), max_length=250, help_text=_("Such as revision or objective:1."))
    field = models.CharField(_("field"), max_length=60, help_text=_("Such as people_targeted."))
    verdict = models.CharField(_("verdict"), max_length=9, choices=Verdict.choices)
    value = models.TextField(_("corrected value"), blank=True, help_text=_("Empty: it was not corrected."))
    proposed = models.TextField(_("value as read"), blank=True, help_text=_("What the decision was about."))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), auto_now=True)

    class Meta:
        verbose_name = _("decision about a document")
        verbose_name_plural = _("decisions about documents")
        ordering: ClassVar = ["document", "subject", "field"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "subject", "field"],
                name="decision_once_per_value",
                violation_error_message=_("There is a decision about this value already."),
            ),
            models.CheckConstraint(
                condition=(Q(verdict="corrected") & ~Q(value="")) | (~Q(verdict="corrected") & Q(value="")),
                name="decision_corrected_has_value",
                violation_error_message=_("A correction gives a value, and nothing else does."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}.{self.field}: {self.get_verdict_display()}"
