"""Writes the chart's README.md: the table of values comes from the comments in values.yaml.

    python helm/readme.py            write it
    python helm/readme.py --check    exit 1 when it is not in step

In values.yaml a comment that begins with `# --` describes the key below it, and `# ==` begins a section.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "voicenter-exporter"
README = CHART / "README.md"
BEGIN, END = "<!-- values: begin -->\n", "<!-- values: end -->\n"
KEY = re.compile(r"^( *)([A-Za-z0-9_]+):")


@dataclass(frozen=True)
class Option:
    """One documented value."""

    section: str
    path: tuple[str, ...]
    meaning: str


def options(text: str) -> Iterator[Option]:
    """The documented values, in the order of the file."""
    section = ""
    comment: list[str] = []
    path: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("# == "):
            section = stripped[5:]
        elif stripped.startswith("# -- "):
            comment = [stripped[5:]]
        elif stripped.startswith("# ") and comment:
            comment.append(stripped[2:])
        elif key := KEY.match(line):
            path = [*path[: len(key[1]) // 2], key[2]]
            if comment:
                yield Option(section, tuple(path), " ".join(comment))
            comment = []
        else:
            comment = []


def table(text: str) -> str:
    """The tables of values, one for each section."""
    values = yaml.safe_load(text)
    lines: list[str] = []
    section = None
    for option in options(text):
        if option.section != section:
            section = option.section
            lines += ["", f"### {section}", "", "| value | default | meaning |", "|---|---|---|"]
        default: Any = values
        for key in option.path:
            default = default[key]
        shown = json.dumps(default, ensure_ascii=False)
        meaning = option.meaning.replace("|", "\\|")
        lines.append(f"| `{'.'.join(option.path)}` | `{shown}` | {meaning} |")
    return "\n".join(lines) + "\n\n"


def page() -> str:
    """README.md with its tables as values.yaml has them."""
    head, _, rest = README.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + table((CHART / "values.yaml").read_text()) + END + tail


def main() -> int:
    """Write the page, or with --check say whether it is in step."""
    new = page()
    if sys.argv[1:] == ["--check"]:
        if new != README.read_text():
            sys.stderr.write(f"{README} is not in step with values.yaml: run python helm/readme.py\n")
            return 1
        return 0
    README.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
