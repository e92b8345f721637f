"""The boards fit the types that Grafana publishes, made into a JSON schema."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

from tests.grafana.board_files import FILES, all_panels, load
from tests.support import tools
from tests.support.packages import Unavailable

KINDS: Final = {
    "row": "Row",
    "stat": "Stat",
    "timeseries": "TimeSeries",
    "table": "Table",
    "heatmap": "Heatmap",
    "state-timeline": "StateTimeline",
}
TYPES: Final = Path(__file__).with_name("boards.ts")
COMPILER: Final = {
    "module": "esnext",
    "moduleResolution": "bundler",
    "target": "es2022",
    "strict": True,
    "skipLibCheck": True,
    "noEmit": True,
    # the package keeps its raw types from being imported by path
    "paths": {"@grafana/schema/dist/types/*": ["./node_modules/@grafana/schema/dist/types/*"]},
}


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON schema of boards and panels: every object closed against what its type does not have."""
    try:
        modules = tools.folder("grafana-schema") / "node_modules"
    except Unavailable as error:
        tools.unavailable(str(error))
    folder = tmp_path_factory.mktemp("schema")
    (folder / "node_modules").symlink_to(modules)
    shutil.copy(TYPES, folder)
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER, "files": [TYPES.name]}))
    generator = "node_modules/ts-json-schema-generator/bin/ts-json-schema-generator.js"
    made = subprocess.run(
        ["node", generator, "--path", TYPES.name, "--tsconfig", "tsconfig.json", "--type", "*"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    read: dict[str, Any] = json.loads(made.stdout)
    return read


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_boards_and_panels_fit_their_types(file: Path, schema: dict[str, Any]) -> None:
    board = load(file)
    mistakes = list(_mistakes(schema, "Board", board))
    for panel in all_panels(board):
        mistakes += (f"{panel['title']}: {each}" for each in _mistakes(schema, KINDS[panel["type"]], panel))
    assert not mistakes


def test_the_schema_refuses_what_grafana_does_not_know(schema: dict[str, Any]) -> None:
    panels = [panel for file in FILES for panel in all_panels(load(file))]
    first = {kind: next(each for each in panels if each["type"] == kind) for kind in KINDS}
    number = {**first["stat"], "options": {**first["stat"]["options"], "colorMode": "loud"}}
    assert list(_mistakes(schema, "Stat", number))
    graph = {
        **first["timeseries"],
        "fieldConfig": {"defaults": {"custom": {"lineWidht": 2}}, "overrides": []},
    }
    assert list(_mistakes(schema, "TimeSeries", graph))
    assert list(_mistakes(schema, "Table", {**first["table"], "gridPos": {"x": "0", "y": 0, "w": 1, "h": 1}}))


def _mistakes(schema: dict[str, Any], name: str, value: Any) -> Iterator[str]:
    validator = Draft7Validator({**schema, "$ref": f"#/definitions/{name}"})
    for error in validator.iter_errors(value):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
