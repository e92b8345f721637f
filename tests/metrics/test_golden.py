"""Whole pages as users see them. `GOLDEN_UPDATE=1 pytest tests/metrics` writes them anew, for `git diff`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from exporter.api.snapshot import Detail
from exporter.history.totals import Totals
from exporter.metrics.negotiation import Format
from exporter.metrics.view import View
from tests.metrics.views import PLAIN, rendered, totals, view
from tests.support import answers
from tests.support.answers import extension, leg, queue

GOLDEN = Path(__file__).parent.parent / "golden"

BUSY_EXTENSIONS = answers.extensions(
    extension("S1", leg(ivrid="a"), person=1),
    extension("S2", leg("Hold", "Outgoing", ivrid="b", callStarted=900), person=2),
    extension("S3", leg("Ringing", answered=0, callAnswered=0, ivrid="1-0"), person=3),
    extension("S4", leg("Dialing", "Click2Call", answered=0, callAnswered=0, ivrid="c"), person=4, status=5),
    extension("S5", leg(ivrid="d", recording={"IsMuted": 1}), leg("Talking", "Spy", ivrid="e"), person=5),
    extension("S6", person=0, status=2),
    extension("S7", person=5, status=3),
)
BUSY_QUEUES = answers.queues(queue(1, "Sales", 30, 75, 301), queue(2, "VIP", 20), queue(3, "Night"))
FILTERED = """
accounts:
  - name: main
    code: invented
    queues: {include: ["*"], exclude: ["Night", "2"]}
    extensions: {include: ["S[1-3]"]}
    statuses: {21: coaching}
queue_thresholds: [500ms, 60s]
targets:
  - {queues: ["Sales"], wait_limit: {warning: 60s, critical: null}, callers_limit: null, service_level: null}
"""
LINES = """
accounts:
  - name: main
    code: invented
    lines: {"0722776772": Sales line, "+972 72-277-6773": Sales line, "1800700700": 'שירות "24"'}
"""
DIALLED = answers.extensions(
    extension("S1", leg(ivrid="k", did="972722776772"), person=1),
    extension("S2", leg("Ringing", answered=0, callAnswered=0, ivrid="l", did="0722776773"), person=2),
    extension("S3", leg("Hold", ivrid="m", did="+972-99-999-9999"), leg(ivrid="n", did=""), person=3),
    extension("S4", leg("Talking", "Outgoing", ivrid="o", did="0722776772"), person=4),
    extension("S5", leg("Parked", ivrid="p", did=1800700700), leg(ivrid="q", did=None), person=5),
)
SHORT = (
    PLAIN + "\ntargets: [{queues: [Sales], short_abandon: 15s, service_level: {counts: [answered, short]}}]"
)
PER_EXTENSION = PLAIN + "\ncollectors: {extensions: {enabled: true, max: 2}}"
WITH_NAMES = PLAIN + "\ncollectors: {extensions: {enabled: true, names: true}}"
ODD_NAMES = answers.queues(
    queue('id "1"', 'line\nbreak \\ "quoted" <b>', 5), queue("שתיים", "\u2028\x00é", 7)
)


def after_some_rounds() -> View:
    """A caller is answered after 15 s, another one leaves, one waits on."""
    nobody = answers.extensions(extension("S1"))
    talking = answers.extensions(
        extension("S1", leg(ivrid="1-0", callStarted=1010, callAnswered=1015), person=1)
    )
    before, gone = answers.queues(queue(1, "Sales")), answers.queues(queue(1, "Sales"))
    waiting = answers.queues(queue(1, "Sales", 10, 10))
    rounds = [
        (nobody, before),
        (nobody, waiting),
        (talking, gone),
        (talking, gone),
        (talking, gone),
        (nobody, gone),
    ]
    return view(nobody, gone, SHORT, totals=totals(*rounds, *[(nobody, gone)] * 2, config=SHORT))


def after_two_answers() -> Totals:
    """All dialled calls begin with the second one."""
    return totals((BUSY_EXTENSIONS, BUSY_QUEUES), (DIALLED, BUSY_QUEUES), config=LINES)


PAGES: dict[str, Callable[[], Sequence[View]]] = {
    "documented": lambda: [view(answers.EXTENSIONS, answers.QUEUES)],
    "busy": lambda: [view(BUSY_EXTENSIONS, BUSY_QUEUES)],
    "filtered": lambda: [view(BUSY_EXTENSIONS, BUSY_QUEUES, FILTERED)],
    "per_extension": lambda: [view(BUSY_EXTENSIONS, BUSY_QUEUES, PER_EXTENSION)],
    "lines": lambda: [view(DIALLED, BUSY_QUEUES, LINES, totals=after_two_answers())],
    "with_names": lambda: [
        view(answers.extensions(extension("S1", representative="Ada Invented")), BUSY_QUEUES, WITH_NAMES)
    ],
    "odd_names": lambda: [view(BUSY_EXTENSIONS, ODD_NAMES)],
    "queues_only": lambda: [view(None, BUSY_QUEUES)],
    "vendor_down": lambda: [view(None, None)],
    "no_queues": lambda: [view(BUSY_EXTENSIONS, answers.queues())],
    "two_accounts": lambda: [
        view(BUSY_EXTENSIONS, BUSY_QUEUES),
        view(None, answers.QUEUES, "accounts: [{name: second, code: invented}]"),
    ],
    "history": lambda: [after_some_rounds()],
}


IN_BOTH_FORMATS = ("busy", "history")
"""The lines of samples are the same in both formats, so that two pages of OpenMetrics are enough to read."""


@pytest.mark.parametrize(
    "file", [*(f"{name}.prom" for name in PAGES), *(f"{name}.om" for name in IN_BOTH_FORMATS)]
)
def test_page(file: str) -> None:
    name, _, ending = file.partition(".")
    shown = rendered(PAGES[name](), Format.TEXT if ending == "prom" else Format.OPENMETRICS)
    golden = GOLDEN / file
    if os.environ.get("GOLDEN_UPDATE"):
        golden.write_text(shown, encoding="utf-8", newline="")
    assert shown == golden.read_bytes().decode()


def test_counts_of_before_a_reload_are_shown_until_the_next_attempt_reads_more() -> None:
    pages = [
        rendered(
            [
                view(
                    BUSY_EXTENSIONS,
                    BUSY_QUEUES,
                    f"{PLAIN}\ncollectors: {{{collectors}}}",
                    detail=Detail.COUNTS,
                )
            ]
        )
        for collectors in ("history: false", "history: false, extensions: {enabled: true}")
    ]
    assert pages[0] == pages[1]
