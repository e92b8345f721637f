"""What the boards measure, each once: per queue or per account, replicas of the exporter collapsed."""

from __future__ import annotations

from typing import Final

from grafana.panels import Format
from grafana.promql import QUEUE, SERVED, WINDOW, Scope, first_true, ratio, total
from grafana.states import NOTHING, missing

OUTCOMES: Final = (*QUEUE, "outcome")
SERVED_OUTCOMES: Final = ("answered", "unanswered")
WAITS: Final = "voicenter_queue_wait_seconds"
AGENTS: Final = ("account", "status", "activity")

# States of a queue, the most pressing first.
NO_DATA, LONG_WAIT, FULL, WAITING, UNANSWERED, BELOW_TARGET, FINE, FEW = 7, 6, 5, 4, 3, 2, 1, 0

FEWEST: Final = 10
"""Callers from which on a ratio is judged, as in the alerts."""
ENOUGH: Final = f"{FEWEST} / 900"
"""The same in callers a second over 15 minutes."""


def callers(scope: Scope) -> str:
    """Callers waiting, per queue."""
    return scope.now("voicenter_queue_callers", QUEUE)


def longest_wait(scope: Scope) -> str:
    """The longest wait of a caller waiting now, per queue."""
    return scope.now("voicenter_queue_longest_wait_seconds", QUEUE)


def wait_limit(scope: Scope, severity: str) -> str:
    """The configured limit of a caller's wait, per queue."""
    return scope.any("voicenter_queue_wait_limit_seconds", QUEUE, f'severity="{severity}"')


def callers_limit(scope: Scope) -> str:
    """The configured limit of callers waiting, per queue."""
    return scope.any("voicenter_queue_callers_limit", QUEUE)


def target_ratio(scope: Scope) -> str:
    """The service level that is wanted, per queue."""
    return scope.any("voicenter_queue_service_level_target_ratio", QUEUE)


def served(scope: Scope, window: str = WINDOW) -> str:
    """Callers a second who were answered or left unanswered, per queue."""
    return total(scope.rate("voicenter_queue_leaves_total", OUTCOMES, SERVED, window=window), *QUEUE)


def counted(scope: Scope, window: str = WINDOW) -> str:
    """Callers a second whom the service level counts, per queue: what it is a share of."""
    return scope.rate("voicenter_queue_service_level_calls_total", QUEUE, window=window)


def within_target(scope: Scope, window: str = WINDOW) -> str:
    """Callers a second who were answered within their queue's target, per queue."""
    return scope.rate("voicenter_queue_answered_within_target_total", QUEUE, window=window)


def service_level(scope: Scope) -> str:
    """The share of callers answered within the queue's target, per queue."""
    return ratio(within_target(scope), counted(scope))


def service_level_overall(scope: Scope) -> str:
    """The share of all callers answered within the target of the queue that they were in."""
    return ratio(total(within_target(scope)), total(counted(scope)))


def service_level_band(scope: Scope) -> str:
    """How far the service level of all queues together may be off in 19 of 20 cases, by the recording rules.

    Half the width of Wilson's interval with z = 2, which is not 0 where all callers were answered in time.
    """
    of_queue = scope.any("voicenter:queue_service_level:stderr15m", QUEUE)
    variance = total(f"({counted(scope)} * {of_queue}) ^ 2")
    return f"2 * sqrt({variance} + 1 / 900 ^ 2) / ({total(counted(scope))} + 4 / 900)"


def service_level_lines(scope: Scope) -> dict[str, str]:
    """The service level with its band and its target for a graph; apart, where too few calls judge it."""
    level, band = service_level_overall(scope), service_level_band(scope)
    return {
        "service level": enough_overall(level, scope),
        "few calls": few_calls_overall(level, scope),
        "at least": enough_overall(f"clamp_min({level} - {band}, 0)", scope),
        "at most": enough_overall(f"clamp_max({level} + {band}, 1)", scope),
        "target": target_overall(scope),
    }


