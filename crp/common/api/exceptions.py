"""Errors of the API: a sentence, a code for machines, and what is wrong with each field or parameter."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler


class ErrorSerializer(serializers.Serializer):
    """The body of every answer of 400 and above."""

    detail = serializers.CharField(help_text="What is wrong, in a sentence.")
    code = serializers.CharField(help_text="The kind of error: invalid, not_found, method_not_allowed...")
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="For each field or parameter that can't be used, what was expected.",
    )


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception in the shape of :class:`ErrorSerializer`. None: not an error of the API's own."""
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
        errors = {name: _sentences(messages) for name, messages in fields.items()}
        name, messages = next(iter(errors.items()))
        response.data = {"detail": f"{name}: {messages[0]}", "code": "invalid", "errors": errors}
    else:
        code = error.get_codes() if isinstance(error, exceptions.APIException) else _code(error)
        response.data = {"detail": str(response.data.get("detail", error)), "code": code}
    return response


def _code(error: Exception) -> str:
    return {Http404: "not_found", PermissionDenied: "permission_denied"}.get(type(error), "error")


def _sentences(messages: Any) -> list[str]:
    return [str(message) for message in messages] if isinstance(messages, (list, tuple)) else [str(messages)]
