"""Who scrapes during a soak, and who reads what the kernel says of the process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.support.exporter import Exporter

SCRAPE_INTERVAL = 1.0
SCRAPE_TIMEOUT = 3.0


@dataclass(frozen=True)
class Reading:
    """What the kernel says of the process."""

    memory: float
    """Resident, in MiB."""
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> Reading:
        """The values now."""
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return cls(int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"]), descriptors)


@dataclass
class Scraper:
    """One of a pair of servers. `keep` tells whether it keeps its connection, as Prometheus does."""

    exporter: Exporter
    ca_file: str
    keep: bool
    stop: threading.Event
    answered: int = 0
    slowest: float = 0.0
    missed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Scrape at every interval until told to stop."""
        session = requests.Session()
        due = time.monotonic()
        while not self.stop.wait(max(0.0, due - time.monotonic())):
            due += SCRAPE_INTERVAL
            if not self.keep:
                session.close()
                session = requests.Session()
            self._scrape(session)
        session.close()

    def _scrape(self, session: requests.Session) -> None:
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(SCRAPE_TIMEOUT)}
        began = time.monotonic()
        try:
            response = session.get(
                f"{self.exporter.url}/metrics", headers=headers, verify=self.ca_file, timeout=30
            )
            assert response.status_code == 200, f"HTTP {response.status_code}"
            assert "\nvoicenter_up{" in response.text, "a page without voicenter_up"
        except (requests.RequestException, AssertionError) as error:
            self.missed.append(f"{type(error).__name__}: {error}")
        else:
            self.answered += 1
            self.slowest = max(self.slowest, time.monotonic() - began)


@dataclass
class Watch:
    """Reads the process all the time, and keeps what was highest."""

    pid: int
    stop: threading.Event
    readings: list[Reading] = field(default_factory=list)

    def run(self) -> None:
        """Read twice a second until told to stop."""
        while not self.stop.wait(0.5):
            self.readings.append(Reading.of(self.pid))
