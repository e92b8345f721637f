"""A faulty vendor and the installed exporter that asks it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import PATIENCE
from tests.support.vendor import Behaviour, Exchange, Vendor, vendor

CODE = "marked-code-4711"
IMPATIENT_RESOLVER = {"RES_OPTIONS": "timeout:1 attempts:1"}
"""Lets names that do not exist fail soon on a machine whose DNS server does not answer."""


@pytest.fixture(name="vendor")
def good_vendor() -> Iterator[Vendor]:
    """A vendor that answers well until it gets other orders."""
    with vendor() as server:
        yield server


ExporterOf = Callable[..., Exporter]


@pytest.fixture
def exporter_for(tmp_path: Path) -> Iterator[ExporterOf]:
    """Starts an exporter whose account `main` asks a base URL; more keys of the account by name."""
    with ExitStack() as stack:

        def start(base_url: str, flags: tuple[str, ...] = (), **keys: Any) -> Exporter:
            return stack.enter_context(exporter_of(config_for(base_url, **keys), tmp_path, flags))

        yield start


def config_for(base_url: str, **keys: Any) -> dict[str, Any]:
    """A configuration of one account `main` without pacing; more keys of the account by name."""
    account = {"name": "main", "base_url": base_url, "timeout": "1m", "min_interval": "0s", **keys}
    if "code_file" not in account:
        account["code"] = CODE
    return {"accounts": [account], "max_body": "1MiB"}


def together() -> Behaviour:
    """Answer well once both endpoints are asked, so that each has a connection of its own."""
    both = threading.Barrier(2, timeout=PATIENCE)

    def behaviour(exchange: Exchange) -> None:
        both.wait()
        exchange.answer_well()

    return behaviour


def gated(gate: threading.Event, behaviour: Behaviour = Exchange.answer_well) -> Behaviour:
    """Behave like that once the gate is open."""

    def once_open(exchange: Exchange) -> None:
        gate.wait(PATIENCE)
        behaviour(exchange)

    return once_open
