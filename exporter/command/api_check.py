"""`--api.check`: ask every account once and say what came, and what to do about what did not."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any, Final

from exporter.collect.accounts import Accounts
from exporter.collect.endpoint import EndedAttempt
from exporter.config import Settings

COLUMNS: Final = ("account", "source", "outcome", "milliseconds", "seen", "clock_offset_seconds")
_NUMBERS: Final = frozenset(COLUMNS[3:])
_LONGEST: Final = 3600.0  # seconds; each attempt ends by its own timeout long before
_GOOD, _ACT, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"
WHERE_IT_IS: Final = (
    "The address to allow-list is the one that Voicenter sees, which this machine cannot know:\n"
    "look it up at the NAT gateway, firewall or proxy where its network leaves for the Internet"
)

Finding = dict[str, Any]


def run(settings: Settings, *, as_json: bool) -> bool:
    """Print the findings. Returns whether every endpoint of every account gave a usable answer."""
    number = len(settings.accounts)
    if sys.stderr.isatty():
        print(f"asking {number} account{'' if number == 1 else 's'} …", file=sys.stderr)
    findings = asyncio.run(_ask(settings))
    if as_json:
        print(json.dumps(findings, indent=2, ensure_ascii=False))
    else:
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print("\n".join([*_table(findings, coloured=coloured), *_what_to_do(findings)]))
    return all(finding["outcome"] == "ok" for finding in findings)


async def _ask(settings: Settings) -> list[Finding]:
    accounts = Accounts(settings)
    asked = list(accounts.by_name.values())
    deadline = time.monotonic() + _LONGEST
    outcomes = await asyncio.gather(*(account.ask_all(deadline) for account in asked))
    return [
        _finding(account.config.name, endpoint, outcome, account.clock_offset)
        for account, of_account in zip(asked, outcomes, strict=True)
        for endpoint, outcome in of_account.items()
        if outcome is not None
    ]


def _finding(account: str, endpoint: str, outcome: EndedAttempt, offset: float | None) -> Finding:
    failure = outcome.failure
    return {
        "account": account,
        "source": endpoint,
        "outcome": outcome.result,
        "milliseconds": round(outcome.duration * 1000),
        "seen": outcome.entries,
        "clock_offset_seconds": None if offset is None else round(offset),
        "detail": failure.detail if failure else None,
        "advice": failure.advice if failure else None,
    }


def _table(findings: list[Finding], *, coloured: bool) -> list[str]:
    rows = [["" if each[column] is None else str(each[column]) for column in COLUMNS] for each in findings]
    heads = [column.replace("_seconds", " (s)").replace("_", " ") for column in COLUMNS]
    widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]

    def line(cells: list[str], colour: str = "") -> str:
        padded = [
            cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
            for column, cell, width in zip(COLUMNS, cells, widths, strict=True)
        ]
        if colour:
            padded[2] = f"{colour}{padded[2]}{_PLAIN}"
        return "  ".join(padded).rstrip()

    def colour(row: list[str]) -> str:
        return (_GOOD if row[2] == "ok" else _ACT) if coloured else ""

    return [line(heads), *(line(row, colour(row)) for row in rows)]


def _what_to_do(findings: list[Finding]) -> list[str]:
    """What was seen and what to do, once for a failure that both endpoints share."""
    endpoints: dict[tuple[str, str, str], list[str]] = {}
    for each in findings:
        if each["outcome"] != "ok":
            key = (each["account"], each["detail"], each["advice"])
            endpoints.setdefault(key, []).append(each["source"])
    lines = []
    for (account, detail, advice), names in endpoints.items():
        lines += ["", f"{account}, {' and '.join(names)}: {detail}.", f"  {advice[0].upper()}{advice[1:]}."]
    if any(each["outcome"] == "forbidden" for each in findings):
        lines += ["", f"{WHERE_IT_IS}."]
    return lines
