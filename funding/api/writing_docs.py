"""How the writing of contributions describes itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers

from crp.common.api.exceptions import ErrorSerializer
from crp.common.api.schema import StrictAutoSchema
from funding.api import writing_examples as examples
from funding.api.ledger import ContributionSerializer
from funding.api.writing_entries import (
    BatchChangeSerializer,
    ContributionChangeSerializer,
    NewContributionSerializer,
    ObjectSerializer,
    RecordedSerializer,
    TakeBackSerializer,
)
from funding.api.writing_once import PLAIN
from funding.models.idempotency import LONGEST_KEY

KEY = "Idempotency-Key"
MATCH = "If-Match"
ETAG_WORDS = "Names the contribution as it is now, for If-Match."


class RowErrorsSerializer(serializers.Serializer):
    """What is wrong with one entry of a batch."""

    row = serializers.IntegerField(min_value=1, help_text="Which entry, counted from 1.")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field hides the base class's attribute
        child=serializers.ListField(child=serializers.CharField()), help_text="For each field what was expected."
    )


class BatchErrorSerializer(serializers.Serializer):
    """The body of a refused batch: nothing of it was recorded."""

    detail = serializers.CharField(help_text="The first thing that is wrong, in a sentence.")
    code = serializers.CharField(help_text="invalid, or permission_denied where rows are for others to record.")
    errors = RowErrorsSerializer(  # type: ignore[assignment]
        many=True, help_text="Every entry that is wrong, in their order."
    )


class BatchRowSerializer(serializers.Serializer):
    """What became of one entry of a batch."""

    row = serializers.IntegerField(min_value=1, help_text="Which entry, counted from 1.")
    outcome = serializers.ChoiceField(
        ["created", "changed", "unchanged"], help_text="unchanged: it is on record as the entry says it."
    )
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="What is worth a second look, a sentence each."
    )
    contribution = ContributionSerializer(help_text="As the list has it.")


class BatchDoneSerializer(serializers.Serializer):
    """What became of a batch."""

    dry_run = serializers.BooleanField(help_text="true: nothing was written, and codes of new ones may come out other.")
    created = serializers.IntegerField(min_value=0, help_text="How many are new.")
    changed = serializers.IntegerField(min_value=0, help_text="How many were changed.")
    unchanged = serializers.IntegerField(min_value=0, help_text="How many are as they were.")
    results = BatchRowSerializer(many=True, help_text="One for each entry, in their order.")


class BatchSerializer(serializers.Serializer):
    """Many entries at once."""

    contributions = serializers.ListField(
        child=PolymorphicProxySerializer(
            component_name="BatchEntry",
            serializers=[NewContributionSerializer, BatchChangeSerializer],
            resource_type_field_name=None,
        ),
        min_length=1,
        max_length=1_000,
        help_text="1 to 1,000 entries. One with updated_at changes the contribution of that code; any other is new.",
    )


IDEMPOTENCY = (
    "A key that you make up for this one request, such as a UUID (in quotes or not, at most 255 characters). The same "
    "request with the same key, within 48 hours, gets the same answer again, with the header Idempotency-Replayed: "
    "true, and is not done again. An error is not kept."
)
KEY_FORM = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": f"^{PLAIN.pattern}$"}
ONCE = OpenApiParameter(KEY, KEY_FORM, OpenApiParameter.HEADER, description=IDEMPOTENCY)
ONCE_REQUIRED = OpenApiParameter(
    KEY, KEY_FORM, OpenApiParameter.HEADER, description=f"{IDEMPOTENCY} Required unless dry_run is true."
)
MATCHES = OpenApiParameter(
    MATCH,
    {"type": "string", "pattern": r'^(\*|"[!#-~]+")$'},
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the contribution, from GET or from the last write, or its updated_at in quotes. Where it "
    "has changed since, the answer is 412. * is any state: what others changed is then changed over.",
)
DRY_RUN = OpenApiParameter(
    "dry_run",
    str,
    enum=["true", "false"],
    default="false",
    description="true: find out what would happen, write nothing.",
)

ALL = ("400", "401", "403", "406", "409", "411", "413", "415", "422", "503")
MATCHED = ("404", "412", "428")
WORDS: Mapping[str, tuple[str, str, str]] = {
    "401": (
        "No key was sent, or one that is not good.",
        "This takes a key with the scope “contributions:write”. Send it as the header “Authorization: Bearer crp_…”.",
        "key_required",
    ),
    "403": (
        "The key has not this scope, or its user has not this right there: detail says which one, and who gives it.",
        (
            "The user of the key “ERP (crp_8fJq2LxA_…)” has not got the right “Can add contribution” for Niger: ask "
            "who gave it to you."
        ),
        "permission_denied",
    ),
    "404": ("No contribution has this code.", "No contribution has the code “MLI-2017-9999”.", "not_found"),
    "406": (
        "Answers are JSON only.",
        "None of the formats that Accept asks for is here. Choose from: application/json.",
        "not_acceptable",
    ),
    "409": (
        (
            "The first request with this Idempotency-Key is still running (see Retry-After), or the contribution is in "
            "a state in which this can't be done: merged with another one, or at its first step."
        ),
        "A request with this key is being worked on: ask again in a second.",
        "idempotency_key_in_use",
    ),
    "411": (
        "The body came in chunks, and how long it is was not said.",
        "Send the header Content-Length: a body in chunks of unknown number is not read.",
        "length_required",
    ),
    "412": (
        "Somebody has changed the contribution since the state that If-Match names. Nothing was written.",
        (
            "MLI-CRP-2025-2026-C0001 was changed at 2025-10-21T07:05:11.000000Z, after the state that you name. Read "
            "it again, and change what it is now."
        ),
        "precondition_failed",
    ),
    "413": (
        "The body has more than 5,000,000 bytes, or a batch more than 1,000 entries.",
        "1,001 entries are too many: at most 1,000 are taken at once. Send them in parts.",
        "too_many",
    ),
    "415": (
        "The body is no application/json in UTF-8, or is packed.",
        'Unsupported media type "text/csv" in request.',
        "unsupported_media_type",
    ),
    "422": (
        "The Idempotency-Key was used for another request.",
        (
            "This Idempotency-Key was used for another request. The same key is for sending the same request again: "
            "take a new one for a new request."
        ),
        "idempotency_key_reused",
    ),
    "428": (
        "If-Match is missing.",
        (
            "Send the header If-Match with the ETag of the contribution, or with its updated_at in quotes: what "
            "somebody else has changed meanwhile is then not changed over."
        ),
        "precondition_required",
    ),
    "503": (
        "Others are writing the same, and nothing was written: see Retry-After.",
        "Others are writing at this moment, and nothing of yours was written: send it again.",
        "busy",
    ),
}
DONE: Mapping[str, str] = {
    "create": "It was recorded: as the list shows it, with what is worth a second look.",
    "partial_update": "It was changed, or was so already: as the list shows it.",
    "take_back": "It is at the step before again: as the list shows it.",
    "batch": "All entries were recorded: what became of each.",
}
RIGHTS = (
    "Takes a key with the scope contributions:write. Its user must have the right to money of the plan's countries: "
    "the same rights, rules and history as in the admin."
)


class WritingAutoSchema(StrictAutoSchema):
    """Describes writes: their headers, and every way in which they are refused."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        if self._action not in DONE:
            return super()._get_response_bodies(direction)
        bodies = super(StrictAutoSchema, self)._get_response_bodies(direction)
        is_batch = self._action == "batch"
        for status in sorted((*ALL, *(MATCHED if "{" in self.path else ()))):
            if status == "400":
                words = "The body or a parameter can't be used: errors says why, by field. Nothing was written."
                body = examples.BATCH_REFUSED if is_batch else examples.REFUSED
            else:
                words, detail, code = WORDS[status]
                body = {"detail": detail, "code": code}
            shape: Any = ErrorSerializer
            bodies[status] = self._error(shape, status, words, body)
        if is_batch:
            self._add_batch_errors(bodies["400"])
        for status in {"200", "201"} & bodies.keys():
            bodies[status]["description"] = DONE[self._action]
            if not is_batch:
                bodies[status]["headers"] = _headers(is_new=status == "201")
        return bodies

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, (BatchSerializer, ObjectSerializer)):
            schema["additionalProperties"] = False  # what is not known is refused
        return schema

    def _error(self, shape: Any, status: str, words: str, example: Any) -> dict[str, Any]:
        body = self._get_response_for_code(shape, status, ["application/json"])
        body["content"]["application/json"]["examples"] = {"error": {"value": example}}
        return {**body, "description": words}

    def _add_batch_errors(self, body: dict[str, Any]) -> None:
        """Say that a batch is refused row by row, and what is no batch at all as any other body."""
        rows = self._get_response_for_code(BatchErrorSerializer, "400", ["application/json"])
        shapes = [item["content"]["application/json"]["schema"] for item in (rows, body)]
        body["content"]["application/json"]["schema"] = {"anyOf": shapes}


