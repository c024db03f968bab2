"""What the answers are compared with: bare Django views without middleware, filters or serializers.

A site of its own for gunicorn. ``CRP_BENCH_FLOORS`` names a file with the statements and the bytes of real answers.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crp.settings")
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []

application = get_wsgi_application()

# Only now: the parameters of statements may be values of models.
CAPTURED: dict[str, Any] = pickle.loads(Path(os.environ["CRP_BENCH_FLOORS"]).read_bytes())  # noqa: S301 (our own file)
JSON = "application/json"


def same_bytes(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with the bytes of the real answer, made beforehand."""
    return HttpResponse(CAPTURED[name]["body"], content_type=JSON)


def same_sql(request: HttpRequest, name: str) -> HttpResponse:
    """Run the statements of the real answer and write their rows out as they come."""
    found = []
    with connection.cursor() as cursor:
        for sql, parameters in CAPTURED[name]["statements"]:
            cursor.execute(sql, parameters)
            columns = [column[0] for column in cursor.description]
            found.append([dict(zip(columns, row, strict=True)) for row in cursor.fetchall()])
    return HttpResponse(orjson.dumps(found, default=str), content_type=JSON)


def not_modified(request: HttpRequest, name: str) -> HttpResponse:
    """Say that nothing has changed, without looking."""
    return HttpResponse(status=304, headers={"ETag": request.headers.get("If-None-Match", '"same"')})


urlpatterns = [
    path("api/v1/", not_modified, {"name": ""}),  # asked for when the server starts
    path("bytes/<name>", same_bytes),
    path("sql/<name>", same_sql),
    path("304/<name>", not_modified),
]
