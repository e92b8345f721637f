"""Render every board to `dashboards/*.json`: `python -m grafana.build`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.boards import agents, exporter, live, queue, today

SCHEMA: Final = 39
"""Of Grafana 10.4, the lowest version of the format that has all that the boards use."""
FOLDER: Final = Path(__file__).parent / "dashboards"


def boards() -> dict[str, Dashboard]:
    """The boards by file name."""
    return {
        "contact-centre-live.json": live.build(),
        "today.json": today.build(),
        "queue-detail.json": queue.build(),
        "agents.json": agents.build(),
        "exporter-health.json": exporter.build(),
    }


def rendered() -> dict[str, str]:
    """The files' names and texts: the same at each call, and on each machine."""
    return {
        name: json.dumps(_older(made), sort_keys=True, indent=2, ensure_ascii=False) + "\n"
        for name, made in boards().items()
    }


def _older(made: Dashboard) -> dict[str, Any]:
    """A board that the oldest Grafana takes, without what newer ones read in another way.

    With a `placement`, which the library writes, newer ones show links nowhere.
    """
    board: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    board["schemaVersion"] = SCHEMA
    links = [link for panel in board["panels"] for link in panel.get("links", ())]
    for each in (*links, *board["links"], *board["annotations"]["list"], *board["templating"]["list"]):
        each.pop("placement", None)
    return board


def main() -> int:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
