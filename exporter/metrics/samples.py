"""A view of an account → samples of every family that has something to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import Final

from exporter.api.failure import REASONS
from exporter.api.snapshot import (
    ACTIVITIES,
    CALL_STATUSES,
    STATUSES,
    Activity,
    ExtensionsSnapshot,
    QueuesSnapshot,
    summarise,
)
from exporter.api.wire import Extension
from exporter.config import Account
from exporter.metrics import per_extension, successive
from exporter.metrics.catalogue import FAMILIES, Family
from exporter.metrics.numbers import Sample, Samples
from exporter.metrics.queues import QueueSamples
from exporter.metrics.successive import DOCUMENTED_DIRECTIONS
from exporter.metrics.view import EndpointView, View

DOCUMENTED_CALL_STATUSES: Final = tuple(status for status in CALL_STATUSES if status != "unknown")
UNKNOWN_FIELDS: Final = ("status", "direction", "callstatus", "label")


def account_samples(view: View, queues: QueueSamples | None = None) -> Iterator[tuple[Family, Samples]]:
    """All samples of one account; `queues` made those of the page before, if there was one."""
    counted = chain(
        _endpoints(view),
        _extensions(view, view.extensions) if view.extensions else (),
        (queues or QueueSamples()).samples(view.account, view.settings, view.queues) if view.queues else (),
        _distinct_calls(view.account.name, view.extensions, view.queues),
        successive.samples(view, view.totals) if view.totals else (),
        [("voicenter_unknown_values_total", _counts(view.account.name, view.unknown, UNKNOWN_FIELDS))],
    )
    for name, samples in counted:
        yield FAMILIES[name], samples
    collector = view.settings.collectors.extensions
    if view.extensions and view.extensions.extensions is not None and collector.enabled:
        shown = _shown_extensions(view.account, view.extensions.extensions)
        yield from per_extension.samples(view.account.name, shown, collector, view.account.statuses)


def _endpoints(view: View) -> Iterator[tuple[str, Samples]]:
    account = view.account.name

    def each(value: Callable[[EndpointView], float | None]) -> Samples:
        values = ((endpoint, value(state)) for endpoint, state in view.endpoints.items())
        return [((account, endpoint), number) for endpoint, number in values if number is not None]

    yield "voicenter_up", [((account,), min(state.success for state in view.endpoints.values()))]
    yield "voicenter_scrape_success", each(lambda state: state.success)
    yield "voicenter_scrape_duration_seconds", each(lambda state: state.duration)
    yield "voicenter_last_success_timestamp_seconds", each(lambda state: state.last_success)
    yield "voicenter_api_requests_total", each(lambda state: state.requests)
    yield (
        "voicenter_api_failures_total",
        [
            ((account, endpoint, reason), state.failures.get(reason, 0))
            for endpoint, state in view.endpoints.items()
            for reason in REASONS
        ],
    )


def _extensions(view: View, snapshot: ExtensionsSnapshot) -> Iterator[tuple[str, Samples]]:
    settings, account = view.account, view.account.name
    activity = snapshot.activity
    if not settings.extensions.everything and snapshot.extensions is not None:
        activity = summarise(_shown_extensions(settings, snapshot.extensions), settings.statuses)
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
    if view.totals is not None and view.totals.clock_offset is not None:
        now = view.extensions_received + view.totals.clock_offset
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


def _distinct_calls(
    account: str, extensions: ExtensionsSnapshot | None, queues: QueuesSnapshot | None
) -> Iterator[tuple[str, Samples]]:
    if extensions is None or queues is None:
        return
    waiting = [caller.call_id for queue in queues.queues for caller in queue.callers if caller.call_id]
    yield "voicenter_distinct_calls", [((account,), len(extensions.activity.call_ids.union(waiting)))]


def _counts(account: str, counts: Mapping[str, int], names: tuple[str, ...]) -> list[Sample]:
    return [((account, name), counts.get(name, 0)) for name in names]
