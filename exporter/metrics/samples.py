"""A view of an account → samples of every family that has something to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import Any, Final

from exporter.api.activity import ACTIVITIES, CALL_STATUSES, STATUSES, Activity, summarise
from exporter.api.failure import REASONS
from exporter.api.snapshot import ExtensionsSnapshot, QueuesSnapshot
from exporter.api.wire import Extension
from exporter.config import Account
from exporter.history.totals import DOCUMENTED_DIRECTIONS
from exporter.metrics import lines, per_extension, queue_agents, successive
from exporter.metrics.catalogue import FAMILIES, Family
from exporter.metrics.numbers import Sample, Samples
from exporter.metrics.queues import QueueSamples
from exporter.metrics.view import SourceView, View

DOCUMENTED_CALL_STATUSES: Final = tuple(status for status in CALL_STATUSES if status != "unknown")
UNKNOWN_FIELDS: Final = ("status", "direction", "callstatus", "label")


def account_samples(view: View, queues: QueueSamples | None = None) -> Iterator[tuple[Family, Samples]]:
    """All samples of one account; `queues` made those of the page before, if there was one."""
    kept = queues or QueueSamples()
    yield from _named(
        _sources(view),
        _distinct_calls(view),
        successive.samples(view, view.totals) if view.totals else (),
        [("voicenter_unknown_values_total", _counts(view.account.name, view.unknown, UNKNOWN_FIELDS))],
        [("voicenter_unknown_status_total", _unknown_statuses(view))],
    )
    for source in view.sources.values():
        if source.snapshot is not None:
            yield from _SAMPLERS[type(source.snapshot)](view, source.snapshot, source.received, kept)
    snapshots = {type(source.snapshot): source.snapshot for source in view.sources.values()}
    if QueuesSnapshot in snapshots:
        yield from _named(_of_both(view, snapshots.get(ExtensionsSnapshot), kept))


def _of_both(view: View, extensions: Any, kept: QueueSamples) -> Iterator[tuple[str, Samples]]:
    """What takes the queues and something besides: the snapshot of the extensions, or the history."""
    if extensions is not None and extensions.details is not None:
        shown = _shown_extensions(view.account, extensions.details)
        yield from queue_agents.agents(kept.labels, view.settings, shown, view.totals, kept.stated_agents)
    if view.totals is not None:
        yield from queue_agents.estimated_waits(kept.labels, kept.waits, view.totals)


def _named(*parts: Iterable[tuple[str, Samples]]) -> Iterator[tuple[Family, Samples]]:
    for name, samples in chain.from_iterable(parts):
        yield FAMILIES[name], samples


def _sources(view: View) -> Iterator[tuple[str, Samples]]:
    account = view.account.name

    def each(value: Callable[[SourceView], float | None]) -> Samples:
        values = ((source, value(state)) for source, state in view.sources.items())
        return [((account, source), number) for source, number in values if number is not None]

    yield "voicenter_up", [((account,), min(state.success for state in view.sources.values()))]
    yield "voicenter_scrape_success", each(lambda state: state.success)
    yield "voicenter_scrape_duration_seconds", each(lambda state: state.duration)
    yield "voicenter_last_success_timestamp_seconds", each(lambda state: state.last_success)
    yield "voicenter_api_requests_total", each(lambda state: state.requests)
    if view.clock_offset is not None:
        yield "voicenter_clock_offset_seconds", [((account,), round(view.clock_offset, 3))]
    yield (
        "voicenter_api_failures_total",
        [
            ((account, source, reason), state.failures.get(reason, 0))
            for source, state in view.sources.items()
            for reason in REASONS
        ],
    )


def _of_extensions(
    view: View, snapshot: ExtensionsSnapshot, received: float, _: QueueSamples
) -> Iterator[tuple[Family, Samples]]:
    yield from _named(_extensions(view, snapshot.activity, snapshot.details, received))
    if view.account.lines and snapshot.details is not None:
        shown = _shown_extensions(view.account, snapshot.details)
        yield FAMILIES["voicenter_line_calls"], lines.calls(view.account, shown)
    collector = view.settings.collectors.extensions
    if collector.enabled and snapshot.details is not None:
        shown = _shown_extensions(view.account, snapshot.details)
        counted = view.totals.extensions if view.totals else {}
        yield from per_extension.samples(view.account.name, shown, collector, view.account.statuses, counted)


def _of_queues(
    view: View, snapshot: QueuesSnapshot, _: float, kept: QueueSamples
) -> Iterator[tuple[Family, Samples]]:
    yield from _named(kept.samples(view.account, view.settings, snapshot))


_Sampler = Callable[[View, Any, float, QueueSamples], Iterator[tuple[Family, Samples]]]
_SAMPLERS: Final[Mapping[type, _Sampler]] = {ExtensionsSnapshot: _of_extensions, QueuesSnapshot: _of_queues}
"""What yields the families from a snapshot, by its type."""


def _extensions(
    view: View, activity: Activity, extensions: Sequence[Extension] | None, received: float
) -> Iterator[tuple[str, Samples]]:
    settings, account = view.account, view.account.name
    if not settings.extensions.everything and extensions is not None:
        activity = summarise(_shown_extensions(settings, extensions), settings.statuses)
    statuses = (*STATUSES.values(), *settings.statuses.values(), "unknown")
    states = dict.fromkeys(product(statuses, ACTIVITIES), 0) | dict(activity.agents)
    per_status = dict.fromkeys(statuses, 0)
    for (status, _), number in activity.agents.items():
        per_status[status] += number
    yield "voicenter_agents", [((account, status), number) for status, number in per_status.items()]
    yield "voicenter_agents_by_activity", [((account, *state), number) for state, number in states.items()]
    calls = _call_states() | dict(activity.calls)
    yield "voicenter_calls", [((account, *state), number) for state, number in calls.items()]
    yield "voicenter_recordings_muted", [((account,), activity.muted)]
    yield "voicenter_extensions", [((account,), activity.extensions)]
    if view.clock_offset is not None:
        now = received + view.clock_offset
        yield "voicenter_longest_call_seconds", _longest(account, activity, now)


def _shown_extensions(account: Account, extensions: Sequence[Extension]) -> Sequence[Extension]:
    if account.extensions.everything:
        return extensions
    return [each for each in extensions if account.extensions.matches(each.username)]


def _call_states() -> dict[tuple[str, str], int]:
    """The call states that are there at 0."""
    return dict.fromkeys(product(DOCUMENTED_CALL_STATUSES, DOCUMENTED_DIRECTIONS), 0)


def _longest(account: str, activity: Activity, now: float) -> Samples:
    ages: dict[tuple[str, str], float] = dict(_call_states())
    ages.update({state: max(0.0, now - started) for state, started in activity.oldest.items()})
    return [((account, *state), round(age, 3)) for state, age in ages.items()]


def _distinct_calls(view: View) -> Iterator[tuple[str, Samples]]:
    snapshots = [source.snapshot for source in view.sources.values()]
    call_ids = [snapshot.call_ids for snapshot in snapshots if snapshot is not None]
    if len(call_ids) == len(snapshots):
        yield "voicenter_distinct_calls", [((view.account.name,), len(frozenset().union(*call_ids)))]


def _unknown_statuses(view: View) -> Samples:
    return [((view.account.name, code), number) for code, number in view.unknown_statuses.items()]


def _counts(account: str, counts: Mapping[str, int], names: tuple[str, ...]) -> list[Sample]:
    return [((account, name), counts.get(name, 0)) for name in names]
