"""What holds for every board: places, numbers, data source, units, descriptions, colours."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from grafana import palette
from grafana.tables import HOUR
from tests.grafana import colours
from tests.grafana.board_files import FILES, RATE, all_panels, drawn_panels, expressions, load

TITLES = {"Contact centre live", "Today", "Queue detail", "Agents", "Exporter health"}
JUDGED = (palette.GOOD, palette.WATCH, palette.ACT, palette.UNJUDGED)
CALM = {palette.GOOD, palette.UNJUDGED}
"""Neither wants anybody to do anything, so these two may be alike."""
OBSERVED = "$__range:$__interval", "2m"
"""The windows that tell how much of the time shown was observed: no figure is over them."""
WINDOWS = {
    "15m": ("15 min", "15 m", "now and last week"),
    "1h": ("1 h", "hour"),
    "5m": ("newest failures",),
    "$__range": ("time shown", "midnight"),
}
KNOWN = r"(max_over_time|last_over_time)\(\w+\{[^}]*\}\[(1h|6h)\]\)"
"""How far back an account or a queue is remembered that is gone."""

each_board = pytest.mark.parametrize("board", list(map(load, FILES)), ids=[file.stem for file in FILES])


def test_the_boards_are_there() -> None:
    boards = [load(file) for file in FILES]
    assert {board["title"] for board in boards} == TITLES
    assert len({board["uid"] for board in boards}) == len(TITLES)


@each_board
def test_nobody_edits_a_board_in_the_browser(board: dict[str, Any]) -> None:
    assert board["editable"] is False
    assert board.get("id") is None


@each_board
def test_panel_ids_are_unique(board: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in all_panels(board)]
    assert len(numbers) == len(set(numbers))
    assert all(isinstance(number, int) and number > 0 for number in numbers)


@each_board
def test_panels_stay_within_the_grid_and_do_not_overlap(board: dict[str, Any]) -> None:
    for panels in (board["panels"], *(panel.get("panels", []) for panel in board["panels"])):
        for panel in panels:
            place = panel["gridPos"]
            assert place["x"] >= 0 and place["w"] > 0 and place["h"] > 0, panel["title"]
            assert place["x"] + place["w"] <= 24, panel["title"]
        for one, other in itertools.combinations(panels, 2):
            assert _apart(one["gridPos"], other["gridPos"]), f"{one['title']} over {other['title']}"


@each_board
def test_lines_of_panels_fill_the_width(board: dict[str, Any]) -> None:
    lines: dict[tuple[int, int], int] = {}
    for row, panel in _with_rows(board):
        place = panel["gridPos"]
        for y in range(place["y"], place["y"] + place["h"]):
            lines[row, y] = lines.get((row, y), 0) + place["w"]
    assert set(lines.values()) == {24}


@each_board
def test_the_data_source_is_a_variable(board: dict[str, Any]) -> None:
    asking = [*drawn_panels(board), *board["annotations"]["list"]]
    asking += [target for panel in drawn_panels(board) for target in panel["targets"]]
    asking += [variable for variable in board["templating"]["list"] if variable["type"] == "query"]
    for each in asking:
        assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    (source,) = (each for each in board["templating"]["list"] if each["type"] == "datasource")
    assert (source["name"], source["query"]) == ("datasource", "prometheus")


@each_board
def test_every_panel_says_what_is_counted(board: dict[str, Any]) -> None:
    for panel in drawn_panels(board):
        description = panel["description"]
        assert len(description) > 40 and description.endswith("."), panel["title"]
    titles = [panel["title"] for panel in drawn_panels(board)]
    assert len(titles) == len(set(titles))


@each_board
def test_every_number_has_a_unit(board: dict[str, Any]) -> None:
    for panel in drawn_panels(board):
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        if panel["type"] == "table":
            columns = {
                override["matcher"]["options"]
                for override in panel["fieldConfig"]["overrides"]
                if any(each["id"] == "unit" for each in override["properties"])
            }
            (arrangement,) = (each for each in panel["transformations"] if each["id"] == "organize")
            names = arrangement["options"]["renameByName"]
            assert columns - {HOUR} == {new for old, new in names.items() if old.startswith("Value #")}


@each_board
def test_rates_are_over_the_rate_interval_or_a_window_that_the_panel_names(board: dict[str, Any]) -> None:
    for panel in drawn_panels(board):
        told = f"{panel['title']} {panel['description']}"
        for target in panel["targets"]:
            figures = re.sub(KNOWN, "", target["expr"])
            windows = set(re.findall(r"\[([^]]+)\]", figures)) - {RATE, "$__range:", *OBSERVED}
            for window in windows:
                assert any(text in told for text in WINDOWS[window]), f"{panel['title']}: {window}"


@each_board
def test_replicas_are_collapsed_before_anything_is_added_up(board: dict[str, Any]) -> None:
    native = r"histogram_(sum|count)\(increase\("
    window = r"\[(15m|1h|\$__range)\]( offset 1w)?"
    either = rf"{native}\w+\{{}}{window}\)\) or increase\("  # the classic form after the native
    fresher = r"\w+\{\}( offset 1w)? and on \(account, job, instance\) voicenter:\w+:fresher( offset 1w)?"
    gauge = rf"({fresher} or on \(account\) )?"
    over = "rate|increase|count_over_time|max_over_time|last_over_time"
    collapsed = rf"(max|avg) by \([\w, ]+\) \((({over})\(|{gauge})"
    pooled = rf"sum by \([\w, ]+\) \(({native}|{either}|increase\()"
    for expression in expressions(board):
        if "variable" in expression.place:
            continue
        text = re.sub(r"\{[^}]*\}", "{}", expression.text)
        for selector in re.finditer(r"\bvoicenter_(?!exporter)\w+\{", text):
            before = text[: selector.start()]
            assert re.search(rf"({collapsed}|{pooled})$", before), f"{expression.place}: …{before[-60:]}"


@each_board
def test_every_colour_is_of_the_palette(board: dict[str, Any]) -> None:
    used = set(re.findall(r'"(?:color|fixedColor|iconColor|fill)": ?"([^"]+)"', _text(board)))
    named = {palette.NEUTRAL, palette.CONTRAST, palette.QUIET, palette.PLAIN, *JUDGED}
    kinds = (palette.STATUS, palette.ACTIVITY, palette.DIRECTION, palette.OUTCOME, palette.REASON)
    known = named.union(*(kind.values() for kind in kinds), palette.ENDPOINT.values(), {palette.NONE, "dash"})
    assert used <= known


def test_kinds_are_not_coloured_like_judgements() -> None:
    kinds = (palette.STATUS, palette.ACTIVITY, palette.DIRECTION, palette.REASON, palette.ENDPOINT)
    for kind in kinds:
        assert not set(kind.values()) & {palette.GOOD, palette.WATCH, palette.ACT}


@pytest.mark.parametrize("colour", [*JUDGED, palette.NEUTRAL])
def test_text_on_a_coloured_tile_can_be_read(colour: str) -> None:
    """As Grafana chooses the text: light, or dark on what is bright."""
    assert colours.contrast(colour, colours.text_on(colour)) >= 4.5


@pytest.mark.parametrize("sight", colours.SIGHTS)
def test_judgements_look_different_to_everybody(sight: str) -> None:
    """Good and act had a difference of 8 for protanopes; 20 is seen at a glance."""
    seen = [(one, other) for one, other in itertools.combinations(JUDGED, 2) if {one, other} != CALM]
    for one, other in seen:
        assert colours.difference(one, other, sight) >= 20, f"{one} and {other}"


def test_what_stands_side_by_side_has_colours_of_its_own() -> None:
    """The timeline of an extension shows activities, and the statuses of agents who are in no call."""
    shown = [*palette.ACTIVITY.items(), *palette.STATUS.items()]
    colours = [colour for name, colour in shown if name not in ("login", "idle", "unknown")]
    assert len(colours) == len(set(colours))


def test_the_wall_is_one_screen() -> None:
    """27 rows of the grid with the board's controls are 1080 lines; each row has 38."""
    live = _board("Contact centre live")
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in live["panels"])
    assert bottom <= 27
    assert not [panel for panel in live["panels"] if panel["type"] == "row"]
    assert (live["refresh"], live["time"]["from"]) == ("10s", "now-3h")


