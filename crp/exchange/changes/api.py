"""What has changed since a client asked last, in the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from crp.common.api.conditional import ConditionalMixin
from crp.common.api.exceptions import ErrorSerializer
from crp.common.api.renderers import NDJSONRenderer, stream_ndjson, to_json
from funding.api.ledger import ContributionSerializer, ReportedFundingSerializer
from funding.api.revisions import RevisionSerializer
from funding.api.serializers import OrganizationSerializer, PlanSerializer

from . import examples
from .cursors import START, Cursor, begin
from .parameters import LIMIT, MOST, RESOURCE, SINCE, USUAL, ChangesParameters
from .reading import KINDS, Entry, position_before, read_on, read_page
from .resources import RESOURCES
from .taking_up import State, catch_up

ROUNDS = 2
"""How often an answer waits while ten thousand notes are taken up; the rest is for the next one."""
AGAIN = f"Throw away what you hold and begin again with {SINCE}={START}."
WORDS = f"""\
What came, changed or went in the lists `plans`, `revisions` (those that `plans/{{code}}/revisions/` tells),
`contributions`, `organizations` and `reported-funding`, with the row as its list shows it now. A client that begins
with `{SINCE}={START}`, and for each entry puts the row in the place of the one it has under `resource` and `key`, or
takes that away where `row` is null, holds what the lists hold. It then asks `next` again and again.

