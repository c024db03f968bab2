"""Who works in CRP, and what each may do where."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import BigIntegerField, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from rules.permissions import has_perm as rules_have
from simple_history import register

from crp.accounts.explaining import explain_key, explain_missing, explain_missing_in, tell_limits, tell_reach
from crp.accounts.reach import Reach, countries_by_region
from crp.accounts.roles import Role
from crp.accounts.scopes import rights_of
from crp.accounts.tokens import FINGERPRINT_LENGTH, MARK, PREFIX_LENGTH
from crp.common.history import Records
from plans.models import Country, Plan, Region

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class People(UserManager["User"]):
    """People, by what they may."""

    def who_may_grant(self) -> Sequence[User]:
        """Return who can give roles, by name. Queries: 1."""
        administrators = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR)
        may_grant = (
            Q(is_superuser=True)
            | Q(pk__in=administrators.exclude(user=None).values("user"))
            | Q(groups__in=administrators.exclude(group=None).values("group"))
        )
        people = self.filter(may_grant, is_active=True).distinct()
        return list(people.order_by("last_name", "first_name", "username"))


class User(AbstractUser):
    """A person who signs in. CRP's own model from the first migration, so that it can grow without a swap."""

    objects: ClassVar = People()
    history = Records(excluded_fields=["password", "last_login"], m2m_fields=["groups"])

    acting_key: ApiKey | None = None
    """The API key that this request is made with: it narrows every right. None: the person acts themselves."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether this person has a right. A superuser has all, but not through a key."""
        if self.acting_key is not None and self.is_superuser:
            return self.is_active and rules_have(perm, self, obj)
        return super().has_perm(perm, obj)

    @cached_property
    def assignments(self) -> list[RoleAssignment]:
        """The roles of this person and of their groups, read once a request. Queries: 1."""
        own = Q(user=self) | Q(group__in=self.groups.values("pk"))
        return list(RoleAssignment.objects.filter(own).select_related("country", "region"))

    @cached_property
    def countries_by_region(self) -> dict[int, frozenset[int]]:
        """The countries of each region, read once a request. Queries: 2."""
        return countries_by_region()

    @cached_property
    def _countries_of_plans(self) -> dict[int | None, frozenset[int]]:
        return {}

    def countries_of_plan(self, plan: Plan) -> frozenset[int]:
        """Return the countries of a plan by primary key, read once a request. Queries: 1."""
        if plan._state.adding:
            return frozenset()
        if plan.pk not in self._countries_of_plans:
            self._countries_of_plans[plan.pk] = frozenset(plan.countries.values_list("pk", flat=True))
        return self._countries_of_plans[plan.pk]

    def require(self, permission: str, obj: Any = None) -> None:
        """Refuse with PermissionDenied where this person lacks a right, saying which one and who grants it."""
        if not self.has_perm(permission, obj):
            raise PermissionDenied(self.explain_missing(permission, obj))

    def explain_missing(self, permission: str, obj: Any = None) -> str:
        """Return which right is missing and where, which role gives it, and who gives that role. Queries: 4 at most."""
        if self.acting_key is not None:
            return explain_key(self.acting_key, permission, obj)
        return explain_missing(self, permission, obj)

    def explain_missing_in(self, permission: str, countries: Collection[int]) -> str:
        """Return the same of some countries, by primary key, that a right does not reach. Queries: 4 at most."""
        return explain_missing_in(permission, set(countries) - self.reach(permission).countries)

    def tell_reach(self, permission: str) -> str:
        """Return where this person has a right, where that is not everywhere, and who can change that."""
        return tell_reach(self, permission)

    def tell_limits(self, permission: str) -> str:
        """Return what a list leaves out for this person, and who can change that; empty where it shows all."""
        return tell_limits(self, permission)

    def reach(self, permission: str) -> Reach:
        """Return in which countries this person has a right (``plans.change_revision``). Queries: 2 at most, once."""
        return Reach.of(self, permission)


# Roles come through groups too: who was put into one, and what became of the group, belongs to the record.
register(Group, app="crp.accounts")


