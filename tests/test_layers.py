"""The layers of docs/decisions/layering.md: who imports whom, and that the core does no I/O."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[1]
PACKAGE: Final = REPOSITORY / "exporter"
PAGE: Final = (REPOSITORY / "docs" / "decisions" / "layering.md").read_text()

PURE: Final = ("wire", "snapshot", "failure", "history", "metrics", "exposition")
IMPURE: Final = {
    "asyncio", "datetime", "http", "logging", "os", "queue", "random", "requests", "selectors", "signal",
    "socket", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "urllib3",
}  # fmt: skip
WRITERS: Final = {"metrics/docs.py"}
"""What runs by hand, to renew a page."""


def ranks() -> dict[str, int]:
    """The line of each layer."""
    block = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert block
    return {name: rank for rank, line in enumerate(block[1].splitlines()) for name in line.split()}


def layer_of(module: str) -> str:
    """`exporter.web.routes` → `web`."""
    return module.removeprefix("exporter").lstrip(".").partition(".")[0]


def imports(file: Path) -> Iterator[str]:
    """The modules that a file imports, by their full names."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module == "exporter"
            yield from (f"exporter.{alias.name}" for alias in node.names) if whole else (node.module,)


FILES: Final = sorted(
    file for file in PACKAGE.rglob("*.py") if file.parent != PACKAGE or file.stem[:2] != "__"
)


def own_layer(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_modules_import_only_from_the_layers_above_them(file: Path) -> None:
    order, own = ranks(), own_layer(file)
    for imported in imports(file):
        if imported.startswith("exporter.") and imported != "exporter.__version__":
            layer = layer_of(imported)
            if layer == own:
                continue
            if "simulator" in (layer, own):
                assert (own, layer) == ("demo", "simulator"), imported
            elif own != "healthcheck":
                assert order[layer] < order[own], f"{own} imports {imported}"


def test_the_health_check_of_the_image_stands_alone() -> None:
    assert not [name for name in imports(PACKAGE / "healthcheck.py") if name.startswith("exporter.")]


@pytest.mark.parametrize("layer", PURE)
def test_the_core_has_no_clock_and_no_input_or_output(layer: str) -> None:
    files = [file for file in FILES if own_layer(file) == layer]
    assert files
    for file in files:
        if str(file.relative_to(PACKAGE)) not in WRITERS:
            assert not {name.partition(".")[0] for name in imports(file)} & IMPURE, file
            assert not re.search(r"\bopen\(|\bprint\(", file.read_text()), file


def test_every_module_has_a_layer_and_says_what_it_is_for() -> None:
    known = ranks().keys() | {"simulator", "healthcheck"}
    assert {own_layer(file) for file in FILES} <= known
    for file in FILES:
        first = ast.get_docstring(ast.parse(file.read_text()))
        assert first, file
        assert len(first.splitlines()[0]) > 20, file
