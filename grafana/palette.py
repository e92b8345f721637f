"""The colours: three that judge (good, watch, act) and a calm set that only tells things apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DashboardRangeMapOptions,
    DashboardSpecialValueMapOptions,
    RangeMap,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

from exporter.api.failure import REASONS

GOOD: Final = "#176c74"  # nothing to do; quieter than the other two, so that they are seen first
WATCH: Final = "#f5bd3d"  # keep an eye on it
ACT: Final = "#d02f37"  # do something now, or there are no data
UNJUDGED: Final = "#4b525c"  # too few calls to judge, or nothing to judge
NEUTRAL: Final = "#4571b0"  # a number that is neither good nor bad
CONTRAST: Final = "#9a6fc4"  # a second such number
QUIET: Final = "#7d8694"  # idle, unknown, last week
NONE: Final = "transparent"
PLAIN: Final = "text"  # the colour of text in the reader's theme

# Kinds, not judgements: nothing here looks like the three colours above, except outcomes, which are judged.
STATUS: Final[Mapping[str, str]] = {
    "login": NEUTRAL,
    "logout": "#4b525c",
    "lunch": "#c27bb0",
    "administrative": "#8d9ae8",
    "private": "#e0b6d6",
    "other": "#8a93a3",
    "training": "#5d4a9c",
    "team_meeting": "#b39ddb",
    "brief": "#8fd0c0",
    "unknown": QUIET,
}
ACTIVITY: Final[Mapping[str, str]] = {
    "talking": NEUTRAL,
    "hold": "#9a6fc4",
    "ringing": "#5fb7d4",
    "dialing": "#3fa3a8",
    "idle": "#4b525c",
    "unknown": QUIET,
}
DIRECTION: Final[Mapping[str, str]] = {
    "incoming": NEUTRAL,
    "outgoing": "#3fa3a8",
    "click2call": "#9a6fc4",
    "spy": "#c27bb0",
    "unknown": QUIET,
}
OUTCOME: Final[Mapping[str, str]] = {
    "answered": GOOD,
    "unanswered": ACT,
    "transferred": NEUTRAL,
    "unknown": QUIET,
}
REASON: Final[Mapping[str, str]] = {each.name: each.colour for each in REASONS.values()}
"""Of a failed attempt: alike colours for what is solved alike."""
ENDPOINT: Final[Mapping[str, str]] = {"extensions": NEUTRAL, "queues": "#3fa3a8"}


def rising(watch: float, act: float, good: str = GOOD) -> ThresholdsConfig:
    """Good at first, watch from `watch` on, act from `act` on: the more, the worse."""
    return steps((None, good), (watch, WATCH), (act, ACT))


def falling(watch: float, act: float, good: str = GOOD) -> ThresholdsConfig:
    """Good from `watch` on, watch below it, act below `act`: the less, the worse."""
    return steps((None, ACT), (act, WATCH), (watch, good))


def steps(*at: tuple[float | None, str]) -> ThresholdsConfig:
    """Thresholds from (value, colour); None is minus infinity."""
    made = [Threshold(value=value, color=colour) for value, colour in at]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def plain(colour: str = NEUTRAL) -> ThresholdsConfig:
    """One colour whatever the value."""
    return steps((None, colour))


def words(
    texts: Mapping[int, tuple[str, str | None]] | Mapping[str, tuple[str, str | None]],
) -> list[ValueMap]:
    """A mapping from codes, or words, to (text, colour); without a colour the panel's own stays."""
    options = {
        str(code): ValueMappingResult(text=text, color=colour, index=index)
        for index, (code, (text, colour)) in enumerate(texts.items())
    }
    return [ValueMap(options=options)]


def ranges(texts: Mapping[int, tuple[str, str]]) -> list[RangeMap]:
    """A mapping to (text, colour) from codes whose fraction says which of two alike comes first."""
    return [
        RangeMap(
            options=DashboardRangeMapOptions(
                from_val=code,
                to=code + 0.999,
                result=ValueMappingResult(text=text, color=colour, index=index),
            )
        )
        for index, (code, (text, colour)) in enumerate(texts.items())
    ]


def without_value(text: str, colour: str) -> SpecialValueMap:
    """A mapping to this text and colour where there is no value."""
    result = ValueMappingResult(text=text, color=colour)
    options = DashboardSpecialValueMapOptions(match=SpecialValueMatch.NULL_AND_NAN, result=result)
    return SpecialValueMap(options=options)
