"""The recording rules for the past of compose.yaml: promtool evaluates each without the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parents[1] / "prometheus" / "rules"
RECORDED: Final = re.compile(r"\bvoicenter:[a-z0-9_]+:[a-z0-9_]+")


def rules() -> Iterator[dict[str, Any]]:
    """The rules of all files, in their order."""
    for path in sorted(FOLDER.glob("*.yml")):
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
            yield from group["rules"]


RECORDING: Final = {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}


def inlined(record: str) -> str:
    """The expression of a recording rule, with those of the rules that it is made of."""
    return RECORDED.sub(lambda found: f"({inlined(found[0])})", RECORDING[record])


def inlined_records() -> list[dict[str, str]]:
    """All recording rules, none of which needs another: they can be evaluated for the past, at once."""
    return [{"record": record, "expr": inlined(record)} for record in RECORDING]


def renew(_: str) -> str:
    """The file of today."""
    groups = {"groups": [{"name": "voicenter-past", "rules": inlined_records()}]}
    head = "# Written by make renew from prometheus/rules: each rule with those that it needs in it.\n"
    return head + yaml.safe_dump(groups, sort_keys=False, width=120)
