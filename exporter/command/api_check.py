"""`--api.check`: ask every account once and say what came, and what to do about what did not."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

from exporter.api.undocumented import undocumented_fields
from exporter.collect.accounts import Accounts
from exporter.collect.endpoint import EndedAttempt, advice_on
from exporter.collect.selection import ExportedQueue, exported, idle_targets, nothing_exported
from exporter.command import tables
from exporter.config import Settings, plural

SUSPECT: Final = "suspect"
"""The outcome of a source that came empty where the code is probably wrong."""
_LONGEST: Final = 3600.0  # seconds; each attempt ends by its own timeout long before
WHERE_IT_IS: Final = (
    "The address to allow-list is the one that Voicenter sees, which this machine cannot know:\n"
    "look it up at the NAT gateway, firewall or proxy where its network leaves for the Internet"
)

Finding = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Findings:
    """What came of each source, the queues that are exported, and what is probably not meant."""

    sources: list[Finding]
    queues: list[tuple[str, ExportedQueue]]
    """With their accounts."""
    remarks: list[str]

    @property
    def good(self) -> bool:
        """Whether every source of every account gave a usable answer."""
        return all(each["outcome"] == "ok" for each in self.sources)

    @property
    def conclusion(self) -> str:
        """One sentence: what holds, or what to do next."""
        accounts = {each["account"]: True for each in self.sources}
        for each in self.sources:
            accounts[each["account"]] &= each["outcome"] == "ok"
        bad = [name for name, good in accounts.items() if not good]
        if bad:
            named = f" ({', '.join(bad)})" if len(bad) <= 5 else ""
            return (
                f"{len(bad)} of {plural(len(accounts), 'account')}{named} cannot be used as it is: "
                "do what is advised above, then run --api.check again."
            )
        queues = plural(len(self.queues), "queue")
        if self.remarks:
            return f"Voicenter answers for {plural(len(accounts), 'account')}, but look at the remarks above."
        return f"All is well: Voicenter answers for {plural(len(accounts), 'account')}, {queues} exported."


def run(settings: Settings, *, as_json: bool) -> bool:
    """Print the findings. Returns whether every endpoint of every account gave a usable answer."""
    if sys.stderr.isatty():
        print(f"asking {plural(len(settings.accounts), 'account')} …", file=sys.stderr)
    findings = asyncio.run(_ask(settings))
    if as_json:
        whole = {
            "sources": findings.sources,
            "queues": [_queue(account, queue) for account, queue in findings.queues],
            "remarks": findings.remarks,
            "conclusion": findings.conclusion,
        }
        print(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print("\n".join(_told(findings, coloured=coloured)))
    return findings.good


async def _ask(settings: Settings) -> Findings:
    undocumented: dict[str, set[str]] = {}

    def look(account: str, source: str, body: bytes | bytearray) -> None:
        undocumented.setdefault(account, set()).update(undocumented_fields(source, body))

    accounts = Accounts(settings, look=look)
    asked = list(accounts.by_name.values())
    deadline = time.monotonic() + _LONGEST
    outcomes = await asyncio.gather(*(account.ask_all(deadline) for account in asked))
    sources, queues, remarks = [], [], []
    for account, of_account in zip(asked, outcomes, strict=True):
        ended = {source: outcome for source, outcome in of_account.items() if outcome is not None}
        sources += _sources(account.config.name, ended, account.clock_offset)
        if account.queues_seen is None:
            continue
        found = exported(account.config, settings, account.queues_seen)
        queues += [(account.config.name, each) for each in found]
        wrong = nothing_exported(account.config, account.queues_seen)
        remarks += [f"{account.config.name}: {wrong}"] if wrong else []
    remarks += [
        f"{account}: the answers hold fields that Voicenter does not document: {', '.join(sorted(names))}; "
        "please report their names to the exporter's project"
        for account, names in sorted(undocumented.items())
        if names
    ]
    seen = accounts.queues_seen()
    if len(seen) == len(asked) and not settings.is_shard:
        remarks += idle_targets(settings, seen)
    return Findings(sources, queues, [*settings.warnings, *remarks])


def _sources(account: str, ended: dict[str, EndedAttempt], offset: float | None) -> list[Finding]:
    """A row for each source. A source that came empty beside one that looks like a wrong code is no good."""
    is_suspect = any(each.result == "empty" for each in ended.values())
    return [
        {
            "account": account,
            "source": source,
            "outcome": SUSPECT if is_suspect and outcome.entries == 0 else outcome.result,
            "milliseconds": round(outcome.duration * 1000),
            "seen": outcome.entries,
            "clock_offset_seconds": None if offset is None else round(offset),
            "detail": outcome.failure.detail if outcome.failure else None,
            "advice": advice_on(outcome, ended.values()),
        }
        for source, outcome in ended.items()
    ]


def _queue(account: str, queue: ExportedQueue) -> Finding:
    target = queue.target
    return {
        "account": account,
        "queue_id": queue.queue_id,
        "queue": queue.name,
        "wait_limit_warning_seconds": target.wait_limit.warning,
        "wait_limit_critical_seconds": target.wait_limit.critical,
        "callers_limit": target.callers_limit,
        "service_level_seconds": target.service_level.within,
        "service_level_ratio": target.service_level.ratio,
        "decided_by": queue.decided_by,
    }


def _told(findings: Findings, *, coloured: bool) -> list[str]:
    lines = tables.of_sources(findings.sources, coloured=coloured)
    if findings.queues:
        lines += ["", *tables.of_queues(findings.queues)]
    lines += _what_to_do(findings.sources)
    if findings.remarks:
        lines += ["", *findings.remarks]
    return [*lines, "", findings.conclusion]


def _what_to_do(sources: list[Finding]) -> list[str]:
    """What was seen and what to do, once for a failure that both endpoints share."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each in sources:
        if each["detail"] is not None:
            key = (each["account"], each["detail"], each["advice"])
            alike.setdefault(key, []).append(each["source"])
    lines = []
    for (account, detail, advice), names in alike.items():
        lines += ["", f"{account}, {' and '.join(names)}: {detail}.", f"  {advice[0].upper()}{advice[1:]}."]
        suspects = [
            each["source"] for each in sources if (each["account"], each["outcome"]) == (account, SUSPECT)
        ]
        if suspects:
            lines += [f"  That {' and '.join(suspects)} came empty says nothing: a wrong code gets the same."]
    if any(each["outcome"] == "forbidden" and "IP address" in each["advice"] for each in sources):
        lines += ["", f"{WHERE_IT_IS}."]
    return lines
