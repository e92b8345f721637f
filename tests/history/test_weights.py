"""What a stay that was seen stands for: itself, and the stays like it that no answer showed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, inf, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.history.weights import ONCE, Weight, of_known, of_unknown, unseen, unseen_seconds
from tests.history.watch import Waiting, Watch, talking

seconds = st.floats(0, 120)
intervals = st.floats(1, 60)


def test_a_stay_of_known_length_counts_as_often_as_it_is_missed() -> None:
    assert of_known(2, 0, 10) == Weight(5.0)
    assert of_known(10, 3, 10) == of_known(25, 3, 10) == ONCE
    assert of_known(0, 0, 10) == Weight(10.0), "below a second like one second"
    assert of_known(2, 4, 10) == Weight(2.5), "it waited for at least its age"


def test_a_stay_that_ended_unseen_counts_by_its_age() -> None:
    assert of_unknown(5, 10).total == pytest.approx(log(2) + 0.5)
    assert of_unknown(0, 10).total == of_unknown(exp(-1.5), 10).total
    assert of_unknown(10, 10) == of_unknown(40, 10) == ONCE


@given(seconds, seconds, intervals)
def test_no_leave_counts_for_more_than_an_interval_of_seconds(
    age: float, wait: float, interval: float
) -> None:
    assert 1 <= of_known(wait, age, interval).total <= max(1.0, interval)
    assert 1 <= of_unknown(max(age, 1.0), interval).total <= max(1.0, log(interval) + 1.6)


@given(seconds, intervals, st.lists(seconds, min_size=1))
def test_the_unseen_lie_between_the_age_and_the_interval(
    age: float, interval: float, limits: list[float]
) -> None:
    weight, wait = of_unknown(age, interval), age + interval / 2
    shares = [weight.share_within(limit, wait) for limit in (*sorted(limits), inf)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(weight.total)
    assert weight.share_within(min(weight.unseen_from, wait) - 1e-6, wait) == 0


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9, 1.0, 1.3, 1.7, 2.0, 3.0])
def test_the_expected_weight_is_what_theory_says(share: float) -> None:
    """Of a stay of `share` intervals that ended at an untold moment, seen at any phase."""
    interval, steps = 10.0, 20_000
    found = 0.0
    for step in range(steps):
        age = share * interval - (step + 0.5) / steps * interval  # when the last answer showed it
        if age > 0:
            found += of_unknown(age, interval).total / steps
    assert found == pytest.approx(expected_weight(share), rel=0.01)


def expected_weight(share: float) -> float:
    """By theory, of a stay of `share` intervals, seen or not; 1 would be no bias."""
    if share <= 1:
        return share * (1 - log(share)) + share**2 / 2
    if share < 2:
        beyond = share - 1
        return 1.5 + (beyond * log(beyond) if beyond else 0.0) - beyond**2 / 2
    return 1.0


Draw = Callable[[Random], float]
DISTRIBUTIONS: Mapping[str, tuple[Draw, float]] = {
    "exponential, 6 s": (lambda random: random.expovariate(1 / 6), -0.09),
    "exponential, 20 s": (lambda random: random.expovariate(1 / 20), -0.02),
    "exponential, 60 s": (lambda random: random.expovariate(1 / 60), 0.0),
    "gamma, 20 s": (lambda random: random.gammavariate(3, 20 / 3), 0.02),
    "lognormal": (lambda random: random.lognormvariate(3, 0.5), 0.01),
    "all equal, 12 s": (lambda _: 12.0, 0.0),
}
PHASES = {"exact": 0.0, "jittered": 1.0}


@pytest.mark.parametrize("jitter", PHASES.values(), ids=PHASES)
@pytest.mark.parametrize(("draw", "bias"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_the_estimate_has_the_bias_that_theory_leaves(draw: Draw, bias: float, jitter: float) -> None:
    """Unanswered callers at 5 s; the answers march in step, or do not."""
    random, number, total = Random(7), 20_000, 0.0
    for _ in range(number):
        stay, interval = draw(random), 5.0 + random.uniform(-jitter, jitter)
        age = stay - random.uniform(0, interval)
        age = age % interval if 0 < age < interval else age
        if age > 0:
            total += of_unknown(age, interval).total
    assert total / number - 1 == pytest.approx(bias, abs=0.03)


@given(st.floats(0, 40), st.floats(1, 60), st.floats(0.5, 40))
def test_a_weight_is_parted_at_a_length_without_a_rest(age: float, interval: float, limit: float) -> None:
    weight, wait = of_unknown(age, interval), age + interval / 2
    short, late = weight.split(limit, wait)
    assert short.weight.total + late.weight.total == pytest.approx(weight.total)
    assert short.weight.total >= 0 <= late.weight.total
    age = age or exp(-1.5)
    assert short.weight.total == pytest.approx(_short(age, interval, limit, wait), abs=1e-9)


def _short(age: float, interval: float, limit: float, wait: float) -> float:
    """The part of a leave's weight that waited for at most `limit`, as theory has it."""
    if age >= interval:  # it stands for itself alone
        return float(wait <= limit)
    if limit <= age:
        return 0.0
    beyond = min(max(limit - interval, 0.0), age) / interval
    return log(min(limit, interval) / age) + beyond


