"""The message catalogues: collecting their strings from the code, and what each language must hold.

French holds every string. Spanish and Arabic hold what a visitor of the public pages can see; the admin speaks English
and French, see decision 0022. GNU gettext has to be installed.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

PACKAGES = ("crp", "sectors", "plans", "funding")
WHOLE = ("fr",)
PUBLIC_ONLY = ("es", "ar")
LANGUAGES = (*WHOLE, *PUBLIC_ONLY)

HIDDEN = re.compile(
    r"""
    (^|/)admin/ | (^|/)management/ | (^|/)services/ | (^|/)apps\.py$ | /admin_[a-z_]+\.py$
    | ^crp/(accounts|changes|importing|webhooks)/ | ^funding/models/idempotency\.py$
    | ^plans/sealing/ | ^templates/(admin|registration)/
    """,
    re.VERBOSE,
)
"""Where only officers and administrators read."""
HIDDEN_ARGUMENTS = {"help_text", "violation_error_message", "error_messages"}
HIDDEN_CALLS = {"RegexValidator", "ValidationError"}
"""In a model, what only forms show. The names of columns and choices stand on public pages too."""


def catalogue_path(project: Path, language: str) -> Path:
    return project / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path, language: str) -> Catalog:
    """Return a catalogue. Raises: PoFileError where it can't be read."""
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="django", abort_invalid=True)


def is_translated(message: Message) -> bool:
    """Return whether a message has all its forms, and nobody marked it as to be looked at."""
    strings = message.string if isinstance(message.string, tuple) else (message.string or "",)
    return all(strings) and not message.fuzzy


def message_key(message: Message) -> tuple[str, str]:
    """Return what tells a message from the others: its context and its English."""
    return message.context or "", message.id if isinstance(message.id, str) else message.id[0]


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the English of what a catalogue does not translate."""
    return [message_key(message)[1] for message in catalogue if message.id and not is_translated(message)]


def collect(project: Path, languages: Sequence[str] = LANGUAGES) -> dict[str, str]:
    """Return the text of each catalogue with exactly the strings of the code, translated as far as it was.

    It works in a copy: Django writes files beside the templates meanwhile. Raises: CalledProcessError, with what
    GNU gettext said.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in (*PACKAGES, "templates", "locale"):
            shutil.copytree(project / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        shutil.copy(project / "manage.py", copy)
        chosen = [f"--locale={language}" for language in languages]
        options = ["--add-location=file", "--no-obsolete", "--no-wrap", "--verbosity=0"]
        subprocess.run([sys.executable, "manage.py", "makemessages", *chosen, *options], check=True, cwd=copy)  # noqa: S603
        texts = {language: catalogue_path(copy, language).read_text() for language in languages}
        for language in set(languages) & set(PUBLIC_ONLY):
            texts[language] = keep_public(texts[language], copy)
        return texts


def keep_public(text: str, project: Path) -> str:
    """Return a catalogue without what only officers and administrators read, and without what was guessed."""
    head, *blocks = re.split(r"\n\n+", text.strip("\n"))
    kept = [_without_guess(block) for block in blocks if _is_public(block, project)]
    return "\n\n".join([head, *kept]) + "\n"


def _without_guess(block: str) -> str:
    """Return a message that GNU gettext took from a similar one as one that is not translated."""
    if not re.search(r"^#, .*fuzzy", block, re.MULTILINE):
        return block
    block = re.sub(r"^#\| .*\n", "", block, flags=re.MULTILINE)
    block = re.sub(
        r"^#, fuzzy(?:, |\n)", lambda found: "" if found[0].endswith("\n") else "#, ", block, flags=re.MULTILINE
    )
    return re.sub(r'^(msgstr(?:\[\d\])?) ".*"(?:\n".*")*', r'\1 ""', block, flags=re.MULTILINE)


def _is_public(block: str, project: Path) -> bool:
    files = [name for line in re.findall(r"^#: (.*)$", block, re.MULTILINE) for name in line.split()]
    return any(_shows(project, name, block) for name in files)


def _shows(project: Path, name: str, block: str) -> bool:
    """Return whether a visitor can see the message of a block where a file uses it."""
    if HIDDEN.search(name):
        return False
    if "/models/" not in name and not name.endswith("/models.py"):
        return True
    return _english(block) not in _hidden_in_model(project / name)


def _english(block: str) -> str:
    found = re.search(r'^msgid ((?:".*"\n?)+)', block, re.MULTILINE)
    return "".join(ast.literal_eval(line) for line in found[1].splitlines()) if found else ""


@cache
def _hidden_in_model(path: Path) -> frozenset[str]:
    """Return the strings of a file of models that nothing but forms shows."""
    shown: set[str] = set()
    hidden: set[str] = set()
    _sort_strings(ast.parse(path.read_text()), shown, hidden, is_hidden=False)
    return frozenset(hidden - shown)


def _sort_strings(node: ast.AST, shown: set[str], hidden: set[str], *, is_hidden: bool) -> None:
    is_hidden = is_hidden or (
        (isinstance(node, ast.keyword) and node.arg in HIDDEN_ARGUMENTS)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HIDDEN_CALLS)
        or (isinstance(node, ast.FunctionDef) and node.name == "clean")
    )
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
        strings = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        (hidden if is_hidden else shown).update(strings)
    for child in ast.iter_child_nodes(node):
        _sort_strings(child, shown, hidden, is_hidden=is_hidden)


def differing(old: Iterable[Message], new: Iterable[Message]) -> tuple[list[str], list[str]]:
    """Return the English of what the second catalogue has and the first lacks, and the other way round."""
    before, after = ({message_key(message) for message in catalogue} for catalogue in (old, new))
    return sorted(key[1] for key in after - before), sorted(key[1] for key in before - after)
