"""Reports as tables for docs/accuracy.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from benchmarks.accuracy.judging import Figures
from benchmarks.accuracy.limits import hourly_error
from benchmarks.accuracy.report import Report
from benchmarks.accuracy.shortness import Shortness
from benchmarks.accuracy.working import Work
from exporter.metrics.queue_agents import ESTIMATES

Row = tuple[str, ...]

FIGURES: Row = (
    "joins",
    "answered",
    "unanswered",
    "transferred",
    "unknown",
    "mean wait",
    "p90 wait",
    "≤ 20 s",
    "talk",
)
WORK: Final = {
    "rings answered": ("rings_answered", "{:,.0f}"),
    "mean ring": ("mean_ring", "{:.1f} s"),
    "rings not answered": ("rings_not_answered", "{:,.0f}"),
    "answer rate": ("answer_rate", "{:.1%}"),
    "holds": ("holds", "{:,.0f}"),
    "on hold": ("hold_seconds", "{:,.0f} s"),
    "answered at extensions": ("answered", "{:,.0f}"),
    "talked there": ("talk_seconds", "{:,.0f} s"),
}
"""Per heading the figure of a Work, and how it is written."""
SIGHT: Row = (
    "load",
    "every",
    "stays of at least that: missed",
    "shorter stays: seen",
    "expected",
    "wait of the answered: error",
    "… whose moment was not told",
    "wait of the unanswered: error",
    "answered out of sight",
    "transferred out of sight",
)


def figures_table(reports: list[Report]) -> str:
    """What was shown and its error, under what happened, for reports on one load; like rows are one.

    Epochs in local time make rows of their own only where they make a difference.
    """
    rows: list[Row] = [
        ("every", "failed", "", *FIGURES, "≤ 20 s by the hour"),
        ("", "", "**truth**", *_plain(reports[0].happened), ""),
    ]
    for each in sorted(reports, key=lambda each: (each.interval, each.failures)):
        way = f"{each.interval:.0f} s", f"{each.failures:.0%}"
        rows.append((*way, "counted", *_compared(each.happened, each.counted), ""))
        hourly = f"± {hourly_error(each.hours):.1f}"
        rows.append((*way, "**estimated**", *_compared(each.happened, each.estimated), hourly))
    return _markdown(list(dict.fromkeys(rows)))


def sight_table(reports: Iterable[Report]) -> str:
    """What was seen and how exactly it was judged."""
    rows = [SIGHT]
    for each in reports:
        number, expected, error = each.sight.short_stays
        rows.append(
            (
                each.scenario.load,
                f"{each.interval:.0f} s",
                f"{each.sight.missed} of {each.sight.long_stays:,}",
                f"{number:,}",
                f"{expected:,.0f} ± {2 * error:.0f}",
                *(f"{worst:.1f} s of {count:,}" for worst, count in each.sight.errors.values()),
                *(str(each.sight.out_of_sight.get(outcome, 0)) for outcome in ("answered", "transferred")),
            )
        )
    return _markdown(rows)


def predictions_table(reports: Iterable[Report]) -> str:
    """The root mean square error of each predictor of a wait, and of how many callers."""
    rows: list[Row] = [("load", "every", "mean wait", *ESTIMATES)]
    for each in reports:
        found = (each.predictions.get(method) for method in ESTIMATES)
        told = ("" if one is None else f"{one.error:.0f} s of {one.number:,}" for one in found)
        rows.append((each.scenario.load, f"{each.interval:.0f} s", f"{each.happened.mean_wait:.0f} s", *told))
    return _markdown(rows)


def work_table(reports: Iterable[Report]) -> str:
    """What was counted at extensions and its error, under what happened there, per load."""
    rows: list[Row] = [("load", "every", *WORK)]
    for load, group in groupby(reports, key=lambda each: each.scenario.load):
        each_way = list(group)
        rows.append((load, "**truth**", *_work(each_way[0].done)))
        for each in each_way:
            errors = _work_errors(each.done, each.counted_done)
            rows.append((load, f"{each.interval:.0f} s", *errors))
    return _markdown(rows)


def shortness_table(found: Iterable[Shortness]) -> str:
    """Callers who hung up early and the others: what happened, and what was shown at each interval."""
    rows: list[Row] = [("patience, mean", "every", "short", "unanswered")]
    for patience, group in groupby(found, key=lambda each: each.patience):
        each_way = list(group)
        happened = each_way[0].happened
        rows.append((f"{patience:.0f} s", "**truth**", *(f"{number:,.0f}" for number in happened)))
        for each in each_way:
            pairs = zip(each.shown, happened, strict=True)
            told = (f"{number:,.0f} ({number / true - 1:+.1%})" for number, true in pairs)
            rows.append((f"{patience:.0f} s", f"{each.interval:.0f} s", *told))
    return _markdown(rows)


def _work(work: Work) -> Row:
    return tuple(form.format(getattr(work, name)) for name, form in WORK.values())


def _work_errors(happened: Work, counted: Work) -> Iterator[str]:
    for (name, _), text in zip(WORK.values(), _work(counted), strict=True):
        true, number = getattr(happened, name), getattr(counted, name)
        is_share = name == "answer_rate"
        yield f"{text} ({100 * (number - true):+.1f})" if is_share else f"{text} ({number / true - 1:+.1%})"


def _plain(figures: Figures) -> Row:
    return (
        *(f"{volume:,.0f}" for volume in figures[:5]),
        f"{figures.mean_wait:.1f} s",
        f"{figures.p90_wait:.1f} s",
        f"{figures.service_level:.1%}",
        f"{figures.mean_talk:.1f} s",
    )


def _compared(happened: Figures, shown: Figures) -> Iterator[str]:
    """What was shown, each with its error: in per cent, for the service level in points."""
    for name, text in zip(Figures._fields, _plain(shown), strict=True):
        true, number = getattr(happened, name), getattr(shown, name)
        if name == "service_level":
            yield f"{text} ({100 * (number - true):+.1f})"
        else:
            yield f"{text} ({number / true - 1:+.1%})" if true else text


def _markdown(rows: list[Row]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body))
