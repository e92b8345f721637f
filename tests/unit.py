"""`pytest --unit`: the tests that start no process and listen nowhere, found by what their modules import.

A module of tests is left out when it, or a module of tests that it imports, imports something of STARTERS.
A test is left out when it uses one of the FIXTURES, or is marked `long`. What is left is held to it: to start
a process or to bind a socket is an error.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
STARTERS: Final = {
    "subprocess", "socket", "http.server", "playwright", "uvicorn", "exporter.simulator.server",
    "exporter.web.server", "tests.support.processes", "tests.support.tools",
}  # fmt: skip
FIXTURES: Final = {"start", "generation"}
FORBIDDEN: Final = {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.system", "socket.bind"}
"""Audit events of Python."""


class NotAUnitTest(BaseException):
    """A process or a listening socket in a test that should have none; nothing may catch it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer --unit."""
    parser.addoption("--unit", action="store_true", help="only tests without processes and servers")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out modules that start something."""
    left_out = config.getoption("--unit") and collection_path.suffix == ".py" and starts(collection_path)
    return True if left_out else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests whose fixtures start something, and long ones."""
    if config.getoption("--unit"):
        items[:] = [item for item in items if not _starts_or_lasts(item)]


@pytest.hookimpl(tryfirst=True)  # a worker's own loop comes back when all is over
def pytest_runtestloop(session: pytest.Session) -> None:
    """Hold the tests to it from here on, in this process; the hook of an interpreter cannot be taken off."""
    at_work = "PYTEST_XDIST_WORKER" in os.environ or not session.config.getoption("numprocesses", None)
    if session.config.getoption("--unit") and at_work:
        sys.addaudithook(refuse)


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook: raise at what a unit test does not do."""
    if event in FORBIDDEN:
        raise NotAUnitTest(f"{event}{arguments[:2]} in a test that starts nothing by what it imports")


def _starts_or_lasts(item: pytest.Item) -> bool:
    return bool(FIXTURES & set(getattr(item, "fixturenames", ()))) or "long" in item.keywords


@cache
def starts(file: Path) -> bool:
    """Whether the module of tests imports, itself or through others, what starts processes and servers."""
    named = set(_imports(file))
    return bool(named & STARTERS) or any(starts(place) for place in _files(named))


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from (alias.name, alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, node.module.partition(".")[0])
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(names: set[str]) -> Iterator[Path]:
    for name in names:
        place = (ROOT / name.replace(".", "/")).with_suffix(".py")
        if name.startswith(("tests.", "benchmarks.")) and place.is_file():
            yield place
