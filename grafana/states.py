"""What is said of a number before its value: who is missing from it, and whether to act, in a word.

A number comes with the label `state`: "north missing" or "no exporter" first, for a number that lacks an
account is wrong however good it looks; then the worst judgement that holds. Where there is no number, a code
says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from grafana.promql import Scope

NO_DATA: Final = -1
"""Stands for a number that nobody knows."""
NOTHING: Final = -2
"""Stands for a number that does not exist, though the accounts answer: a share of no calls."""
ACT: Final = "act now"
WATCH: Final = "watch"
FEW: Final = "few calls"
OK: Final = "ok"
BLIND: Final = "/missing|^no exporter|incomplete/"
"""The states in which nobody knows, as a pattern."""
_ACCOUNT: Final = ("account",)


def answers(scope: Scope, source: str = "") -> str:
    """1 for each account that answered at its last attempt, else 0: at one source, or at both."""
    metric, matchers = _metric(source)
    return scope.any(metric, _ACCOUNT, *matchers)


def recent(scope: Scope, source: str = "") -> str:
    """The same for every account that there was in the last hour, though it is gone."""
    metric, matchers = _metric(source)
    return scope.last(metric, _ACCOUNT, *matchers)


def missing(scope: Scope, source: str = "") -> str:
    """0 for each account that does not answer, or that has disappeared within the last hour."""
    return f"0 * {recent(scope, source)} unless on (account) ({answers(scope, source)} == 1)"


def judged(
    value: str,
    scope: Scope,
    *,
    source: str = "",
    conditions: Mapping[str, str] = MappingProxyType({}),
    ok: str = OK,
    empty: str = "",
) -> str:
    """The number with its state, the first of `conditions` (by their words) that has any series, else `ok`.

    `source`: which one the number comes from, both if it needs both. The value may have a label `more`; with
    `empty` it always has one, which says NO DATA or this where there is no number.
    """
    known = answers(scope, source)
    lacking = missing(scope, source)
    states = [
        _from("account", f"({lacking}) and on () (count({lacking}) == 1)", "$1 missing"),
        _from("number", f'count_values("number", count({lacking}))', "$1 accounts missing"),
        _state("no exporter", f"unless on () ({known})"),
        *(_state(word, f"and on () ({condition})") for word, condition in conditions.items()),
        _state(ok),
    ]
    nothing, no_data = f"0 * max({known} == 1) - {-NOTHING}", f"vector({NO_DATA})"
    if empty:
        nothing, no_data = _with("more", empty, nothing), _with("more", "NO DATA", no_data)
    number = f"{value} or on () {nothing} or on () {no_data}"
    return f"0 * ({' or on () '.join(states)}) + on () group_left (more) ({number})"


def _metric(source: str) -> tuple[str, tuple[str, ...]]:
    return ("voicenter_scrape_success", (f'source="{source}"',)) if source else ("voicenter_up", ())


def _state(word: str, condition: str = "") -> str:
    return _with("state", word, f"vector(0) {condition}")


def _from(label: str, expression: str, text: str) -> str:
    """The expression with a state made from a label, which stands for $1."""
    return f'label_replace({expression}, "state", "{text}", "{label}", "(.+)")'


def _with(label: str, text: str, expression: str) -> str:
    return f'label_replace({expression}, "{label}", "{text}", "", "")'


def banner(scope: Scope) -> str:
    """Who is missing, since how many seconds and why, the longest first; else the age of the data.

    The label `state` says it in words. An account that never answered has the age NOTHING.
    """
    success = "voicenter_last_success_timestamp_seconds"
    lacking = missing(scope)
    failures = scope.any_increase(
        "voicenter_api_failures_total", ("account", "source", "reason"), window="5m"
    )
    reasons = f"topk by (account) (1, max by (account, reason) ({failures}) > 0) * 0"
    reason = f'{reasons} or on (account) label_replace({lacking}, "reason", "not scraped", "", "")'
    newest = f"min by (account) ({scope.last(success, ('account', 'source'))})"
    since = f"(time() - {newest}) and on (account) ({lacking}) or on (account) {lacking} - {-NOTHING}"
    each = f"({since}) + on (account) group_left (reason) ({reason})"
    told = _from("why", f'label_join(topk(4, {each}), "why", " missing: ", "account", "reason")', "$1, for")
    age = f"max(time() - {scope.any(success, ('account', 'source'))})"
    ages = {"the data are old": f"{age} > 120", "all accounts answer": age}
    fresh = [_with("state", f"{word}, age of the data", found) for word, found in ages.items()]
    return " or on () ".join([told, *fresh, _with("state", "no exporter", f"vector({NO_DATA})")])
