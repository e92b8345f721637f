"""Who serves a queue, and how long callers may wait there."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from exporter.metrics.catalogue import FAMILIES
from exporter.metrics.negotiation import Format
from exporter.metrics.view import View
from tests.metrics.views import PLAIN, rendered, totals, view
from tests.support import answers
from tests.support.answers import extension, leg, queue

RINGS = leg("Ringing", ivrid="1-0", answered=0, callAnswered=0)
STATED = PLAIN + "\ntargets: [{queues: [Sales], extensions: ['S*']}]"


def figures(shown: View, family: str) -> dict[tuple[str, ...], float]:
    """The samples of a family by the values of their labels, without the account."""
    page = rendered([shown], Format.TEXT)
    return {
        tuple(sample.labels[label] for label in FAMILIES[family].labels[1:]): sample.value
        for each in text_string_to_metric_families(page)
        for sample in each.samples
        if sample.name == family
    }


def learned(*rounds: tuple[bytes, bytes], config: str = PLAIN) -> View:
    """A page after these rounds, of the last one."""
    return view(*rounds[-1], config, totals=totals(*rounds))


def test_agents_of_a_queue_are_those_logged_in_who_rang_or_answered_for_it() -> None:
    waiting = answers.queues(queue(1, "Sales", 10), queue(2, "Support"))
    rings = answers.extensions(
        extension("S1", RINGS, person=1),
        extension("S2", RINGS, person=2),
        extension("S3", RINGS, person=3, status=3),
        extension("S4", RINGS, person=2),
        extension("S5", person=5),
    )
    agents = figures(learned((rings, waiting)), "voicenter_queue_agents")
    assert agents["1", "Sales", "ringing"] == 2  # S2 and S4 are one person, S3 is at lunch
    assert sum(agents.values()) == 2
    assert {queue_id for queue_id, _, _ in agents} == {"1"}


def test_nothing_is_said_of_a_queue_that_nobody_has_served_yet() -> None:
    idle = (answers.extensions(extension("S1")), answers.queues(queue(1, "Sales", 10)))
    assert figures(learned(idle), "voicenter_queue_agents") == {}
    assert figures(learned(idle), "voicenter_queue_agents_known_timestamp_seconds") == {}


def test_what_the_configuration_states_holds_with_and_without_history() -> None:
    waiting = answers.queues(queue(1, "Sales", 10))
    others = answers.extensions(extension("S1", person=1), extension("T1", RINGS, person=2))
    for shown in (view(others, waiting, STATED), learned((others, waiting), config=STATED)):
        agents = figures(shown, "voicenter_queue_agents")
        assert agents["1", "Sales", "idle"] == 1
        assert sum(agents.values()) == 1
        assert figures(shown, "voicenter_queue_agents_known_timestamp_seconds") == {("1", "Sales"): 0}


def test_the_estimates_of_a_wait_are_there_as_soon_as_something_is_known() -> None:
    idle = answers.extensions(extension("S1"))
    waiting = answers.queues(queue(1, "Sales", 10, 40))
    estimates = figures(learned((idle, waiting)), "voicenter_queue_estimated_wait_seconds")
    assert estimates == {("1", "Sales", "head"): 40}


def test_after_answers_there_are_all_three() -> None:
    idle, empty = answers.extensions(extension("S1")), answers.queues(queue(1, "Sales"))
    history = totals((idle, empty), (idle, answers.queues(queue(1, "Sales", 10))), *[(idle, empty)] * 3)
    for second in range(5):
        history.queues["1"].note_answer(12.5, history.newest_at + second / 10, 1.0)
    shown = view(idle, answers.queues(queue(1, "Sales", 30)), totals=history)
    estimates = figures(shown, "voicenter_queue_estimated_wait_seconds")
    assert estimates["1", "Sales", "last"] == 12.5
    assert estimates["1", "Sales", "head"] == 30
    assert 2 * 840 / 7 < estimates["1", "Sales", "rate"] < 2 * 900 / 5
