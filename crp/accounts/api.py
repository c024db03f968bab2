"""Keys in the API: who asks, and what they may.

A view that writes names the scope that it takes::

    permission_classes = [HasScope]
    scope = Scope.CONTRIBUTIONS_WRITE

Reading takes no key anywhere; a key that is shown must be good, though, whatever it is shown for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from django.utils.functional import SimpleLazyObject
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission

from crp.accounts.keys import KeyRefusedError, find_key
from crp.accounts.models import ApiKey
from crp.accounts.scopes import Scope
from crp.accounts.tokens import MARK, PATTERN

if TYPE_CHECKING:  # rest_framework reads this module while it is itself being imported
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

REALM = "CRP"
SCHEME = "Bearer"
HOW = "Send it as the header “Authorization: Bearer crp_…”."
IN_ADDRESS = re.compile(r"(?:^|&)(?:access_token|api_?key|apikey)=", re.IGNORECASE)


class KeyRefused(exceptions.AuthenticationFailed):
    """401: a key was shown, and it is not good."""

    default_code = "invalid_key"


class KeyMissing(exceptions.NotAuthenticated):
    """401: this takes a key, and none was shown."""

    default_code = "key_required"


class ScopeMissing(exceptions.PermissionDenied):
    """403: the key is good, and not for this."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This takes a key with the scope “{scope}”; the one you sent has not got it.")
        self.auth_header = f'{SCHEME} realm="{REALM}", error="insufficient_scope", scope="{scope}"'


class KeyInAddress(exceptions.APIException):
    """400: an address is written down by every machine that it passes."""

    status_code = 400
    default_code = "key_in_address"
    default_detail = (
        f"A key does not belong in an address, which logs and proxies keep. {HOW} "
        "If it was a real one, have it revoked."
    )


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer crp_…``: the request acts for the user of the key, as far as the key goes."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """Return the user, read once somebody asks who it is, and the key. None: nobody was named.

        Queries: those of :func:`find_key`.
        """
        key = key_of(request._request)
        return None if key is None else (SimpleLazyObject(lambda: key.acting_user), key)

    def authenticate_header(self, request: Request | HttpRequest) -> str:
        """Return what an answer 401 says of how to ask."""
        was_shown = bool(request.META.get("HTTP_AUTHORIZATION"))
        return f'{SCHEME} realm="{REALM}"' + (', error="invalid_token"' if was_shown else "")


def key_of(request: Any) -> ApiKey | None:
    """Return the key that a request shows, found once. None: it shows none.

    Raises: KeyRefused, KeyInAddress.
    """
    if not hasattr(request, "_api_key"):
        request._api_key = _read_key(request.META)
    return request._api_key


def _read_key(meta: Any) -> ApiKey | None:
    if _is_in_address(meta.get("QUERY_STRING", "")):
        raise KeyInAddress
    header = meta.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    scheme, _space, text = header.partition(" ")
    if scheme.lower() != SCHEME.lower():
        raise KeyRefused(f"The header Authorization is used for keys of CRP only. {HOW} Reading takes no key.")
    try:
        return find_key(text.strip())
    except KeyRefusedError as error:
        raise KeyRefused(str(error)) from error


def _is_in_address(query: str) -> bool:
    if MARK not in query.lower() and "%" not in query and not IN_ADDRESS.search(query):
        return False
    return bool(IN_ADDRESS.search(query) or PATTERN.search(unquote_plus(query)))


class HasScope(BasePermission):
    """Lets a good key with the scope of the view write. What its user may where is for the service to say."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True. Raises: KeyMissing without a key, ScopeMissing where its scope is another."""
        if request.method in SAFE_METHODS or request.method not in view.allowed_methods:
            return True
        key: Any = request.auth
        scope: str = getattr(view, "scope", "")
        if not isinstance(key, ApiKey):
            raise KeyMissing(f"This takes a key with the scope “{scope}”. {HOW}")
        if scope not in Scope.values or scope not in key.scope_names:
            raise ScopeMissing(scope)
        return True
