"""What holds for every board: places, numbers, data source, units, descriptions, colours."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from grafana import palette
from tests.grafana.board_files import FILES, RATE, all_panels, drawn_panels, expressions, load

TITLES = {"Contact centre live", "Queue detail", "Agents", "Exporter health"}
OBSERVED = "$__range:$__interval", "2m"
"""The windows that tell how much of the time shown was observed: no figure is over them."""
WINDOWS = {"15m": ("15 min", "15 m", "now and last week"), "1h": ("1 h", "hour"), "$__range": ("time shown",)}

each_board = pytest.mark.parametrize("board", list(map(load, FILES)), ids=[file.stem for file in FILES])


def test_the_four_boards_are_there() -> None:
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
        line = row, panel["gridPos"]["y"]
        lines[line] = lines.get(line, 0) + panel["gridPos"]["w"]
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
            assert columns == {new for old, new in names.items() if old.startswith("Value #")}


@each_board
def test_rates_are_over_the_rate_interval_or_a_window_that_is_told(board: dict[str, Any]) -> None:
    for panel in drawn_panels(board):
        told = f"{panel['title']} {panel['description']}"
        for target in panel["targets"]:
            windows = set(re.findall(r"\[([^]]+)\]", target["expr"])) - {RATE, "$__range:", *OBSERVED}
            for window in windows:
                assert any(text in told for text in WINDOWS[window]), f"{panel['title']}: {window}"


@each_board
def test_replicas_are_collapsed_before_anything_is_added_up(board: dict[str, Any]) -> None:
    native = r"histogram_(sum|count)\(increase\("
    either = rf"{native}\w+\{{}}\[15m\]( offset 1w)?\)\) or increase\("  # the classic form after the native
    fresher = r"\w+\{\}( offset 1w)? and on \(account, job, instance\) voicenter:\w+:fresher( offset 1w)?"
    gauge = rf"({fresher} or on \(account\) )?"
    collapsed = rf"(max|avg) by \([\w, ]+\) \(((rate|increase|count_over_time)\(|{gauge})"
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
    named = {palette.GOOD, palette.WATCH, palette.ACT, palette.NEUTRAL, palette.CONTRAST, palette.QUIET}
    kinds = (palette.STATUS, palette.ACTIVITY, palette.DIRECTION, palette.OUTCOME, palette.REASON)
    known = named.union(*(kind.values() for kind in kinds), palette.ENDPOINT.values(), {palette.NONE, "dash"})
    assert used <= known


def test_kinds_are_not_coloured_like_judgements() -> None:
    kinds = (palette.STATUS, palette.ACTIVITY, palette.DIRECTION, palette.REASON, palette.ENDPOINT)
    for kind in kinds:
        assert not set(kind.values()) & set(palette.JUDGEMENT.values())


def test_what_stands_side_by_side_has_colours_of_its_own() -> None:
    """The timeline of an extension shows activities, and the statuses of those who are in no call."""
    shown = [*palette.ACTIVITY.items(), *palette.STATUS.items()]
    colours = [colour for name, colour in shown if name not in ("login", "idle", "unknown")]
    assert len(colours) == len(set(colours))


def test_the_wall_shows_six_numbers_at_most() -> None:
    (live,) = (load(file) for file in FILES if load(file)["title"] == "Contact centre live")
    assert sum(panel["type"] == "stat" for panel in all_panels(live)) <= 6
    assert (live["refresh"], live["time"]["from"]) == ("10s", "now-3h")


@each_board
def test_boards_link_to_boards_that_exist(board: dict[str, Any]) -> None:
    uids = {load(file)["uid"] for file in FILES}
    assert set(re.findall(r"/d/([\w-]+)", _text(board))) <= uids


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