Each object stands in the feed once, at the place of its latest change. Entries come again where somebody writes while
you read, and may be newer than their place: that is no harm. An entry may name another that comes after it. A plan
comes again with whatever changes its figures: where one comes, fetch `objectives/`, `outcomes/`, `projects/` and
`funding-requests/` with `plan=` again, if you keep them.
"""


class Gone(APIException):
    """The place that a client read up to is not to be had any more."""

    status_code = 410
    default_code = "gone"


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="ChangedRow",
        serializers=[
            PlanSerializer,
            RevisionSerializer,
            ContributionSerializer,
            OrganizationSerializer,
            ReportedFundingSerializer,
        ],
        resource_type_field_name=None,
    )
)
class RowField(serializers.Field):
    """A row of one of the lists."""


class ChangeSerializer(serializers.Serializer):
    """A published object that came, changed or went."""

    cursor = serializers.CharField(help_text="Where to go on after this entry.")
    resource = serializers.ChoiceField(
        choices=[(name, name) for name in RESOURCES], help_text="The list that it is of."
    )
    key = serializers.CharField(
        help_text="Names it within its list for good: its code; PLAN/NUMBER of a revision; what an official total is "
        "of, such as PLAN/total or PLAN/country/MLI."
    )
    change = serializers.ChoiceField(
        choices=[(kind, kind) for kind in KINDS],
        help_text="What happened since the cursor asked with, all changes of the object taken together. created: it is "
        "new in its list. published: a revision came into force, of a plan or as itself. updated: its row may be "
        "another. deleted: the list does not hold it any more.",
    )
    changed_at = serializers.DateTimeField(help_text="When it was last written, UTC.")
    url = serializers.URLField(help_text="Where it is; of an official total, a list that holds it.")
    row = RowField(
        read_only=True,
        allow_null=True,
        help_text="The object as its list shows it now, whole: put it in the place of the one you have. null: deleted.",
    )


@extend_schema_serializer(many=False)  # one answer, although its view tells of a list
class ChangesSerializer(serializers.Serializer):
    """Changes in the order in which they were taken up."""

    cursor = serializers.CharField(help_text="Where to go on: keep it and ask with it the next time. Always given.")
    next = serializers.URLField(help_text="The address to ask next, with that cursor. Always given, also at the end.")
    has_more = serializers.BooleanField(help_text="Whether there is more now. false: ask again when you like.")
    results = ChangeSerializer(many=True, help_text="The changes, each object once.")


def show(entry: Entry, root: str) -> dict[str, Any]:
    """Return an entry as the API shows it. ``root``: the address that the API begins with."""
    change = entry.change
    return {
        "cursor": str(entry.cursor),
        "resource": change.resource,
        "key": change.key,
        "change": entry.kind,
        "changed_at": change.changed_at.astimezone(UTC),
        "url": root + RESOURCES[change.resource].address(change.key),
        "row": entry.row,
    }


def place_of(since: Cursor | datetime | None, state: State, resources: frozenset[str]) -> Cursor:
    """Return the place to read on from.

    Raises: Gone for one of another database, and where deletions after it are not known any more.
    """
    if since is None:
        return begin(state.epoch, state.head, resources)
    if isinstance(since, datetime):
        if state.forgotten_before is not None and since < state.forgotten_before:
            day = state.forgotten_before.astimezone(UTC).date()
            raise Gone(f"What was deleted before {day} is not known any more. {AGAIN}")
        position = position_before(since, state)
        return Cursor(epoch=state.epoch, position=position, begun_at=0, resources=resources)
    if since.epoch != state.epoch or since.knows_to > state.head:
        raise Gone(f"This cursor is of another database, or of this one before it was put back from a copy. {AGAIN}")
    if since.knows_to < state.forgotten_to:
        raise Gone(f"This cursor is so old that deletions after it are not known any more. {AGAIN}")
    return Cursor(epoch=since.epoch, position=since.position, begun_at=since.begun_at, resources=resources)


def read_stamp() -> State:
    """Return where the feed stands, once it has taken up what is committed. Queries: 1 where nothing was."""
    return catch_up(ROUNDS)


class ChangesView(ConditionalMixin, ChangesParameters, GenericAPIView):
    """What came, changed or went since you asked last, as one feed in one order."""

    tag = "bulk"
    examples: ClassVar = {"list": examples.CHANGES}
    serializer_class = ChangesSerializer
    filter_backends = ()
    pagination_class = None
    read_stamp = staticmethod(read_stamp)

    @extend_schema(
        operation_id="changes",
        summary="Follow changes",
        description=WORDS,
        responses={
            200: OpenApiResponse(ChangesSerializer, "Changes, and where to go on."),
            410: OpenApiResponse(
                ErrorSerializer,
                "The cursor is of another database, or so old that deletions after it are not known any more "
                "(deletions are known for at least 400 days): begin again.",
                [
                    OpenApiExample(
                        "error",
                        {
                            "detail": "This cursor is so old that deletions after it are not known any more. " + AGAIN,
                            "code": "gone",
                        },
                    )
                ],
            ),
        },
        parameters=[
            OpenApiParameter(
                SINCE,
                {"type": "string", "pattern": "^[ -~]+$", "maxLength": 200, "default": START},
                description=f"“{START}” (everything), the `cursor` of the last answer or entry, or a time: changes "
                "that the feed took up then or later. A cursor is a word to keep, not to read.",
            ),
            OpenApiParameter(
                RESOURCE,
                {
                    "type": "array",
                    "items": {"type": "string", "enum": list(RESOURCES)},
                    "minItems": 1,
                    "uniqueItems": True,
                },
                explode=False,
                description="Of these lists alone. A cursor remembers what was asked for: with it the same can be "
                "asked for or less, never more.",
            ),
            OpenApiParameter(
                LIMIT,
                {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
                description="How many entries at the most. NDJSON gives all that there are now, unless it is given.",
            ),
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self.unless_known(request, lambda state: self._answer(request, state))

    def _answer(self, request: Request, state: State | None) -> HttpResponseBase:
        state = state or read_stamp()
        place = place_of(self.since, state, self.resources)
        root = request.build_absolute_uri(reverse("api:root"))
        if isinstance(request.accepted_renderer, NDJSONRenderer) and not self.has_limit:
            lines: Iterator[Any] = (show(entry, root) for entry in read_on(place, state, USUAL))
            return stream_ndjson(lines, self.named("changes"))
        page = read_page(place, state, self.limit)
        shown = [show(entry, root) for entry in page.entries]
        if isinstance(request.accepted_renderer, NDJSONRenderer):
            return stream_ndjson(shown, self.named("changes"))
        following = replace_query_param(request.build_absolute_uri(), SINCE, str(page.cursor))
        body = {"cursor": str(page.cursor), "next": following, "has_more": page.has_more, "results": shown}
        return HttpResponse(to_json(body), content_type=JSONRenderer.media_type)
