"""The static files as production serves them: under names with a hash of what is in them."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings

from tests.shared import PROJECT


def test_every_static_file_is_found_under_a_hashed_name(tmp_path: Path) -> None:
    """A style sheet or script that names a missing file stops ``make run``: here it fails first."""
    hashed = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES={"staticfiles": hashed}):
        call_command("collectstatic", interactive=False, verbosity=0)
        own = [path.relative_to(PROJECT / "static") for path in (PROJECT / "static").rglob("*") if path.is_file()]
        urls = {str(path): staticfiles_storage.url(str(path)) for path in own}
    assert {name: url for name, url in urls.items() if url == f"/static/{name}"} == {}
