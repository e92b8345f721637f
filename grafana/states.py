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
        from_label("account", f"({lacking}) and on () (count({lacking}) == 1)", "$1 missing"),
        from_label("number", f'count_values("number", count({lacking}))', "$1 accounts missing"),
        _state("no exporter", f"unless on () ({known})"),
        *(_state(word, f"and on () ({condition})") for word, condition in conditions.items()),
        _state(ok),
    ]
    nothing, no_data = f"0 * max({known} == 1) - {-NOTHING}", f"vector({NO_DATA})"
    if empty:
        nothing, no_data = with_label("more", empty, nothing), with_label("more", "NO DATA", no_data)
    number = f"{value} or on () {nothing} or on () {no_data}"
    return f"0 * ({' or on () '.join(states)}) + on () group_left (more) ({number})"


def _metric(source: str) -> tuple[str, tuple[str, ...]]:
    return ("voicenter_scrape_success", (f'source="{source}"',)) if source else ("voicenter_up", ())


def _state(word: str, condition: str = "") -> str:
    return with_label("state", word, f"vector(0) {condition}")


def from_label(label: str, expression: str, text: str) -> str:
    """The expression with a state made from a label, which stands for $1."""
    return f'label_replace({expression}, "state", "{text}", "{label}", "(.+)")'


def with_label(label: str, text: str, expression: str) -> str:
    """The expression with this text in a label."""
    return f'label_replace({expression}, "{label}", "{text}", "", "")'
