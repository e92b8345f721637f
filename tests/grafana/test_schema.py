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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the types and what reads them are."""
    try:
        modules = tools.folder("grafana-schema") / "node_modules"
    except Unavailable as error:
        tools.unavailable(str(error))
    made = tmp_path_factory.mktemp("schema")
    (made / "node_modules").symlink_to(modules)
    return made


@pytest.fixture(scope="session")
def schema(folder: Path) -> dict[str, Any]:
    """Of Grafana 13: every object is closed against what its type does not have."""
    return _generate(folder, "boards.ts")


@pytest.fixture(scope="session")
def schema_10(folder: Path) -> dict[str, Any]:
    """Of Grafana 10, which passes over what it does not know: every object is open."""
    return _generate(folder, "boards10.ts", "--additional-properties")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_boards_and_panels_fit_their_types(file: Path, schema: dict[str, Any]) -> None:
    board = load(file)
    mistakes = list(_mistakes(schema, "Board", board))
    for panel in all_panels(board):
        mistakes += (f"{panel['title']}: {each}" for each in _mistakes(schema, KINDS[panel["type"]], panel))
    assert not mistakes


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_grafana_10_knows_has_the_types_that_it_expects(file: Path, schema_10: dict[str, Any]) -> None:
    board = load(file)
    mistakes = list(_mistakes(schema_10, "Board", board))
    for panel in all_panels(board):
        if (kind := KINDS[panel["type"]]) in schema_10["definitions"]:
            mistakes += (f"{panel['title']}: {each}" for each in _mistakes(schema_10, kind, panel))
    assert not mistakes


def test_the_schema_refuses_what_grafana_does_not_know(
    schema: dict[str, Any], schema_10: dict[str, Any]
) -> None:
    panels = [panel for file in FILES for panel in all_panels(load(file))]
    first = {kind: next(each for each in panels if each["type"] == kind) for kind in KINDS}
    number = {**first["stat"], "options": {**first["stat"]["options"], "colorMode": "loud"}}
    assert list(_mistakes(schema, "Stat", number))
    graph = {
        **first["timeseries"],
        "fieldConfig": {"defaults": {"custom": {"lineWidht": 2}}, "overrides": []},
    }
    assert list(_mistakes(schema, "TimeSeries", graph))
    assert list(_mistakes(schema_10, "Stat", number))
    assert list(_mistakes(schema, "Table", {**first["table"], "gridPos": {"x": "0", "y": 0, "w": 1, "h": 1}}))


def _generate(folder: Path, types: str, *options: str) -> dict[str, Any]:
    shutil.copy(Path(__file__).with_name(types), folder)
    config = f"{types}.json"
    (folder / config).write_text(json.dumps({"compilerOptions": COMPILER, "files": [types]}))
    generator = "node_modules/ts-json-schema-generator/bin/ts-json-schema-generator.js"
    made = subprocess.run(
        ["node", generator, "--path", types, "--tsconfig", config, "--type", "*", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    read: dict[str, Any] = json.loads(made.stdout)
    return read


def _mistakes(schema: dict[str, Any], name: str, value: Any) -> Iterator[str]:
    validator = Draft7Validator({**schema, "$ref": f"#/definitions/{name}"})
    for error in validator.iter_errors(value):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
