"""The exporter's board: what Voicenter's API gave, and how good it was."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table

from exporter.api.failure import REASONS
from grafana import measures as m
from grafana.board import Placed
from grafana.palette import ACT, ENDPOINT, GOOD, NONE, QUIET, REASON, rising, words
from grafana.panels import CLOCK, COUNT, PER_MINUTE, SECONDS, SHARE, across, graph
from grafana.promql import SELECTED, largest, seen, total
from grafana.tables import Column, Key, grid

S: Final = SELECTED
ENDPOINTS: Final = ("account", "source")
ANSWERED: Final = words({0: ("no", ACT), 1: ("yes", GOOD)})


def api() -> list[Placed]:
    """How often it was asked, and how that went."""
    by_reason = total(S.any_rate("voicenter_api_failures_total", (*ENDPOINTS, "reason")), "reason")
    attempts = graph(
        "Attempts per minute",
        "Attempts at Voicenter's API by source, failed ones among them.",
        {"{{source}}": f"60 * {total(S.any_rate('voicenter_api_requests_total', ENDPOINTS), 'source')}"},
        PER_MINUTE,
        colours=ENDPOINT,
    )
    failures = graph(
        "Failures per minute by reason",
        f"Failed attempts by reason: {', '.join(REASONS)}. Troubleshooting says what each asks of you.",
        {"all": f"60 * {total(by_reason)}", "{{reason}}": f"60 * ({seen(by_reason, 'reason')})"},
        PER_MINUTE,
        colours={"all": QUIET, **REASON},
    )
    durations = graph(
        "Duration of an attempt",
        "How long the newest attempt took, from its start to the decoded answer: the slowest and the mean "
        "of the chosen accounts.",
        {
            "slowest {{source}}": f"max by (source) ({_duration()})",
            "mean {{source}}": f"avg by (source) ({_duration()})",
        },
        SECONDS,
        colours={f"slowest {name}": colour for name, colour in ENDPOINT.items()},
    )
    age = graph(
        "Age of the data",
        "Seconds since the last usable answer, of the source that is worse off: the ten oldest "
        "accounts. Amber line 2 minutes, red 10: the alert for stale data.",
        {"{{account}}": largest(m.data_age(S), "account")},
        CLOCK,
    )
    graphs = [attempts, failures, durations, across(age, 120, 600)]
    return [*(Placed(panel, 6, 9) for panel in graphs), Placed(_accounts(), 24, 8)]


def _accounts() -> table.Panel:
    def now(metric: str) -> str:
        return S.any(metric, ("account",))

    return grid(
        "Accounts",
        "What each account gave at its last attempt: whether both endpoints answered; extensions, queues "
        "and distinct calls in the answers (an internal call counts once); the age of the older answer; "
        "failed attempts in the last hour, extrapolated to it. The accounts with most failures come first.",
        [Key("account", "Account")],
        [
            Column("Answered", now("voicenter_up"), width=120, mappings=ANSWERED, align="center"),
            Column("Failed, 1 h", total(m.failures(S, "1h"), "account"), width=120, decimals=0),
            Column("Age", m.data_age(S), CLOCK, width=120, decimals=0, thresholds=rising(120, 600, NONE)),
            Column("Extensions", now("voicenter_extensions"), width=120, decimals=0),
            Column("Queues", now("voicenter_queues"), width=120, decimals=0),
            Column("Calls", now("voicenter_distinct_calls"), width=120, decimals=0),
        ],
        sort="Failed, 1 h",
    )


def _duration() -> str:
    return S.any("voicenter_scrape_duration_seconds", ENDPOINTS)


def quality() -> list[Placed]:
    """What may make the numbers wrong."""
    fields = total(
        S.any_increase("voicenter_unknown_values_total", ("account", "field"), window="1h"), "field"
    )
    codes = total(S.any_increase("voicenter_unknown_status_total", ("account", "code"), window="1h"), "code")
    gaps = total(S.any_increase("voicenter_snapshot_gaps_total", ("account",), window="1h"), "account")
    offset = graph(
        "Clock offset",
        "The vendor's clock minus the exporter's, the ten accounts where it is largest. Whole hours are a "
        "time zone, a step of an hour is daylight saving. Learned from callers and new calls, to about "
        "one scrape interval.",
        {"{{account}}": largest(S.any("voicenter_clock_offset_seconds", ("account",)), "account")},
        SECONDS,
    )
    unknown = graph(
        "Unknown values, 1 h",
        "Values of the last hour that are neither documented nor configured, by field, and statuses by "
        "their code. A status of the tenant's own belongs into statuses of the exporter's configuration.",
        {"{{field}}": fields, "status {{code}}": codes},
        COUNT,
    )
    interrupted = graph(
        "Gaps in the history, 1 h",
        "How often in the last hour too many attempts failed in a row, so that what happened in between "
        "is unknown: the ten accounts with the most.",
        {"{{account}}": largest(gaps, "account")},
        COUNT,
    )
    repeated = total(
        S.any_increase("voicenter_api_repeated_answers_total", ENDPOINTS, window="1h"), "account"
    )
    again = graph(
        "Repeated answers, 1 h",
        "Answers of the last hour that repeated the one before, so that the history learned nothing from "
        "them: the ten accounts with the most. Two programs that use one code are the usual cause.",
        {"{{account}}": largest(repeated, "account")},
        COUNT,
    )
    observed = graph(
        "Time observed, 15 min",
        "The share of the time during which answers of the queues followed each other without a gap. What "
        "happens in the rest is in no total.",
        {"{{account}}": S.any_rate("voicenter_history_observed_seconds_total", ("account",), window="15m")},
        SHARE,
    ).max(1)
    muted = graph(
        "Muted recordings",
        "Answered call legs whose recording is muted now, as the vendor tells: the ten accounts with the "
        "most. Exact at each answer.",
        {"{{account}}": largest(S.now("voicenter_recordings_muted", ("account",)), "account")},
        COUNT,
    )
    return [Placed(panel, 8, 8) for panel in (offset, unknown, interrupted, again, observed, muted)]