def target_overall(scope: Scope) -> str:
    """The queues' targets, weighted by the callers that each had: what the overall level should be."""
    return ratio(total(f"{counted(scope)} * {target_ratio(scope)}"), total(counted(scope)))


def enough(expression: str, scope: Scope) -> str:
    """The expression for queues that had enough callers in the last 15 minutes."""
    return f"{expression} and {counted(scope)} >= {ENOUGH}"


def few_overall(scope: Scope) -> str:
    """Holds if all queues together had too few callers in the last 15 minutes to judge a share."""
    return few_calls_overall("vector(0)", scope)


def few_calls_overall(expression: str, scope: Scope) -> str:
    """The expression if all queues together had too few callers to judge it."""
    return f"{expression} unless on () {total(counted(scope))} >= {ENOUGH}"


def enough_overall(expression: str, scope: Scope) -> str:
    """The expression if all queues together had enough callers in the last 15 minutes."""
    return f"{expression} and {total(counted(scope))} >= {ENOUGH}"


def left(scope: Scope, outcome: str, *by: str, window: str) -> str:
    """Callers who left with this outcome, over everything or per label set of `by`."""
    counter = "voicenter_queue_leaves_total"
    return total(scope.increase(counter, OUTCOMES, f'outcome="{outcome}"', window=window), *by)


def unanswered(scope: Scope, window: str = WINDOW) -> str:
    """Callers a second who left without a trace of an answer, per queue."""
    return scope.rate("voicenter_queue_leaves_total", OUTCOMES, 'outcome="unanswered"', window=window)


def unanswered_ratio(scope: Scope) -> str:
    """The share of callers who left without a trace of an answer, per queue."""
    return ratio(total(unanswered(scope), *QUEUE), served(scope))


def unanswered_overall(scope: Scope) -> str:
    """The share of all callers who left without a trace of an answer."""
    return ratio(total(unanswered(scope)), total(served(scope)))


def speed_of_answer(scope: Scope, *by: str, window: str = WINDOW) -> str:
    """The mean wait of answered callers, over everything or per label set of `by`."""
    return _mean(scope, WAITS, OUTCOMES, 'outcome="answered"', by=by, window=window)


def wait_90(scope: Scope, *by: str, window: str) -> str:
    """The wait that nine of ten callers did not exceed, per label set of `by`; nothing where nobody left.

    Of either kind of histogram: all exporters see the same waits, so their sum is as good as one of them.
    """
    native = scope.grown(WAITS, by, SERVED, window=window)
    classic = scope.grown(f"{WAITS}_bucket", (*by, "le"), SERVED, window=window)
    return f"(histogram_quantile(0.9, {native}) or histogram_quantile(0.9, {classic})) >= 0"


def talk_time(scope: Scope) -> str:
    """The mean time from answer to end of the calls that ended, per direction."""
    return _mean(scope, "voicenter_call_talk_seconds", ("account", "direction"), by=("direction",))


def ring_time(scope: Scope) -> str:
    """The mean time from ring to answer, per account."""
    return _mean(scope, "voicenter_ring_seconds", ("account",), by=("account",))


def menu_time(scope: Scope) -> str:
    """The mean time from the call's beginning to the queue, over all queues."""
    return _mean(scope, "voicenter_queue_menu_seconds", QUEUE)


def _mean(
    scope: Scope,
    histogram: str,
    labels: tuple[str, ...],
    *matchers: str,
    by: tuple[str, ...] = (),
    window: str = WINDOW,
) -> str:
    """What a histogram observed on average, over everything or per label set of `by`; it has `labels`."""
    observed = total(scope.rate_of("sum", histogram, labels, *matchers, window=window), *by)
    return ratio(observed, total(scope.rate_of("count", histogram, labels, *matchers, window=window), *by))


