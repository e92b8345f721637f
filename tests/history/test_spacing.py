"""When the history has a gap: whatever scrapes, however many there are, and whoever clicks in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.history.spacing import Spacing

MIN_INTERVAL = 5.0


def spacing_of(moments: Sequence[float]) -> Spacing:
    spacing = Spacing(MIN_INTERVAL)
    for at in moments:
        spacing.begin(at)
    return spacing


def gaps(moments: Sequence[float]) -> list[float]:
    """When the answers, all good, have a gap before them."""
    spacing = Spacing(MIN_INTERVAL)
    found = []
    for before, at in pairwise([moments[0], *moments]):
        spacing.begin(at)
        if spacing.is_gap(at - before):
            found.append(at)
    return found


def attempts(scrapers: Sequence[tuple[float, float]], end: float) -> list[float]:
    """The attempts of scrapers (interval, phase): one that comes within min_interval shares the last one."""

    def scrapes() -> Iterator[float]:
        for interval, phase in scrapers:
            yield from (phase + number * interval for number in range(int(end / interval) + 1))

    moments: list[float] = []
    for at in sorted(at for at in scrapes() if at <= end):
        if not moments or at - moments[-1] >= MIN_INTERVAL:
            moments.append(at)
    return moments


SCRAPERS = st.lists(
    st.tuples(st.sampled_from([5.0, 10.0, 15.0, 30.0, 60.0]), st.floats(0, 60)), min_size=1, max_size=5
)


def test_the_interval_is_the_largest_earlier_spacing_and_at_least_min_interval() -> None:
    assert spacing_of([0]).interval == MIN_INTERVAL
    assert spacing_of([0, 1, 2, 3]).interval == MIN_INTERVAL
    assert spacing_of([0, 60, 65, 70, 160]).interval == 60


def test_three_scrapers_a_minute_have_one_gap_at_most_and_keep_the_rest() -> None:
    moments = [minute * 60.0 + second for minute in range(10) for second in (0, 5, 10)]
    assert len(gaps(moments)) <= 1


def test_clicks_on_the_debug_view_make_no_gap() -> None:
    clicks = [605.0, 610.0, 615.0, 620.0]
    moments = sorted([*(minute * 60.0 for minute in range(20)), *clicks])
    assert gaps(moments) == []


@given(SCRAPERS)
def test_scrapers_that_go_on_make_no_gap(scrapers: list[tuple[float, float]]) -> None:
    settled = 180.0  # each has come twice by then
    moments = attempts(scrapers, 1800.0)
    assert [at for at in gaps(moments) if at > settled] == []


@given(SCRAPERS, st.floats(3.2, 20))
def test_an_outage_is_a_gap_whoever_scrapes(scrapers: list[tuple[float, float]], length: float) -> None:
    """Nobody hides it: it is longer than three times the longest time between two scrapes."""
    before = attempts(scrapers, 1200.0)
    longest = max(min(interval for interval, _ in scrapers), MIN_INTERVAL) + MIN_INTERVAL
    back = before[-1] + length * longest
    assert back in gaps([*before, back])


@given(st.sampled_from([10.0, 15.0, 60.0]), st.sampled_from([10.0, 15.0, 60.0]))
def test_another_interval_is_usual_after_one_gap_at_most(first: float, then: float) -> None:
    before = [number * first for number in range(40)]
    after = [before[-1] + number * then for number in range(1, 40)]
    assert len(gaps([*before, *after])) <= 1


def gaps_while_somebody_looks(
    scrapes: Sequence[float], looks: Sequence[float], min_interval: float = MIN_INTERVAL
) -> list[float]:
    """When the answers, all good, have a gap before them; what comes within min_interval shares the last."""
    spacing, before, shared, found = Spacing(min_interval), None, True, []
    for at, viewed in sorted([*((at, False) for at in scrapes), *((at, True) for at in looks)]):
        if before is not None and at - before < min_interval:
            if not viewed and not shared:
                spacing.scraped(before)
                shared = True
            continue
        spacing.begin(at, viewed=viewed)
        if before is not None and spacing.is_gap(at - before):
            found.append(at)
        before, shared = at, not viewed
    return found


@given(st.sampled_from([15.0, 30.0, 60.0]), st.floats(0, 60), st.integers(1, 300), st.floats(5, 8))
def test_somebody_who_looks_and_leaves_makes_no_gap(
    interval: float, since: float, number: int, renewal: float
) -> None:
    scrapes = [each * interval for each in range(100)]
    looks = [2 * interval + since + each * renewal for each in range(number)]
    assert gaps_while_somebody_looks(scrapes, looks) == []


def test_an_outage_is_a_gap_though_somebody_looked_before() -> None:
    scrapes = [each * 15.0 for each in range(20)]
    looks = [30.0 + each * 5.0 for each in range(50)]
    assert gaps_while_somebody_looks([*scrapes, scrapes[-1] + 60.0], looks) == [scrapes[-1] + 60.0]


def test_who_only_looks_makes_no_gap_though_the_vendor_may_be_asked_more_often() -> None:
    looks = [each * 5.4 for each in range(100)]
    assert gaps_while_somebody_looks([], looks, min_interval=1.0) == []


@pytest.mark.parametrize("outage", [400.0, 3600.0, 86_400.0])
def test_after_an_outage_a_second_one_is_found_soon(outage: float) -> None:
    moments = [number * 10.0 for number in range(20)]
    moments += [moments[-1] + outage + number * 10.0 for number in range(20)]
    assert len(gaps([*moments, moments[-1] + 40.0])) == 2
