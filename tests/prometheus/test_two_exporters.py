"""Two exporters of one account count as one, on a real Prometheus with counters of a simulated hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from benchmarks.accuracy.judging import left_between, service_level
from benchmarks.accuracy.watching import HOUR, Answers, Scenario, Watched, Watcher, watch
from exporter.history import QueueTotals
from exporter.simulator.truth import Stay
from renew.past_rules import inlined
from tests.support.prometheus import Prometheus, prometheus, promtool

EVERY: Final = 10.0
HALF: Final = HOUR / 2
ACCOUNTS: Final = ("both", "one is down for half", "moves")


class Exporter(Watcher):
    """Scraped every 10 seconds from a phase on, while it runs; what its counters show is written down."""

    def __init__(self, phase: float, since: float = 0.0, until: float = 2 * HOUR) -> None:
        super().__init__(interval=EVERY / 2)
        self.phase, self.since, self.until = phase, since, until
        self.shown: list[tuple[float, str, float]] = []
        """Seconds since the start, series without the labels of the target, value."""

    def watch(self, answers: Answers) -> None:
        at = answers.began
        if self.since <= at < self.until and (at - self.phase) % EVERY == 0:
            super().watch(answers)
            self.shown += ((at, series, value) for series, value in self._counters())

    def _counters(self) -> Iterator[tuple[str, float]]:
        yield "voicenter_history_observed_seconds_total{", self.history.totals.observed_seconds
        for queue in self.history.totals.queues.values():
            for name, value in _of_queue(queue):
                yield f'{name}queue_id="{queue.id}",queue="{queue.name}"', value


def _of_queue(queue: QueueTotals) -> Iterator[tuple[str, float]]:
    for outcome, number in queue.leaves.items():
        yield f'voicenter_queue_leaves_total{{outcome="{outcome}",', number
        variance = queue.leaves_variance[outcome]
        yield f'voicenter_queue_leaves_variance_total{{outcome="{outcome}",', variance
    for name in ("answered_within_target", "service_level_calls"):
        yield f"voicenter_queue_{name}_total{{", getattr(queue, name)
        yield f"voicenter_queue_{name}_variance_total{{", getattr(queue, f"{name}_variance")


@dataclass(frozen=True)
class Scraped:
    """A Prometheus that scraped the exporters of three accounts, which are the same centre."""

    server: Prometheus
    watched: Watched

    def ask(self, record: str, account: str) -> Mapping[str, float]:
        """What the rule records at the end of the hour, by queue id."""
        found = self.server.query(inlined(record), at=self.watched.scenario.start + HOUR)
        return {each.labels["queue_id"]: each.value for each in found if each.labels["account"] == account}

    def query(self, expression: str) -> float:
        """The single value of an expression at the end of the hour."""
        (found,) = self.server.query(expression, at=self.watched.scenario.start + HOUR)
        return found.value

    def left(self) -> list[Stay]:
        """The stays that ended within the hour."""
        start = self.watched.scenario.start
        return left_between(self.watched, start, start + HOUR)


@contextmanager
def scraped(folder: Path, load: str, agents: int) -> Iterator[Scraped]:
    """Watch an hour of a centre, and bring what the exporters showed into a Prometheus."""
    scenario = Scenario(load, seconds=HOUR + EVERY, agents=agents, seed=3)
    whole, other = Exporter(phase=0), Exporter(phase=EVERY / 2)
    early, late = Exporter(phase=EVERY / 2, until=HALF), Exporter(phase=EVERY / 2, since=HALF)
    watched = watch(scenario, [whole, other, early, late])
    accounts = {"both": [whole, other], "one is down for half": [whole, early], "moves": [early, late]}
    samples = sorted(
        (scenario.start + at, f'{series},account="{account}",instance="{instance}"}} {value!r}')
        for account, exporters in accounts.items()
        for instance, exporter in enumerate(exporters)
        for at, series, value in exporter.shown
    )
    file = folder / "samples.txt"
    lines = [f"{text.replace('{,', '{')} {at:.3f}" for at, text in samples]
    file.write_text("\n".join([*lines, "# EOF\n"]))
    made = promtool("newest", "tsdb", "create-blocks-from", "openmetrics", file, folder / "prometheus")
    assert made.returncode == 0, made.stdout + made.stderr
    flags = ["--storage.tsdb.retention.time=100y"]
    with prometheus("newest", {"scrape_configs": []}, folder, flags) as server:
        yield Scraped(server, watched)


def test_volumes_are_those_of_the_centre(tmp_path: Path) -> None:
    """Overloaded, few callers are missed between two answers, so that chance leaves room for 3 %."""
    with scraped(tmp_path, "overloaded", 200) as found:
        left = found.left()
        for account, outcome in product(ACCOUNTS, ("answered", "unanswered")):
            shown = HOUR * sum(found.ask(f"voicenter:queue_{outcome}:rate1h", account).values())
            happened = sum(stay.outcome == outcome for stay in left)
            assert shown == pytest.approx(happened, rel=0.03), (account, outcome)
        # What pooling is for: of two estimates the larger one is too high.
        counter = 'voicenter_queue_leaves_total{account="both", outcome="unanswered"}'
        larger = found.query(f"sum(max by (queue_id) (increase({counter}[1h])))")
        assert larger > HOUR * sum(found.ask("voicenter:queue_unanswered:rate1h", "both").values())


def test_service_levels_are_those_of_the_centre_within_two_standard_errors(tmp_path: Path) -> None:
    with scraped(tmp_path, "busy", 100) as found:
        left = found.left()
        for account in ACCOUNTS:
            levels = found.ask("voicenter:queue_service_level:ratio1h", account)
            errors = found.ask("voicenter:queue_service_level:stderr1h", account)
            assert len(levels) == len(errors) > 1
            for queue_id, level in levels.items():
                there = service_level([stay for stay in left if str(stay.queue_id) == queue_id])
                assert level == pytest.approx(there, abs=2 * errors[queue_id]), (account, queue_id)
