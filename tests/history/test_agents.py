"""Agent-seconds per status and activity."""

from __future__ import annotations

from tests.history.watch import Watch, dialing, talking

LOGIN_IDLE = ("login", "idle")


def test_agent_seconds_go_to_the_state_at_the_earlier_of_two_snapshots() -> None:
    watch = Watch()
    watch.see(talking("a", "100", answered=-1), dialing("b", "101"))
    assert watch.totals.agent_seconds == {}
    watch.see(after=7)
    assert watch.totals.agent_seconds == {("login", "talking"): 7, ("login", "dialing"): 7, LOGIN_IDLE: 7}
    watch.see(after=4)
    assert watch.totals.agent_seconds == {("login", "talking"): 7, ("login", "dialing"): 7, LOGIN_IDLE: 11}


def test_every_agent_counts() -> None:
    watch = Watch(idle={"100": 1, "101": 1, "102": 3, "103": 99})
    watch.see()
    watch.see()
    assert watch.totals.agent_seconds == {LOGIN_IDLE: 10, ("lunch", "idle"): 5, ("unknown", "idle"): 5}


def test_a_failed_answer_or_two_are_bridged() -> None:
    watch = Watch()
    for _ in range(5):
        watch.see()
    watch.see(fails=("extensions",))
    watch.see(empty=True)
    watch.see()
    assert watch.totals.agent_seconds == {LOGIN_IDLE: 35}


def test_no_agent_seconds_across_a_gap() -> None:
    watch = Watch()
    for _ in range(5):
        watch.see()
    for _ in range(3):
        watch.see(fails=("extensions",))
    watch.see()
    assert watch.totals.agent_seconds == {LOGIN_IDLE: 20}
    watch.see()
    assert watch.totals.agent_seconds == {LOGIN_IDLE: 25}
