"""The examples of the documentation are run, and write what the pages say that they write."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from crp.api_pages import FILES as PAGES
from plans.sealing import seal_published
from tests.conftest import MaliPlans
from tests.project.documented import END, Example, all_examples, examples_of, run_in_one, run_python
from tests.shared import PROJECT

pytestmark = pytest.mark.once

# Fails with an answer of 400 or above too, and says so; an example whose answer is an error is told by what it writes.
CURL = "set -e -o pipefail\ncurl() { command curl --noproxy '*' --show-error \"$@\"; }\n"
RESOURCES = [name for name in PAGES if PAGES[name].startswith("api/") and name != "writing"]  # which needs a key


@pytest.fixture
def server(mali: MaliPlans, tmp_path: Path, settings: Any, live_server: LiveServer) -> str:
    """Return the address of a server with the Mali plans and a dump of them."""
    settings.DUMPS_DIR = tmp_path / "dumps"
    seal_published()
    call_command("build_dumps", verbosity=0)
    return live_server.url


def wrong(examples: list[Example], answers: list[str], server: str) -> list[str]:
    """Return the examples that write something else than their page says."""
    return [
        f"{example.name}: {answer}"
        for example, answer in zip(examples, answers, strict=True)
        if (example.answer is None and not is_good(answer))
        or (
            example.answer is not None
            and answer.split() != example.answer.replace("http://localhost:8000", server).split()
        )
    ]


def is_good(answer: str) -> bool:
    return '"detail"' not in answer and "<!doctype html" not in answer.lower()


def run_sh(server: str, at: Path) -> list[str]:
    if not shutil.which("curl") or not shutil.which("bash"):
        pytest.skip("curl or bash is not on this machine: examples with curl were not run")
    examples = all_examples("sh")
    answers = run_in_one(["bash"], CURL, f"echo '{END}'", examples, server, at)
    return wrong(examples, answers, server)


def run_r(server: str, at: Path) -> list[str]:
    if not shutil.which("Rscript"):
        return []
    examples = all_examples("r")
    answers = run_in_one(["Rscript", "-"], "", f'cat("\\n{END}\\n")', examples, server, at)
    return wrong(examples, answers, server)


def run_all_python(server: str, at: Path) -> list[str]:
    examples = all_examples("python")
    return wrong(examples, [run_python(example, server) for example in examples], server)


RUNS: list[Callable[[str, Path], list[str]]] = [run_all_python, run_sh, run_r]


def test_every_example_writes_what_its_page_says(server: str, tmp_path: Path) -> None:
    """One server for all of them: to start it and to make the dump takes longer than they do."""
    assert [line for run in RUNS for line in run(server, tmp_path)] == []


def test_r_is_here() -> None:
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not on this machine: examples in R were not run")


@pytest.mark.parametrize("page", RESOURCES)
def test_a_page_of_a_resource_has_an_example_in_each_language_with_its_answer(page: str) -> None:
    file = f"docs/{PAGES[page]}"
    examples = examples_of((PROJECT / file).read_text(), file)
    assert {example.language for example in examples} == {"sh", "python", "r"}
    assert all(example.answer for example in examples if "-o crp" not in example.program)


def test_a_wrong_figure_is_found() -> None:
    (example,) = examples_of("```python\nprint(37360000)\n```\n\n```text\n37360001\n```\n", "page.md")
    assert wrong([example], [run_python(example, "")], "") == ["page.md:1: 37360000\n"]


def test_an_answer_belongs_to_the_program_just_before_it() -> None:
    (example,) = examples_of("```sh\ntrue\n```\n\nOther words.\n\n```text\nof something else\n```\n", "page.md")
    assert example.answer is None
