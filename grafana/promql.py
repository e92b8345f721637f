"""Expressions: how replicas are collapsed, rates taken, ratios kept free of 0/0, and judgements made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

QUEUE: Final = ("account", "queue_id", "queue")
RATE: Final = "$__rate_interval"
WINDOW: Final = "15m"  # of service level, speed of answer and what else needs some calls to mean anything
SERVED: Final = 'outcome=~"answered|unanswered"'


@dataclass(frozen=True)
class Scope:
    """Which accounts and queues a board looks at: label matchers with the board's variables in them."""

    account: str
    queue: str
    offset: str = ""  # how far back, such as " offset 1w"

    def now(self, metric: str, by: tuple[str, ...], *matchers: str) -> str:
        """The gauge, once per label set of `by`: exporter replicas that carry the same account are one."""
        return f"max by ({', '.join(by)}) ({self._select(metric, by, matchers)}{self.offset})"

    def rate(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = RATE) -> str:
        """Per second over the window, once per label set of `by`, which holds all labels of the counter."""
        return self._over("rate", metric, by, matchers, window)

    def increase(self, metric: str, by: tuple[str, ...], *matchers: str, window: str = RATE) -> str:
        """How much the counter grew in the window, once per label set of `by`."""
        return self._over("increase", metric, by, matchers, window)

    def rate_of(
        self, part: Literal["sum", "count"], histogram: str, by: tuple[str, ...], *matchers: str
    ) -> str:
        """The rate over WINDOW of a histogram's sum or count: of its native form, else of the classic one."""
        native = f"rate({self._select(histogram, by, matchers)}[{WINDOW}]{self.offset})"
        classic = f"rate({self._select(f'{histogram}_{part}', by, matchers)}[{WINDOW}]{self.offset})"
        return f"max by ({', '.join(by)}) (histogram_{part}({native}) or {classic})"

    def native_increase(self, histogram: str, by: tuple[str, ...], *matchers: str) -> str:
        """How much the native histogram grew: the mean of the replicas, as `max by` ignores histograms."""
        increase = f"increase({self._select(histogram, by, matchers)}[{RATE}]{self.offset})"
        return f"avg by ({', '.join(by)}) ({increase})"

    def count(self, metric: str, by: tuple[str, ...], *matchers: str, window: str) -> str:
        """How often the series was there in the window, once per label set of `by`."""
        return self._over("count_over_time", metric, by, matchers, window)

    def _over(
        self, function: str, metric: str, by: tuple[str, ...], matchers: tuple[str, ...], window: str
    ) -> str:
        selected = self._select(metric, by, matchers)
        return f"max by ({', '.join(by)}) ({function}({selected}[{window}]{self.offset}))"

    def _select(self, metric: str, by: tuple[str, ...], matchers: tuple[str, ...]) -> str:
        own = [self.account] if "account" in by else []
        own += [self.queue] if "queue" in by else []
        return f"{metric}{{{', '.join(filter(None, (*own, *matchers)))}}}"


SELECTED: Final = Scope(account='account=~"$account"', queue='queue=~"$queue"')
"""The boards whose variables take several values."""

ONE: Final = Scope(account='account="$account"', queue='queue="$queue"')
"""The boards that look at one account, and one queue of it."""

WEEK_AGO: Final = replace(ONE, offset=" offset 1w")
"""The same, seven days earlier."""


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


def graded(value: str, act: str, watch: str) -> str:
    """One number with the label `state`: act if the condition `act` has any series, else watch, else good."""
    judged = [
        _labelled(f"({value}) and on () ({act})", "act"),
        _labelled(f"({value}) and on () ({watch})", "watch"),
        _labelled(value, "good"),
    ]
    return " or on () ".join(judged)


def first_true(labels: tuple[str, ...], conditions: dict[float, str], otherwise: str) -> str:
    """The code of the first condition that holds for a label set, 0 for those of `otherwise` without any."""
    coded = [f"({condition}) * 0 + {code:g}" for code, condition in conditions.items()]
    return f" or on ({', '.join(labels)}) ".join([*coded, f"{otherwise} * 0"])


def _labelled(expression: str, state: str) -> str:
    return f'label_replace({expression}, "state", "{state}", "", "")'
