"""The board "Today": how the day went since midnight, per queue, account and hour, against a week ago."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana import measures as m
from grafana.board import TODAY, Placed, Section, account_choice, annotate, board, fill, queue_choice
from grafana.boards.live_queues import OPEN_QUEUE
from grafana.boards.today_calls import calls, lines
from grafana.palette import OUTCOME, QUIET, words
from grafana.panels import CLOCK, COUNT, SHARE, graph, limits
from grafana.promql import QUEUE, RANGE, SELECTED, Scope, total
from grafana.states import NOTHING
from grafana.tables import TEXT, Column, Key, grid
from grafana.tiles import blindness, today

S: Final = SELECTED
LAST_WEEK: Final = replace(S, offset=" offset 1w")
FEW: Final = words({NOTHING: ("few calls", QUIET)})
FEWEST: Final = 10
"""Callers from which on a share is shown."""
ESTIMATES: Final = (
    "Answered, unanswered and service level are estimates that make up for callers whom no answer "
    "showed; a share of fewer than ten callers is few calls."
)
QUEUE_KEYS: Final = (
    Key("account", "Account", width=110),
    Key("queue", "Queue", opens=("Queue detail", OPEN_QUEUE.replace("fields.account", "fields.Account"))),
    Key("queue_id"),
)


def build() -> Dashboard:
    """The board "Today"."""
    made = board(
        TODAY,
        "Today",
        "How the day went, from midnight in your time zone. Every table exports to CSV: its menu, "
        "Inspect, Data. Choose another day as the time shown to see how that one went.",
        since="now/d",
        refresh="1m",
    )
    made = made.with_variable(account_choice(several=True)).with_variable(queue_choice(several=True))
    sections = [
        Section("", [Placed(blindness(S), 24, 3), Placed(today(S), 6, 10), Placed(_accounts(), 18, 10)]),
        Section("Queues", [Placed(_queues(), 24, 11)]),
        Section(
            "By hour",
            [Placed(_left_by_hour(), 12, 9), Placed(_answered_by_hour(), 12, 9), Placed(_hours(), 24, 13)],
        ),
        Section("Lines", lines()),
        Section("Calls", calls()),
    ]
    return fill(annotate(made, S.account), sections)


def _left(scope: Scope, outcome: str, by: tuple[str, ...], window: str = RANGE) -> str:
    counter = scope.increase(
        "voicenter_queue_leaves_total", m.OUTCOMES, f'outcome="{outcome}"', window=window
    )
    return total(counter, *by)


def _level(scope: Scope, by: tuple[str, ...], window: str = RANGE) -> str:
    """The service level, or the code NOTHING where there were too few callers."""
    within, counted = (
        total(scope.increase(f"voicenter_queue_{name}_total", QUEUE, window=window), *by)
        for name in ("answered_within_target", "service_level_calls")
    )
    return f"{within} / ({counted} >= {FEWEST}) or 0 * {counted} - {-NOTHING}"


def _columns(by: tuple[str, ...], window: str = RANGE) -> list[Column]:
    return [
        Column("Answered", _left(S, "answered", by, window), decimals=0, width=92),
        Column("Unanswered", _left(S, "unanswered", by, window), decimals=0, width=106),
        _share("Service", _level(S, by, window), 88),
        Column("Mean wait", m.speed_of_answer(S, *by, window=window), CLOCK, width=96),
        Column("90 % wait", m.wait_90(S, *by, window=window), CLOCK, width=96),
        Column("Longest", f"max by ({', '.join(by)}) ({_longest(window)})", CLOCK, width=90),
    ]


def _longest(window: str) -> str:
    return S.most("voicenter_queue_longest_wait_seconds", QUEUE, window=window)


def _share(name: str, expression: str, width: int) -> Column:
    return Column(name, expression, SHARE, width, 0, mappings=FEW, cell=TEXT)


def _against_last_week(by: tuple[str, ...]) -> list[Column]:
    return [
        Column("Answered, last week", _left(LAST_WEEK, "answered", by), decimals=0, width=142),
        Column("Unanswered, last week", _left(LAST_WEEK, "unanswered", by), decimals=0, width=164),
        _share("Service, last week", _level(LAST_WEEK, by), 134),
    ]


def _accounts() -> table.Panel:
    by = ("account",)
    return grid(
        "Accounts today",
        "All chosen queues of each account, in the time shown; the same weekday last week to the same "
        f"hour. {ESTIMATES} Mean wait: of the answered. 90 % wait: what nine of ten callers did not "
        "exceed.",
        [Key("account", "Account")],
        [*_columns(by), *_against_last_week(by)],
        sort="Answered",
    )


def _queues() -> table.Panel:
    return grid(
        "Queues today",
        f"Each queue in the time shown, and the same weekday last week to the same hour. {ESTIMATES} Mean "
        "wait: of the answered. 90 % wait: what nine of ten callers did not exceed. A click opens the "
        "queue.",
        QUEUE_KEYS,
        [*_columns(QUEUE), *_against_last_week(QUEUE)],
        sort="Answered",
    )


def _hours() -> table.Panel:
    return grid(
        "Queues by hour",
        f"Each queue hour by hour: the hour that ends at the time shown first. {ESTIMATES} Mean wait: of "
        "the answered. 90 % wait: what nine of ten callers did not exceed.",
        QUEUE_KEYS,
        _columns(QUEUE, "1h"),
        sort="Hour until",
        hours=True,
    )


def _left_by_hour() -> timeseries.Panel:
    panel = graph(
        "Callers by hour",
        "Callers answered and left unanswered in the hour before each full hour, and the sum of both "
        "seven days before (dashed). Estimates that make up for callers whom no answer showed.",
        {
            **{name: _left(S, name, (), "1h") for name in ("answered", "unanswered")},
            "last week": " + ".join(_left(LAST_WEEK, name, (), "1h") for name in ("answered", "unanswered")),
        },
        COUNT,
        style="bars",
        colours=OUTCOME,
    )
    return limits(panel.interval("1h"), {"last week": QUIET})


def _answered_by_hour() -> timeseries.Panel:
    def level(scope: Scope) -> str:
        counted = total(scope.increase("voicenter_queue_service_level_calls_total", QUEUE, window="1h"))
        within = total(scope.increase("voicenter_queue_answered_within_target_total", QUEUE, window="1h"))
        return f"{within} / ({counted} >= {FEWEST})"

    panel = graph(
        "Service level by hour",
        "Of the hour before each full hour, from ten callers on, and seven days before (dashed). An "
        "estimate that makes up for callers whom no answer showed.",
        {"service level": level(S), "last week": level(LAST_WEEK)},
        SHARE,
        colours={"service level": OUTCOME["answered"]},
    )
    return limits(panel.max(1).interval("1h").no_value("few calls"), {"last week": QUIET})
