"""Who serves a queue: extensions that ring or answer for its callers."""

from __future__ import annotations

import pytest

from exporter.history import serving
from tests.history.watch import EPOCH, At, Waiting, Watch, ringing, talking


def served(watch: Watch) -> dict[str, set[str]]:
    return {extension: set(queues) for extension, queues in watch.totals.serves.items()}


def test_an_extension_that_rings_for_a_waiting_caller_serves_the_queue() -> None:
    watch = Watch(interval=5)
    watch.see()
    watch.see(Waiting("a", 3), ringing("a", "100"), ringing("a", "101"))
    assert served(watch) == {"100": {"1"}, "101": {"1"}}
    assert watch.totals.served_since == {"1": EPOCH + 5}


def test_so_does_one_that_answers_who_has_left_the_queue() -> None:
    watch = Watch()
    watch.see(Waiting("a", 3, queue="2"))
    watch.see(talking("a", answered=4))
    assert served(watch) == {"100": {"2"}}


@pytest.mark.parametrize(
    "leg", [talking("b", answered=4), At("100", "a", "Dialing", direction="Outgoing"), talking("a-transfer")]
)
def test_another_call_an_outgoing_one_or_another_id_teaches_nothing(leg: At) -> None:
    watch = Watch()
    watch.see(Waiting("a", 3))
    watch.see(leg)
    assert served(watch) == {}


def test_who_talks_on_after_the_next_answer_is_not_looked_at_again() -> None:
    watch = Watch()
    watch.see(Waiting("a", 3))
    watch.see()
    watch.see()
    watch.see(talking("a", answered=4))  # it came from a voice menu, say: nobody knows from which queue
    assert served(watch) == {}


def test_a_pair_is_forgotten_after_the_time_that_is_configured() -> None:
    watch = Watch(interval=5, serves_for=3600)
    watch.see(Waiting("a", 3), ringing("a", "100"))
    watch.see(Waiting("b", 3, queue="2"), ringing("b", "100"), after=3000)
    watch.see(after=900)
    assert served(watch) == {"100": {"2"}}
    assert set(watch.totals.served_since) == {"2"}
    watch.see(after=3600)
    assert served(watch) == {}
    assert watch.totals.served_since == {}


def test_an_extension_remembers_so_many_queues_the_newest_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_QUEUES", 2)
    monkeypatch.setattr(serving, "MOST_EXTENSIONS", 2)
    watch = Watch(queues={"1": "A", "2": "B", "3": "C"})
    for queue in ("1", "2", "1", "3"):
        watch.see(Waiting(f"call {watch.now}", 3, queue=queue), ringing(f"call {watch.now}", "100"))
    assert served(watch) == {"100": {"1", "3"}}
    watch.see(Waiting("x", 3), ringing("x", "101"), ringing("x", "102"))
    assert served(watch).keys() == {"101", "102"}
