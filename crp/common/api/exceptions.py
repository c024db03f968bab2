"""Errors of the API: a sentence, a code for machines, and what is wrong with each field or parameter."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

PREFIX = "/api/"


class ErrorSerializer(serializers.Serializer):
    """The body of every answer of 400 and above."""

    detail = serializers.CharField(help_text="What is wrong, in a sentence.")
    code = serializers.CharField(help_text="The kind of error: invalid, not_found, not_acceptable...")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field hides the base class's attribute, on purpose
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="For each parameter that can't be used, what was expected. Only with status 400.",
    )


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception in the shape of :class:`ErrorSerializer`. None: not an error of the API's own."""
    if isinstance(error, SuspiciousOperation):  # more parameters than Django reads, for one
        set_rollback()
        return Response({"detail": "The request can't be read.", "code": "bad_request"}, status=400)
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


def answer_error(request: HttpRequest, status: int) -> JsonResponse | None:
    """Answer an error that no endpoint has seen, in the same shape. None: the address is not one of the API's.

    For the site's ``handler400``, ``handler403``, ``handler404`` and ``handler500``, which have a page for the rest.
    """
    if not request.path.startswith(PREFIX):
        return None
    sentences = {
        400: ("The request can't be read.", "bad_request"),
        403: ("This is not allowed.", "permission_denied"),
        404: (no_such_address(request.path), "not_found"),
        500: ("Something went wrong on the server; the error has been recorded.", "error"),
    }
    detail, code = sentences[status]
    return JsonResponse({"detail": detail, "code": code}, status=status)


def no_such_address(path: str) -> str:
    """Return the sentence for an address of the API that leads nowhere."""
    shown = path if len(path) <= 100 else f"{path[:100]}…"
    return f"The API has no address {shown.replace(chr(0), '�')}. What there is stands at /api/v1/ and /api/v1/docs/."


def _code(error: Exception) -> str:
    return {Http404: "not_found", PermissionDenied: "permission_denied"}.get(type(error), "error")


def _sentences(messages: Any) -> list[str]:
    return [str(message) for message in messages] if isinstance(messages, (list, tuple)) else [str(messages)]
