"""A history holds on to what goes on and to totals, not to what is over."""

from __future__ import annotations

import gc
from random import Random
from statistics import mean

import pytest

from exporter.history import identity, queues
from exporter.history.outcome import Leave
from tests.history.retained import retained, texts
from tests.history.watch import At, Waiting, Watch

DAY = 86_400
INTERVAL = 60.0


class Traffic:
    """Callers who wait for some minutes and are answered or not, transfers, queues that come and go."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._waiting: dict[str, tuple[str, float]] = {}
        self._talking: dict[str, tuple[str, float, str | None]] = {}
        self._calls = 0

    def step(self, watch: Watch) -> None:
        """One round of the centre: always about as many calls, none of them for long."""
        now = watch.now + watch.interval
        campaign = f"campaign {int(now // 7200)}"
        watch.queues = {"1": "Sales", "2": "Support", campaign: "Campaign"}
        for call, (_, joined) in list(self._waiting.items()):
            if now - joined > 180:
                del self._waiting[call]
                if self._random.random() < 0.7:
                    self._talking[call] = (call, now - 30, None)
        for call, (_, answered, original) in list(self._talking.items()):
            if now - answered > 300:
                del self._talking[call]
                if original is None:
                    self._talking[self._new()] = ("", now, call)
        for queue in watch.queues:
            self._waiting[self._new()] = (queue, now)
        callers = [Waiting(call, now - joined, queue) for call, (queue, joined) in self._waiting.items()]
        legs = [
            At(str(100 + n), call, "Talking", answered=answered, original=original)
            for n, (call, (_, answered, original)) in enumerate(self._talking.items())
        ]
        watch.see(*[caller for caller in callers if caller.queue in watch.queues], *legs)

    def _new(self) -> str:
        self._calls += 1
        return f"call {self._calls}"


def assert_flat(counts: list[int]) -> None:
    """The last third holds about as much as the first; calls come at random."""
    third = len(counts) // 3
    assert mean(counts[-third:]) < 1.1 * mean(counts[:third])
    assert max(counts) < 1.5 * min(counts)


@pytest.mark.long
def test_memory_is_flat_over_a_simulated_day() -> None:
    watch, traffic = Watch(interval=INTERVAL), Traffic(seed=4)
    counts = []
    for number in range(int(DAY / INTERVAL)):
        traffic.step(watch)
        if number % 60 == 59:
            gc.collect()
            counts.append(sum(1 for _ in retained(watch.history)))
    assert_flat(counts[4:])  # a queue is remembered for an hour after its two
    assert sum(watch.totals.calls_ended.values()) > 2000
    assert len([text for text in texts(watch.history) if text.startswith("call ")]) < 200
    assert len(watch.totals.queues) <= 4


@pytest.mark.long
def test_memory_is_flat_while_the_extensions_fail_for_a_day() -> None:
    watch, traffic = Watch(interval=INTERVAL), Traffic(seed=4)
    counts = []
    see = watch.see
    for number in range(int(DAY / INTERVAL)):
        if number == 120:
            watch.see = lambda *shown, **how: see(  # type: ignore[method-assign]
                *[each for each in shown if isinstance(each, Waiting)], fails=("extensions",)
            )
        traffic.step(watch)
        if number > 240 and number % 60 == 0:
            gc.collect()
            counts.append(sum(1 for _ in retained(watch.history)))
    assert_flat(counts)


def test_the_collector_does_not_count_leaves() -> None:
    """When a whole call centre leaves at once, it would look for garbage among all of them, in vain."""
    watch = Watch()
    watch.see(*[Waiting(f"call {number}", 10) for number in range(10)])
    watch.see()
    assert watch.undecided() == 10
    assert any(isinstance(one, Leave) for one in retained(watch.history))
    assert not any(isinstance(one, Leave) for one in gc.get_objects())


def test_a_flood_of_calls_is_not_remembered_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "REMEMBERED_CALLS", 50)
    watch = Watch(interval=5)
    for number in range(40):
        watch.see(*[At(str(leg), f"call {number}/{leg}", "Talking") for leg in range(20)])
    known = [text for text in texts(watch.history) if text.startswith("call ")]
    assert len(known) < 200


def test_queues_whose_ids_change_all_the_time_are_forgotten_early_the_longest_gone_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queues, "MOST_GONE", 20)
    watch = Watch()
    for turn in range(10):
        watch.queues = {"1": "Sales"} | {f"{turn}-{number}": "Odd" for number in range(10)}
        watch.see(Waiting("a", waited=5.0 * turn))
    watch.queues = {"2": "Support"}
    watch.see()
    known = set(watch.totals.queues)
    assert len(known) == 1 + 20
    assert {"1", "2", *(f"9-{number}" for number in range(10))} <= known
