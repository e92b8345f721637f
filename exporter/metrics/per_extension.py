"""Samples per extension, when the configuration asks for them: a bounded number, names only on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from exporter.api.activity import STATUSES, activity_of
from exporter.api.snapshot import MAX_LABEL
from exporter.api.wire import Extension, NamedExtension
from exporter.config import ExtensionsCollector
from exporter.history.totals import DOCUMENTED_DIRECTIONS, ExtensionTotals
from exporter.metrics.catalogue import FAMILIES, Family
from exporter.metrics.numbers import Sample, Samples

INFO = FAMILIES["voicenter_extension_info"]
INFO_WITH_AGENT = replace(INFO, labels=(*INFO.labels, "agent"))


def samples(
    account: str,
    extensions: Sequence[Extension],
    collector: ExtensionsCollector,
    statuses: Mapping[int, str],
    totals: Mapping[str, ExtensionTotals],
) -> Iterator[tuple[Family, Samples]]:
    """The families per extension, for at most `collector.max` extensions in the order of their names.

    The order makes the choice the same at every scrape, whatever order the vendor sends. `totals` is what
    the history counted, empty without it.
    """
    named = {extension.username[:MAX_LABEL]: extension for extension in reversed(extensions)}
    kept = sorted(named)[: collector.max]
    known = {**STATUSES, **statuses}
    info: list[Sample] = []
    status: list[Sample] = []
    activity: list[Sample] = []
    calls: list[Sample] = []
    for name in kept:
        extension = named[name]
        label = (account, name)
        person = (_person(extension),) if collector.names else ()
        info.append(((*label, str(extension.extension_id)[:MAX_LABEL], *person), 1))
        status.append(((*label, known.get(extension.status, "unknown")), 1))
        activity.append(((*label, activity_of(extension)), 1))
        calls.append((label, len(extension.legs)))
    yield INFO_WITH_AGENT if collector.names else INFO, info
    yield FAMILIES["voicenter_extension_status"], status
    yield FAMILIES["voicenter_extension_activity"], activity
    yield FAMILIES["voicenter_extension_calls"], calls
    if totals:
        for family, counted in _counts(account, kept, totals, statuses):
            yield FAMILIES[family], counted
    yield FAMILIES["voicenter_extensions_dropped"], [((account,), len(named) - len(kept))]


def _counts(
    account: str, names: Sequence[str], known: Mapping[str, ExtensionTotals], statuses: Mapping[int, str]
) -> Iterator[tuple[str, Samples]]:
    """What the history has counted for these extensions, by family name."""
    shown = [((account, name), known[name]) for name in names if name in known]
    named = {**STATUSES, **statuses}

    def each(value: Callable[[ExtensionTotals], float]) -> Samples:
        return [(labels, round(value(totals), 3)) for labels, totals in shown]

    def per_direction(values: Callable[[ExtensionTotals], Mapping[str, float]]) -> Samples:
        return [
            ((*labels, direction), round(number, 3))
            for labels, totals in shown
            for direction, number in {**dict.fromkeys(DOCUMENTED_DIRECTIONS, 0.0), **values(totals)}.items()
        ]

    yield "voicenter_extension_status_since_timestamp_seconds", each(lambda known: known.status_since)
    yield "voicenter_extension_activity_since_timestamp_seconds", each(lambda known: known.activity_since)
    yield "voicenter_extension_calls_answered_total", per_direction(lambda known: known.answered)
    yield "voicenter_extension_rings_not_answered_total", each(lambda known: known.rings_not_answered)
    yield "voicenter_extension_talk_seconds_total", per_direction(lambda known: known.talk_seconds)
    yield (
        "voicenter_extension_activity_seconds_total",
        [
            ((*labels, *state), round(seconds, 3))
            for labels, totals in shown
            for state, seconds in _by_name(totals.seconds, named).items()
        ],
    )


def _by_name(
    seconds: Mapping[tuple[int, str], float], statuses: Mapping[int, str]
) -> Mapping[tuple[str, str], float]:
    result: dict[tuple[str, str], float] = {}
    for (code, activity), number in seconds.items():
        state = statuses.get(code, "unknown"), activity
        result[state] = result.get(state, 0.0) + number
    return result


def _person(extension: Extension) -> str:
    return extension.representative[:MAX_LABEL] if isinstance(extension, NamedExtension) else ""
