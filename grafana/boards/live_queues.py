"""The live board's table of queues, the most urgent first."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table

from grafana import measures as m
from grafana.board import QUEUE_DETAIL
from grafana.palette import ACT, GOOD, UNJUDGED, WATCH, ranges, rising
from grafana.panels import CLOCK, SHARE
from grafana.promql import QUEUE, RANGE, SELECTED, ratio, total
from grafana.states import recent
from grafana.tables import BAR, Column, Key, grid, share

S: Final = SELECTED
TIME_AND_SOURCE: Final = "${datasource:queryparam}&${__url_time_range}"


def open_queue(account: str) -> str:
    """The address of a row's queue; `account` is the name of the field that holds its account."""
    return (
        f"/d/{QUEUE_DETAIL}?var-account=${{__data.fields.{account}:percentencode}}"
        f"&var-queue=${{__data.fields.Queue:percentencode}}&{TIME_AND_SOURCE}"
    )


STATE: Final = ranges(
    {
        m.NO_DATA: ("✕ NO DATA", ACT),
        m.LONG_WAIT: ("▲ long wait", ACT),
        m.FULL: ("▲ too many", ACT),
        m.WAITING: ("● waiting", WATCH),
        m.UNANSWERED: ("● unanswered", WATCH),
        m.BELOW_TARGET: ("● below target", WATCH),
        m.FINE: ("✓ ok", GOOD),
        m.FEW: ("· few calls", UNJUDGED),
    }
)


def queues() -> table.Panel:
    """One row a queue. The account stands there only where there are several."""
    known = f"and on ({', '.join(QUEUE)}) {m.queues_known(S)}"
    accounts = f"0 * {recent(S)}"
    several = f'label_replace({accounts}, "shown", "$1", "account", "(.+)") and on () (count({accounts}) > 1)'
    state = f"({m.queue_state(S)}) + on (account) group_left (shown) ({several} or on (account) {accounts})"
    free = total(S.now("voicenter_queue_agents", (*QUEUE, "activity"), 'activity="idle"'), *QUEUE)
    expected = S.now("voicenter_queue_estimated_wait_seconds", QUEUE, 'method="head"')
    calls = total(S.increase("voicenter_queue_leaves_total", m.OUTCOMES, window=RANGE), *QUEUE)
    level = ratio(m.within_target(S, RANGE), m.counted(S, RANGE))
    columns = [
        Column("State", state, width=120, mappings=STATE, align="center", leads=True),
        Column("Waiting", m.callers(S), width=72, decimals=0),
        Column("Longest", m.longest_wait(S), CLOCK, width=78),
        Column("Of limit", m.share_of_limit(S), SHARE, 90, 0, rising(0.5, 1, UNJUDGED), cell=BAR),
        share("Service", m.few_calls(m.service_level(S), S), 76),
        share("Unansw.", m.few_calls(m.unanswered_ratio(S), S), 76),
        Column("Today", f"({calls}) {known}", width=66, decimals=0),
        share("Today %", f"({level}) {known}", 76),
        Column("Est. wait", expected, CLOCK, width=80),
        Column(
            "Free", f"{free} and on ({', '.join(QUEUE)}) voicenter:queue_agents:known", width=56, decimals=0
        ),
    ]
    return (
        grid(
            "Queues, the most urgent first",
            "By state, then by the longest wait as a share of the queue's critical limit; a click opens "
            "the queue. NO DATA: its account is missing. Long wait: above the critical limit. Too many: "
            "above the limit of callers. Waiting: above the warning limit. Unanswered and below target: "
            "of the last 15 min. Service and unanswered are of the last 15 min and judged from ten "
            "callers on: fewer are few calls. Today: callers who left since midnight in your time zone; "
            "Today %: their service level. Estimated wait: of a caller who joins now. Free: agents who "
            "serve the queue, once four hours and 20 calls have taught who they are, or where the "
            "configuration says so; it needs the recording rules.",
            [
                Key("shown", "Account", width=84),
                Key("queue", "Queue", least=130, opens=("Queue detail", open_queue("account"))),
                Key("account"),
                Key("queue_id"),
            ],
            columns,
            sort="State",
        )
        .time_from("now/d")
        .hide_time_override(True)
    )
