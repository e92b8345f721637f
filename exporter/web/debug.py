"""The debug view of a probe: the attempt step by step, what was logged, and the metrics that it gave."""

from __future__ import annotations

from exporter.client.attempt import STEPS
from exporter.collect.account import MonitoredAccount
from exporter.collect.endpoint import EndedAttempt
from exporter.collect.pages import Pages
from exporter.metrics.negotiation import Format


async def report(account: MonitoredAccount, pages: Pages, deadline: float) -> str:
    """Ask as a probe does and tell what happened; holds neither secrets nor caller's data."""
    outcomes = await account.ask_all(deadline)
    lines = [f"Account {account.config.name}, {account.config.base_url}"]
    for endpoint, outcome in outcomes.items():
        lines += ["", *_attempt(endpoint, outcome)]
    odd = account.oddities.lines(account.config.statuses)
    if odd:
        lines += ["", "Values without a name:", *(f"  {line}" for line in odd)]
    began = min((each.ended_at - each.duration for each in outcomes.values() if each), default=float("inf"))
    lines += ["", "Log lines since then:", *(f"  {line}" for line in account.journal.lines_since(began))]
    body = await pages.probe(account.config.name, Format.TEXT, compressed=False, deadline=deadline)
    return "\n".join([*lines, "", "Metrics:", body.decode()])


def _attempt(endpoint: str, outcome: EndedAttempt | None) -> list[str]:
    if outcome is None:
        return [f"{endpoint}: no outcome in time for this page"]
    lines = [f"{endpoint}: {outcome.result}"]
    lines += [_step(outcome.timeline[step], step) for step in STEPS if step in outcome.timeline]
    if "connected" not in outcome.timeline and "sent" in outcome.timeline:
        lines.insert(1, f"{'':14}connection kept alive from an earlier attempt")
    if outcome.failure is not None:
        return [
            *lines,
            _step(outcome.duration, f"failed: {outcome.failure.detail}"),
            f"{'':14}{outcome.failure.advice}",
        ]
    return [*lines, f"{'':14}{endpoint} in the answer: {outcome.entries}"]


def _step(seconds: float, text: str) -> str:
    return f"{seconds * 1000:9.1f} ms  {text}"
