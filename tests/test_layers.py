"""The rooms of docs/decisions/layering.md: who imports whom, and that the core does no I/O."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[1]
PACKAGE: Final = REPOSITORY / "exporter"
PAGE: Final = (REPOSITORY / "docs" / "decisions" / "layering.md").read_text()

PURE: Final = ("api", "history", "metrics")
IMPURE: Final = {
    "asyncio", "datetime", "http", "logging", "os", "queue", "random", "requests", "selectors", "signal",
    "socket", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "urllib3",
}  # fmt: skip
FOR_ALL: Final = ("logs", "memory", "__version__", "__revision__", "HOMEPAGE")
STANDS_ALONE: Final = PACKAGE / "command" / "healthcheck.py"


def floors() -> dict[str, int]:
    """The line of each room, the lowest one 0."""
    block = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert block
    return {
        name: floor for floor, line in enumerate(reversed(block[1].splitlines())) for name in line.split()
    }


def imports(file: Path) -> Iterator[str]:
    """The modules that a file imports, by their full names."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = (PACKAGE.parent / node.module.replace(".", "/")).is_dir() and node.module != "exporter"
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if whole else (node.module,)
            if node.module == "exporter":
                yield from (f"exporter.{alias.name}" for alias in node.names)


def imported_files(file: Path) -> Iterator[Path]:
    """The modules of ours that a file imports; of a package, its `__init__`."""
    for name in imports(file):
        place = PACKAGE.parent / name.replace(".", "/")
        for candidate in (place.with_suffix(".py"), place / "__init__.py", place.parent / "__init__.py"):
            if name.startswith("exporter.") and candidate.is_file():
                yield candidate
                break


FILES: Final = sorted(
    file for file in PACKAGE.rglob("*.py") if file.parent != PACKAGE or file.stem[:2] != "__"
)


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_modules_import_only_from_their_room_and_those_below(file: Path) -> None:
    floor, own = floors(), room_of(file)
    for imported in imports(file):
        room = imported.removeprefix("exporter.").partition(".")[0]
        if not imported.startswith("exporter.") or room in (own, *FOR_ALL):
            continue
        if "simulator" in (room, own):
            assert file.name == "demo.py" and room == "simulator", imported
        else:
            assert floor[room] < floor[own], f"{own} imports {imported}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter({file: set(imported_files(file)) - {file} for file in FILES}).prepare()


def test_the_health_check_of_the_image_stands_alone() -> None:
    assert not [name for name in imports(STANDS_ALONE) if name.startswith("exporter.")]


@pytest.mark.parametrize("room", PURE)
def test_the_core_has_no_clock_and_no_input_or_output(room: str) -> None:
    files = [file for file in FILES if room_of(file) == room]
    assert files
    for file in files:
        assert not {name.partition(".")[0] for name in imports(file)} & IMPURE, file
        assert not re.search(r"\bopen\(|\bprint\(", file.read_text()), file


def test_every_module_has_a_room_and_says_what_it_is_for() -> None:
    known = floors().keys() | {"simulator", "logs", "memory"}
    assert {room_of(file) for file in FILES} <= known
    for file in FILES:
        first = ast.get_docstring(ast.parse(file.read_text()))
        assert first, file
        assert len(first.splitlines()[0]) > 20, file
