"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.processes import Process, running
from tests.support.prometheus import GENERATIONS


class Start(Protocol):
    """Starts a command that is ended after the test."""

    def __call__(
        self, *arguments: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None
    ) -> Process: ...


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts commands, each ended by its pid after the test."""
    with ExitStack() as stack:

        def start_command(
            *arguments: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None
        ) -> Process:
            return stack.enter_context(running(arguments, environment, cwd))

        yield start_command


@pytest.fixture(params=GENERATIONS)
def generation(request: pytest.FixtureRequest) -> str:
    """Both generations of Prometheus and Alertmanager, one after the other."""
    return str(request.param)
