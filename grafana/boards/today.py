"""The board "Today": how the day went since midnight, per queue, account and hour, against a week ago."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana import measures as m
from grafana.board import TODAY, Placed, Section, account_choice, annotate, board, fill, queue_choice
from grafana.boards.live_queues import open_queue
from grafana.boards.today_calls import calls, lines
from grafana.palette import OUTCOME, QUIET
from grafana.panels import CLOCK, COUNT, SHARE, graph, limits
from grafana.promql import QUEUE, RANGE, SELECTED, Scope, total
from grafana.states import NOTHING
from grafana.tables import HOUR, Column, Key, grid, share
from grafana.tiles import blindness, today

S: Final = SELECTED
ESTIMATES: Final = (
    "Answered, unanswered and service level are estimates that make up for callers whom no answer "
    "showed; a share of fewer than ten callers is few calls."
)
QUEUE_KEYS: Final = (
    Key("account", "Account", width=110),
    Key("queue", "Queue", opens=("Queue detail", open_queue("Account"))),
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


def _level(scope: Scope, by: tuple[str, ...], window: str = RANGE) -> str:
    """The service level, or the code NOTHING where there were too few callers."""
    return f"{_level_of_enough(scope, by, window)} or 0 * {_counted(scope, by, window)} - {-NOTHING}"


def _level_of_enough(scope: Scope, by: tuple[str, ...], window: str) -> str:
    within = scope.increase("voicenter_queue_answered_within_target_total", QUEUE, window=window)
    return f"{total(within, *by)} / ({_counted(scope, by, window)} >= {m.FEWEST})"


def _counted(scope: Scope, by: tuple[str, ...], window: str) -> str:
    return total(scope.increase("voicenter_queue_service_level_calls_total", QUEUE, window=window), *by)


def _columns(by: tuple[str, ...], window: str = RANGE) -> list[Column]:
    return [
        Column("Answered", m.left(S, "answered", *by, window=window), decimals=0, width=92),
        Column("Unanswered", m.left(S, "unanswered", *by, window=window), decimals=0, width=106),
        share("Service", _level(S, by, window), 88),
        Column("Mean wait", m.speed_of_answer(S, *by, window=window), CLOCK, width=96),
        Column("90 % wait", m.wait_90(S, *by, window=window), CLOCK, width=96),
        Column("Longest", f"max by ({', '.join(by)}) ({_longest(window)})", CLOCK, width=90),
    ]


def _longest(window: str) -> str:
    return S.most("voicenter_queue_longest_wait_seconds", QUEUE, window=window)


def _against_last_week(by: tuple[str, ...]) -> list[Column]:
    return [
        Column(
            "Answered, last week", m.left(S.week_ago, "answered", *by, window=RANGE), decimals=0, width=142
        ),
        Column(
            "Unanswered, last week",
            m.left(S.week_ago, "unanswered", *by, window=RANGE),
            decimals=0,
            width=164,
        ),
        share("Service, last week", _level(S.week_ago, by), 134),
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
        sort=HOUR,
        hours=True,
    )


def _left_by_hour() -> timeseries.Panel:
    panel = graph(
        "Callers by hour",
        "Callers answered and left unanswered in the hour before each full hour, and the sum of both "
        "seven days before (dashed). Estimates that make up for callers whom no answer showed.",
        {
            **{name: m.left(S, name, window="1h") for name in ("answered", "unanswered")},
            "last week": " + ".join(
                m.left(S.week_ago, name, window="1h") for name in ("answered", "unanswered")
            ),
        },
        COUNT,
        style="bars",
        colours=OUTCOME,
    )
    return limits(panel.interval("1h"), {"last week": QUIET})


def _answered_by_hour() -> timeseries.Panel:
    compared = {"service level": S, "last week": S.week_ago}
    panel = graph(
        "Service level by hour",
        "Of the hour before each full hour, from ten callers on, and seven days before (dashed). An "
        "estimate that makes up for callers whom no answer showed.",
        {name: _level_of_enough(scope, (), "1h") for name, scope in compared.items()},
        SHARE,
        colours={"service level": OUTCOME["answered"]},
    )
    return limits(panel.max(1).interval("1h").no_value("few calls"), {"last week": QUIET})