def _headers(*, is_new: bool) -> dict[str, Any]:
    headers = {"ETag": {"description": ETAG_WORDS, "schema": {"type": "string"}}}
    if is_new:
        headers["Location"] = {
            "description": "Address of the contribution.",
            "schema": {"type": "string", "format": "uri"},
        }
    return headers


def _given(value: Any, name: str, summary: str) -> OpenApiExample:
    return OpenApiExample(name, value=value, summary=summary, request_only=True)


def _told(value: Any, name: str, summary: str, status: str = "200") -> OpenApiExample:
    return OpenApiExample(name, value=value, summary=summary, response_only=True, status_codes=[status])


describe = extend_schema_view(
    create=extend_schema(
        operation_id="contributions_create",
        summary="Record a contribution",
        description=f"{RIGHTS} What is not given is not stated: unknown, and never 0. An unknown field is refused.",
        request=NewContributionSerializer,
        responses={201: RecordedSerializer},
        parameters=[ONCE],
        examples=[
            _given(examples.COMMITMENT, "euro", "Mali: EUR 250,000 committed, with its rate"),
            _given(examples.PLEDGE, "pledge", "Mali: a pledge in US dollars"),
            _told(examples.RECORDED, "recorded", "Mali: recorded", "201"),
        ],
    ),
    partial_update=extend_schema(
        operation_id="contributions_change",
        summary="Change a contribution",
        description=f"{RIGHTS} With status it takes the contribution a step on: pledge, then commitment, then paid; "
        "amount_usd is then the amount from this step on, and nothing else can be sent but since_on and step_note. "
        "Without status it corrects what is on record; the history keeps what was there before. What is not named "
        "stays.",
        request=ContributionChangeSerializer,
        responses={200: RecordedSerializer},
        parameters=[MATCHES, ONCE],
        examples=[
            _given(examples.PAYMENT, "step", "It was paid, and came to less"),
            _given(examples.CORRECTION, "correction", "A correction"),
            _told(examples.PAID, "paid", "Mali: paid"),
        ],
    ),
    take_back=extend_schema(
        operation_id="contributions_take_back",
        summary="Take back the newest step",
        description=f"{RIGHTS} For a step recorded by mistake. Money that was given back is no mistake: record it as a "
        "contribution with a negative amount.",
        request=TakeBackSerializer,
        responses={200: RecordedSerializer},
        parameters=[MATCHES, ONCE],
        examples=[
            _given(examples.TAKEN_BACK, "reason", "Why"),
            _told(examples.RECORDED, "taken_back", "Mali: committed again"),
        ],
    ),
    batch=extend_schema(
        operation_id="contributions_batch",
        summary="Record and change many",
        description=f"{RIGHTS} Up to 1,000 entries, all of them or none: where one is wrong, nothing is written, and "
        "errors names everything wrong in every row. New ones come first, then changes. An entry with updated_at is a "
        "change of the contribution with that code, as PATCH takes it; its updated_at must be that of the list.",
        request=BatchSerializer,
        responses={200: BatchDoneSerializer},
        parameters=[ONCE_REQUIRED, DRY_RUN],
        examples=[
            _given(examples.BATCH, "two", "Mali: a pledge, and a step"),
            _told(examples.BATCH_DONE, "done", "Mali: recorded"),
        ],
    ),
)
