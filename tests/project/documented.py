"""The examples of the documentation, read from its Markdown files and run."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.shared import PROJECT

LOCAL = re.compile(r"(?:http://)?(?:localhost|127\.0\.0\.1):8000")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = (
    "docs/api.md",
    "docs/exchange.md",
    *sorted(f"docs/api/{path.name}" for path in (PROJECT / "docs/api").iterdir()),
)
PROGRAMS = ("sh", "python", "r")
END = "--- end of an example ---"


@dataclass(frozen=True)
class Example:
    """A program of a page. ``answer``: what the page says that it writes; None where it says nothing."""

    file: str
    line: int
    language: str
    program: str
    answer: str | None

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.file}:{self.line}"

    def at(self, server: str) -> str:
        """Return the program asking a server of this test."""
        return LOCAL.sub(lambda found: server, self.program)


def examples_of(words: str, file: str) -> list[Example]:
    """Return the examples of a page. A block ``text`` is the answer to the program just before it."""
    found: list[Example] = []
    end = -1
    for match in FENCE.finditer(words):
        language, body = match.groups()
        if language in PROGRAMS:
            found.append(Example(file, words.count("\n", 0, match.start()) + 1, language, body, None))
            end = match.end()
        elif language == "text" and found and not words[end : match.start()].strip():
            last = found.pop()
            found.append(Example(last.file, last.line, last.language, last.program, body))
    return found


def all_examples(language: str) -> list[Example]:
    """Return the examples of all pages in one language; in the README, curl is in blocks without any."""
    found = [example for file in FILES for example in examples_of((PROJECT / file).read_text(), file)]
    if language == "sh":
        readme = (PROJECT / "README.md").read_text()
        marked = re.sub(r"^```\n(?=curl)", "```sh\n", readme, flags=re.MULTILINE)
        found += examples_of(marked, "README.md")
    return [example for example in found if example.language == language]


def run_python(example: Example, server: str) -> str:
    """Return what a Python example writes, run here: each asks the server over HTTP."""
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        exec(compile(example.at(server), example.name, "exec"), {"__name__": "example"})  # noqa: S102 (our own pages)
    return written.getvalue()


def run_in_one(
    command: list[str], before: str, separator: str, examples: list[Example], server: str, at: Path
) -> list[str]:
    """Return what each example writes, all run by one process, which stops at the first that fails."""
    program = before + "".join(f"{example.at(server)}\n{separator}\n" for example in examples)
    done = subprocess.run(command, input=program, check=False, capture_output=True, text=True, cwd=at, timeout=60)
    answers = done.stdout.split(f"{END}\n")
    assert done.returncode == 0, f"{examples[len(answers) - 1].name}: {done.stderr[-800:]}"
    return answers[:-1]