class RoleAssignment(models.Model):
    """A role of a person, or of a group of people: in one country, in the countries of a region, or everywhere."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="roles", verbose_name=_("person")
    )
    group = models.ForeignKey(
        Group, models.CASCADE, null=True, blank=True, related_name="roles", verbose_name=_("group")
    )
    role = models.CharField(_("role"), max_length=15, choices=Role.choices)
    country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("country")
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("region"),
        help_text=_("All countries of the region. Neither a country nor a region: everywhere."),
    )

    history = Records()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering: ClassVar = ["user", "group", "role", "country", "region"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, group__isnull=True) | Q(user__isnull=True, group__isnull=False),
                name="role_assignment_one_holder",
                violation_error_message=_("Name a person or a group."),
            ),
            models.CheckConstraint(
                condition=Q(country__isnull=True) | Q(region__isnull=True),
                name="role_assignment_one_place",
                violation_error_message=_("Name a country or a region, not both."),
            ),
            models.CheckConstraint(
                condition=~Q(role="administrator") | Q(country__isnull=True, region__isnull=True),
                name="role_assignment_administrator_everywhere",
                violation_error_message=_("An administrator is one everywhere: leave country and region empty."),
            ),
            models.UniqueConstraint(
                *(Coalesce(name, Value(0), output_field=BigIntegerField()) for name in ("user", "group")),
                "role",
                *(Coalesce(name, Value(0), output_field=BigIntegerField()) for name in ("country", "region")),
                name="role_assignment_once",
                violation_error_message=_("This person already has this role there."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.group}: {self.get_role_display()}, {self.place}"

    @property
    def place(self) -> str:
        """Where the role holds, in words."""
        place = self.country or self.region
        return place.label if place is not None else str(_("everywhere"))


class ApiKey(models.Model):
    """What a program shows to act for a user. It is made, used and revoked, and never changed: a key that should do
    more, or less, is another key.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="keys",
        verbose_name=_("user"),
        help_text=_(
            "A person, or a login made for a partner’s system. The key never has a right that this user lacks."
        ),
    )
    name = models.CharField(_("name"), max_length=80, help_text=_("What uses it, such as “ERP of the country office”."))
    prefix = models.CharField(
        _("beginning"), max_length=PREFIX_LENGTH, unique=True, help_text=_("The part of the key that is no secret.")
    )
    fingerprint = models.CharField(max_length=FINGERPRINT_LENGTH, editable=False)
    scopes = models.CharField(_("what it may do"), max_length=200, help_text=_("Names, a space between them."))
    countries = models.ManyToManyField(
        Country,
        through="ApiKeyCountry",
        related_name="+",
        verbose_name=_("countries"),
        help_text=_("Only money of these countries. None: wherever the roles of the user allow it."),
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    expires_on = models.DateField(_("good until"), help_text=_("The last day on which it is good (UTC)."))
    last_used_on = models.DateField(_("last used"), null=True, blank=True, editable=False)
    follows = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="followers", verbose_name=_("takes the place of")
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("revoked by")
    )
    revoked_because = models.CharField(_("why it was revoked"), max_length=200, blank=True)

    history = Records(excluded_fields=["fingerprint", "last_used_on"])

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown})"

    @property
    def shown(self) -> str:
        """The key as far as anybody may see it."""
        return f"{MARK}{self.prefix}_…"

    @property
    def scope_names(self) -> list[str]:
        """What it may, by the names of scopes."""
        return self.scopes.split()

    def is_expired(self, on: date) -> bool:
        """Return whether its last day has passed."""
        return self.expires_on < on

    @cached_property
    def acting_user(self) -> User:
        """Its user, with no more rights than the key leaves. Queries: 1."""
        self.user.acting_key = self
        return self.user

    def narrow(self, permission: str, reach: Reach) -> Reach:
        """Return how much of a user's right is left with this key. Queries: 1, once a request."""
        if permission not in rights_of(self.scope_names):
            return Reach()
        if not self.limited_to:
            return reach
        return Reach(countries=self.limited_to if reach.everywhere else reach.countries & self.limited_to)

    @cached_property
    def limited_to(self) -> frozenset[int]:
        """The countries that it is limited to, by primary key; empty: it is not. Queries: 1."""
        return frozenset(self.limits.values_list("country", flat=True))


class ApiKeyCountry(models.Model):
    """A country that a key is limited to. While it is, the country can't be deleted: without a limit left, the key
    would reach everywhere.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="limits")
    country = models.ForeignKey(Country, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "country"], name="api_key_country_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.country}"
