"""API keys: made, found, rotated, revoked. What a key lets its holder do stands in :mod:`crp.accounts.scopes`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.accounts.models import ApiKey, ApiKeyCountry
from crp.accounts.scopes import write_scopes
from crp.accounts.tokens import Token, make_token, read_token
from crp.common.as_of import today
from crp.common.history import credited
from plans.models import Country

if TYPE_CHECKING:
    from crp.accounts.models import User

GOOD_FOR = timedelta(days=365)
LONGEST_GOOD_FOR = timedelta(days=2 * 365)
WARNED_BEFORE = timedelta(days=30)
# Written out, because it stands before every answer to a key: to compile it takes longer than to run it.
BY_PREFIX = (
    "SELECT accounts_apikey.*, accounts_user.is_active AS user_is_active FROM accounts_apikey "
    "JOIN accounts_user ON accounts_user.id = accounts_apikey.user_id WHERE accounts_apikey.prefix = %s"
)
OVERLAP = timedelta(days=14)
"""How long a key stays good once another has taken its place."""


class KeyRefusedError(Exception):
    """A key is not good. The sentence says why, as far as whoever shows it may know."""


@dataclass(frozen=True)
class MadeKey:
    """A new key, and the token that is shown this one time."""

    key: ApiKey
    token: str = field(repr=False)


@transaction.atomic
@credited
def make_key(
    *,
    user: User,
    name: str,
    by: User | None,
    scopes: Iterable[str] = (),
    countries: Collection[Country] = (),
    expires_on: date | None = None,
    on: date | None = None,
    follows: ApiKey | None = None,
) -> MadeKey:
    """Make a key for a user, and return it with its token: nobody can read that again.

    ``scopes``: besides ``read``, which every key has. ``countries``: none is wherever the user's roles reach.
    ``expires_on``: its last day; a year from ``on`` (today) where it is not said. Raises: ValidationError by field;
    PermissionDenied where ``by`` may not make keys.
    """
    if by is not None:
        by.require("accounts.add_apikey")
    now = on or today()
    key = ApiKey(
        user=user,
        name=name.strip(),
        scopes=write_scopes(scopes),
        expires_on=expires_on or now + GOOD_FOR,
        created_by=by,
        follows=follows,
    )
    if problems := problems_of(user, key.expires_on, now):
        raise ValidationError(problems)
    token = _new_token()
    key.prefix, key.fingerprint = token.prefix, token.fingerprint
    key.full_clean()
    key.save(force_insert=True)
    ApiKeyCountry.objects.bulk_create([ApiKeyCountry(key=key, country=country) for country in countries])
    return MadeKey(key, token.text)


def problems_of(user: User | None, expires_on: date | None, now: date) -> dict[str, str]:
    """Return what is wrong with a key for a user that is good until a day, by field; empty where nothing is."""
    problems: dict[str, str] = {}
    if user is not None and not user.is_active:
        problems["user"] = _("%(user)s is not active: a key of theirs would open nothing.") % {"user": user}
    if expires_on is not None and expires_on < now:
        problems["expires_on"] = _("This day has passed.")
    if expires_on is not None and expires_on > now + LONGEST_GOOD_FOR:
        problems["expires_on"] = _("A key is good for two years at most; then make another one.")
    return problems


def _new_token() -> Token:
    while ApiKey.objects.filter(prefix=(token := make_token()).prefix).exists():
        pass  # once in two hundred billion
    return token


@transaction.atomic
@credited
def rotate(*, key: ApiKey, by: User | None, on: date | None = None) -> MadeKey:
    """Make a key that takes the place of another, which stays good for two weeks, and return the new one.

    Raises: ValidationError where the old one is revoked or replaced already; PermissionDenied where ``by`` may not make
    keys.
    """
    now = on or today()
    old = ApiKey.objects.select_for_update().select_related("user").get(pk=key.pk)
    if old.revoked_at is not None:
        raise ValidationError(_("A key that is revoked is not replaced: make a new one."))
    if old.followers.exists():
        raise ValidationError(
            _("%(key)s has been replaced already; the new key was shown once. If it is lost, replace that one.")
            % {"key": old}
        )
    countries = [limit.country for limit in old.limits.select_related("country")]
    made = make_key(
        user=old.user, name=old.name, by=by, scopes=old.scope_names, countries=countries, on=now, follows=old
    )
    if old.expires_on > now + OVERLAP:
        old.expires_on = now + OVERLAP
        old.save(update_fields=["expires_on"])
    return made


@transaction.atomic
@credited
def revoke(*, key: ApiKey, by: User | None, reason: str) -> ApiKey:
    """Make a key worthless from the next request on, and return it. One that is revoked already stays as it is.

    Raises: ValidationError without a reason; PermissionDenied where ``by`` may not.
    """
    if by is not None:
        by.require("accounts.change_apikey")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: whoever uses the key will ask.")})
    found = ApiKey.objects.select_for_update().get(pk=key.pk)
    if found.revoked_at is None:
        found.revoked_at, found.revoked_by, found.revoked_because = timezone.now(), by, reason.strip()
        found.full_clean()
        found.save(update_fields=["revoked_at", "revoked_by", "revoked_because"])
    return found


def find_key(text: str, on: date | None = None) -> ApiKey:
    """Return the key that a token opens; ``key.acting_user`` is who acts with it.

    Raises: KeyRefusedError; that it has expired, or is revoked, is told only to whoever has the whole of it.
    Queries: 1, and 1 more with its first use of the day.
    """
    token = read_token(text)
    if token is None:
        raise KeyRefusedError(
            "This is no key of CRP, or not the whole of one: it is “crp_”, 8 characters, “_” and 49 more."
        )
    key: Any = next(iter(ApiKey.objects.raw(BY_PREFIX, [token.prefix])), None)
    # Compared in the same time however much of it is right; a key that is not there is compared as well.
    is_right = compare_digest(key.fingerprint if key else "0" * len(token.fingerprint), token.fingerprint)
    if key is None or not is_right:
        raise KeyRefusedError(
            "There is no such key. It may have been deleted, or belong to another installation of CRP."
        )
    now = on or today()
    if key.revoked_at is not None:
        raise KeyRefusedError(f"This key was revoked on {key.revoked_at.date().isoformat()}. Ask who gave it to you.")
    if key.is_expired(now):
        raise KeyRefusedError(
            f"This key was good until {key.expires_on.isoformat()}. Ask who gave it to you for another."
        )
    if not key.user_is_active:
        raise KeyRefusedError("The login that this key belongs to is closed. Ask who gave it to you.")
    _note_use(key, now)
    return key


def _note_use(key: ApiKey, now: date) -> None:
    """Write down on which day a key was last used: one write a day, whatever the traffic."""
    if key.last_used_on == now:
        return
    key.last_used_on = now
    unknown = Q(last_used_on=None) | Q(last_used_on__lt=now)
    try:
        with transaction.atomic():
            ApiKey.objects.filter(unknown, pk=key.pk).update(last_used_on=now)
    except OperationalError:
        return  # an import holds SQLite's one place to write: the next request notes it


class State(models.TextChoices):
    """Whether a key is good."""

    GOOD = "good", gettext_lazy("good")
    EXPIRING = "expiring", gettext_lazy("runs out soon")
    EXPIRED = "expired", gettext_lazy("run out")
    REVOKED = "revoked", gettext_lazy("revoked")
    CLOSED = "closed", gettext_lazy("its user is not active")


def states(now: date) -> dict[str, Q]:
    """Return for each state the condition on its keys: each key is in one. One that was replaced may run out."""
    is_good = Q(revoked_at=None, expires_on__gte=now, user__is_active=True)
    is_ending = Q(expires_on__lte=now + WARNED_BEFORE, followers=None)
    return {
        State.GOOD: is_good & ~is_ending,
        State.EXPIRING: is_good & is_ending,
        State.EXPIRED: Q(revoked_at=None, expires_on__lt=now),
        State.REVOKED: Q(revoked_at__isnull=False),
        State.CLOSED: Q(revoked_at=None, expires_on__gte=now, user__is_active=False),
    }


def state_of(key: ApiKey, on: date | None = None) -> State:
    """Return whether a key is good. Queries: 1 at most."""
    now = on or today()
    if key.revoked_at is not None:
        return State.REVOKED
    if key.is_expired(now):
        return State.EXPIRED
    if not key.user.is_active:
        return State.CLOSED
    is_ending = key.expires_on <= now + WARNED_BEFORE
    return State.EXPIRING if is_ending and not key.followers.all() else State.GOOD


def expiring(on: date | None = None) -> QuerySet[ApiKey]:
    """Return the keys that run out within 30 days and that no other has taken the place of, the first to go first."""
    ending = ApiKey.objects.filter(states(on or today())[State.EXPIRING])
    return ending.select_related("user").order_by("expires_on", "pk")
