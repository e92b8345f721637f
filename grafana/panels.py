"""Makers of panels: each kind once, with the options that make it readable from a distance."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Final, Literal

from grafana_foundation_sdk.builders import common, heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueJustifyMode,
    BigValueTextMode,
    DataSourceRef,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana import states
from grafana.palette import ACT, GOOD, NEUTRAL, UNJUDGED, WATCH, plain, steps, without_value, words

SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
COUNT: Final = "none"  # whole numbers, none of them shortened
MEAN: Final = "short"  # means and estimates of whole numbers, which have fractions
SECONDS: Final = "s"  # technical durations and ages
CLOCK: Final = "dthms"  # waits and calls: 00:01:30
SHARE: Final = "percentunit"
BYTES: Final = "bytes"
PER_MINUTE: Final = "suffix: /min"

UNKNOWN: Final = without_value("NO DATA", ACT)
STATES: Final = {
    states.BLIND: ACT,
    f"/^{states.ACT}/": ACT,
    f"/^{states.WATCH}/": WATCH,
    f"/^{states.FEW}/": UNJUDGED,
    f"/^{states.OK}/": GOOD,
}
"""Colours of numbers by the pattern of their state."""

Format = Literal["time_series", "table", "heatmap"]


def query(
    expression: str,
    legend: str = "",
    *,
    instant: bool = False,
    ref_id: str = "A",
    form: Format = "time_series",
) -> prometheus.Dataquery:
    """One query to the board's data source: over the time shown, or only for its end (`instant`)."""
    made = (
        prometheus.Dataquery()
        .expr(expression)
        .ref_id(ref_id)
        .legend_format(legend or "__auto")
        .format(PromQueryFormat(form))
        .datasource(SOURCE)
    )
    return made.instant() if instant else made.range()


def number(
    title: str,
    description: str,
    expression: str | Mapping[str, str],
    unit: str,
    thresholds: ThresholdsConfig | None = None,
    *,
    empty: str = "",
    size: int = 40,
) -> stat.Panel:
    """One big number as it is now, or several by legend; no value is a red "NO DATA".

    Coloured by thresholds or, without any, by its label `state`, which stands above it. `empty`: what is said
    instead of the code NOTHING. `size`: of the value in pixels.
    """
    texts: dict[int, tuple[str, str | None]] = {states.NO_DATA: ("NO DATA", ACT)}
    texts |= {states.NOTHING: (empty, None)} if empty else {}  # its state has the colour
    series = {"{{state}}{{more}}": expression} if isinstance(expression, str) else expression
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .decimals(0)
        .no_value("NO DATA")
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND_SOLID)
        .justify_mode(BigValueJustifyMode.CENTER)
        .text_mode(
            BigValueTextMode.VALUE if thresholds and len(series) == 1 else BigValueTextMode.VALUE_AND_NAME
        )
        .text(common.VizTextDisplayOptions().title_size(size // 2).value_size(size))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(thresholds or plain(UNJUDGED))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .mappings([UNKNOWN, *words(texts)])
    )
    for letter, (legend, each) in zip(ascii_uppercase, series.items(), strict=False):
        panel = panel.with_target(query(each, legend, instant=True, ref_id=letter))
    for pattern, colour in STATES.items() if thresholds is None else ():
        panel = panel.override_by_regexp(pattern, [fixed(colour)])
    return panel


def graph(
    title: str,
    description: str,
    series: Mapping[str, str],
    unit: str,
    *,
    style: Literal["lines", "stack", "bars"] = "lines",
    colours: Mapping[str, str] | None = None,
) -> timeseries.Panel:
    """Series over time from {legend: expression}, in `colours` by name, else in Grafana's.

    A stack shows the parts of a whole; bars show counts of an interval.
    """
    filled = style != "lines"
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .axis_soft_min(0)
        .no_value("no data")
        .draw_style(GraphDrawStyle.BARS if style == "bars" else GraphDrawStyle.LINE)
        .line_width(1 if filled else 2)
        .fill_opacity(70 if filled else 8)
        .show_points(VisibilityMode.NEVER)
        .color_scheme(_series_colour(told_apart=colours is None and "{{" in "".join(series)))
        .stacking(
            common.StackingConfig().mode(StackingMode.NORMAL if filled else StackingMode.NONE).group("A")
        )
        .legend(legend_below())
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    if unit == COUNT:
        panel = panel.decimals(0)
    if unit == PER_MINUTE:
        panel = panel.interval("2m")  # single calls are no rate
    if unit in (COUNT, MEAN, PER_MINUTE):
        panel = panel.axis_soft_max(1)  # nothing at all is a line at the bottom
    for letter, (legend, expression) in zip(ascii_uppercase, series.items(), strict=False):
        panel = panel.with_target(query(expression, legend, ref_id=letter))
    for name, colour in (colours or {}).items():
        panel = panel.override_by_name(name, [fixed(colour)])
    return panel


def _series_colour(*, told_apart: bool) -> FieldColor:
    """The neutral colour, or one for each of many series."""
    if told_apart:
        return FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC)
    return FieldColor().mode(FieldColorModeId.FIXED).fixed_color(NEUTRAL)


def across(panel: timeseries.Panel, watch: float, act: float) -> timeseries.Panel:
    """Draw the same limits across a graph, whatever the series."""
    dashed = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    lines = steps((None, "transparent"), (watch, WATCH), (act, ACT))
    return panel.thresholds(lines).thresholds_style(dashed)


def limits(panel: timeseries.Panel, colours: Mapping[str, str]) -> timeseries.Panel:
    """Draw the series of these names as limits: dashed lines without area, outside any stack."""
    for name, colour in colours.items():
        panel = panel.override_by_name(
            name,
            [
                fixed(colour),
                setting("custom.lineStyle", {"fill": "dash", "dash": [10, 8]}),
                setting("custom.fillOpacity", 0),
                setting("custom.drawStyle", "line"),
                setting("custom.lineWidth", 2),
                setting("custom.stacking", {"mode": "none", "group": "limits"}),
            ],
        )
    return panel


def heat(
    title: str, description: str, expressions: Mapping[Format, str], unit: str = SECONDS
) -> heatmap.Panel:
    """A histogram over time, as cumulative buckets by `le` in format heatmap, or native in time_series."""
    panel = (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(COUNT)
        .max_data_points(60)
        .calculate(False)
        .color(
            heatmap.HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scheme("Blues")
            .steps(32)
            .fill(NEUTRAL)
            .exponent(0.5)
        )
        .cell_gap(1)
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .y_axis(heatmap.YAxisConfig().unit(unit).axis_placement(AxisPlacement.LEFT))
        .tooltip(heatmap.HeatmapTooltip().mode(TooltipDisplayMode.SINGLE).y_histogram(False))
        .show_legend()
        .exemplars_color(NEUTRAL)
    )
    for ref_id, (form, expression) in zip(ascii_uppercase, expressions.items(), strict=False):
        panel = panel.with_target(query(expression, "{{le}}", ref_id=ref_id, form=form))
    return panel


def legend_below() -> common.VizLegendOptions:
    """A list below the panel."""
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs([])
    )


def fixed(colour: str) -> DynamicConfigValue:
    """For an override: this colour, whatever the value."""
    return setting("color", {"mode": "fixed", "fixedColor": colour})


def setting(identifier: str, value: object) -> DynamicConfigValue:
    """For an override: one of a field's settings."""
    return DynamicConfigValue(id_val=identifier, value=value)
