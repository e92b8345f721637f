"""Samples per extension, for those who asked for them: a bounded number, names of people only on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from exporter.api.snapshot import MAX_LABEL, STATUSES, summarise
from exporter.api.wire import Extension, NamedExtension
from exporter.config import ExtensionsCollector
from exporter.metrics.catalogue import FAMILIES, Family
from exporter.metrics.numbers import Sample, Samples

INFO = FAMILIES["voicenter_extension_info"]
INFO_WITH_AGENT = replace(INFO, labels=(*INFO.labels, "agent"))


def samples(
    account: str, extensions: Sequence[Extension], collector: ExtensionsCollector, statuses: Mapping[int, str]
) -> Iterator[tuple[Family, Samples]]:
    """The families per extension, for at most `collector.max` extensions in the order of their names.

    The order makes the choice the same at every scrape, whatever order the vendor sends.
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
        ((_, doing),) = summarise([extension], statuses).agents
        activity.append(((*label, doing), 1))
        calls.append((label, len(extension.legs)))
    yield INFO_WITH_AGENT if collector.names else INFO, info
    yield FAMILIES["voicenter_extension_status"], status
    yield FAMILIES["voicenter_extension_activity"], activity
    yield FAMILIES["voicenter_extension_calls"], calls
    yield FAMILIES["voicenter_extensions_dropped"], [((account,), len(named) - len(kept))]


def _person(extension: Extension) -> str:
    return extension.representative[:MAX_LABEL] if isinstance(extension, NamedExtension) else ""
