"""The step of release.yml that pushes the chart, with the real helm and a registry of the test's own."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
import yaml

from tests.support.tools import required

REPOSITORY: Final = Path(__file__).parents[1]
SHELLS: Final = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], "": ["bash", "-e"]}
"""What a runner starts for a step's `shell`."""


class Registry(ThreadingHTTPServer):
    """Takes every push, or refuses the manifests, which come last."""

    def __init__(self, accepts: bool) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Answer)
        self.accepts = accepts
        self.manifests: dict[str, tuple[bytes, str]] = {}  # path -> body, media type


class Answer(BaseHTTPRequestHandler):
    """The requests of a push, as the OCI distribution specification has them."""

    server: Registry

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if found := self.server.manifests.get(self.path):
            self._answer(200, *found)
        else:
            self._answer(200 if self.path == "/v2/" else 404)

    def do_POST(self) -> None:
        self._answer(202, headers={"Location": f"{self.path}1"})

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        digest = digest_of(body)
        if "/manifests/" in self.path:
            if not self.server.accepts:
                return self._answer(403)
            manifest = body, self.headers["Content-Type"]
            folder = self.path.rpartition("/")[0]
            self.server.manifests.update({self.path: manifest, f"{folder}/{digest}": manifest})
        return self._answer(201, headers={"Docker-Content-Digest": digest})

    def _answer(
        self, status: int, body: bytes = b"", kind: str = "text/plain", headers: Mapping[str, str] = {}
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Be quiet."""


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@contextmanager
def registry(accepts: bool) -> Iterator[Registry]:
    with Registry(accepts) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def push(server: Registry, folder: Path, version: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """How the step ends, and its outputs."""
    workflow: Any = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "release.yml").read_text())
    (step,) = (each for each in workflow["jobs"]["chart"]["steps"] if each.get("id") == "push")
    helm = folder / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(
        f'#!/bin/sh\n[ "$1" = push ] && set -- "$@" --plain-http\nexec {required(version, "helm")} "$@"\n'
    )
    helm.chmod(0o755)
    (folder / "helm").symlink_to(REPOSITORY / "helm")
    output = folder / "output"
    environment = {
        "PATH": f"{helm.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "GITHUB_REF_NAME": "v1.2.3",
        "GITHUB_OUTPUT": str(output),
        "CHARTS": f"127.0.0.1:{server.server_port}/Owner/charts",
    }
    assert environment.keys() >= step["env"].keys()
    done = subprocess.run(
        [*SHELLS[step.get("shell", "")], "-c", step["run"]],
        check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done, output.read_text() if output.exists() else ""


@pytest.mark.parametrize("version", ["helm-3", "helm-4"])
def test_the_digest_that_is_attested_is_the_registrys(version: str, tmp_path: Path) -> None:
    with registry(accepts=True) as server:
        done, output = push(server, tmp_path, version)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest, _ = server.manifests["/v2/owner/charts/voicenter-exporter/manifests/1.2.3"]
    assert output == f"digest={digest_of(manifest)}\n"


def test_a_push_that_fails_fails_the_step(tmp_path: Path) -> None:
    with registry(accepts=False) as server:
        done, output = push(server, tmp_path, "helm-4")
    assert "403" in done.stdout
    assert done.returncode != 0
    assert output == ""
