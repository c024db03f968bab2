"""Freezes what version 1 of the API has promised: ``python -m tests.project.freeze``, once for each release.

Writes docs/openapi.yaml, without its words and examples, to tests/project/v1.json, and refuses where that would break a
promise that stands there. tests/project/test_compatibility.py compares the code with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.project.compatibility import breaks

HERE = Path(__file__).resolve().parent
FROZEN = HERE / "v1.json"
KEPT = HERE.parent.parent / "docs" / "openapi.yaml"
WORDS = frozenset({"description", "summary", "examples", "example", "tags", "title", "info", "servers"})


def without_words(node: Any, *, is_names: bool = False) -> Any:
    """Return a description without what no program goes by; ``is_names``: its keys name columns and the like."""
    if isinstance(node, Mapping):
        return {
            key: without_words(value, is_names=not is_names and key in {"properties", "schemas", "paths", "content"})
            for key, value in node.items()
            if is_names or (key not in WORDS and not key.startswith("x-"))
        }
    return [without_words(item) for item in node] if isinstance(node, list) else node


def _in_lines(document: Mapping[str, Any]) -> str:
    """Return JSON with a line for each address and each schema, so that a review shows which has changed."""

    def lines(parts: Mapping[str, Any]) -> str:
        return ",\n".join(f"{json.dumps(name)}: {json.dumps(parts[name], sort_keys=True)}" for name in sorted(parts))

    paths, schemas = lines(document["paths"]), lines(document["components"]["schemas"])
    return f'{{"paths": {{\n{paths}\n}}, "components": {{"schemas": {{\n{schemas}\n}}}}}}\n'


def main() -> int:
    """Freeze, and return 0; 1 where it is refused."""
    new = without_words(yaml.safe_load(KEPT.read_text()))
    problems = breaks(json.loads(FROZEN.read_text()), new) if FROZEN.exists() else []
    if problems:
        sys.stderr.write(
            "Not frozen, because it would break version 1:\n" + "".join(f"- {item}\n" for item in problems)
        )
        return 1
    FROZEN.write_text(_in_lines(new))
    sys.stdout.write(f"Frozen: {len(new['paths'])} addresses.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
