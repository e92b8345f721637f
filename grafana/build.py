"""Render every board to `dashboards/*.json`: `python -m grafana.build`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.boards import agents, exporter, live, queue

FOLDER: Final = Path(__file__).parent / "dashboards"


def boards() -> dict[str, Dashboard]:
    """The boards by file name."""
    return {
        "contact-centre-live.json": live.build(),
        "queue-detail.json": queue.build(),
        "agents.json": agents.build(),
        "exporter-health.json": exporter.build(),
    }


def rendered() -> dict[str, str]:
    """The files' names and texts: the same at each call, and on each machine."""
    return {
        name: json.dumps(made.build(), cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
        for name, made in boards().items()
    }


def main() -> int:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
