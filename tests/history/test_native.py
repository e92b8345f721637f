"""Native buckets hold a distribution well enough, whatever it is, and never more of them than allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.history.native import MOST_BUCKETS, NativeBuckets

SECONDS = st.floats(0, 20_000) | st.integers(0, 600).map(float)


def buckets(*seconds: float, weight: float = 1.0) -> NativeBuckets:
    """What holds these observations."""
    native = NativeBuckets()
    for each in seconds:
        native.add(each, weight)
    return native


def bounds(native: NativeBuckets) -> Mapping[int, tuple[float, float]]:
    """The lower and upper bound per index, as Prometheus defines them."""
    power = 2**native.schema
    return {index: (2 ** ((index - 1) / power), 2 ** (index / power)) for index in native.positive}


def quantile(native: NativeBuckets, share: float) -> float:
    """The value that this share of the observations does not exceed, as Prometheus interpolates it."""
    rank = share * (native.zero + sum(native.positive.values()))
    if rank <= native.zero:
        return rank / native.zero if native.zero else 0.0
    below = native.zero
    for index, weight in native.positive.items():
        if below + weight >= rank * (1 - 1e-12):
            low, high = bounds(native)[index]
            return float(low * (high / low) ** ((rank - below) / weight))
        below += weight
    raise AssertionError("a rank beyond the last bucket")


@given(st.lists(SECONDS, min_size=1, max_size=300))
def test_each_observation_lies_within_the_bounds_of_its_bucket(observed: list[float]) -> None:
    native = buckets(*observed)
    assert native.zero == sum(seconds <= 1 for seconds in observed)
    for index, (low, high) in bounds(native).items():
        inside = sum(low < seconds <= high for seconds in observed if seconds > 1)
        assert native.positive[index] == inside


@pytest.mark.parametrize("power", range(1, 15))
def test_a_power_of_two_is_the_upper_bound_of_its_bucket(power: int) -> None:
    assert list(buckets(2.0**power).positive) == [8 * power]


@given(st.lists(st.floats(1.001, 20_000), min_size=20, max_size=400), st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_quantiles_are_within_the_width_of_a_bucket(observed: list[float], share: float) -> None:
    rank = max(1, ceil(share * len(observed)))
    exact = sorted(observed)[rank - 1]
    assert quantile(buckets(*observed), share) == pytest.approx(exact, rel=2 ** (1 / 8) - 1)


DISTRIBUTIONS: Mapping[str, Callable[[Random], float]] = {
    "exponential": lambda random: 1 + random.expovariate(1 / 40),
    "gamma": lambda random: 1 + random.gammavariate(3, 15),
    "log-normal": lambda random: 1 + random.lognormvariate(3, 1),
    "uniform": lambda random: random.uniform(1, 300),
}
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


@given(st.sampled_from(sorted(DISTRIBUTIONS)), st.integers(0))
def test_quantiles_of_a_smooth_distribution_are_within_five_per_cent(name: str, seed: int) -> None:
    random = Random(seed)
    observed = sorted(DISTRIBUTIONS[name](random) for _ in range(2000))
    native = buckets(*observed)
    for share in SHARES:
        exact = observed[ceil(share * len(observed)) - 1]
        assert quantile(native, share) == pytest.approx(exact, rel=0.05)


@given(st.integers(0))
def test_quantiles_between_two_humps_are_within_the_width_of_a_bucket(seed: int) -> None:
    """Where few observations lie near the quantile, nothing finer than the bucket is known."""
    random = Random(seed)
    observed = sorted(1 + abs(random.gauss(random.choice((10, 200)), 5)) for _ in range(2000))
    native = buckets(*observed)
    for share in SHARES:
        exact = observed[ceil(share * len(observed)) - 1]
        assert quantile(native, share) == pytest.approx(exact, rel=2 ** (1 / 8) - 1)


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0.01, 30)), max_size=50))
def test_weights_are_kept_whole(observed: list[tuple[float, float]]) -> None:
    native = NativeBuckets()
    for seconds, weight in observed:
        native.add(seconds, weight)
    held = native.zero + sum(native.positive.values())
    assert held == pytest.approx(sum(weight for _, weight in observed))


def test_the_resolution_is_lowered_when_there_are_too_many_buckets() -> None:
    observed = [1.0001 * 2 ** (step / 8) for step in range(1000)]
    native = buckets(*observed)
    assert len(native.positive) <= MOST_BUCKETS
    assert native.schema == 0  # 125 powers of two
    assert sum(native.positive.values()) == 1000
    for index, (low, high) in bounds(native).items():
        assert native.positive[index] == sum(low < seconds <= high for seconds in observed)


def test_runs_are_the_buckets_in_order_without_gaps_in_them() -> None:
    native = buckets(2.0, 1.05, 1.1, 1.1, 1.0, 1000.0)
    assert list(native.runs()) == [(1, [1.0, 2.0]), (8, [1.0]), (80, [1.0])]
