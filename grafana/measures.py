"""What the boards measure, each once: per queue or per account, replicas of the exporter collapsed."""

from __future__ import annotations

from typing import Final

from grafana.panels import Format
from grafana.promql import QUEUE, SERVED, WINDOW, Scope, first_true, ratio, total

OUTCOMES: Final = (*QUEUE, "outcome")
WAITS: Final = "voicenter_queue_wait_seconds"
AGENTS: Final = ("account", "status", "activity")

# States of a queue, the most pressing first.
LONG_WAIT, FULL, WAITING, UNANSWERED, BELOW_TARGET, FINE = 5, 4, 3, 2, 1, 0

ENOUGH: Final = "10 / 900"
"""Callers a second over 15 minutes from which on a ratio is judged, as in the alerts: ten callers."""


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
    """Twice the standard error of the service level of one queue, by the recording rule."""
    return f"2 * max({scope.any('voicenter:queue_service_level:stderr15m', QUEUE)})"


def target_overall(scope: Scope) -> str:
    """The queues' targets, weighted by the callers that each had: what the overall level should be."""
    return ratio(total(f"{counted(scope)} * {target_ratio(scope)}"), total(counted(scope)))


def enough(expression: str, scope: Scope) -> str:
    """The expression for queues that had enough callers in the last 15 minutes."""
    return f"{expression} and {counted(scope)} >= {ENOUGH}"


def enough_overall(expression: str, scope: Scope) -> str:
    """The expression if all queues together had enough callers in the last 15 minutes."""
    return f"{expression} and {total(counted(scope))} >= {ENOUGH}"


def unanswered(scope: Scope, window: str = WINDOW) -> str:
    """Callers a second who left without a trace of an answer, per queue."""
    return scope.rate("voicenter_queue_leaves_total", OUTCOMES, 'outcome="unanswered"', window=window)


def unanswered_ratio(scope: Scope) -> str:
    """The share of callers who left without a trace of an answer, per queue."""
    return ratio(total(unanswered(scope), *QUEUE), served(scope))


def unanswered_overall(scope: Scope) -> str:
    """The share of all callers who left without a trace of an answer."""
    return ratio(total(unanswered(scope)), total(served(scope)))


def speed_of_answer(scope: Scope, *by: str) -> str:
    """The mean wait of those who were answered, over everything or per label set of `by`."""
    return _mean(scope, WAITS, OUTCOMES, 'outcome="answered"', by=by)


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
    scope: Scope, histogram: str, labels: tuple[str, ...], *matchers: str, by: tuple[str, ...] = ()
) -> str:
    """What a histogram observed on average, over everything or per label set of `by`; it has `labels`."""
    observed = total(scope.rate_of("sum", histogram, labels, *matchers), *by)
    return ratio(observed, total(scope.rate_of("count", histogram, labels, *matchers), *by))


def wait_90_of_slowest(scope: Scope) -> str:
    """The wait that nine of ten callers of a queue did not exceed, of the queue where it is longest.

    By the recording rule, which reads either kind of histogram: a sum of both over queues does not exist.
    """
    return f"max({scope.any('voicenter:queue_wait_seconds:p90_15m', QUEUE)})"


def wait_buckets(scope: Scope) -> dict[Format, str]:
    """Callers who left, by bucket of their wait, for a heatmap: classic buckets, and native ones.

    Grafana 10.0 wants native ones as a time series. Where it gets both, it draws the native ones.
    """
    return {
        "heatmap": total(scope.increase(f"{WAITS}_bucket", (*OUTCOMES, "le")), "le"),
        "time_series": total(scope.native_increase(WAITS, OUTCOMES)),
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


def queue_state(scope: Scope) -> str:
    """The state of each queue as a code, by the queue's own limits and target."""
    wait = longest_wait(scope)
    return first_true(
        QUEUE,
        {
            LONG_WAIT: f"{wait} > {wait_limit(scope, 'critical')}",
            FULL: f"{callers(scope)} > {callers_limit(scope)}",
            WAITING: f"{wait} > {wait_limit(scope, 'warning')}",
            UNANSWERED: enough(f"({unanswered_ratio(scope)}) > 1 - {target_ratio(scope)}", scope),
            BELOW_TARGET: enough(f"({service_level(scope)}) < {target_ratio(scope)}", scope),
        },
        otherwise=callers(scope),
    )
