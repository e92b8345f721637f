"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from tests.support.processes import Process, running
from tests.support.prometheus import GENERATIONS

pytest_plugins = ["tests.unit"]

# A slow or busy machine is no failure: examples have no deadline, and are drawn however long that takes. They
# are the same in each run; `make fuzz` takes the profile with ever new ones, and many of them.
settings.register_profile(
    "quick", settings(), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "fuzz",
    max_examples=int(os.environ.get("VOICENTER_FUZZ_EXAMPLES", "2000")),
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("quick")


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
