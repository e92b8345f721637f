"""Samples → the bytes of a page, in Prometheus' text format or OpenMetrics.

prometheus-client's renderer writes the same bytes at ten times the cost; tests hold the two side by side.
The lines of samples are the same in both formats. So an account is rendered once, as a block of lines per
family; a page is headers and blocks put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache, partial
from itertools import accumulate, chain
from operator import add
from typing import Any, Final

from prometheus_client.utils import floatToGoString

from exporter.history.histogram import Histogram
from exporter.metrics.beginnings import Beginnings
from exporter.metrics.catalogue import CATALOGUE, Family
from exporter.metrics.label_tables import LabelTable, LabelTables
from exporter.metrics.negotiation import Format
from exporter.metrics.numbers import Block, Labels, Samples

_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class TextEncoder:
    """Renders samples; remembers the text of label sets, and of samples that do not change."""

    def __init__(self) -> None:
        self._labels = LabelTables[str]()
        self._histograms: dict[Family, dict[Labels, _HistogramLines]] = {}
        self._unchanged: dict[Family, tuple[Samples, bytes]] = {}

    def block(
        self,
        samples: Iterable[tuple[Family, Samples]],
        _beginnings: Beginnings | None = None,  # in lines a start timestamp costs another series
    ) -> Block:
        """The lines of each family that has samples; all are of one account, or of none."""
        block = Block(
            {
                family.name: self._histogram_lines(family, of_family)
                if family.kind == "histogram"
                else (self._plain_lines(family, of_family),)
                for family, of_family in samples
                if of_family
            }
        )
        self._labels.tidy()
        return block

    def _plain_lines(self, family: Family, samples: Samples) -> bytes:
        if not isinstance(samples, tuple):
            return self._lines(family, samples).encode()
        known = self._unchanged.get(family)
        if known is None or known[0] is not samples:
            known = self._unchanged[family] = samples, self._lines(family, samples).encode()
        return known[1]

    def _lines(self, family: Family, samples: Samples) -> str:
        tails = _tails(family)
        if tails is not None:
            return _lines_of_account(family, samples, tails)
        # In one section the same strings make labels up: to look up equal ones takes a third longer.
        way = family.labels, family.section
        known = self._labels.of(way, len(samples), partial(_all_labels, family.labels))
        return family.name + family.name.join(
            [
                known[labels] + (_ENDS[value] if value or value.__class__ is int else _zero(value))
                for labels, value in samples
            ]
        )

    def _histogram_lines(self, family: Family, samples: Samples) -> list[bytes]:
        known = self._histograms.get(family, {})
        try:
            return [known[labels].of(histogram) for labels, histogram in samples]
        except KeyError:
            self._histograms[family] = {
                labels: known.get(labels) or _HistogramLines(family, labels) for labels, _ in samples
            }
            return self._histogram_lines(family, samples)


def _lines_of_account(family: Family, samples: Samples, tails: LabelTable[str]) -> str:
    start = f'{family.name}{{account="{_escaped(samples[0][0][0])}"'
    return start + start.join(
        [
            tails[labels[1:]] + (_ENDS[value] if value or value.__class__ is int else _zero(value))
            for labels, value in samples
        ]
    )


@cache
def _tails(family: Family) -> LabelTable[str] | None:
    """What follows the account in a line, by the values of the other labels; all accounts share it.

    None unless these labels have few values: a vendor's names are many.
    """
    account, *rest = family.labels or ("",)
    is_open = account != "account" or {"queue", "extension"}.intersection(rest)
    return None if is_open else LabelTable(partial(_other_labels, family.labels[1:]))


def _all_labels(names: Labels, values: Labels) -> str:
    return f"{label_text(names, values)} "


def _other_labels(names: Labels, values: Labels) -> str:
    rest = label_text(names, values)
    return f",{rest[1:]} " if rest else "} "


class _HistogramLines:
    """The lines of the histogram with these labels, written anew only when it has changed."""

    __slots__ = ("_around", "_count", "_histogram", "_labels", "_lines", "_name", "_starts")

    def __init__(self, family: Family, labels: Labels) -> None:
        self._name = family.name
        self._labels = label_text(family.labels, labels)
        pairs = [
            f'{name}="{_escaped(value)}"' for name, value in sorted(zip(family.labels, labels, strict=True))
        ]
        place = sum(name < "le" for name in family.labels)
        before, after = (
            "".join(f"{pair}," for pair in pairs[:place]),
            "".join(f",{pair}" for pair in pairs[place:]),
        )
        self._around = f'{family.name}_bucket{{{before}le="', f'"{after}}} '
        self._histogram: Histogram | None = None

    def of(self, histogram: float | Histogram) -> bytes:
        """The lines of the histogram as it is now."""
        if histogram is not self._histogram:
            if not isinstance(histogram, Histogram):
                raise TypeError(f"{self._name} needs histograms")
            self._histogram, self._count = histogram, -1.0
            self._starts = _bucket_starts(self._around[0], histogram.bounds)
        if histogram.count != self._count:
            self._lines = self._written(histogram).encode()
            self._count = histogram.count
        return self._lines

    def _written(self, histogram: Histogram) -> str:
        # After the start of each line but the first comes the number that ends the line before.
        numbers = map(_ENDS.__getitem__, map(int, accumulate(histogram.counts)))
        buckets = self._around[1].join(map(add, chain(("",), numbers), self._starts))
        return (
            f"{buckets}{self._name}_count{self._labels} {_ENDS[int(histogram.count)]}"
            f"{self._name}_sum{self._labels} {_plain_number(histogram.sum)}\n"
        )


@lru_cache(maxsize=256)  # the same for all queues of an account: in order, `le` stands before their labels
def _bucket_starts(start: str, bounds: tuple[float, ...]) -> tuple[str, ...]:
    """How the line of each bucket begins, its bound included, and nothing for after the last line."""
    return (*(f"{start}{_plain_number(bound)}" for bound in bounds), f"{start}+Inf", "")


def pieces(
    blocks: Sequence[Block], style: Format, end: bytes = b"", families: tuple[Family, ...] = CATALOGUE
) -> list[bytes]:
    """The page of all blocks, and `end`."""
    parts: list[bytes] = []
    for name, header in _headers(style, families):
        lines = [block[name] for block in blocks if name in block]
        if lines:
            parts.append(header)
            parts.extend(chain.from_iterable(lines))
    parts.append(end)
    return parts


def label_text(names: Labels, values: Labels) -> str:
    """`{name="value",…}` in the order of names, as prometheus-client writes it; nothing without labels."""
    if not names:
        return ""
    template, order = _label_template(names)
    return template % tuple([_escaped(values[place]) for place in order])


@lru_cache(maxsize=2 * len(CATALOGUE))
def _label_template(names: Labels) -> tuple[str, list[int]]:
    """The text around the values, and the places from which they come."""
    order = sorted(range(len(names)), key=names.__getitem__)
    return "{" + ",".join([f'{names[place]}="%s"' for place in order]) + "}", order


@lru_cache(maxsize=8192)
def _escaped(value: str) -> str:
    return value.translate(_ESCAPES)


_plain_number: Callable[[Any], str] = floatToGoString


class _Ends(dict[float | Histogram, str]):
    """How a line ends that has a value, for values that were asked for lately."""

    # A dictionary, because looking up in lru_cache costs twice as much, and that for every line of a page.
    def __missing__(self, value: float | Histogram) -> str:
        if len(self) >= _MOST_ENDS:
            self.clear()
        end = self[value] = f"{_plain_number(value)}\n"
        return end


_MOST_ENDS: Final = 8192
_ENDS: Final = _Ends()


def _zero(value: object) -> str:
    """Likewise for 0, of which floats have two that are equal, so that no cache tells them apart."""
    return "-0.0\n" if str(value) == "-0.0" else "0.0\n"


@lru_cache(maxsize=8)
def _headers(style: Format, families: tuple[Family, ...]) -> list[tuple[str, bytes]]:
    """The names of the families in order, and what precedes their lines."""
    return [(family.name, _header(family, style)) for family in families]


def _header(family: Family, style: Format) -> bytes:
    name, text = family.name, family.help.replace("\\", r"\\").replace("\n", r"\n")
    if style is Format.OPENMETRICS:
        name = name.removesuffix("_total") if family.kind == "counter" else name
        text = text.replace('"', r"\"")
    return f"# HELP {name} {text}\n# TYPE {name} {family.kind}\n".encode()
