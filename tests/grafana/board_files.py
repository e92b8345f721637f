"""The committed boards as the tests read them: files, panels, and every expression with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[2] / "grafana" / "dashboards"
FILES: Final = sorted(FOLDER.glob("*.json"))
RATE: Final = "$__rate_interval"


@dataclass(frozen=True)
class Expression:
    """One expression of a board, and where it stands."""

    place: str
    text: str

    @property
    def panel(self) -> str:
        """The board and its panel, annotation or variable, without the query's letter."""
        return " / ".join(self.place.split(" / ")[:2])

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with its variables replaced, as Grafana does before it asks Prometheus."""
        text = self.text
        for name, value in values.items():
            text = text.replace(f"${name}", value)
        return text


def load(file: Path) -> dict[str, Any]:
    """The board in a file."""
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


def all_panels(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows and panels, those in collapsed rows too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def drawn_panels(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Panels that show something: no rows."""
    return (panel for panel in all_panels(board) if panel["type"] != "row")


def expressions(board: Mapping[str, Any]) -> Iterator[Expression]:
    """Those of panels, annotations and variables; of a variable the selector that it takes values from."""
    title = board["title"]
    for panel in drawn_panels(board):
        for target in panel["targets"]:
            yield Expression(f"{title} / {panel['title']} / {target['refId']}", target["expr"])
    for annotation in board["annotations"]["list"]:
        yield Expression(f"{title} / annotation {annotation['name']}", annotation["expr"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            selector = variable["query"]["query"].removeprefix("label_values(").rpartition(",")[0]
            yield Expression(f"{title} / variable {variable['name']}", selector)


def everything() -> list[Expression]:
    """The expressions of all boards."""
    return [expression for file in FILES for expression in expressions(load(file))]
