"""Commands under test: start one, await what it says, end it by its own pid.

    with running([command("voicenter-exporter"), "--demo"]) as process:
        url = process.wait_for(r"http://\\S+/").group()
        assert get(url + "metrics").status_code == 200
        assert process.stop() == 0

`wait_until` awaits anything else; `get` asks over HTTP without the environment's proxies.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

import requests

T = TypeVar("T")
MOMENT = 8.0
"""Seconds within which even a busy machine does what takes an idle one no time."""
PATIENCE = 60.0
"""Seconds until what is awaited is given up; no test takes them unless it fails."""


class Process:
    """A child process whose output is kept as it comes. It leads a process group of its own."""

    def __init__(
        self,
        arguments: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start the command; `environment` is added to that of the test."""
        self.arguments = [str(each) for each in arguments]
        self._lines: list[tuple[str, str]] = []
        self._changed = threading.Condition()
        self._child = subprocess.Popen(
            self.arguments,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        )
        assert self._child.stdout and self._child.stderr
        self._readers = [
            threading.Thread(target=self._collect, args=(name, stream), daemon=True)
            for name, stream in (("stdout", self._child.stdout), ("stderr", self._child.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal, None while the process runs."""
        return self._child.poll()

    @property
    def output(self) -> str:
        """All that came on stdout and stderr so far, line by line in order of arrival."""
        return self._output("stdout", "stderr")

    @property
    def stdout(self) -> str:
        """What came on stdout so far."""
        return self._output("stdout")

    @property
    def stderr(self) -> str:
        """What came on stderr so far."""
        return self._output("stderr")

    def wait_for(self, pattern: str, timeout: float = PATIENCE) -> re.Match[str]:
        """Await a regular expression (over lines) in the output, past or to come."""
        deadline = time.monotonic() + timeout
        while not (match := re.search(pattern, self.output, re.MULTILINE)):
            ended = self.exit_code is not None and not any(reader.is_alive() for reader in self._readers)
            if ended or time.monotonic() > deadline:
                state = f"ended with {self.exit_code}" if ended else f"has not said it in {timeout:g} s"
                raise AssertionError(f"awaited {pattern!r} of a process that {state}: {self}")
            with self._changed:
                self._changed.wait(0.1)
        return match

    def wait(self, timeout: float = PATIENCE) -> int:
        """Await the end; returns the exit code."""
        try:
            code = self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"has not ended in {timeout:g} s: {self}") from None
        for reader in self._readers:
            reader.join(5)
        return code

    def send(self, signal_: signal.Signals) -> None:
        """Send a signal to the process."""
        self._child.send_signal(signal_)

    def stop(self, signal_: signal.Signals = signal.SIGTERM, timeout: float = PATIENCE) -> int:
        """Ask the process to end and await that; returns the exit code."""
        self.send(signal_)
        return self.wait(timeout)

    def close(self) -> None:
        """End the process and what it started, whatever state they are in."""
        if self._child.poll() is None:
            self.send(signal.SIGTERM)
            try:
                self._child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self._child.wait()
        for reader in self._readers:
            reader.join(5)

    def __str__(self) -> str:
        return f"{' '.join(self.arguments)}\n{self.output or '(no output)'}"

    def _collect(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._lines.append((name, line))
                    self._changed.notify_all()

    def _output(self, *names: str) -> str:
        with self._changed:
            return "".join(line for name, line in self._lines if name in names)


@contextmanager
def running(
    arguments: Sequence[str | Path], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Process]:
    """A process that is ended, by its pid, at the end of the block."""
    process = Process(arguments, environment, cwd)
    try:
        yield process
    finally:
        process.close()


def command(name: str) -> Path:
    """The path of a command that is installed beside the Python that runs the tests."""
    path = Path(sys.executable).parent / name
    assert path.exists(), f"{name} is not installed: run make test, or pip install -e '.[demo]'"
    return path


@contextmanager
def refusing_port() -> Iterator[int]:
    """A loopback port that refuses connections: it is bound, so that nobody else can listen there."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def wait_until(probe: Callable[[], T], what: str, timeout: float = PATIENCE, pause: float = 0.05) -> T:
    """Ask `probe` until its answer is true, and return that; failures of it are "not yet"."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            last: object = None
            answer = probe()
            if answer:
                return answer
            last = answer
        except (AssertionError, OSError) as error:  # requests' exceptions are OSErrors
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout:g} s, last: {last!r}")
        time.sleep(pause)


def get(url: str, headers: Mapping[str, str] | None = None, timeout: float = PATIENCE) -> requests.Response:
    """GET an address on this machine: no proxies, no .netrc, no redirects."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=headers, timeout=timeout, allow_redirects=False)


def wait_for_url(url: str, timeout: float = PATIENCE) -> requests.Response:
    """Await status 200 at an address."""

    def answer() -> requests.Response | None:
        response = get(url, timeout=5)
        assert response.status_code == 200, response.text
        return response

    found = wait_until(answer, url, timeout)
    assert found is not None
    return found
