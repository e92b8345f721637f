"""When an endpoint may be asked, over thousands of scrapes, by a clock that the test moves."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from exporter.collect import pacing as module
from exporter.collect.pacing import Pacing
from tests.support.clock import Clock

INTERVAL = 5.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1000.0)
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_scrapes_at_min_interval_never_miss_an_attempt(clock: Clock) -> None:
    pacing, chance, starts = Pacing(), random.Random(7), []
    for scrape in range(5000):
        clock.now = max(clock.now, 1000 + scrape * INTERVAL + chance.uniform(0, 0.05 * INTERVAL))
        wait = pacing.wait(INTERVAL)
        assert wait is not None, f"scrape {scrape} got no attempt"
        clock.now += wait + chance.uniform(0, 0.005)  # whoever sleeps wakes up a little late
        pacing.start(INTERVAL)
        starts.append(clock.now)
    assert min(later - earlier for earlier, later in pairwise(starts)) > INTERVAL - 0.01


def test_a_scrape_a_tenth_too_early_waits_and_an_earlier_one_does_not(clock: Clock) -> None:
    pacing = Pacing()
    pacing.start(INTERVAL)
    clock.now += 0.9 * INTERVAL + 0.001
    assert pacing.wait(INTERVAL) == pytest.approx(0.1 * INTERVAL - 0.001)
    clock.now -= 0.002
    assert pacing.wait(INTERVAL) is None


def test_a_late_scrape_shifts_the_pace(clock: Clock) -> None:
    pacing = Pacing()
    pacing.start(INTERVAL)
    clock.now += INTERVAL + 1
    assert pacing.wait(INTERVAL) == 0
    pacing.start(INTERVAL)
    clock.now += INTERVAL - 1
    assert pacing.wait(INTERVAL) is None


@pytest.mark.parametrize(("asked_for", "seconds"), [(7.0, 7.0), (60.0, 60.0), (86_400.0, 60.0)])
def test_a_retry_after_is_heeded_for_a_minute_at_most(clock: Clock, asked_for: float, seconds: float) -> None:
    pacing = Pacing()
    pacing.start(INTERVAL)
    pacing.put_off(asked_for)
    clock.now += seconds - 0.001
    assert pacing.wait(INTERVAL) is None
    clock.now += 0.002
    assert pacing.wait(INTERVAL) == 0
