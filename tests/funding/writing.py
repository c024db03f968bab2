"""What the tests of writing share: a finance system with a key, and what it sends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client

from crp.accounts.keys import make_key
from crp.accounts.models import ApiKey
from crp.accounts.roles import Role
from crp.accounts.scopes import Scope
from plans.models import Country
from tests.admin import give_roles
from tests.factories import make_user

CONTRIBUTIONS = "/api/v1/contributions/"
BATCH = f"{CONTRIBUTIONS}batch/"


class Finance:
    """A partner's finance system: a key of somebody, and requests with it."""

    def __init__(
        self,
        user: Any,
        *,
        scopes: Sequence[str] = (Scope.CONTRIBUTIONS_WRITE,),
        countries: Sequence[Country] = (),
        name: str = "ERP",
    ) -> None:
        made = make_key(user=user, name=name, by=None, scopes=scopes, countries=countries)
        self.user = user
        self.key: ApiKey = made.key
        self.token = made.token

    def send(self, address: str, body: Any, method: str = "post", **headers: str) -> Any:
        """Return the answer to a body: bytes as they are, anything else as JSON. ``If_Match``: the header If-Match."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = given.pop("Content-Type", "application/json")
        client = Client(raise_request_exception=True)
        given = {"Authorization": f"Bearer {self.token}", **given}
        return getattr(client, method)(address, content, content_type=kind, headers=given)

    def record(self, answered: int = 201, /, **values: Any) -> dict[str, Any]:
        """Record a contribution, and return what is answered, which must have the status."""
        return told(self.send(CONTRIBUTIONS, entry(**values)), answered)

    def change(self, which: str, tag: str, answered: int = 200, /, **values: Any) -> dict[str, Any]:
        """Change a contribution from a state, and return what is answered, which must have the status."""
        return told(self.send(f"{CONTRIBUTIONS}{which}/", values, "patch", If_Match=tag), answered)

    def batch(self, entries: Sequence[Any], status: int = 200, key: str = "k-1", **headers: str) -> dict[str, Any]:
        """Send many, and return what is answered, which must have the status."""
        return told(self.send(BATCH, {"contributions": entries}, Idempotency_Key=key, **headers), status)


def told(response: Any, status: int) -> dict[str, Any]:
    """Return the JSON of an answer, which must have a status."""
    assert response.status_code == status, f"{response.status_code}: {response.content[:500]!r}"
    body = response.json()
    if status >= 400:
        assert {"detail", "code"} <= set(body) <= {"detail", "code", "errors"}
    return body


def entry(**values: Any) -> dict[str, Any]:
    """Return a contribution to the plan for Mali 2025-2026 that nothing is wrong with."""
    given = {
        "plan": "MLI-CRP-2025-2026",
        "status": "commitment",
        "amount_usd": "1000.50",
        "decision_on": "2025-06-01",
    }
    return given | values


def get(code: str) -> Any:
    """Return the answer to everybody who asks for a contribution."""
    return Client().get(f"{CONTRIBUTIONS}{code}/")


def officer_of(country: Country | None = None, *roles: str, **fields: Any) -> Any:
    """Return a funding officer, or somebody with another role: of a country, or everywhere."""
    user = make_user(is_staff=True, **fields)
    give_roles(user, *(roles or (Role.FUNDING_OFFICER,)), **({} if country is None else {"country": country}))
    return user
