"""Contributions as finance systems write them: recorded, changed, taken a step on, many at once.

Everything passes through the services of the ledger, with the rights of the user of the key: the same rules, the same
history as in the admin. Nothing is deleted here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from crp.accounts.api import HasScope
from crp.accounts.scopes import Scope
from crp.common.api.filters import ALWAYS_KNOWN
from crp.common.api.parameters import short
from crp.common.api.renderers import to_json
from crp.common.parameters import refuse_unknown
from funding.api.views import ContributionViewSet
from funding.api.writing_body import StrictJSONParser, check_length
from funding.api.writing_docs import WritingAutoSchema, describe
from funding.api.writing_entries import (
    ContributionChangeSerializer,
    NewContributionSerializer,
    TakeBackSerializer,
)
from funding.api.writing_fields import shown
from funding.api.writing_match import check_match, read_if_match, tag_of
from funding.api.writing_once import Answer, answer_once, fingerprint_of, read_key
from funding.api.writing_work import (
    Batch,
    BatchRefused,
    change_one,
    explain_refusal,
    find,
    record_one,
    tell,
    why_of,
    written_rows,
)
from funding.models import Contribution
from funding.services import Recorded
from funding.services.changing import Check, undo_step

MOST_ENTRIES = 1_000
DRY_RUN = "dry_run"
TRIES = 2


class TooMany(APIException):
    """413: more entries than are taken at once."""

    status_code = 413
    default_code = "too_many"


class Busy(APIException):
    """503: others are writing the same."""

    status_code = 503
    default_code = "busy"
    default_detail = "Others are writing at this moment, and nothing of yours was written: send it again."
    wait = 5
    """Seconds, for Retry-After."""


@describe
class WritableContributionViewSet(ContributionViewSet):
    """Money given to published plans, and outside any plan.

    Add up counted_usd, and never amount_usd: pledges, money passed on inside a plan and duplicates are listed too.
    """

    permission_classes = (HasScope,)
    scope = Scope.CONTRIBUTIONS_WRITE
    parser_classes = (StrictJSONParser,)
    schema = WritingAutoSchema()
    http_method_names = ["get", "head", "options", "post", "patch"]  # noqa: RUF012 (as Django declares it)
    write_parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {"batch": (DRY_RUN,)}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in SAFE_METHODS:
            return
        known = (*ALWAYS_KNOWN, *self.write_parameters.get(self.action, ()))
        if problems := refuse_unknown(request.query_params, known):
            raise ValidationError(problems)
        check_length(request.META)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return one, with an ETag that stays while others change, so that a write can name it."""
        response = super().retrieve(request, *args, **kwargs)
        if not isinstance(response, Response) or not set(request.query_params) <= set(ALWAYS_KNOWN):
            return response
        tag = tag_of(response.data)
        if get_conditional_response(request._request, etag=tag) is not None and not request.META.get("HTTP_IF_MATCH"):
            return Response(status=304, headers={"ETag": tag})
        response.headers["ETag"] = tag
        return response

    def create(self, request: Request) -> HttpResponseBase:
        """Record one contribution."""

        def work() -> Answer:
            values = NewContributionSerializer().run_validation(request.data)
            return self._tell(record_one(dict(values), self._user, self._key), status=201)

        return self._once(request, work)

    def partial_update(self, request: Request, code: str) -> HttpResponseBase:
        """Take a contribution a step on, or correct what is on record of it."""
        tags = read_if_match(request.META)

        def work() -> Answer:
            contribution = find(code, self._user)
            reader = ContributionChangeSerializer(data=request.data)
            values = dict(reader.run_validation(request.data))
            if not values:
                raise ValidationError({"body": ["Nothing is to be changed: name at least one field."]})
            return self._tell(change_one(contribution, values, _check(tags), self._user, self._key))

        return self._once(request, work)

    @action(detail=True, methods=["post"], url_path="take-back", filter_backends=[], pagination_class=None)
    def take_back(self, request: Request, code: str) -> HttpResponseBase:
        """Take back the newest step, recorded by mistake."""
        tags = read_if_match(request.META)

        def work() -> Answer:
            contribution = find(code, self._user)
            reason = TakeBackSerializer().run_validation(request.data)["reason"]
            try:
                row = undo_step(
                    contribution=contribution,
                    reason=reason,
                    check=_check(tags),
                    by=self._user,
                    why=f"{why_of(self._key)}: {reason}",
                )
            except DjangoValidationError as refusal:
                raise explain_refusal(refusal) from refusal
            return self._tell(Recorded(contribution=row))

        return self._once(request, work)

    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def batch(self, request: Request) -> HttpResponseBase:
        """Record and change up to 1,000 contributions: all of them, or none."""
        is_dry_run = _read_flag(request, DRY_RUN)

        def work() -> Answer:
            batch = Batch(user=self._user, key=self._key)
            batch.read(_entries_of(request.data))
            batch.write()
            return Answer(200, to_json({"dry_run": is_dry_run, **batch.tell()}))

        return self._once(request, work, needs_key=not is_dry_run, is_dry_run=is_dry_run)

    @property
    def _user(self) -> Any:
        return self.request.user

    @property
    def _key(self) -> Any:
        return self.request.auth

    def _once(
        self, request: Request, work: Callable[[], Answer], *, needs_key: bool = False, is_dry_run: bool = False
    ) -> HttpResponse:
        """Return what ``work`` answers, all in one transaction; the services speak English here.

        Raises: Busy where the database could not do it for the others that write.
        """
        key = None if is_dry_run else read_key(request.META, is_required=needs_key)
        fingerprint = fingerprint_of(request.method, request.path, request.data)
        for attempt in range(TRIES):
            try:
                with translation.override("en"), transaction.atomic():
                    answer = answer_once(self._key, key, fingerprint, work)
                    if is_dry_run:
                        transaction.set_rollback(True)
            except IntegrityError as error:
                # Somebody recorded the same identifier since it was looked for; the second look finds theirs.
                if attempt == TRIES - 1:
                    raise Busy from error
            except OperationalError as error:
                raise Busy from error
            else:
                return answer.response
        raise Busy

    def _tell(self, recorded: Recorded, status: int = 200) -> Answer:
        pk = recorded.contribution.pk
        row = written_rows([pk])[pk]
        headers = {"ETag": tag_of(row)}
        if status == 201:
            headers["Location"] = reverse("api:contributions-detail", args=[row["code"]], request=self.request)
        return Answer(status, to_json({**row, "warnings": tell(recorded)}), headers)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, BatchRefused):
            response.data["errors"] = exc.errors
        if self.request.method not in SAFE_METHODS:
            response.headers["Cache-Control"] = "no-store"
        return response


