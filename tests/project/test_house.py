"""The house keeps its own rules: what no single app's tests would notice."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from crp.common.history import is_history
from crp.management.commands.demo import FIXTURES
from tests.shared import PROJECT

MOST_LINES = 400
TOP_LEVEL = {
    ".ci",
    ".dockerignore",
    ".editorconfig",
    ".env.example",
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "compose.yaml",
    "crp",
    "deploy",
    "docs",
    "fixtures",
    "funding",
    "locale",
    "manage.py",
    "plans",
    "pyproject.toml",
    "requirements-dev.in",
    "requirements-dev.txt",
    "requirements.in",
    "requirements.txt",
    "sectors",
    "static",
    "templates",
    "tests",
}


def tracked_files() -> list[Path]:
    """Return the project's files as git has them, as paths from its top."""
    git = shutil.which("git")
    if not git or not (PROJECT / ".git").exists():
        pytest.skip("not a git clone: what belongs to the project can't be told from what lies about")
    # Git refuses a clone of another user unless told that it is meant.
    command = [git, "-c", "safe.directory=*", "ls-files", "-z"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=PROJECT, text=True)
    return [Path(name) for name in done.stdout.split("\0") if name]


def fixture_files() -> list[Path]:
    return sorted(path for path in (PROJECT / "fixtures").iterdir() if path.suffix in {".json", ".yaml"})


def template_files() -> list[Path]:
    return sorted((PROJECT / "templates").rglob("*.html"))


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_text_columns_are_never_null() -> None:
    """Two ways of being empty make every filter and every sum of rows wrong once."""
    labels = ("sectors", "plans", "funding", "accounts")
    every_model = [model for label in labels for model in apps.get_app_config(label).get_models()]
    own = [model for model in every_model if not is_history(model)]  # a library says what columns those have
    fields = [field for model in own for field in model._meta.concrete_fields if field.null]
    assert [str(field) for field in fields if isinstance(field, (models.CharField, models.TextField))] == []


def test_every_table_stands_in_the_data_model() -> None:
    words = set(re.findall(r"\w+", (PROJECT / "docs" / "data-model.md").read_text()))
    own = [config for config in apps.get_app_configs() if config.name.partition(".")[0] in TOP_LEVEL]
    models_of = [model for config in own for model in config.get_models() if not is_history(model)]
    assert len(models_of) > 50
    assert [model.__name__ for model in models_of if model.__name__ not in words] == []


def test_the_demo_loads_every_fixture() -> None:
    assert {path.stem for path in fixture_files()} == set(FIXTURES)


@pytest.mark.parametrize("path", fixture_files(), ids=lambda path: path.stem)
def test_a_fixture_refers_by_meaning(path: Path) -> None:
    """A number would overwrite whatever has it in somebody's database, and the demo tells by it what is there."""
    numbered = [entry for entry in json.loads(path.read_text()) if entry.get("pk") is not None]
    assert numbered == []


def test_files_stay_short_enough_to_read() -> None:
    python = [path for path in tracked_files() if path.suffix == ".py" and "migrations" not in path.parts]
    # A file that was just removed is tracked until the next commit.
    lines = {str(path): len((PROJECT / path).read_text().splitlines()) for path in python if (PROJECT / path).exists()}
    assert {path: number for path, number in lines.items() if number > MOST_LINES} == {}


def test_nothing_unexpected_lies_at_the_top() -> None:
    assert {path.parts[0] for path in tracked_files()} <= TOP_LEVEL


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_requirements_are_pinned(name: str) -> None:
    wanted = re.findall(r"^([a-z0-9][a-z0-9-]*)", (PROJECT / f"{name}.in").read_text(), re.MULTILINE)
    pins = read_pins(PROJECT / f"{name}.txt")
    assert [package for package in wanted if package not in pins] == []


def test_the_tests_run_on_the_versions_that_are_served() -> None:
    served, tested = (read_pins(PROJECT / name) for name in ("requirements.txt", "requirements-dev.txt"))
    assert served == {package: version for package, version in tested.items() if package in served}


def read_pins(path: Path) -> dict[str, str]:
    """Return the exact version of each package in a requirements file."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9-]*)(?:\[[^]]*\])?==([^ \n]+)", path.read_text(), re.MULTILINE))


INLINE = {
    "style attribute": r"<[^>]*\sstyle\s*=",
    "style element": r"<style\b",
    "event attribute": r"<[^>]*\son[a-z]+\s*=",
    # Data may stand in a page: a browser never runs it.
    "inline script": r"<script\b(?![^>]*\b(?:src\s*=|type=.application/(?:ld\+)?json))",
}


@pytest.mark.parametrize("rule", INLINE)
def test_templates_hold_no_inline_code(rule: str) -> None:
    """The content security policy refuses it, so it would silently do nothing."""
    found = [
        f"{path.relative_to(PROJECT)}: {match.group()[:80]}"
        for path in template_files()
        for match in re.finditer(INLINE[rule], path.read_text(), re.IGNORECASE)
    ]
    assert found == []


def test_tests_read_nothing_outside_the_project() -> None:
    """``shared_path`` is the one way, and it skips with a reason where the folder is not there."""
    outside = re.compile(r"""\.\./|/shared\b|\.parents\[\d|CRP_SHARED""")
    allowed = {PROJECT / "tests" / "shared.py", Path(__file__).resolve()}
    found = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in sorted((PROJECT / "tests").rglob("*.py"))
        if path not in allowed
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if outside.search(line)
    ]
    assert found == []
