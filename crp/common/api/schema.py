"""How the API describes itself."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date
from typing import Any

import django_filters
from drf_spectacular.utils import OpenApiParameter

from crp.common.api.chosen import parameters_of_entry, row_serializer
from crp.common.api.exceptions import ErrorSerializer
from crp.common.api.fair_use import FairUseSchema
from crp.common.api.parameters import LONGEST_VALUE, MOST_VALUES
from crp.common.api.renderers import CSVRenderer, NDJSONRenderer, ParquetRenderer, XLSXRenderer
from crp.common.api.tables import BOM, HXL
from crp.common.as_of import AS_OF
from crp.common.filters import ValuesWidget
from crp.common.versions import DeprecationSchema

MOST_USD = 9_999_999_999_999.99

ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "400": (
        "A parameter is unknown, given twice, empty, or has a value that can't be used: errors names it.",
        {
            "detail": "contry: Unknown parameter “contry”. Did you mean “country”?",
            "code": "invalid",
            "errors": {"contry": ["Unknown parameter “contry”. Did you mean “country”?"]},
        },
    ),
    "404": (
        "Nothing that is published has this code, or nothing was by the day that as_of names: detail says when it was.",
        {"detail": "No plan has the code “MLI-CRP-1999”.", "code": "not_found"},
    ),
    "406": (
        "None of the formats that the header Accept asks for is here.",
        {
            "detail": "None of the formats that Accept asks for is here. Choose from: application/json, text/csv.",
            "code": "not_acceptable",
        },
    ),
}


OF_TABLES = tuple(
    OpenApiParameter(name, str, enum=["0", "1"], default="0", description=words)
    for name, words in (
        (HXL, "1: a row of HXL hashtags stands below the header, empty where none fits. With CSV and XLSX alone."),
        (BOM, "1: it begins with a byte-order mark, without which Excel misreads accents. With CSV alone."),
    )
)


class StrictAutoSchema(FairUseSchema, DeprecationSchema):
    """Adds to every operation what all of them share: tag, summary, formats, examples, the shape of errors."""

    view: Any  # each has the attributes of StrictParametersMixin and ListViewSet

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "about")]

    def get_summary(self) -> str | None:
        one, several = getattr(self.view, "nouns", ("", ""))
        return {"list": f"List {several}", "retrieve": f"Get one {one}"}.get(self._action) if several else None

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        if self._action == "retrieve":
            more = ", whole" if getattr(self.view, "entry_serializer", None) else ""
            return f"One {self.view.nouns[0]} by its code{more}, with the columns of the list."
        return super().get_description()

    def get_response_serializers(self) -> Any:
        found = super().get_response_serializers()
        expansions = getattr(self.view, "expansions", None)
        if self._action not in {"list", "retrieve"} or expansions is None or not hasattr(found, "Meta"):
            return found
        entry: Any = type(found)
        whole = getattr(self.view, "entry_serializer", None) if self._action == "retrieve" else None
        return row_serializer(entry, tuple(expansions.items()), whole)()

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        if getattr(serializer, "columns_are_chosen", False):
            schema.pop("required", None)
        return schema

    def get_override_parameters(self) -> list[Any]:
        formats = self.map_renderers("format")
        parameter = OpenApiParameter(
            "format",
            str,
            enum=formats,
            default=formats[0],
            description="Format of the answer. It wins over the header Accept, the other way to ask for one.",
        )
        as_of = OpenApiParameter(
            AS_OF,
            date,
            description="A day: the answer is what was published, and decided on, by its end (UTC). Today is the same "
            "as not given; a day to come is 400.",
        )
        takes_as_of = getattr(self.view, "takes_as_of", False)
        is_table = self._action in getattr(self.view, "table_actions", ())
        is_entry = self._action == "retrieve" and hasattr(self.view, "expansions")
        return [
            *super().get_override_parameters(),
            *(parameters_of_entry(self.view) if is_entry else ()),
            *((as_of,) if takes_as_of else ()),
            *(OF_TABLES if is_table else ()),
            parameter,
        ]

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or "get"

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        filterset = getattr(self.view, "filterset_class", None)
        filters = filterset.base_filters if filterset else {}
        parameters = super()._get_filter_parameters()
        return [_describe(item, filters[item["name"]]) if item["name"] in filters else item for item in parameters]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        parameters = super()._resolve_path_parameters(variables)
        own = getattr(self.view, "path_parameters", {})
        for parameter in parameters:
            if parameter["name"] in own:
                parameter.update(own[parameter["name"]])
                continue
            example = self.view.lookup_example
            parameter["description"] = f"Code of the {self.view.nouns[0]}, as the list gives it."
            parameter["schema"] = {"type": "string", "minLength": 1}
            parameter["examples"] = {"demo": {"summary": example, "value": example}}
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        self._describe_success(bodies["200"])
        for status, (description, example) in ERRORS.items():
            if status != "404" or "{" in self.path:
                body = self._get_response_for_code(ErrorSerializer, status, ["application/json"])
                body["content"]["application/json"]["examples"] = {"error": {"value": example}}
                bodies[status] = {**body, "description": description}
        return bodies

    def _describe_success(self, body: dict[str, Any]) -> None:
        content = body.get("content", {})
        example = self.view.examples.get(self._action)
        if example is not None and "application/json" in content:
            content["application/json"]["examples"] = {"mali": {"summary": "Mali", "value": example}}
        if CSVRenderer.media_type in content:
            content[CSVRenderer.media_type] = {
                "schema": {
                    "type": "string",
                    "description": "A header with the names of the JSON columns, then a line for each row. UTF-8 "
                    "without a byte-order mark unless bom=1, commas, quotes where needed; empty for null, lists joined "
                    "by “;”.",
                }
            }
        if NDJSONRenderer.media_type in content:
            content[NDJSONRenderer.media_type] = {
                "schema": {"type": "string", "description": "A line for each row: the object that it is in the JSON."}
            }
        if XLSXRenderer.media_type in content:
            content[XLSXRenderer.media_type] = {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "A workbook: where it is from, then a sheet with the columns of the JSON.",
                }
            }
        if ParquetRenderer.media_type in content:
            content[ParquetRenderer.media_type] = {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "A Parquet file with the columns of the JSON, each with its type: money as "
                    "decimal(15, 2), days, times in UTC, lists of texts. 400 (with Accept 406) where the server lacks "
                    "the package for it.",
                }
            }
        page = "A page of the list, or all of it as CSV, NDJSON, XLSX or Parquet."
        body["description"] = body.get("description") or (page if self._action == "list" else "What was asked for.")


def _describe(parameter: dict[str, Any], item: Any) -> dict[str, Any]:
    """Return the parameter of a filter with its words, and with how several values are given."""
    schema = {**parameter["schema"]}
    words = str(item.extra.get("help_text") or "")
    if isinstance(item.field.widget, ValuesWidget):
        schema = {"type": "array", "items": schema.get("items", {"type": "string"}), "maxItems": MOST_VALUES}
        schema["items"] = {"type": "string", **schema["items"]}
        if "enum" not in schema["items"]:
            schema["items"] |= {"maxLength": LONGEST_VALUE, "pattern": r"^[^\x00]*[^\s,\x00][^\x00]*$"}
        schema["minItems"] = 1
        words = words or f"Rows whose {parameter['name'].replace('_', ' ')} is one of these."
        parameter = {**parameter, "style": "form", "explode": False}
    elif isinstance(item, django_filters.DateFilter):
        schema = {"type": "string", "format": "date"}
    elif schema == {"type": "number"}:
        schema |= {"minimum": -MOST_USD, "maximum": MOST_USD}
    return {**parameter, "description": words or f"Rows by {parameter['name'].replace('_', ' ')}.", "schema": schema}


def name_nullable_objects(result: dict[str, Any], **_others: Any) -> dict[str, Any]:
    """Return the description with a name for each object in a webhook that may be null.

    openapi-generator (7.26) stops at one without a name, and at what is always null.
    """
    result["webhooks"] = deepcopy(result.get("webhooks", {}))  # the webhooks' own are used to check what is sent
    for webhook, item in result["webhooks"].items():
        _name_within(item, "".join(map(str.capitalize, re.split(r"[\W_]", webhook))), result["components"]["schemas"])
    return result


def _name_within(node: Any, name: str, components: dict[str, Any]) -> None:
    if isinstance(node, list):
        for part in node:
            _name_within(part, name, components)
    if not isinstance(node, dict):
        return
    properties = node.get("properties", {})
    for key, part in properties.items():
        words = part.get("description", "")
        if part.get("type") == ["object", "null"]:
            component = f"{name}{key.capitalize()}"
            components[component] = {**part, "type": "object"}
            properties[key] = {
                "oneOf": [{"$ref": f"#/components/schemas/{component}"}, {"type": "null"}],
                "description": words,
            }
        elif part.get("type") == "null":
            properties[key] = {"type": ["string", "null"], "maxLength": 0, "description": "null: always."}
    for part in node.values():
        _name_within(part, name, components)
