"""Tables: one row per account, queue or status, one query per column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Final

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import TableCellHeight
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    ValueMapping,
)

from grafana.palette import NONE, PLAIN, QUIET, plain, without_value, words
from grafana.panels import COUNT, SHARE, SOURCE, query, setting
from grafana.states import NOTHING

# A threshold would take nothing for less than anything.
ABSENT: Final = without_value("-", NONE)
FEW: Final = words({NOTHING: ("few calls", QUIET)})
HOUR: Final = "Hour until"
BACKGROUND: Final = {"type": "color-background", "mode": "basic"}
TEXT: Final = {"type": "color-text"}
BAR: Final = {"type": "gauge", "mode": "basic", "valueDisplayMode": "hidden"}


@dataclass(frozen=True)
class Column:
    """One column. Cells with `thresholds` or `mappings` are coloured; a bar is full at 1."""

    name: str
    expression: str
    unit: str = COUNT
    width: int | None = None
    decimals: int | None = None
    thresholds: ThresholdsConfig | None = None
    mappings: Sequence[ValueMapping] = ()
    align: str = "right"
    leads: bool = False
    """It stands before the keys."""
    cell: Mapping[str, str] = field(default_factory=lambda: BACKGROUND)


def share(name: str, expression: str, width: int) -> Column:
    """A column of shares; the code NOTHING says that there were few calls."""
    return Column(name, expression, SHARE, width, 0, mappings=FEW, cell=TEXT)


@dataclass(frozen=True)
class Key:
    """A label whose values make the rows: its heading (none: it is hidden), and where a click leads."""

    label: str
    heading: str = ""
    width: int | None = None
    opens: tuple[str, str] | None = None  # title and URL
    mappings: Sequence[ValueMapping] = ()  # colours of its values
    filterable: bool = False
    least: int | None = None
    """Pixels that it keeps where there is little room."""


def grid(
    title: str,
    description: str,
    keys: Sequence[Key],
    columns: Sequence[Column],
    *,
    sort: str,
    hours: bool = False,
) -> table.Panel:
    """A table with one row for each label set of `keys`, those with the largest in column `sort` first.

    `hours`: one row for each hour of the time shown as well, whose end stands first.
    """
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(COUNT)
        .no_value("no data")
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .thresholds(plain(PLAIN))
        .show_header(True)
        .cell_height(TableCellHeight.MD)
        .filterable(False)
        .sort_by([common.TableSortByFieldState().display_name(sort).desc(True)])
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_arrangement(keys, columns, hours=hours))
        .with_transformation(_order(sort))
    )
    if hours:
        panel = panel.interval("1h").override_by_name(
            HOUR, [setting("unit", "time: ddd HH:mm"), setting("custom.width", 110)]
        )
    for letter, column in zip(ascii_uppercase, columns, strict=False):
        panel = panel.with_target(query(column.expression, instant=not hours, ref_id=letter, form="table"))
        panel = panel.override_by_name(column.name, _properties(column))
    for key in keys:
        panel = panel.override_by_name(key.heading or key.label, _of_key(key))
    return panel


def _of_key(key: Key) -> list[DynamicConfigValue]:
    if not key.heading:  # hidden, not removed: links need it. Grafana 12 has another name for it.
        return [setting("custom.hidden", True), setting("custom.hideFrom", {"viz": True})]
    properties = [setting("noValue", "-")]
    properties += [setting("custom.width", key.width)] if key.width else []
    properties += [setting("custom.minWidth", key.least)] if key.least else []
    properties += [setting("custom.filterable", True)] if key.filterable else []
    if key.opens:
        name, url = key.opens
        properties.append(setting("links", [{"title": name, "url": url, "targetBlank": False}]))
    return properties + (_coloured(key.mappings) if key.mappings else [])


def _arrangement(keys: Sequence[Key], columns: Sequence[Column], *, hours: bool) -> DataTransformerConfig:
    """Columns that lead, keys, then the other columns; no time, unless there is a row for each hour."""
    first = [letter for letter, each in zip(ascii_uppercase, columns, strict=False) if each.leads]
    values = {f"Value #{letter}": each.name for letter, each in zip(ascii_uppercase, columns, strict=False)}
    leading = {name: heading for name, heading in values.items() if name[-1] in first}
    shown = ({"Time": HOUR} if hours else {}) | leading | {key.label: key.heading for key in keys} | values
    return DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": {} if hours else {"Time": True},
            "indexByName": {name: index for index, name in enumerate(shown)},
            "renameByName": {name: heading for name, heading in shown.items() if heading},
        },
    )


def _order(column: str) -> DataTransformerConfig:
    """The rows in order also after a refresh, which the table's own sorting does not see to everywhere."""
    return DataTransformerConfig(
        id_val="sortBy", options={"fields": {}, "sort": [{"field": column, "desc": True}]}
    )


def _properties(column: Column) -> list[DynamicConfigValue]:
    made = [setting("unit", column.unit), setting("noValue", "-"), setting("custom.align", column.align)]
    if column.decimals is not None:
        made.append(setting("decimals", column.decimals))
    if column.width is not None:
        made.append(setting("custom.width", column.width))
    if column.thresholds is not None:
        made.append(setting("thresholds", column.thresholds.build()))
        made += _coloured([ABSENT, *column.mappings], column.cell)
        made += [setting("min", 0), setting("max", 1)] if column.cell is BAR else []
        return made
    return made + (_coloured(column.mappings, column.cell) if column.mappings else [])


def _coloured(
    mappings: Sequence[ValueMapping], cell: Mapping[str, str] = BACKGROUND
) -> list[DynamicConfigValue]:
    return [setting("mappings", list(mappings)), setting("custom.cellOptions", cell)]
