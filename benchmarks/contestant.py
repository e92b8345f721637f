"""A process that is measured: started, or already running, with its processor time and its memory."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.scraper import TEXT

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Contestant:
    """Something that answers scrapes."""

    name: str
    url: str
    pid: int
    accept: str = TEXT
    """The formats that it is asked for."""

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far, those that have ended too."""
        # Linux: the clock of another process is named by its id. /proc counts in hundredths of a second.
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory(self, kind: str) -> float:
        """Resident memory in MB: the peak (VmHWM) or what it is now (VmRSS)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{kind}:\s+(\d+) kB$", status, re.MULTILINE)
        assert found, f"no {kind} of process {self.pid}"
        return int(found[1]) / 1024


@contextmanager
def started(
    arguments: Sequence[str | Path],
    ready: str,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[int, str]]:
    """A process that has said `ready` (a regular expression): its id, and the expression's group 1."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [str(each) for each in arguments], stdout=output, stderr=output, cwd=cwd, env=environment
        )
        try:
            yield process.pid, _said(process, output.name, ready)
        finally:
            process.terminate()
            process.wait(15)


def _said(process: subprocess.Popen[bytes], output: str | int, ready: str) -> str:
    deadline = time.monotonic() + 30
    while True:
        text = Path(f"/proc/self/fd/{output}").read_text()
        if found := re.search(ready, text):
            return found[1]
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} is not ready: {text}")
        time.sleep(0.005)


@contextmanager
def module(name: str, base_url: str) -> Iterator[Contestant]:
    """One of the programs beside ours."""
    arguments = [sys.executable, "-m", f"benchmarks.{name}", "--base-url", base_url]
    with started(arguments, r"listening on (\d+)") as (pid, port):
        yield Contestant(name, f"http://127.0.0.1:{port}/metrics", pid)


@contextmanager
def exporter(
    base_url: str, *, history: bool = False, accounts: int = 1, min_interval: str = "1ms", tree: Path = ROOT
) -> Iterator[Contestant]:
    """The installed command; each scrape causes an attempt. `tree` is where the package is taken from."""
    with (
        configuration(base_url, history=history, accounts=accounts, min_interval=min_interval) as file,
        started(command(file), r"listening on (http://[0-9.:]+)", tree) as (pid, url),
    ):
        yield Contestant("exporter with history" if history else "exporter", f"{url}/metrics", pid)


def command(file: Path) -> list[str | Path]:
    """The command line; as a module, so that the package is that of the working directory."""
    listen = "--web.listen-address=127.0.0.1:0"
    return [sys.executable, "-m", "exporter", f"--config.file={file}", listen]


@contextmanager
def configuration(base_url: str, *, history: bool, accounts: int, min_interval: str) -> Iterator[Path]:
    """A file with so many accounts, each with a code of its own."""
    rest = f"base_url: '{base_url}', min_interval: {min_interval}"
    lines = [f"  - {{name: main{each}, code: BENCHMARK{each}, {rest}}}" for each in range(accounts)]
    settings = [f"collectors: {{history: {str(history).lower()}}}", "max_body: 256MiB", "accounts:", *lines]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("\n".join(settings))
        file.flush()
        yield Path(file.name)


def listening_at(url: str) -> int:
    """The id of the process of this machine that serves the URL."""
    port = urlsplit(url).port or 80
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in inodes:
                return int(descriptor.parts[2])
        except OSError:
            continue  # it has closed meanwhile
    raise RuntimeError(f"no process of this machine listens on port {port}")
