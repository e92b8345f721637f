"""Tables: one row per account, queue or status, one query per column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Final

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import TableCellHeight
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    SpecialValueMap,
    SpecialValueMatch,
    ValueMapping,
    ValueMappingResult,
)

from grafana.palette import NONE, plain
from grafana.panels import COUNT, SOURCE, query

# A threshold would take nothing for less than anything.
NOTHING: Final = SpecialValueMap(
    options=DashboardSpecialValueMapOptions(
        match=SpecialValueMatch.NULL_AND_NAN, result=ValueMappingResult(text="-", color=NONE)
    )
)
BACKGROUND: Final = {"type": "color-background", "mode": "basic"}


@dataclass(frozen=True)
class Column:
    """One column. With `thresholds` or `mappings` its cells are coloured."""

    name: str
    expression: str
    unit: str = COUNT
    width: int | None = None
    decimals: int | None = None
    thresholds: ThresholdsConfig | None = None
    mappings: Sequence[ValueMapping] = ()
    align: str = "right"


@dataclass(frozen=True)
class Key:
    """A label whose values make the rows: its heading (none: it is not shown), and where a click leads."""

    label: str
    heading: str = ""
    width: int | None = None
    opens: tuple[str, str] | None = None  # title and URL
    mappings: Sequence[ValueMapping] = ()  # colours of its values


def grid(
    title: str, description: str, keys: Sequence[Key], columns: Sequence[Column], *, sort: str
) -> table.Panel:
    """A table with one row for each label set of `keys`, those with the largest in column `sort` first."""
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(COUNT)
        .no_value("no data")
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .thresholds(plain())
        .show_header(True)
        .cell_height(TableCellHeight.MD)
        .filterable(False)
        .sort_by([common.TableSortByFieldState().display_name(sort).desc(True)])
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_arrangement(keys, columns))
        .with_transformation(_order(sort))
    )
    for letter, column in zip(ascii_uppercase, columns, strict=False):
        panel = panel.with_target(query(column.expression, instant=True, ref_id=letter, form="table"))
        panel = panel.override_by_name(column.name, _properties(column))
    for key in keys:
        properties = [_value("noValue", "-")]
        properties += [_value("custom.width", key.width)] if key.width else []
        if key.opens:
            name, url = key.opens
            properties.append(_value("links", [{"title": name, "url": url, "targetBlank": False}]))
        properties += _coloured(key.mappings) if key.mappings else []
        if key.heading:
            panel = panel.override_by_name(key.heading, properties)
    return panel


def _arrangement(keys: Sequence[Key], columns: Sequence[Column]) -> DataTransformerConfig:
    """Keys first, then the columns in their order; neither the time nor keys without a heading."""
    values = {f"Value #{letter}": each.name for letter, each in zip(ascii_uppercase, columns, strict=False)}
    hidden = ["Time", *(key.label for key in keys if not key.heading)]
    names = {key.label: key.heading for key in keys if key.heading} | values
    return DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {name: index for index, name in enumerate(names)},
            "renameByName": names,
        },
    )


def _order(column: str) -> DataTransformerConfig:
    """The rows in order also after a refresh, which the table's own sorting does not see to everywhere."""
    return DataTransformerConfig(
        id_val="sortBy", options={"fields": {}, "sort": [{"field": column, "desc": True}]}
    )


def _properties(column: Column) -> list[DynamicConfigValue]:
    made = [_value("unit", column.unit), _value("noValue", "-"), _value("custom.align", column.align)]
    if column.decimals is not None:
        made.append(_value("decimals", column.decimals))
    if column.width is not None:
        made.append(_value("custom.width", column.width))
    if column.thresholds is not None:
        made.append(_value("thresholds", column.thresholds.build()))
        made += _coloured([NOTHING])
    return made + (_coloured(column.mappings) if column.mappings else [])


def _coloured(mappings: Sequence[ValueMapping]) -> list[DynamicConfigValue]:
    return [_value("mappings", list(mappings)), _value("custom.cellOptions", BACKGROUND)]


def _value(identifier: str, value: object) -> DynamicConfigValue:
    return DynamicConfigValue(id_val=identifier, value=value)
