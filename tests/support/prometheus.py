"""A real Prometheus and Alertmanager of both generations, and a receiver for what they send.

    config = {"scrape_configs": [scrape_config("demo", "127.0.0.1:10061")]}
    with prometheus("newest", config, folder) as server:
        assert server.await_series('up{job="demo"} == 1')

Each listens on a loopback port of its own and keeps its files in `folder`, which rule files are relative to.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import requests
import yaml

from tests.support import tools
from tests.support.processes import PATIENCE, Process, running, wait_until

GENERATIONS = ("debian", "newest")
S = TypeVar("S", bound="Server")
_LISTENING = r'msg="Listening on".* address=(\S+)'


@dataclass(frozen=True)
class Sample:
    """One series of an instant query's answer."""

    labels: dict[str, str]
    value: float


class Server:
    """The HTTP API of a running Prometheus or Alertmanager."""

    def __init__(self, process: Process, api: str) -> None:
        """`api` is the path that all calls of `ask` begin with."""
        self.process = process
        self.address = process.wait_for(_LISTENING).group(1)
        self.url = f"http://{self.address}"
        self._api = api
        self._session = requests.Session()
        self._session.trust_env = False
        wait_until(lambda: self._session.get(f"{self.url}/-/ready", timeout=5).ok, f"{self.url}/-/ready")

    def ask(self, path: str, **parameters: str | float) -> Any:
        """What the API answers to a GET, decoded."""
        response = self._session.get(self.url + self._api + path, params=parameters, timeout=30)
        assert response.ok, f"{response.url}: {response.status_code}: {response.text}"
        return response.json()

    def reload(self) -> None:
        """Let the server read its files again."""
        response = self._session.post(f"{self.url}/-/reload", timeout=30)
        assert response.ok, response.text

    def close(self) -> None:
        """Close the kept-alive connections."""
        self._session.close()


class Prometheus(Server):
    """A running Prometheus."""

    def query(self, expression: str, at: float | None = None) -> list[Sample]:
        """The series of an instant vector (a scalar is one series without labels), now or at a time."""
        data = self.ask("/query", query=expression, **({} if at is None else {"time": at}))["data"]
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(each["metric"], float(each["value"][1])) for each in data["result"]]

    def await_series(
        self, expression: str, condition: Callable[[list[Sample]], object] = bool, timeout: float = PATIENCE
    ) -> list[Sample]:
        """Query until the condition holds: by default until there is a series."""
        last: list[Sample] = []

        def holds() -> bool:
            nonlocal last
            last = self.query(expression)
            assert condition(last), last
            return True

        wait_until(holds, f"{expression} at {self.url}", timeout, pause=0.2)
        return last

    def targets(self) -> list[dict[str, Any]]:
        """The active targets, with their health and last error."""
        active: list[dict[str, Any]] = self.ask("/targets", state="active")["data"]["activeTargets"]
        return active

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that are pending or firing."""
        found: list[dict[str, Any]] = self.ask("/alerts")["data"]["alerts"]
        return found


class Alertmanager(Server):
    """A running Alertmanager."""

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that it holds."""
        found: list[dict[str, Any]] = self.ask("/alerts")
        return found


def scrape_config(job: str, *targets: str, interval: str = "1s", **more: Any) -> dict[str, Any]:
    """A scrape configuration of static targets; `more` are further keys of it."""
    return {
        "job_name": job,
        "scrape_interval": interval,
        "scrape_timeout": interval,
        "static_configs": [{"targets": list(targets)}],
        **more,
    }


@contextmanager
def prometheus(
    generation: str, config: Mapping[str, Any], folder: Path, flags: Sequence[str] = ()
) -> Iterator[Prometheus]:
    """A Prometheus with this configuration; its database goes to `folder`. Evaluates rules each second."""
    whole = {**config, "global": {"evaluation_interval": "1s", **config.get("global", {})}}
    file = _write(folder / "prometheus.yml", whole)
    arguments: list[str | Path] = [
        tools.required(f"prometheus-{generation}", "prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        "--web.listen-address=127.0.0.1:0",
        "--web.enable-lifecycle",
        "--rules.alert.resend-delay=1s",  # what fires before the Alertmanager is discovered is lost
        *flags,
    ]
    with running(arguments) as process, _open(Prometheus(process, "/api/v1")) as server:
        yield server


@contextmanager
def alertmanager(generation: str, config: Mapping[str, Any], folder: Path) -> Iterator[Alertmanager]:
    """An Alertmanager with this configuration, alone (no cluster)."""
    file = _write(folder / "alertmanager.yml", config)
    executable = tools.required(f"prometheus-{generation}", "alertmanager")
    _place_templates(tools.folder(f"prometheus-{generation}"))
    arguments: list[str | Path] = [
        executable,
        f"--config.file={file}",
        f"--storage.path={folder / 'alertmanager'}",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
    ]
    with running(arguments) as process, _open(Alertmanager(process, "/api/v2")) as server:
        yield server


def promtool(
    generation: str, *arguments: str | Path, given: str | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run promtool, `given` on its standard input; the caller looks at exit code and output."""
    return _run(tools.required(f"prometheus-{generation}", "promtool"), arguments, given, timeout)


def amtool(
    generation: str, *arguments: str | Path, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run amtool, `given` on its standard input; the caller looks at exit code and output."""
    return _run(tools.required(f"prometheus-{generation}", "amtool"), arguments, given)


@dataclass
class WebhookReceiver:
    """Where an Alertmanager's webhooks arrive."""

    url: str
    notifications: list[dict[str, Any]] = field(default_factory=list)
    _arrived: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue)

    def await_notification(
        self, condition: Callable[[dict[str, Any]], object] = bool, timeout: float = PATIENCE
    ) -> dict[str, Any]:
        """The next notification, not returned before, that meets the condition."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                notification = self._arrived.get(timeout=left)
            except queue.Empty:
                break
            if condition(notification):
                return notification
        raise AssertionError(f"no such notification in {timeout:g} s; there came {self.notifications}")


@contextmanager
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """A receiver on a loopback port; its address goes into `webhook_configs` of an Alertmanager."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notification = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.notifications.append(notification)
            receiver._arrived.put(notification)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the base class's)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = WebhookReceiver(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _open(server: S) -> Iterator[S]:
    try:
        yield server
    finally:
        server.close()


def _write(file: Path, content: Mapping[str, Any]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(dict(content), sort_keys=False))
    return file


def _run(
    executable: Path, arguments: Sequence[str | Path], given: str | None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [executable, *arguments], input=given, capture_output=True, text=True, timeout=timeout, check=False
    )


def _place_templates(unpacked: Path) -> None:
    """Debian's Alertmanager reads its templates from a fixed folder of the system."""
    wanted = Path("/usr/share/prometheus/alertmanager")
    if not (wanted / "default.tmpl").exists():
        try:
            wanted.mkdir(parents=True, exist_ok=True)
            for template in (unpacked / "usr/share/prometheus/alertmanager").glob("*.tmpl"):
                partial = wanted / f".{template.name}.{os.getpid()}"
                shutil.copy(template, partial)
                partial.rename(wanted / template.name)
        except PermissionError:
            tools.unavailable(
                "install the Debian package prometheus-alertmanager, whose templates are needed"
            )
