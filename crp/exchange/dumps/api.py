"""Dumps in the API: the list of them, and their files."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from crp.common.api.conditional import ConditionalMixin
from crp.common.api.pagination import StrictLimitOffsetPagination
from crp.common.api.parameters import short
from crp.common.api.views import StrictParametersMixin
from crp.exchange.dumps import store
from crp.exchange.dumps.examples import DUMPS
from crp.exchange.dumps.ranges import send_file
from crp.exchange.dumps.store import Dump, DumpFile
from crp.exchange.dumps.writers import MEDIA_TYPES

A_YEAR = 31_536_000  # seconds
OF_PAGES = ("limit", "offset")


class DumpFileSerializer(serializers.Serializer):
    """A file of a dump."""

    name = serializers.CharField(help_text="Tells what it holds and of which day.")
    address = serializers.URLField(help_text="Where it is, for as long as the dump is kept; its bytes never change.")
    format = serializers.ChoiceField(choices=list(MEDIA_TYPES), help_text="What it is written as.")
    media_type = serializers.CharField(help_text="What it is sent as.")
    table = serializers.CharField(
        allow_null=True, help_text="The list of the API that it holds alone. null: all of them, or none."
    )
    rows = serializers.IntegerField(allow_null=True, help_text="Rows of the dataset in it. null: it holds none.")
    bytes = serializers.IntegerField(help_text="Its size.")
    sha256 = serializers.CharField(help_text="Of its bytes, in hexadecimal.")


class DumpTableSerializer(serializers.Serializer):
    """A list of the API in a dump."""

    name = serializers.CharField(help_text="As in the address of the list.")
    title = serializers.CharField(help_text="What its rows are.")
    rows = serializers.IntegerField(help_text="How many there are in the dump.")


class DumpSerializer(serializers.Serializer):
    """Everything that is published, as it was at one moment, as files."""

    name = serializers.CharField(help_text="The moment it was made, UTC: 2026-11-23T020000Z.")
    made_at = serializers.DateTimeField(help_text="The same as a time, UTC. All rows are of that moment.")
    content_stamp = serializers.IntegerField(help_text="Grows with every change to plans and reference lists.")
    money_stamp = serializers.IntegerField(
        help_text="Grows with every change to contributions and official totals. Dumps with the same two stamps hold "
        "the same data."
    )
    rows = serializers.IntegerField(help_text="Of all lists.")
    manifest = serializers.URLField(help_text="The same for programs, with the columns of each list and the terms.")
    tables = DumpTableSerializer(many=True, help_text="Every list of the API, each with its rows.")
    files = DumpFileSerializer(many=True, help_text="Its files: the same rows in several formats.")


class DumpsSerializer(serializers.Serializer):
    """The dumps that are kept."""

    count = serializers.IntegerField(help_text="How many there are in all, on every page.", min_value=0)
    next = serializers.URLField(allow_null=True, help_text="Address of the next page. null: this is the last.")
    previous = serializers.URLField(allow_null=True, help_text="Address of the page before. null: this is the first.")
    results = DumpSerializer(many=True, help_text="The newest first. Empty: none has been made yet.")
    checked_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When it was last looked whether anything has changed since the newest, UTC: no dump is made where "
        "nothing has. null: never.",
    )


class DumpsView(ConditionalMixin, StrictParametersMixin):
    """Dumps of everything that is published, the newest first."""

    tag = "bulk"
    action = "dumps"
    examples: ClassVar = {"dumps": DUMPS}
    parameters_of_action: ClassVar = {"dumps": OF_PAGES}

    read_stamp = staticmethod(store.stamp)

    @extend_schema(
        operation_id="dumps",
        summary="List the dumps",
        description="The whole dataset as files: every list of this API but terms/, whole, with the same columns, as "
        "one archive of CSV (a Data Package), as an SQLite database, and each list as packed NDJSON and as Parquet. "
        "Made every night on which anything has changed. Kept are those of the last 7 days, and the last of each "
        "month for a year, unless whoever runs this server says otherwise.",
        responses=DumpsSerializer,
        parameters=[
            OpenApiParameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}, description="How many."
            ),
            OpenApiParameter(
                "offset", {"type": "integer", "minimum": 0, "default": 0}, description="How many to leave out first."
            ),
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        def make(stamp: Any) -> HttpResponseBase:
            paginator = StrictLimitOffsetPagination()
            limit, offset = paginator.read(request)
            names = store.names()
            found = filter(None, map(store.find, names[offset : offset + limit]))
            page = paginator.envelope([show_dump(dump, request) for dump in found], len(names))
            return Response({**page, "checked_at": store.checked_at()})

        return self.unless_known(request, make)


def show_dump(dump: Dump, request: Request) -> dict[str, Any]:
    """Return a dump as the API shows it."""

    def address(name: str) -> str:
        return reverse("api:dumps-file", args=[dump.name, name], request=request)

    return {
        "name": dump.name,
        "made_at": dump.made_at,
        "content_stamp": dump.stamp["content"],
        "money_stamp": dump.stamp["money"],
        "rows": dump.rows,
        "manifest": address(store.MANIFEST),
        "tables": [{"name": table.name, "title": table.title, "rows": table.rows} for table in dump.tables],
        "files": [_show_file(file, address(file.name)) for file in dump.files],
    }


def _show_file(file: DumpFile, address: str) -> dict[str, Any]:
    return {
        "name": file.name,
        "address": address,
        "format": file.form,
        "media_type": file.media_type,
        "table": file.table,
        "rows": file.rows,
        "bytes": file.size_bytes,
        "sha256": file.sha256,
    }


class TemporaryRedirect(HttpResponseRedirectBase):
    """To where the newest is now."""

    status_code = 307


class DumpFileView(StrictParametersMixin):
    """A file of a dump."""

    tag = "bulk"
    action = "file"
    nouns = ("dump", "dumps")
    path_parameters: ClassVar = {
        "dump": {
            "description": "Name of a dump, as the list gives it, or latest for the newest.",
            "schema": {"type": "string", "minLength": 1},
            "examples": {"latest": {"summary": "The newest", "value": "latest"}},
        },
        "file": {
            "description": "Name of one of its files; of the newest also without the day: crp-csv.zip.",
            "schema": {"type": "string", "minLength": 1},
            "examples": {"archive": {"summary": "Everything as CSV", "value": "crp-csv.zip"}},
        },
    }

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Leave the header Accept alone: a file is what it is, and an error is JSON."""
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        operation_id="dumps_file",
        summary="Download a file of a dump",
        description="The bytes of a file, whole or, with the header Range, a part of them: a download that broke off "
        "goes on. The ETag is the SHA-256. Below latest, 307 to the file of the newest dump, whose address has its "
        "name: keep the first address in a job.",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, dump: str, file: str) -> HttpResponseBase:
        found = store.find(dump)
        if found is None:
            raise NotFound(f"There is no dump “{short(dump)}”. Those that there are stand at /api/v1/dumps/.")
        if dump == store.LATEST:
            held = _of_today(found, file)
            if held is None:
                raise _no_file(found, file)
            return _towards(reverse("api:dumps-file", args=[found.name, held], request=request))
        return _send(request, found, file)


