"""The token bucket."""

from __future__ import annotations

from exporter.web.limits import TokenBucket


class Clock:
    """Seconds that pass when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_one_request_per_interval() -> None:
    clock = Clock()
    bucket = TokenBucket(2.0, 3, clock)
    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]
    clock.now += 1.9
    assert not bucket.take()
    clock.now += 0.2
    assert [bucket.take() for _ in range(2)] == [True, False]


def test_a_long_silence_saves_no_more_than_a_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(0.001, 2, clock)
    clock.now += 3600
    assert [bucket.take() for _ in range(3)] == [True, True, False]
