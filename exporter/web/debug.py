"""The debug view of a probe: the attempt step by step, and the metrics that it gave."""

from __future__ import annotations

from exporter.account import MonitoredAccount
from exporter.attempt import STEPS
from exporter.endpoint import Outcome
from exporter.exposition import Format
from exporter.pages import Pages


async def report(account: MonitoredAccount, pages: Pages, deadline: float) -> str:
    """Ask as a probe does and tell what happened; holds neither secrets nor caller's data."""
    outcomes = await account.ask_all(deadline)
    lines = [f"account {account.account.name}, {account.account.base_url}", ""]
    for endpoint, outcome in outcomes.items():
        lines += [f"{endpoint}: {outcome.result if outcome else 'no outcome in time for this page'}"]
        lines += _timeline(outcome) if outcome else []
        lines += [""]
    body = await pages.probe(account.account.name, Format.TEXT, compressed=False, deadline=deadline)
    return "\n".join(lines) + "\n" + body.decode()


def _timeline(outcome: Outcome) -> list[str]:
    lines = [
        f"  {outcome.timeline[step] * 1000:9.1f} ms  {step}" for step in STEPS if step in outcome.timeline
    ]
    if outcome.failure is not None:
        lines.append(f"  {outcome.duration * 1000:9.1f} ms  {outcome.failure.detail}")
        lines.append(f"                 {outcome.failure.advice}")
    return lines