def _send(request: Request, dump: Dump, name: str) -> HttpResponseBase:
    # Looked up by what the manifest names: what a client writes is never part of a path.
    held = dump.file(name)
    if held is None and name != store.MANIFEST:
        raise _no_file(dump, name)
    path = dump.folder / (held.name if held else store.MANIFEST)
    try:
        answer = send_file(
            request._request,
            path,
            etag=f'"{held.sha256}"' if held else f'"{dump.name}"',
            changed_at=dump.made_at,
            media_type=held.media_type if held else MEDIA_TYPES["json"],
        )
    except FileNotFoundError:  # removed by the rule a moment ago
        raise _no_file(dump, name) from None
    answer["Cache-Control"] = f"public, max-age={A_YEAR}, immutable, no-transform"
    if answer.status_code in {200, 206}:
        answer["Content-Disposition"] = f'attachment; filename="{_named_with_day(dump, path.name)}"'
    return answer


def _named_with_day(dump: Dump, name: str) -> str:
    """Return the name to keep a file under: files that are called the same in every dump get its day."""
    day = dump.made_at.date().isoformat()
    stem, dot, ending = name.partition(".")
    return name if day in name else f"crp-{stem}-{day}{dot}{ending}"


def _of_today(dump: Dump, asked: str) -> str | None:
    """Return the file of a dump that is asked for, with its day or without. None: there is none such."""
    day = dump.made_at.date().isoformat()
    names = [store.MANIFEST, *(file.name for file in dump.files)]
    return next((name for name in names if asked in {name, name.replace(f"-{day}", "")}), None)


def _no_file(dump: Dump, name: str) -> NotFound:
    return NotFound(f"The dump {dump.name} has no file “{short(name)}”. What it has stands at /api/v1/dumps/.")


def _towards(address: str) -> HttpResponseBase:
    answer = TemporaryRedirect(address)
    answer["Cache-Control"] = "no-cache"
    return answer