def wait_buckets(scope: Scope, outcome: str) -> dict[Format, str]:
    """Callers who left, by bucket of their wait, for a heatmap: classic buckets, and native ones.

    Grafana 10.0 wants native ones as a time series. Where it gets both, it draws the native ones.
    """
    left = f'outcome="{outcome}"'
    return {
        "heatmap": total(scope.increase(f"{WAITS}_bucket", (*OUTCOMES, "le"), left), "le"),
        "time_series": total(scope.native_increase(WAITS, OUTCOMES, left)),
    }


def agents(scope: Scope, *matchers: str) -> str:
    """Agents by account, status and activity."""
    return scope.now("voicenter_agents_by_activity", AGENTS, *matchers)


def free_agents(scope: Scope) -> str:
    """Agents logged in and in no call, per account."""
    return total(agents(scope, 'status="login"', 'activity="idle"'), "account")


def agents_logged_in(scope: Scope) -> str:
    """Agents in status login, whatever they do, per account."""
    return scope.now("voicenter_agents", ("account",), 'status="login"')


def occupancy(scope: Scope) -> str:
    """The share of logged-in time that agents spent in calls, per account."""
    name = "voicenter_agent_activity_seconds_total"
    login = 'status="login"'
    busy = scope.rate(name, AGENTS, login, 'activity!="idle"', window=WINDOW)
    return ratio(total(busy, "account"), total(scope.rate(name, AGENTS, login, window=WINDOW), "account"))


def data_age(scope: Scope) -> str:
    """Seconds since the last usable answer, per account: of the endpoint that is worse off."""
    newest = scope.any("voicenter_last_success_timestamp_seconds", ("account", "source"))
    return f"max by (account) (time() - {newest})"


def attempts(scope: Scope, window: str) -> str:
    """Attempts in the window, failed ones among them, by account and endpoint."""
    return scope.any_increase("voicenter_api_requests_total", ("account", "source"), window=window)


def failures(scope: Scope, window: str) -> str:
    """Failed attempts in the window, by account, endpoint and reason."""
    by = ("account", "source", "reason")
    return scope.any_increase("voicenter_api_failures_total", by, window=window)


def queues_known(scope: Scope) -> str:
    """Every queue that there was in the last hour, with its callers when it was last seen."""
    return scope.last("voicenter_queue_callers", QUEUE)


def queue_state(scope: Scope) -> str:
    """The state of each queue as a code, by the queue's own limits and target.

    The fraction is the longest wait as a share of the critical limit: it orders queues of the same state.
    """
    wait = longest_wait(scope)
    few = f"{callers(scope)} unless on ({', '.join(QUEUE)}) {counted(scope)} >= {ENOUGH}"
    state = first_true(
        QUEUE,
        {
            NO_DATA: f"{queues_known(scope)} and on (account) ({missing(scope, 'queues')})",
            LONG_WAIT: f"{wait} > {wait_limit(scope, 'critical')}",
            FULL: f"{callers(scope)} > {callers_limit(scope)}",
            WAITING: f"{wait} > {wait_limit(scope, 'warning')}",
            UNANSWERED: enough(f"({unanswered_ratio(scope)}) > 1 - {target_ratio(scope)}", scope),
            BELOW_TARGET: enough(f"({service_level(scope)}) < {target_ratio(scope)}", scope),
            FEW: few,
            FINE: callers(scope),
        },
    )
    urgency = (
        f"clamp_max(0.9 * {share_of_limit(scope)}, 0.9) or on ({', '.join(QUEUE)}) 0 * {queues_known(scope)}"
    )
    return f"({state}) + on ({', '.join(QUEUE)}) ({urgency})"


def share_of_limit(scope: Scope) -> str:
    """The longest wait as a share of the queue's critical limit."""
    return f"{longest_wait(scope)} / {wait_limit(scope, 'critical')}"


def few_calls(expression: str, scope: Scope) -> str:
    """The expression for queues that had enough callers; the code NOTHING for the others."""
    rest = f"0 * {callers(scope)} - {-NOTHING}"
    return f"{enough(expression, scope)} or on ({', '.join(QUEUE)}) {rest}"
