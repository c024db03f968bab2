"""Where each value comes from."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel

from .countries import Country
from .plans import Revision
from .profiles import CountryProfile


class Source(NaturalKeyModel):
    """A document that values were read from."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="sources", verbose_name=_("country")
    )
    document_on = models.DateField(
        _("document date"), null=True, blank=True, help_text=_("As printed. Empty: the document has none.")
    )
    file_name = models.CharField(
        _("file name"), max_length=200, blank=True, help_text=_("Of the text whose lines citations count.")
    )
    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        blank=True,
        validators=[RegexValidator(r"^[0-9a-f]{64}\Z", _("64 hexadecimal digits."))],
        help_text=_("Of that text, so that anyone can tell whether theirs is the same."),
    )

    natural_key_fields: ClassVar = ("code",)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.title


class Citation(NaturalKeyModel):
    """Which lines of which source one value was read from, or how it was reasoned.

    ``subject`` is the ``row_key`` of a row and ``field`` its column: a name that means the same in every revision,
    so citations are copied and compared like any other value, and reach rows of any app.
    """

    class Basis(models.TextChoices):
        STATED = "stated", _("Stated in the source")
        INFERRED = "inferred", _("Inferred from the source")
        COMPUTED = "computed", _("Computed from stated values")

    revision = models.ForeignKey(
        Revision, models.CASCADE, null=True, blank=True, related_name="citations", verbose_name=_("revision")
    )
    profile = models.ForeignKey(
        CountryProfile, models.CASCADE, null=True, blank=True, related_name="citations", verbose_name=_("profile")
    )
    subject = models.CharField(_("row"), max_length=150, help_text=_("Such as revision or objective:1."))
    field = models.CharField(_("field"), max_length=60, help_text=_("Such as people_targeted."))
    source = models.ForeignKey(Source, models.PROTECT, related_name="citations", verbose_name=_("source"))
    first_line = models.PositiveIntegerField(
        _("first line"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Counted from 1.")
    )
    last_line = models.PositiveIntegerField(_("last line"), null=True, blank=True, validators=[MinValueValidator(1)])
    basis = models.CharField(_("basis"), max_length=10, choices=Basis.choices, default=Basis.STATED)
    as_printed = models.CharField(
        _("as printed"), max_length=200, blank=True, help_text=_("The value as it stands there, damage included.")
    )
    note = models.TextField(_("note"), blank=True, help_text=_("The reasoning, where the value is not stated."))

    natural_key_fields: ClassVar = (
        "revision__plan__code",
        "revision__number",
        "profile__country__iso3",
        "subject",
        "field",
        "source__code",
    )

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering: ClassVar = ["source", "first_line", "subject", "field"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(revision__isnull=False, profile__isnull=True)
                | Q(revision__isnull=True, profile__isnull=False),
                name="citation_of_one_thing",
                violation_error_message=_("A citation belongs to a revision or to a country profile."),
            ),
            models.UniqueConstraint(
                fields=["revision", "subject", "field", "source"],
                condition=Q(revision__isnull=False),
                name="citation_once_per_revision_value",
                violation_error_message=_("This value already cites this source."),
            ),
            models.UniqueConstraint(
                fields=["profile", "subject", "field", "source"],
                condition=Q(profile__isnull=False),
                name="citation_once_per_profile_value",
                violation_error_message=_("This value already cites this source."),
            ),
            models.CheckConstraint(
                condition=Q(last_line__isnull=True) | Q(first_line__isnull=False, last_line__gte=F("first_line")),
                name="citation_lines_in_order",
                violation_error_message=_("The last line must not lie before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(basis="inferred") | ~Q(note=""),
                name="citation_inferred_needs_note",
                violation_error_message=_("An inferred value needs its reasoning."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}.{self.field} ← {self.source_id and self.source.code}:{self.lines}"

    @property
    def lines(self) -> str:
        """The lines as a reader writes them: ``4``, ``29–30``, or empty."""
        if self.first_line is None:
            return ""
        return (
            str(self.first_line) if self.last_line in (None, self.first_line) else f"{self.first_line}–{self.last_line}"
        )
