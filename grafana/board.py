"""A board: its variables, annotations and links, and its panels placed in rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    Panel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from exporter import HOMEPAGE
from grafana.palette import ACT, NEUTRAL, WATCH
from grafana.panels import SOURCE

WIDTH: Final = 24  # of Grafana's grid
Opening = TypeVar("Opening", stat.Panel, timeseries.Panel)
TAG: Final = "voicenter"
LIVE: Final = "voicenter-live"
QUEUE_DETAIL: Final = "voicenter-queue"
AGENTS: Final = "voicenter-agents"
EXPORTER: Final = "voicenter-exporter"
TODAY: Final = "voicenter-today"
RUNBOOKS: Final = f"{HOMEPAGE}/blob/main/docs/runbooks"
VARIABLE: Final = "PrometheusVariableQueryEditor-VariableQuery"  # as Grafana itself names it


@dataclass(frozen=True)
class Placed:
    """A panel and how much of the grid it takes."""

    panel: Builder[Panel]
    width: int
    height: int
    below: Placed | None = None
    """Another one right under it, as wide."""

    def __iter__(self) -> Iterator[Placed]:
        """This one, and what is below it."""
        yield self
        yield from self.below or ()


@dataclass(frozen=True)
class Section:
    """A row with its title, if it has one; its panels flow from left to right, and on below."""

    title: str
    panels: Sequence[Placed]
    collapsed: bool = False


def board(uid: str, title: str, description: str, *, since: str, refresh: str) -> Dashboard:
    """An empty board, not editable, with the data source as its first variable and links to its sisters."""
    return (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .timezone("browser")
        .time(since, "now")
        .refresh(refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .link(
            DashboardLink("Boards")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .url("")  # Grafana 10 wants one, though tags choose the boards
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
            .icon("apps")
        )
    )


def choice(name: str, label: str, metric: str, field: str, *, several: bool) -> QueryVariable:
    """A variable with the values of a metric's label. `several`: any number of them, all at first."""
    made = (
        QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"qryType": 1, "query": f"label_values({metric}, {field})", "refId": VARIABLE})
        .definition(f"label_values({metric}, {field})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(several)
        .include_all(several)
    )
    # All is a pattern, not a list of a thousand names.
    return made.all_value(".+").current(VariableOption(text="All", value="$__all")) if several else made


def account_choice(*, several: bool) -> QueryVariable:
    """The variable `account`."""
    return choice("account", "Account", "voicenter_scrape_success", "account", several=several)


def queue_choice(*, several: bool) -> QueryVariable:
    """The variable `queue`: names of the chosen accounts' queues."""
    matcher = 'account=~"$account"' if several else 'account="$account"'
    return choice("queue", "Queue", f"voicenter_queue_callers{{{matcher}}}", "queue", several=several)


def leading_to(panel: Opening, title: str, uid: str) -> Opening:
    """A panel whose title leads to another board, with the same choices and the same time."""
    chosen = "${datasource:queryparam}&${account:queryparam}&${queue:queryparam}&${__url_time_range}"
    link = DashboardLink(title).type(DashboardLinkType.LINK).url(f"/d/{uid}?{chosen}")
    return panel.links([link])


def annotate(made: Dashboard, account: str) -> Dashboard:
    """Marks for what explains a graph: outages of the API, and when the exporter or a critical alert began.

    `account` is the board's matcher of accounts.
    """
    outage = f"max by (account) (voicenter_up{{{account}}}) == bool 0"
    started = (
        "max by (job, instance) (process_start_time_seconds and on (job, instance) "
        "voicenter_exporter_build_info)"
    )
    # Both look back over a whole step, however wide, so that nothing falls between two.
    restart = f"time() - {started} < bool $__interval_ms / 1000"
    firing = (
        'max by (alertname, account, queue) (max_over_time(ALERTS{alertname=~"Voicenter.+", '
        'alertstate="firing", severity="critical", account=~"$account|"}[$__interval]%s))'
    )
    alert = f"{firing % ''} unless {firing % ' offset $__interval'}"
    for name, colour, expression, title, text in (
        ("API outages", WATCH, outage, "No data from Voicenter", "account {{account}}"),
        ("Exporter restarts", NEUTRAL, restart, "Exporter started", "{{instance}}"),
        ("Critical alerts", ACT, alert, "{{alertname}}", "account {{account}} queue {{queue}}"),
    ):
        made = made.annotation(
            AnnotationQuery()
            .name(name)
            .datasource(SOURCE)
            .enable(True)
            .hide(False)
            .icon_color(colour)
            .expr(expression)
            .step("30s")
            .title_format(title)
            .text_format(text)
        )
    return made


def fill(made: Dashboard, sections: Sequence[Section]) -> Dashboard:
    """Put the sections one below the other and number all panels in their order."""
    numbers = count(1)
    y = 0
    for section in sections:
        row = Row(section.title).id(next(numbers)).grid_pos(GridPos(x=0, y=y, w=WIDTH, h=1))
        placed, bottom = _flow(section.panels, y + bool(section.title))
        panels = [_Ready(panel, next(numbers), place) for panel, place in placed]
        if section.collapsed:
            for panel in panels:
                row = row.with_panel(panel)
            made = made.with_row(row.collapsed(True))
            y += 1
            continue
        made = made.with_row(row) if section.title else made
        for panel in panels:
            made = made.with_panel(panel)
        y = bottom
    return made


class _Ready(Builder[Panel]):
    """A panel with its number and place, which the makers of panels do not know."""

    def __init__(self, panel: Builder[Panel], number: int, place: GridPos) -> None:
        self._panel, self._number, self._place = panel, number, place

    def build(self) -> Panel:
        built = self._panel.build()
        built.id_val, built.grid_pos = self._number, self._place
        return built


def _flow(panels: Sequence[Placed], top: int) -> tuple[list[tuple[Builder[Panel], GridPos]], int]:
    """Places from left to right, a new line where the width is used up; and the first free line below."""
    places: list[tuple[Builder[Panel], GridPos]] = []
    x, y, line = 0, top, 0
    for stack in panels:
        if x + stack.width > WIDTH:
            x, y, line = 0, y + line, 0
        height = 0
        for each in stack:
            places.append((each.panel, GridPos(x=x, y=y + height, w=each.width, h=each.height)))
            height += each.height
        x, line = x + stack.width, max(line, height)
    return places, y + line
