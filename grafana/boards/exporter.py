"""The board for whoever runs the exporter: does it ask, is it answered, what does it cost, what is wrong."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana import measures as m
from grafana import states
from grafana.board import EXPORTER, Placed, Section, account_choice, annotate, board, fill
from grafana.boards.exporter_api import api, quality
from grafana.palette import (
    ACT,
    GOOD,
    QUIET,
    WATCH,
    falling,
    plain,
    rising,
    steps,
    words,
)
from grafana.panels import BYTES, CLOCK, COUNT, SHARE, UNKNOWN, graph, number
from grafana.promql import SELECTED, total
from grafana.states import judged
from grafana.tables import Column, Key, grid

S: Final = SELECTED
OURS: Final = "and on (job, instance) voicenter_exporter_build_info"
FIRING: Final = 'ALERTS{alertname=~"Voicenter.+", alertstate="firing", account=~"$account|"}'
CRITICAL: Final = FIRING.replace("}", ', severity="critical"}')
SEVERITY: Final = {"critical": ACT, "warning": WATCH, "info": QUIET}
REFUSED: Final = "rate(voicenter_exporter_http_refused_total[$__rate_interval])"


def build() -> Dashboard:
    """The board "Exporter health"."""
    made = board(
        EXPORTER,
        "Exporter health",
        "The exporter itself: attempts, failures and their reasons, durations, memory and processor, "
        "configuration, alerts. Teal: nothing to do; amber: keep an eye on it; red: act.",
        since="now-6h",
        refresh="30s",
    )
    sections = [
        Section("Now", _now()),
        Section("Voicenter's API", api()),
        Section("Quality of the data", quality()),
        Section("Process", _process()),
        Section("Alerts", _alerts()),
    ]
    return fill(annotate(made.with_variable(account_choice(several=True)), S.account), sections)


def _now() -> list[Placed]:
    running = number(
        "Exporters",
        "Exporter processes that Prometheus scrapes now. Red: none.",
        "count(count by (job, instance) (voicenter_exporter_build_info)) or vector(0)",
        COUNT,
        steps((None, ACT), (1, GOOD)),
    )
    answered = number(
        "Accounts answered",
        "The share of the chosen accounts whose both endpoints gave a usable answer at the last attempt. "
        "Amber below all of them, red below 90 %.",
        f"avg({S.any('voicenter_up', ('account',))})",
        SHARE,
        falling(1, 0.9),
    )
    failed = number(
        "Failed attempts, 1 h",
        "The share of the attempts of the last hour that failed. Amber from 1 %, red from 10 %. Each "
        "attempt is counted once, when it ends.",
        f"({total(m.failures(S, '1h'))}) / ({total(m.attempts(S, '1h'))} > 0)",
        SHARE,
        rising(0.01, 0.1),
    )
    invalid = number(
        "Invalid accounts",
        "Account files of accounts_dir that could not be used. Red: any.",
        "max(voicenter_exporter_accounts_invalid)",
        COUNT,
        steps((None, GOOD), (1, ACT)),
    )
    reload = number(
        "Last reload",
        "Whether the configuration was good when it was last read, on every exporter. Red: one still runs "
        "with an older one.",
        "min(voicenter_exporter_config_last_reload_successful)",
        COUNT,
        plain(),
    ).mappings([UNKNOWN, *words({0: ("failed", ACT), 1: ("good", GOOD)})])
    firing = number(
        "Alerts firing",
        "Alerts of this project's rules that fire now, of any severity, for the chosen accounts or for "
        "none in particular. Amber: any; red: a critical one does. 0 too where the rules are not loaded.",
        judged(f"count({FIRING}) or vector(0)", S, conditions={states.ACT: CRITICAL, states.WATCH: FIRING}),
        COUNT,
    )
    return [Placed(panel, 4, 5) for panel in (running, answered, failed, invalid, reload, firing)]


def _process() -> list[Placed]:
    memory = graph(
        "Memory",
        "Resident memory of each exporter process.",
        {"{{instance}}": f"process_resident_memory_bytes {OURS}"},
        BYTES,
    )
    processor = graph(
        "Processor",
        "Processor time of each exporter process as a share of one core.",
        {"{{instance}}": f"rate(process_cpu_seconds_total[$__rate_interval]) {OURS}"},
        SHARE,
    )
    files = graph(
        "Open files",
        "File descriptors in use by each exporter process, connections included.",
        {"{{instance}}": f"process_open_fds {OURS}"},
        COUNT,
    )
    instances = grid(
        "Processes",
        "Each exporter process: accounts that it carries, time since it started and since a good "
        "configuration was last read.",
        [Key("instance", "Instance"), Key("job")],
        [
            Column("Accounts", "max by (job, instance) (voicenter_exporter_accounts)", decimals=0, width=120),
            Column("Up for", _since(f"process_start_time_seconds {OURS}"), CLOCK, width=120, decimals=0),
            Column(
                "Reload",
                _since("voicenter_exporter_config_last_reload_success_timestamp_seconds"),
                CLOCK,
                width=120,
                decimals=0,
            ),
        ],
        sort="Up for",
    )
    connections = graph(
        "Connections of clients",
        "Connections that clients have open at each exporter process, TLS handshakes included.",
        {"{{instance}}": "max by (instance) (voicenter_exporter_http_connections)"},
        COUNT,
    )
    refused = graph(
        "Clients refused",
        "Connections and requests per minute that each exporter refused or cut off, by reason.",
        {"{{reason}}": f"60 * sum by (reason) ({REFUSED})"},
        COUNT,
        style="stack",
    )
    graphs = [Placed(panel, 8, 8) for panel in (memory, processor, files)]
    clients = [Placed(connections, 8, 8), Placed(refused, 16, 8)]
    return [*graphs, *clients, Placed(instances, 24, 6)]


def _since(timestamp: str) -> str:
    return f"time() - max by (job, instance) ({timestamp})"


def _alerts() -> list[Placed]:
    over_time = graph(
        "Alerts firing by severity",
        "Alerts of this project's rules that fire, for the chosen accounts or for none in particular. "
        "Nothing where none fires, or where the rules are not loaded.",
        {"{{severity}}": f"count by (severity) ({FIRING})"},
        COUNT,
        style="stack",
        colours=SEVERITY,
    ).no_value("no alert fires")
    names = ("alertname", "severity", "account", "queue")
    table = grid(
        "Alerts firing now",
        "Which alerts fire, the oldest first. Nothing where none fires, or where the rules are not loaded.",
        [
            Key("alertname", "Alert"),
            Key("severity", "Severity", width=100, mappings=words({k: (k, v) for k, v in SEVERITY.items()})),
            Key("account", "Account", width=110),
            Key("queue", "Queue", width=160),
        ],
        [
            Column("For", f"time() - {_alert_start(names)}", CLOCK, width=110, decimals=0),
            Column("Number", f"count by ({', '.join(names)}) ({FIRING})", decimals=0, width=90),
        ],
        sort="For",
    ).no_value("no alert fires")
    return [Placed(over_time, 10, 9), Placed(table, 14, 9)]


def _alert_start(names: tuple[str, ...]) -> str:
    state = FIRING.replace("ALERTS", "ALERTS_FOR_STATE").replace(' alertstate="firing",', "")
    return f"min by ({', '.join(names)}) ({state} and ignoring (alertstate) {FIRING})"