def _check(tags: list[str]) -> Check:
    """Return what refuses a contribution that is in none of the states named."""

    def check(contribution: Contribution) -> None:
        check_match(tags, written_rows([contribution.pk])[contribution.pk])

    return check


def _read_flag(request: Request, name: str) -> bool:
    given = request.query_params.getlist(name)
    if not given:
        return False
    if len(given) > 1 or given[0] not in {"true", "false"}:
        raise ValidationError({name: [f"“{short(given[-1])}” can't be used: expected true or false, once."]})
    return given[0] == "true"


def _entries_of(data: Any) -> list[Any]:
    """Return the entries of a batch. Raises: ValidationError, TooMany."""
    if not isinstance(data, dict):
        raise ValidationError({"body": [f'{shown(data)} can\'t be used: expected {{"contributions": [...]}}.']})
    unknown = {short(name): ["Unknown field. Known here: contributions."] for name in data if name != "contributions"}
    if unknown:
        raise ValidationError(dict(list(unknown.items())[:5]))
    entries = data.get("contributions")
    if not isinstance(entries, list) or not entries:
        raise ValidationError({"contributions": ["Expected a list of one entry at least."]})
    if len(entries) > MOST_ENTRIES:
        raise TooMany(
            f"{len(entries):,} entries are too many: at most {MOST_ENTRIES:,} are taken at once. Send them in parts."
        )
    return entries
