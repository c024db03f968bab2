"""How the API describes itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from crp.common.api.exceptions import ErrorSerializer
from crp.common.api.parameters import MOST_VALUES
from crp.common.api.renderers import CSVRenderer, NDJSONRenderer, XLSXRenderer
from crp.common.as_of import AS_OF
from crp.common.filters import ValuesWidget

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


class StrictAutoSchema(AutoSchema):
    """Adds to every operation what all of them share: tag, summary, formats, examples, the shape of errors."""

    view: Any  # each has the attributes of StrictParametersMixin and ListViewSet

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "about")]

    def get_summary(self) -> str | None:
        one, several = getattr(self.view, "nouns", ("", ""))
        return {"list": f"List {several}", "retrieve": f"Get one {one}"}.get(self._action) if several else None

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        if self._action == "retrieve":
            return f"One {self.view.nouns[0]} by its code, with the columns of the list."
        return super().get_description()

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
        return [*super().get_override_parameters(), *((as_of,) if takes_as_of else ()), parameter]

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
                    "without a byte-order mark, commas, quotes where needed; empty for null, lists joined by “;”.",
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
        page = "A page of the list, or all of it as CSV, NDJSON or XLSX."
        body["description"] = body.get("description") or (page if self._action == "list" else "What was asked for.")


def _describe(parameter: dict[str, Any], item: Any) -> dict[str, Any]:
    """Return the parameter of a filter with its words, and with how several values are given."""
    schema = {**parameter["schema"]}
    words = str(item.extra.get("help_text") or "")
    if isinstance(item.field.widget, ValuesWidget):
        schema = {"type": "array", "items": schema.get("items", {"type": "string"}), "maxItems": MOST_VALUES}
        schema["items"] = {"type": "string", **schema["items"]}
        words = words or f"Rows whose {parameter['name'].replace('_', ' ')} is one of these."
        parameter = {**parameter, "style": "form", "explode": False}
    elif isinstance(item, django_filters.DateFilter):
        schema = {"type": "string", "format": "date"}
    elif schema == {"type": "number"}:
        schema |= {"minimum": -MOST_USD, "maximum": MOST_USD}
    return {**parameter, "description": words or f"Rows by {parameter['name'].replace('_', ' ')}.", "schema": schema}
