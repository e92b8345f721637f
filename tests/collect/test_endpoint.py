"""When an endpoint may be asked, over thousands of scrapes, by a clock that the test moves."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from exporter.api.failure import Failure
from exporter.collect import endpoint as module
from exporter.collect.endpoint import Endpoint
from tests.support.clock import Clock

INTERVAL = 5.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1000.0)
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_scrapes_at_min_interval_never_miss_an_attempt(clock: Clock) -> None:
    endpoint, chance, starts = Endpoint("queues"), random.Random(7), []
    for scrape in range(5000):
        clock.now = max(clock.now, 1000 + scrape * INTERVAL + chance.uniform(0, 0.05 * INTERVAL))
        wait = endpoint.wait(INTERVAL)
        assert wait is not None, f"scrape {scrape} got no attempt"
        clock.now += wait + chance.uniform(0, 0.005)  # whoever sleeps wakes up a little late
        endpoint.start(INTERVAL)
        starts.append(clock.now)
    assert min(later - earlier for earlier, later in pairwise(starts)) > INTERVAL - 0.01


def test_a_scrape_a_tenth_too_early_waits_and_an_earlier_one_does_not(clock: Clock) -> None:
    endpoint = Endpoint("queues")
    endpoint.start(INTERVAL)
    clock.now += 0.9 * INTERVAL + 0.001
    assert endpoint.wait(INTERVAL) == pytest.approx(0.1 * INTERVAL - 0.001)
    clock.now -= 0.002
    assert endpoint.wait(INTERVAL) is None


def test_a_late_scrape_shifts_the_pace(clock: Clock) -> None:
    endpoint = Endpoint("queues")
    endpoint.start(INTERVAL)
    clock.now += INTERVAL + 1
    assert endpoint.wait(INTERVAL) == 0
    endpoint.start(INTERVAL)
    clock.now += INTERVAL - 1
    assert endpoint.wait(INTERVAL) is None


@pytest.mark.parametrize(("asked_for", "seconds"), [(7.0, 7.0), (60.0, 60.0), (86_400.0, 60.0)])
def test_a_retry_after_is_heeded_for_a_minute_at_most(clock: Clock, asked_for: float, seconds: float) -> None:
    endpoint = Endpoint("queues")
    endpoint.start(INTERVAL)
    endpoint.end(None, Failure("http_error", "HTTP 503", retry_after=asked_for), {})
    clock.now += seconds - 0.001
    assert endpoint.wait(INTERVAL) is None
    clock.now += 0.002
    assert endpoint.is_due(INTERVAL)


def test_a_flight_or_a_thread_that_hangs_lets_nothing_new_start(clock: Clock) -> None:
    endpoint = Endpoint("queues")
    endpoint.hangs = True
    assert endpoint.wait(INTERVAL) is None
    endpoint.hangs = False
    assert endpoint.is_due(INTERVAL)
