"""What runs by the clock is there, takes the options that it is given, and is told of."""

from __future__ import annotations

import re

import pytest
from django.core.management import get_commands, load_command_class

from tests.shared import PROJECT

LINES = [
    line
    for line in (PROJECT / "deploy" / "crontab").read_text().splitlines()
    if line and not line.startswith("#") and not re.match(r"[A-Z]+=", line)
]
FIELD = r"(?:\*(?:/\d+)?|\d+)"
LINE = re.compile(
    rf"{FIELD}\s+{FIELD}\s+{FIELD}\s+{FIELD}\s+{FIELD}\s+crp\s+"
    r'cd "\$CRP" && \.venv/bin/python manage\.py (?P<name>\w+)(?P<options>(?: --?[\w-]+)*)(?: >/dev/null)?'
)


@pytest.mark.parametrize("line", LINES)
def test_a_line_runs_a_command_with_options_that_it_has(line: str) -> None:
    found = LINE.fullmatch(line)
    assert found, line
    name = found["name"]
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(found["options"].split())  # exits on what it does not know
    assert "%" not in line  # which cron takes for the end of a line


def test_every_command_for_cron_is_there() -> None:
    commands = (PROJECT / "README.md").read_text().partition("## Commands")[2].partition("\n## ")[0]
    rows = [line for line in commands.splitlines() if "for cron" in line]
    named = {name for line in rows for name in re.findall(r"^\| `manage\.py (\w+)", line)}
    assert {"deliver_webhooks", "send_alerts", "tidy_changes", "build_dumps", "list_keys"} <= named
    assert named <= {found["name"] for line in LINES if (found := LINE.fullmatch(line))}
