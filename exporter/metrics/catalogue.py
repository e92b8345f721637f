"""Every metric family once, in the order of a page: name, type, labels, and exactly what is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["gauge", "counter", "histogram"]

ACCOUNT: Final = ("account",)
QUEUE: Final = ("account", "queue_id", "queue")
STATE: Final = ("account", "status", "direction")


@dataclass(frozen=True, slots=True, eq=False)  # there is one of each; to hash all fields costs at every use
class Family:
    """One metric family. `section` groups the documentation; `help` names the vendor's field behind it."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    section: str = ""


def _gauge(name: str, labels: tuple[str, ...], text: str) -> Family:
    return Family(name, "gauge", labels, text)


def _counter(name: str, labels: tuple[str, ...], text: str) -> Family:
    return Family(name, "counter", labels, text)


def _histogram(name: str, labels: tuple[str, ...], text: str) -> Family:
    return Family(name, "histogram", labels, text)


def _section(title: str, *families: Family) -> Iterable[Family]:
    return (replace(family, section=title) for family in families)


SNAPSHOT: Final = "From one snapshot"
HISTORY: Final = "From successive snapshots"
EXTENSIONS: Final = "Per extension"
EXPORTER: Final = "The exporter about itself"

CATALOGUE: Final[tuple[Family, ...]] = (
    *_section(
        SNAPSHOT,
        _gauge(
            "voicenter_up",
            ACCOUNT,
            "Whether both endpoints gave a usable answer: the minimum of voicenter_scrape_success.",
        ),
        _gauge(
            "voicenter_agents",
            (*ACCOUNT, "status"),
            "Agents per status (onlineUserStatus). A person logged in at several extensions counts once; "
            "an extension with nobody logged in counts with the status that it shows.",
        ),
        _gauge(
            "voicenter_agents_by_activity",
            (*ACCOUNT, "status", "activity"),
            "The agents of voicenter_agents by what they are doing over all their calls (callstatus), "
            "the first that applies of talking, hold, dialing, ringing, idle.",
        ),
        _gauge("voicenter_calls", STATE, "Call legs at extensions by callstatus and direction."),
        _gauge(
            "voicenter_distinct_calls",
            ACCOUNT,
            "Distinct call ids (ivrid, CallID) over extensions and queues; an internal call counts once.",
        ),
        _gauge(
            "voicenter_recordings_muted",
            ACCOUNT,
            "Answered call legs whose recording is muted now (recording.IsMuted).",
        ),
        _gauge("voicenter_extensions", ACCOUNT, "Extensions in the answer (EXTENSIONS)."),
        _gauge(
            "voicenter_line_calls",
            (*ACCOUNT, "line", "status"),
            "Incoming call legs by the line that the caller dialled (did) and by callstatus, where numbers "
            "have names in the configuration; other: numbers without a name, none: legs without a number.",
        ),
        _gauge("voicenter_queues", ACCOUNT, "Queues in the answer (QUEUES)."),
        _gauge("voicenter_queue_callers", QUEUE, "Callers waiting in the queue (Callers)."),
        _gauge(
            "voicenter_queue_longest_wait_seconds",
            QUEUE,
            "The longest wait so far of a caller waiting now (Duration), 0 when nobody waits.",
        ),
        _gauge(
            "voicenter_queue_callers_wait_seconds",
            QUEUE,
            "Sum of the waits so far of the callers waiting now (Duration).",
        ),
        _gauge(
            "voicenter_queue_callers_over_threshold",
            (*QUEUE, "threshold_seconds"),
            "Callers waiting now for at least the threshold (Duration).",
        ),
        _gauge("voicenter_queue_weight", QUEUE, "The weight configured for the queue (Weight)."),
        _gauge(
            "voicenter_queue_wait_limit_seconds",
            (*QUEUE, "severity"),
            "The limit configured here for one caller's wait in the queue.",
        ),
        _gauge(
            "voicenter_queue_callers_limit",
            QUEUE,
            "The limit configured here for callers waiting in the queue.",
        ),
        _gauge(
            "voicenter_queue_service_level_target_seconds",
            QUEUE,
            "The wait within which a call of the queue should be answered, as configured here.",
        ),
        _gauge(
            "voicenter_queue_service_level_target_ratio",
            QUEUE,
            "The share of the queue's calls that should be answered within the target, as configured here.",
        ),
        _gauge(
            "voicenter_longest_call_seconds",
            STATE,
            "Age of the oldest call leg in the state (callStarted, by the vendor's clock), 0 without legs.",
        ),
    ),
    *_section(
        HISTORY,
        _counter(
            "voicenter_queue_joins_total",
            QUEUE,
            "Callers that joined the queue, an estimate with those that no snapshot showed; "
            "those of the first snapshot after a start do not count.",
        ),
        _counter(
            "voicenter_queue_leaves_total",
            (*QUEUE, "outcome"),
            "Callers that left the queue, an estimate with those that no snapshot showed: answered, "
            "unanswered (no trace of an answer), transferred (seen in another queue), unknown (a gap); "
            "short (unanswered after at most targets[].short_abandon, where that is configured).",
        ),
        _counter(
            "voicenter_queue_leaves_seen_total",
            (*QUEUE, "outcome"),
            "Callers that snapshots showed and that left the queue: the count behind the estimate.",
        ),
        _counter(
            "voicenter_queue_leaves_variance_total",
            (*QUEUE, "outcome"),
            "Variance that voicenter_queue_leaves_total has from what no snapshot showed.",
        ),
        _counter(
            "voicenter_queue_answered_within_target_total",
            QUEUE,
            "Answered callers whose wait was at most the queue's service-level target, an estimate likewise.",
        ),
        _counter(
            "voicenter_queue_answered_within_target_variance_total",
            QUEUE,
            "Variance that voicenter_queue_answered_within_target_total has from what no snapshot showed.",
        ),
        _counter(
            "voicenter_queue_service_level_calls_total",
            QUEUE,
            "Callers whose outcome the queue's service level counts (service_level.counts), "
            "an estimate likewise: what voicenter_queue_answered_within_target_total is a share of.",
        ),
        _counter(
            "voicenter_queue_service_level_calls_variance_total",
            QUEUE,
            "Variance that voicenter_queue_service_level_calls_total has from what no snapshot showed.",
        ),
        _counter(
            "voicenter_queue_waiting_seconds_total",
            QUEUE,
            "Callers waiting times seconds, right at any interval: its rate is the mean number waiting.",
        ),
        _histogram(
            "voicenter_queue_wait_seconds",
            (*QUEUE, "outcome"),
            "Wait of callers that left, an estimate with those that no snapshot showed: answered is "
            "callAnswered - JoinTime, unanswered the middle of what the snapshots leave open.",
        ),
        _histogram(
            "voicenter_queue_menu_seconds",
            QUEUE,
            "From the beginning of a call, by the date and time in its id, to JoinTime, an estimate; "
            "nothing where ids do not begin so.",
        ),
        _gauge(
            "voicenter_queue_agents",
            (*QUEUE, "activity"),
            "Agents in status login at extensions that serve the queue, by what they are doing: extensions "
            "that rang or answered for its callers lately, or those that the configuration names.",
        ),
        _gauge(
            "voicenter_queue_agents_known_timestamp_seconds",
            QUEUE,
            "When the first extension that serves the queue was learned, Unix time; "
            "0 where the configuration names them.",
        ),
        _gauge(
            "voicenter_queue_estimated_wait_seconds",
            (*QUEUE, "method"),
            "Estimate of the wait of a caller who joins now. last: the wait of the newest answered caller; "
            "head: the longest wait of callers who wait now; rate: callers waiting and one more, divided by "
            "answers per second of the last 15 minutes, absent with fewer than 5.",
        ),
        _counter(
            "voicenter_calls_started_total",
            (*ACCOUNT, "direction"),
            "Distinct call ids first seen, by the direction of the first leg; "
            "a transfer is not a second call.",
        ),
        _counter(
            "voicenter_calls_answered_total",
            (*ACCOUNT, "direction"),
            "Distinct call ids first seen answered at an extension.",
        ),
        _counter(
            "voicenter_calls_ended_total",
            (*ACCOUNT, "direction"),
            "Distinct call ids that are gone from extensions and queues.",
        ),
        _histogram(
            "voicenter_call_talk_seconds",
            (*ACCOUNT, "direction"),
            "From callAnswered to the disappearance of the call, hold included, once per call.",
        ),
        _counter(
            "voicenter_line_calls_started_total",
            (*ACCOUNT, "line"),
            "Incoming calls of voicenter_calls_started_total by the line of voicenter_line_calls.",
        ),
        _counter(
            "voicenter_ring_no_answer_total",
            ACCOUNT,
            "Incoming legs that rang at an extension without an answer there: an estimate that makes up for "
            "short rings. Where a call rings several agents at once, all but one count.",
        ),
        _histogram(
            "voicenter_ring_seconds",
            ACCOUNT,
            "From the ring of an incoming leg to its answer (callAnswered - callStarted), once per leg; "
            "without callAnswered, up to the middle of the two snapshots.",
        ),
        _counter(
            "voicenter_call_hold_seconds_total",
            (*ACCOUNT, "direction"),
            "Leg-seconds on hold (callstatus Hold).",
        ),
        _counter(
            "voicenter_call_holds_total",
            (*ACCOUNT, "direction"),
            "Holds that snapshots show. One that is shorter than the time between two of them may be missed.",
        ),
        _counter(
            "voicenter_agent_activity_seconds_total",
            (*ACCOUNT, "status", "activity"),
            "Agent-seconds spent in each state of voicenter_agents_by_activity.",
        ),
        _counter(
            "voicenter_history_observed_seconds_total",
            ACCOUNT,
            "Seconds during which snapshots of the queues followed each other without a gap.",
        ),
    ),
    *_section(
        EXTENSIONS,
        _gauge(
            "voicenter_extension_info",
            (*ACCOUNT, "extension", "extension_id"),
            "1 for each extension (username, extensionID); "
            "with the label agent (representative) if configured.",
        ),
        _gauge(
            "voicenter_extension_status",
            (*ACCOUNT, "extension", "status"),
            "1 for the status that the extension shows now (onlineUserStatus).",
        ),
        _gauge(
            "voicenter_extension_activity",
            (*ACCOUNT, "extension", "activity"),
            "1 for what is done at the extension now (callstatus).",
        ),
        _gauge(
            "voicenter_extension_calls",
            (*ACCOUNT, "extension"),
            "Call legs at the extension (calls).",
        ),
        _gauge(
            "voicenter_extension_status_since_timestamp_seconds",
            (*ACCOUNT, "extension"),
            "When the extension took its status, the middle of the two snapshots between which it changed; "
            "when it was first seen, if it has not changed since. Unix time.",
        ),
        _gauge(
            "voicenter_extension_activity_since_timestamp_seconds",
            (*ACCOUNT, "extension"),
            "Likewise, when the extension began what is done there now.",
        ),
        _counter(
            "voicenter_extension_calls_answered_total",
            (*ACCOUNT, "extension", "direction"),
            "Calls first seen answered at the extension.",
        ),
        _counter(
            "voicenter_extension_rings_not_answered_total",
            (*ACCOUNT, "extension"),
            "Incoming legs that rang at the extension without an answer there: an estimate, too.",
        ),
        _counter(
            "voicenter_extension_talk_seconds_total",
            (*ACCOUNT, "extension", "direction"),
            "Leg-seconds talked at the extension (callstatus Talking), without hold.",
        ),
        _counter(
            "voicenter_extension_activity_seconds_total",
            (*ACCOUNT, "extension", "status", "activity"),
            "Seconds that the extension was in each status and activity. What never occurred is absent.",
        ),
        _gauge(
            "voicenter_extensions_dropped",
            ACCOUNT,
            "Extensions left out of the families per extension by collectors.extensions.max.",
        ),
    ),
    *_section(
        EXPORTER,
        _gauge(
            "voicenter_scrape_success",
            (*ACCOUNT, "source"),
            "Whether the source's newest attempt gave a usable answer in time for this page.",
        ),
        _gauge(
            "voicenter_scrape_duration_seconds",
            (*ACCOUNT, "source"),
            "How long the source's newest ended attempt took, from its start to the decoded answer.",
        ),
        _gauge(
            "voicenter_last_success_timestamp_seconds",
            (*ACCOUNT, "source"),
            "When the source's last usable answer arrived, Unix time.",
        ),
        _counter("voicenter_api_requests_total", (*ACCOUNT, "source"), "Attempts made at the source."),
        _counter(
            "voicenter_api_failures_total",
            (*ACCOUNT, "source", "reason"),
            "Attempts at the source that failed, by reason.",
        ),
        _counter(
            "voicenter_api_repeated_answers_total",
            (*ACCOUNT, "source"),
            "Answers that repeated the one before and were no new data for the history; "
            "only waits tell, so only the queues have such.",
        ),
        _counter(
            "voicenter_unknown_values_total",
            (*ACCOUNT, "field"),
            "Values the vendor sent that are neither documented nor configured, "
            "per snapshot they were in; label: a label value cut to 128 characters.",
        ),
        _counter(
            "voicenter_unknown_status_total",
            (*ACCOUNT, "code"),
            "Agents with a status that has no name, per snapshot they were in, by the vendor's code; "
            "other: what comes after 16 codes.",
        ),
        _gauge(
            "voicenter_clock_offset_seconds",
            ACCOUNT,
            "The vendor's clock minus this machine's, "
            "once learned from JoinTime + Duration or from new calls.",
        ),
        _counter(
            "voicenter_snapshot_gaps_total",
            ACCOUNT,
            "Times that the history of snapshots was interrupted.",
        ),
        _gauge(
            "voicenter_exporter_build_info",
            ("version", "revision", "python_version"),
            "1, with the versions, and the commit that was built.",
        ),
        _gauge(
            "voicenter_exporter_config_last_reload_successful",
            (),
            "Whether the configuration was good when it was last read.",
        ),
        _gauge(
            "voicenter_exporter_config_last_reload_success_timestamp_seconds",
            (),
            "When a good configuration was last read, Unix time.",
        ),
        _gauge("voicenter_exporter_accounts", (), "Accounts that this exporter carries."),
        _gauge(
            "voicenter_exporter_accounts_invalid",
            (),
            "Account files of accounts_dir that could not be used.",
        ),
        _gauge("voicenter_exporter_http_connections", (), "Connections that clients have open."),
        _counter(
            "voicenter_exporter_http_refused_total",
            ("reason",),
            "Connections and requests of clients that were refused or cut off: "
            "evicted, full, handshake, slow, login, busy (503) or rate (429).",
        ),
    ),
)

FAMILIES: Final[dict[str, Family]] = {family.name: family for family in CATALOGUE}
