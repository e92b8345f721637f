"""The installed exporter as a process, and its pages read by prometheus-client's own parser.

with exporter_of(config, folder) as exporter:
    assert exporter.scrape().value("voicenter_up", account="main") == 1
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import PATIENCE, Process, command, running

LISTENING = r"(?i)listening.*?(https?://[^\s\"/]+:\d+)"


@dataclass(frozen=True)
class Page:
    """One page of metrics."""

    response: requests.Response
    seconds: float
    """From the request to the last byte."""
    samples: dict[str, list[tuple[dict[str, str], float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.response.status_code == 200, self.response.text
        for family in text_string_to_metric_families(self.response.text):
            for sample in family.samples:
                self.samples.setdefault(sample.name, []).append((sample.labels, sample.value))

    @property
    def text(self) -> str:
        """The page as it came."""
        return self.response.text

    def values(self, name: str, **labels: str) -> list[float]:
        """The values of all samples of this name that have these labels."""
        return [value for found, value in self.samples.get(name, []) if labels.items() <= found.items()]

    def value(self, name: str, **labels: str) -> float:
        """The value of the only sample of this name that has these labels, NaN if there is none."""
        found = self.values(name, **labels)
        assert len(found) <= 1, f"{len(found)} samples of {name} {labels}"
        return found[0] if found else math.nan

    def failures(self, endpoint: str, account: str = "main") -> dict[str, float]:
        """The failures counted for an endpoint, by reason, without those at 0."""
        return {
            labels["reason"]: value
            for labels, value in self.samples.get("voicenter_api_failures_total", [])
            if labels["source"] == endpoint and labels["account"] == account and value
        }


class Exporter:
    """A running exporter."""

    def __init__(self, process: Process) -> None:
        """Wait until it listens."""
        self.process = process
        self.url = process.wait_for(LISTENING).group(1)
        self.session = requests.Session()
        self.session.trust_env = False

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, timeout: float = PATIENCE
    ) -> requests.Response:
        """GET a path on a connection that is kept alive."""
        return self.session.get(self.url + path, headers=headers, timeout=timeout, allow_redirects=False)

    def post(self, path: str, **more: Any) -> requests.Response:
        """POST to a path."""
        return self.session.post(self.url + path, timeout=PATIENCE, allow_redirects=False, **more)

    def scrape(self, scrape_timeout: float | None = None, path: str = "/metrics") -> Page:
        """A page, asked for as a Prometheus with this scrape timeout in seconds does."""
        headers = {"Accept": "text/plain;version=0.0.4"}
        if scrape_timeout is not None:
            headers["X-Prometheus-Scrape-Timeout-Seconds"] = str(scrape_timeout)
        started = time.monotonic()
        response = self.get(path, headers, PATIENCE + (scrape_timeout or 0))
        return Page(response, time.monotonic() - started)

    def close(self) -> None:
        """Close the connection."""
        self.session.close()


@contextmanager
def exporter_of(
    config: Mapping[str, Any],
    folder: Path,
    flags: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Exporter]:
    """The installed exporter on a loopback port, with a configuration written to `folder`."""
    file = write_config(config, folder)
    with started(["--config.file", str(file), *flags], environment) as exporter:
        yield exporter


@contextmanager
def started(flags: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Exporter]:
    """The installed exporter on a loopback port, with flags."""
    arguments: list[str | Path] = [command("voicenter-exporter"), "--web.listen-address=127.0.0.1:0", *flags]
    with running(arguments, environment) as process:
        exporter = Exporter(process)
        try:
            yield exporter
        finally:
            exporter.close()


def write_config(config: Mapping[str, Any], folder: Path) -> Path:
    """Write a configuration to `config.yaml` in the folder."""
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(dict(config), sort_keys=False))
    return file
