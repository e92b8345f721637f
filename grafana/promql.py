"""Expressions: how replicas are collapsed, rates taken, ratios kept free of 0/0, and judgements made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

QUEUE: Final = ("account", "queue_id", "queue")
RATE: Final = "$__rate_interval"
WINDOW: Final = "15m"  # of service level, speed of answer and what else needs some calls to mean anything
SERVED: Final = 'outcome=~"answered|unanswered"'
FRESHER: Final = "voicenter:account_exporter:fresher"
OBSERVED: Final = "voicenter_history_observed_seconds_total"
_LENGTHS: Final = {"15m": "900", "1h": "3600", RATE: "$__interval_ms / 1000"}
"""How many seconds a window is; what grew in the rate interval is shown for the time of one point instead."""
RANGE: Final = "$__range"


@dataclass(frozen=True)
class Scope:
    """Which accounts and queues a board looks at: label matchers with the board's variables in them.

    Exporters that carry the same account are one. Gauges come from the fresher of them. Counters of the
    history are pooled: what all of them counted, by the seconds that all of them observed.
    """

    account: str
    queue: str
    offset: str = ""  # how far back, such as " offset 1w"

    @property
    def week_ago(self) -> Scope:
        """The same, seven days earlier."""
        return replace(self, offset=" offset 1w")

    def now(self, metric: str, by: tuple[str, ...], *matchers: str) -> str:
        """The gauge, once per label set of `by`: of the account's fresher exporter, else of any."""
        selected = f"{self._select(metric, by, matchers)}{self.offset}"
        fresher = f"{selected} and on (account, job, instance) {FRESHER}{self.offset}"
        return f"max by ({', '.join(by)}) ({fresher} or on (account) {selected})"

    def any(self, metric: str, by: tuple[str, ...], *matchers: str) -> str:
        """What is the same in every exporter, or best in one of them, once per label set of `by`."""
        return f"max by ({', '.join(by)}) ({self._select(metric, by, matchers)}{self.offset})"

    def last(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = "1h") -> str:
        """What was last known within the window, in any exporter, once per label set of `by`."""
        return self._largest("last_over_time", metric, by, matchers, window)

    def most(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = RANGE) -> str:
        """The largest value of the gauge in the window, once per label set of `by`."""
        return self._largest("max_over_time", metric, by, matchers, window)

    def rate(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = RATE) -> str:
        """Per second over the window, once per label set of `by`, which holds all labels of the counter."""
        return self._pooled(f"increase({self._over(metric, by, matchers, window)})", by, window)

    def increase(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = RATE) -> str:
        """How much the counter grew in the window, once per label set of `by`.

        In a short window, as if all of it had been observed; in the time shown, as much as was observed.
        """
        rate = self.rate(metric, by, *matchers, window=window)
        if window == RANGE:
            return f"{rate} * on (account) group_left () {self._seconds_observed()}"
        return f"{rate} * {_LENGTHS[window]}"

    def rate_of(
        self,
        part: Literal["sum", "count"],
        histogram: str,
        by: tuple[str, ...],
        *matchers: str,
        window: str = WINDOW,
    ) -> str:
        """The rate of a histogram's sum or count: of its native form, else of the classic one."""
        native = f"increase({self._over(histogram, by, matchers, window)})"
        classic = f"increase({self._over(f'{histogram}_{part}', by, matchers, window)})"
        return self._pooled(f"histogram_{part}({native}) or {classic}", by, window)

    def grown(self, metric: str, by: tuple[str, ...], *matchers: str, window: str) -> str:
        """By how much the counter grew in all exporters together, once per label set of `by`.

        Neither pooled nor of one: enough where only shares of it matter.
        """
        selected = self._select(metric, ("account", "queue"), matchers)
        return f"sum by ({', '.join(by)}) (increase({selected}[{window}]{self.offset}))"

    def native_increase(self, histogram: str, by: tuple[str, ...], *matchers: str) -> str:
        """How much the native histogram grew: the mean of the exporters, which is enough for colours."""
        return f"avg by ({', '.join(by)}) (increase({self._over(histogram, by, matchers, RATE)}))"

    def any_rate(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = RATE) -> str:
        """Per second over the window, of a counter outside the history: of the busiest exporter."""
        return self._largest("rate", metric, by, matchers, window)

    def any_increase(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = RATE) -> str:
        """How much such a counter grew in the window."""
        return self._largest("increase", metric, by, matchers, window)

    def count(self, metric: str, by: tuple[str, ...], *matchers: str, window: str) -> str:
        """How often the series was there in the window, once per label set of `by`."""
        return self._largest("count_over_time", metric, by, matchers, window)

    def _largest(
        self, function: str, metric: str, by: tuple[str, ...], matchers: tuple[str, ...], window: str
    ) -> str:
        return f"max by ({', '.join(by)}) ({function}({self._over(metric, by, matchers, window)}))"

    def _pooled(self, increase: str, by: tuple[str, ...], window: str) -> str:
        observed = f"sum by (account) (increase({self._over(OBSERVED, ('account',), (), window)}))"
        grown = f"sum by ({', '.join(by)}) ({increase})"
        return f"{grown} / on (account) group_left () ({observed} > 0)"

    def _seconds_observed(self) -> str:
        """How many seconds of the time shown an exporter of the account observed, to a point or a minute."""
        growing = f"sum by (account) (increase({self._over(OBSERVED, ('account',), (), '2m')})) > 0"
        return f"({_LENGTHS[RATE]} * count_over_time(({growing})[{RANGE}:$__interval]))"

    def _over(self, metric: str, by: tuple[str, ...], matchers: tuple[str, ...], window: str) -> str:
        return f"{self._select(metric, by, matchers)}[{window}]{self.offset}"

    def _select(self, metric: str, by: tuple[str, ...], matchers: tuple[str, ...]) -> str:
        own = [self.account] if "account" in by else []
        own += [self.queue] if "queue" in by else []
        return f"{metric}{{{', '.join(filter(None, (*own, *matchers)))}}}"


SELECTED: Final = Scope(account='account=~"$account"', queue='queue=~"$queue"')
"""The boards whose variables take several values."""

ONE: Final = Scope(account='account="$account"', queue='queue="$queue"')
"""The boards that look at one account, and one queue of it."""


def ratio(part: str, whole: str) -> str:
    """`part` / `whole`; nothing, rather than 0/0, where there is no whole."""
    return f"({part}) / ({whole} > 0)"


def total(expression: str, *by: str) -> str:
    """The sum over everything but the labels of `by`."""
    return f"sum by ({', '.join(by)}) ({expression})" if by else f"sum({expression})"


def largest(expression: str, *by: str, count: int = 10) -> str:
    """Of many series the `count` that were largest in the time shown, the same ones throughout."""
    ranked = f"topk({count}, max_over_time(({expression})[$__range:] @ end()))"
    return f"({expression}) and on ({', '.join(by)}) {ranked}"


def seen(expression: str, *by: str) -> str:
    """Only the series that were above 0 at some moment of the time shown: no legend full of zeros."""
    return f"({expression}) and on ({', '.join(by)}) (max_over_time(({expression})[$__range:] @ end()) > 0)"


def first_true(labels: tuple[str, ...], conditions: dict[int, str]) -> str:
    """The code of the first condition that holds for a label set; a condition holds where it has a series."""
    coded = [f"({condition}) * 0 + {code}" for code, condition in conditions.items()]
    return f" or on ({', '.join(labels)}) ".join(coded)
