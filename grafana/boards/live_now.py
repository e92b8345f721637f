"""The live board's numbers and tables: the present, with what needs action in colour."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.stat import Panel

from grafana import measures as m
from grafana.board import LIVE, QUEUE_DETAIL, Placed
from grafana.palette import ACT, GOOD, NONE, WATCH, falling, plain, rising, words
from grafana.panels import CLOCK, COUNT, SECONDS, SHARE, graph, number
from grafana.promql import QUEUE, SELECTED, graded, largest, ratio, total
from grafana.tables import Column, Key, grid
from grafana.tiles import longest_wait, service_level, waiting

S: Final = SELECTED
TIME_AND_SOURCE: Final = "${datasource:queryparam}&${__url_time_range}"
OPEN_QUEUE: Final = (
    f"/d/{QUEUE_DETAIL}?var-account=${{__data.fields.Account:percentencode}}"
    f"&var-queue=${{__data.fields.Queue:percentencode}}&{TIME_AND_SOURCE}"
)
OPEN_ACCOUNT: Final = f"/d/{LIVE}?var-account=${{__data.fields.Account:percentencode}}&{TIME_AND_SOURCE}"
QUEUE_KEYS: Final = [
    Key("account", "Account", width=74),
    Key("queue_id"),
    Key("queue", "Queue", opens=("Queue detail", OPEN_QUEUE)),
]
ACCOUNT_KEYS: Final = [Key("account", "Account", opens=("This account alone", OPEN_ACCOUNT))]
STATE: Final = words(
    {
        m.LONG_WAIT: ("long wait", ACT),
        m.FULL: ("too many", ACT),
        m.WAITING: ("waiting", WATCH),
        m.UNANSWERED: ("unanswered", WATCH),
        m.BELOW_TARGET: ("below target", WATCH),
        m.FINE: ("fine", GOOD),
    }
)
STATE_MEANS: Final = (
    "State, by the queue's own limits: long wait (red) is above the critical limit, too many (red) above "
    "the limit of callers, waiting (amber) above the warning limit; unanswered and below target (amber) "
    "are of the last 15 min, judged from ten callers on."
)


def now() -> list[Placed]:
    """Six numbers."""
    panels = [waiting(S), longest_wait(S), _available(), _on_call(), service_level(S), _age()]
    return [Placed(panel, 4, 6) for panel in panels]


def _available() -> Panel:
    waiting = f"{m.callers(S)} > 0"
    return number(
        "Available agents",
        "Agents in status login and in no call. Amber: callers wait in an account where none is; red: "
        "callers wait in an account where nobody is even logged in. By account: the vendor does not tell "
        "which queues an agent serves, so the choice of queues does not change the number.",
        graded(
            total(m.free_agents(S)),
            act=f"{waiting} and on (account) {m.agents_logged_in(S)} == 0",
            watch=f"{waiting} and on (account) {m.free_agents(S)} == 0",
        ),
        COUNT,
    )


def _on_call() -> Panel:
    return number(
        "On call",
        "Agents who talk or hold a call now, in whatever status. A person logged in at several extensions "
        "counts once.",
        total(m.agents(S, _TALKING)),
        COUNT,
        plain(),
    )


def _age() -> Panel:
    return number(
        "Age of the data",
        "Seconds since the last usable answer of Voicenter, of the account and source that is worst "
        "off. Amber from 2 minutes, red from 10, when the alert for stale data fires.",
        f"max({m.data_age(S)})",
        SECONDS,
        rising(120, 600),
    )


_TALKING: Final = 'activity=~"talking|hold"'


def queues() -> list[Placed]:
    """The table of queues, and who waited where."""
    over = S.now("voicenter_queue_callers_over_threshold", QUEUE, 'threshold_seconds="60"')
    joins = S.increase("voicenter_queue_joins_total", QUEUE, window="15m")
    waits = S.now("voicenter_queue_callers_wait_seconds", QUEUE)
    to_target = f"({m.service_level(S)}) - {m.target_ratio(S)}"
    columns = [
        Column("State", m.queue_state(S), width=108, mappings=STATE, align="center"),
        Column("Waiting", m.callers(S), width=72, decimals=0),
        Column("Longest", m.longest_wait(S), CLOCK, width=84),
        Column("Average", ratio(waits, m.callers(S)), CLOCK, width=84),
        Column("> 60 s", over, width=66, decimals=0, thresholds=rising(1, 5, NONE)),
        Column("Joins 15 m", joins, width=87, decimals=0),
        Column("Service", m.service_level(S), SHARE, width=76, decimals=0),
        Column("To target", m.enough(to_target, S), SHARE, 84, 0, falling(0, -0.1, NONE)),
        Column("Unanswered", m.unanswered_ratio(S), SHARE, 103, 0),
        Column("Avg. answer", m.speed_of_answer(S, *QUEUE), CLOCK, width=98),
        Column("Weight", S.any("voicenter_queue_weight", QUEUE), width=66, decimals=0),
    ]
    table = grid(
        "Queues",
        f"One row a queue; a click opens its details. {STATE_MEANS} Longest and average are of those "
        "waiting now. Joins, service level and its distance to the queue's target, unanswered and mean "
        "speed of answer are of the last 15 minutes; they are estimates that make up for callers whom "
        "no answer showed. Unanswered: left without a trace of an answer. To target "
        "is shown from ten callers on. Over 60 s needs 60s among the exporter's queue_thresholds.",
        QUEUE_KEYS,
        columns,
        sort="Longest",
    )
    waiting = graph(
        "Waiting by queue",
        "Callers waiting in each queue: the ten queues that had the most at one moment of the time shown. "
        "Exact at each answer of the vendor.",
        {"{{queue}} · {{account}}": largest(m.callers(S), *QUEUE)},
        COUNT,
        style="stack",
    ).no_value("nobody waited")
    return [Placed(table, 18, 11), Placed(waiting, 6, 11)]


def accounts() -> list[Placed]:
    """Where to look first among many accounts."""
    state = f"max by (account) ({m.queue_state(S)})"
    waits = grid(
        "Accounts by longest wait",
        "The ten accounts with the longest waiting caller now; a click shows that account alone. "
        f"{STATE_MEANS} Here it is that of the worst queue. Available: agents in status login and in no "
        "call.",
        ACCOUNT_KEYS,
        [
            Column("State", _top_of(state), width=120, mappings=STATE, align="center"),
            Column("Longest", f"topk(10, {_longest_by_account()})", CLOCK, width=110),
            Column("Waiting", _top_of(total(m.callers(S), "account")), width=90, decimals=0),
            Column("Available", _top_of(m.free_agents(S)), width=100, decimals=0),
        ],
        sort="Longest",
    )
    failing = f"topk(10, {total(m.failures(S, '1h'), 'account')})"
    attempts = total(m.attempts(S, "1h"), "account")
    faults = grid(
        "Accounts by failures",
        "The ten accounts with the most failed attempts in the last hour; a click shows that account "
        "alone. Failed and asked are extrapolated to the hour; age is that of the source that is worse "
        "off.",
        ACCOUNT_KEYS,
        [
            Column("Failed", failing, width=100, decimals=0, thresholds=rising(1, 60, NONE)),
            Column("Asked", f"({attempts}) and on (account) {failing}", width=100, decimals=0),
            Column(
                "Age",
                f"({m.data_age(S)}) and on (account) {failing}",
                SECONDS,
                110,
                0,
                rising(120, 600, NONE),
            ),
        ],
        sort="Failed",
    )
    return [Placed(waits, 13, 8), Placed(faults, 11, 8)]


def _longest_by_account() -> str:
    return f"max by (account) ({m.longest_wait(S)})"


def _top_of(expression: str) -> str:
    return f"({expression}) and on (account) topk(10, {_longest_by_account()})"