@pytest.mark.parametrize("draw", [each for each, _ in DISTRIBUTIONS.values()], ids=DISTRIBUTIONS)
def test_irregular_intervals_leave_the_bias_of_each_of_them(draw: Draw) -> None:
    """A stay ends in a long interval more often than in a short one."""
    random, number, total, expected = Random(7), 20_000, 0.0, 0.0
    spacings = [2.0, 5.0, 8.0, 14.0]
    for interval in random.choices(spacings, weights=spacings, k=number):
        stay = draw(random)
        age = stay - random.uniform(0, interval)
        total += of_unknown(age, interval).total if age > 0 else 0.0
        expected += expected_weight(stay / interval)
    assert total / number == pytest.approx(expected / number, abs=0.03)


def test_of_callers_who_are_answered_at_once_most_stay_unseen() -> None:
    """Half of them within 0.3 s: a third of all is missing, and the service level is ten points too low."""
    random, number, interval = Random(7), 100_000, 5.0
    total = within = truly_within = 0.0
    for _ in range(number):
        wait = 0.3 if random.random() < 0.5 else random.expovariate(1 / 20)
        truly_within += wait <= 20
        if random.random() < wait / interval:
            weight = of_known(wait, 0.0, interval)
            total += weight.total
            within += weight.share_within(20, wait)
    assert total / number - 1 == pytest.approx(-0.36, abs=0.02)
    assert within / total - truly_within / number == pytest.approx(-0.096, abs=0.01)


def test_unseen_stays_are_integrated_over_their_lengths() -> None:
    assert unseen(2, 2, 10) == 0
    assert unseen(2, 5, 10) + unseen(5, 10, 10) == pytest.approx(unseen(2, 10, 10))
    assert unseen_seconds(2, 10, 10) == pytest.approx(64 / 20)
    assert unseen_seconds(2, 5, 10) + unseen_seconds(5, 10, 10) == pytest.approx(64 / 20)


def test_joins_and_leaves_grow_by_the_same_and_agree_with_who_waits() -> None:
    watch = Watch(weighs=True)
    watch.see(Waiting("old", 3))
    watch.see(Waiting("quick", 2), Waiting("stays", 1))
    watch.see(Waiting("stays", 6), talking("quick", answered=7))
    watch.see(Waiting("stays", 11), talking("quick", answered=7))
    queue = watch.queue()
    left = sum(queue.leaves.values())
    assert left > sum(queue.leaves_seen.values()) == 2
    assert queue.leaves["unanswered"] == 1, "of the first answer: no join, and once"
    # Joins are counted from the first answer on: old has none.
    assert queue.joins - (left - 1) == pytest.approx(1 + watch.undecided())
    assert sum(queue.leaves_variance.values()) > 0


def test_a_leg_that_rang_unseen_and_hides_its_answer_is_an_answer() -> None:
    """Its callStarted is the ring: the caller waited for longer, so it cannot be the answer."""
    watch = Watch()
    watch.see()
    hidden = talking("a", started=1)
    watch.see(Waiting("a", waited=5, joined=1), hidden)
    watch.see(hidden)
    watch.see(hidden)
    watch.see()
    watch.see()
    assert watch.leaves() == {"answered": 1}


def test_who_hangs_up_early_is_short_where_that_is_configured() -> None:
    watch = Watch(interval=10, weighs=True, short=5.0)
    watch.see()
    watch.see(Waiting("early", 2))
    watch.see()
    watch.see()
    queue = watch.queue()
    assert queue.leaves["short"] == pytest.approx(log(5 / 2))
    assert queue.leaves["unanswered"] == pytest.approx(of_unknown(2, 10).total - log(5 / 2))
    assert queue.waits["short"].count == pytest.approx(queue.leaves["short"])
    assert queue.waits["short"].sum <= 5 * queue.leaves["short"]
    assert watch.leaves() == {"unanswered": 1}, "the middle of what is left open lies after 5 s"
    assert queue.joins == pytest.approx(sum(queue.leaves.values()))


def test_short_begins_and_ends_with_the_configuration() -> None:
    watch = Watch(interval=10)
    watch.see()
    assert "short" not in watch.queue().leaves
    watch.short = 5.0
    watch.history.reconfigure(watch.settings())
    assert watch.queue().leaves["short"] == watch.queue().waits["short"].count == 0
    watch.short = None
    watch.history.reconfigure(watch.settings())
    watch.see(Waiting("early", 0))
    watch.see()
    watch.see()
    assert watch.leaves() == {"unanswered": 1}


@pytest.mark.parametrize(
    ("counts", "calls"), [({"answered", "unanswered"}, 1), ({"answered"}, 0), ({"answered", "short"}, 0)]
)
def test_the_service_level_counts_the_outcomes_that_it_is_to_count(counts: set[str], calls: int) -> None:
    watch = Watch(interval=10, counts=frozenset(counts))
    watch.see()
    for waited in (5, 15):
        watch.see(Waiting("a", waited))
    watch.see()
    watch.see()
    assert watch.leaves() == {"unanswered": 1}
    assert watch.queue().service_level_calls == calls