def test_no_column_of_the_wall_is_cut_off_on_a_small_screen() -> None:
    """On 1366 pixels a column of the grid has 56; what has no width keeps 150, or what it is given."""
    for panel in _board("Contact centre live")["panels"]:
        if panel["type"] == "table":
            assert _width(panel) <= panel["gridPos"]["w"] * 56, panel["title"]


def test_today_begins_at_midnight() -> None:
    assert _board("Today")["time"]["from"] == _board("Agents")["time"]["from"] == "now/d"
    live = {panel["title"]: panel for panel in _board("Contact centre live")["panels"]}
    for title in ("Today so far", "Queues, the most urgent first"):
        assert live[title]["timeFrom"] == "now/d"


@each_board
def test_grafana_10_takes_the_board_and_13_shows_its_links(board: dict[str, Any]) -> None:
    assert board["schemaVersion"] == 39
    for each in (*board["links"], *board["annotations"]["list"]):
        assert "placement" not in each


@each_board
def test_every_number_is_red_without_a_value(board: dict[str, Any]) -> None:
    for panel in drawn_panels(board):
        if panel["type"] == "stat":
            unknown = panel["fieldConfig"]["defaults"]["mappings"][0]
            assert unknown["options"]["match"] == "null+nan"
            assert unknown["options"]["result"] == {"text": "NO DATA", "color": palette.ACT}


@each_board
def test_marks_look_back_over_a_whole_step(board: dict[str, Any]) -> None:
    """So that at wide steps no restart and no alert falls between two of them."""
    marks = {each["name"]: each["expr"] for each in board["annotations"]["list"]}
    assert marks["Exporter restarts"].endswith("< bool $__interval_ms / 1000")
    assert marks["Critical alerts"].count("[$__interval]") == 2


@each_board
def test_boards_link_to_boards_that_exist(board: dict[str, Any]) -> None:
    uids = {load(file)["uid"] for file in FILES}
    assert set(re.findall(r"/d/([\w-]+)", _text(board))) <= uids


def _board(title: str) -> dict[str, Any]:
    (board,) = (load(file) for file in FILES if load(file)["title"] == title)
    return board


def _width(table: dict[str, Any]) -> int:
    """What its columns take; Grafana hides some, and the account where there is only one."""
    (arrangement,) = (each for each in table["transformations"] if each["id"] == "organize")
    total = 0
    for heading in arrangement["options"]["renameByName"].values():
        settings = {
            each["id"]: each["value"]
            for override in table["fieldConfig"]["overrides"]
            if override["matcher"]["options"] == heading
            for each in override["properties"]
        }
        total += settings.get("custom.width") or settings.get("custom.minWidth") or 150
    return total


def _apart(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] + one["w"] <= other["x"]
        or other["x"] + other["w"] <= one["x"]
        or one["y"] + one["h"] <= other["y"]
        or other["y"] + other["h"] <= one["y"]
    )


def _with_rows(board: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    placed = [(0, panel) for panel in board["panels"]]
    return placed + [(row["id"], panel) for row in board["panels"] for panel in row.get("panels", [])]


def _text(board: dict[str, Any]) -> str:
    return json.dumps(board)
