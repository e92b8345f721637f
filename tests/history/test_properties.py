"""What holds for any sequence of snapshots, however odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.history import QueueTotals
from tests.history.watch import At, Waiting, Watch

CALLS = ["", "a", "b", "c", "d"]
QUEUES = {"1": "Sales", "2": "Support"}
FAULTS = [(), (), (), (), ("extensions",), ("queues",), ("extensions", "queues"), "empty"]

callers = st.builds(
    Waiting,
    call=st.sampled_from(CALLS),
    waited=st.integers(0, 40),
    queue=st.sampled_from(sorted(QUEUES)),
    joined=st.one_of(st.just("then"), st.none(), st.integers(-4000, 4000)),
)
legs = st.builds(
    At,
    extension=st.sampled_from(["100", "101"]),
    call=st.sampled_from(CALLS),
    status=st.sampled_from(["Ringing", "Talking", "Hold", "Dialing", "odd"]),
    direction=st.sampled_from(["Incoming", "Outgoing", "odd"]),
    started=st.one_of(st.none(), st.integers(-100, 300)),
    answered=st.one_of(st.none(), st.integers(-100, 300)),
    original=st.one_of(st.none(), st.sampled_from(CALLS)),
)


@dataclass(frozen=True)
class Shown:
    """One round."""

    things: list[Waiting | At]
    fault: tuple[str, ...] | str
    after: float
    hidden_queues: set[str]


rounds = st.lists(
    st.builds(
        Shown,
        things=st.lists(callers | legs, max_size=8),
        fault=st.sampled_from(FAULTS),
        after=st.sampled_from([5.0, 5.0, 5.0, 5.0, 5.5, 60.0, 4000.0]),
        hidden_queues=st.sets(st.sampled_from(sorted(QUEUES)), max_size=1),
    ),
    max_size=12,
)
any_rounds = settings(max_examples=150, deadline=None, derandomize=True)(given(rounds))


@dataclass
class Ledger:
    """What a test knows of the rounds it fed: an account of its own."""

    at_start: Counter[str] = field(default_factory=Counter)
    """Callers per queue in the first usable answer."""
    now: Counter[str] = field(default_factory=Counter)
    """Callers per queue in the newest usable answer."""
    answers: int = 0
    totals: dict[str, QueueTotals] = field(default_factory=dict)

    def note(self, watch: Watch, shown: Shown) -> None:
        if "queues" not in shown.fault and shown.fault != "empty":
            waiting = {
                (each.queue, each.call)
                for each in shown.things
                if isinstance(each, Waiting) and each.call and each.queue not in shown.hidden_queues
            }
            self.now = Counter(queue for queue, _ in waiting)
            self.at_start = self.at_start if self.answers else self.now.copy()
            self.answers += 1
        for queue_id, totals in watch.totals.queues.items():
            if self.totals.get(queue_id) is not totals and queue_id in self.totals:
                del self.at_start[queue_id]  # it was forgotten and has begun anew
            self.totals[queue_id] = totals


def play(watch: Watch, shown: Shown) -> None:
    watch.queues = {
        queue_id: name for queue_id, name in QUEUES.items() if queue_id not in shown.hidden_queues
    }
    things = [each for each in shown.things if isinstance(each, At) or each.queue not in shown.hidden_queues]
    if shown.fault == "empty":
        watch.see(*things, after=shown.after, empty=True)
    else:
        watch.see(*things, after=shown.after, fails=tuple(shown.fault))


def after_each(sequence: list[Shown], check: Callable[[Watch, Ledger], None]) -> None:
    watch, ledger = Watch(), Ledger()
    for shown in sequence:
        play(watch, shown)
        ledger.note(watch, shown)
        check(watch, ledger)


@any_rounds
def test_joins_less_leaves_are_the_callers_now_less_those_at_the_start(sequence: list[Shown]) -> None:
    def check(watch: Watch, ledger: Ledger) -> None:
        for queue_id, queue in watch.totals.queues.items():
            left = sum(queue.leaves.values()) + watch.undecided(queue_id)
            assert queue.joins - left == ledger.now[queue_id] - ledger.at_start[queue_id]

    after_each(sequence, check)


@any_rounds
def test_counters_never_fall(sequence: list[Shown]) -> None:
    before: dict[Any, float] = {}

    def check(watch: Watch, ledger: Ledger) -> None:
        nonlocal before
        now = dict(numbers(watch))
        assert [key for key, value in before.items() if now.get(key, value) < value] == []
        before = now

    after_each(sequence, check)


@any_rounds
def test_a_histogram_counts_its_leaves(sequence: list[Shown]) -> None:
    def check(watch: Watch, ledger: Ledger) -> None:
        for queue in watch.totals.queues.values():
            for outcome, waits in queue.waits.items():
                assert waits.count == queue.leaves[outcome]
                assert waits.sum >= 0
            assert queue.answered_within_target <= queue.leaves["answered"]

    after_each(sequence, check)


@any_rounds
def test_no_call_is_counted_twice(sequence: list[Shown]) -> None:
    ids = {call for shown in sequence for call in [each.call for each in shown.things]}
    originals = {each.original for shown in sequence for each in shown.things if isinstance(each, At)}
    distinct = len((ids | originals) - {"", None})

    def check(watch: Watch, ledger: Ledger) -> None:
        totals = watch.totals
        if watch.now < 300:  # nobody has been forgotten yet
            for counted in (totals.calls_started, totals.calls_answered, totals.calls_ended):
                assert sum(counted.values()) <= distinct
            assert sum(talk.count for talk in totals.talk.values()) <= distinct

    after_each(sequence, check)


def numbers(watch: Watch) -> list[tuple[Any, float]]:
    """Every counter with what tells it from the others."""
    totals = watch.totals
    found: list[tuple[Any, float]] = [("rings", totals.rings_not_answered), ("gaps", totals.gaps)]
    for name in ("calls_started", "calls_answered", "calls_ended", "agent_seconds"):
        found += [((name, key), value) for key, value in getattr(totals, name).items()]
    found += [(("talk", direction), talk.sum) for direction, talk in totals.talk.items()]
    for queue in totals.queues.values():
        known_as = id(queue)
        found += [((known_as, "joins"), queue.joins), ((known_as, "within"), queue.answered_within_target)]
        found += [((known_as, outcome), number) for outcome, number in queue.leaves.items()]
        found += [((known_as, outcome, "sum"), waits.sum) for outcome, waits in queue.waits.items()]
    return found
