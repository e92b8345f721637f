"""`--api.check`: ask every account once and say what came, and what to do about what did not."""

from __future__ import annotations

import asyncio
import json
import time

from exporter.accounts import Accounts
from exporter.config import Settings
from exporter.endpoint import Outcome
from exporter.snapshot import ExtensionsSnapshot, QueuesSnapshot


def run(settings: Settings, *, as_json: bool) -> int:
    """Print the findings. Returns 0 when every endpoint of every account gave a usable answer, else 1."""
    findings = asyncio.run(_ask(settings))
    print(json.dumps(findings, indent=2) if as_json else _table(findings))
    return 0 if all(finding["outcome"] == "ok" for finding in findings) else 1


async def _ask(settings: Settings) -> list[dict[str, object]]:
    accounts = Accounts(settings)
    longest = max((account.timeout for account in settings.accounts), default=0.0)
    deadline = time.monotonic() + longest + 1
    outcomes = await asyncio.gather(*(each.ask_all(deadline) for each in accounts.by_name.values()))
    return [
        _finding(name, endpoint, outcome)
        for name, of_account in zip(accounts.by_name, outcomes, strict=True)
        for endpoint, outcome in of_account.items()
    ]


def _finding(account: str, endpoint: str, outcome: Outcome | None) -> dict[str, object]:
    snapshot = outcome.snapshot if outcome else None
    seen = None
    if isinstance(snapshot, ExtensionsSnapshot):
        seen = len(snapshot.extensions)
    elif isinstance(snapshot, QueuesSnapshot):
        seen = len(snapshot.queues)
    failure = outcome.failure if outcome else None
    return {
        "account": account,
        "endpoint": endpoint,
        "outcome": outcome.result if outcome else "timeout",
        "milliseconds": round(outcome.duration * 1000) if outcome else None,
        "seen": seen,
        "detail": failure.detail if failure else "",
        "advice": failure.advice if failure else "",
    }


def _table(findings: list[dict[str, object]]) -> str:
    columns = ("account", "endpoint", "outcome", "milliseconds", "seen")
    rows = [
        columns,
        *(tuple(str("" if each[key] is None else each[key]) for key in columns) for each in findings),
    ]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines += [
        f"{each['account']}, {each['endpoint']}: {each['detail']}; {each['advice']}"
        for each in findings
        if each["advice"]
    ]
    return "\n".join(lines)
