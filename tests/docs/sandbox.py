"""Where the commands of the documentation are run: a copy of the repository, an account, its simulator."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.docs.pages import REPOSITORY
from tests.docs.vendor_place import in_the_vendors_place
from tests.support import tools
from tests.support.exporter import LISTENING
from tests.support.processes import Process, command, running

CODE = "invented-code-0000"
SERVES = re.compile(
    r"make demo$|(?:\w+=\S+ )*voicenter-exporter(?!.*--(?:api\.check|config\.check|version|help))"
)
SIMULATOR = "127.0.0.1:10062"
"""Where the pages say that a simulator listens; in the sandbox it has a free port, and hurries."""
PATIENCE = 600.0
"""Seconds for one command, `pip install` included."""
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".cache", ".*_cache", ".hypothesis", "__pycache__", "build", "dist", "images"
)


class Sandbox:
    """A folder, an environment, and the processes that were started in it."""

    def __init__(self, folder: Path, vendor: dict[str, str], stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._vendor = vendor
        self._address = ""
        self._serving: Process | None = None
        self._simulator = ""
        self._bins = [folder / ".bin", Path(sys.executable).parent]

    def run(self, line: str) -> subprocess.CompletedProcess[str] | None:
        """Run a line of shell to its end, or start what serves and wait until it listens.

        As a reader would, it puts a code where the page has YOUR-CODE.
        """
        line = line.replace("YOUR-CODE", CODE)
        if line.startswith("voicenter-simulator") or (SIMULATOR in line and not self._simulator):
            self._simulate()
        if line.startswith("voicenter-simulator"):
            return None
        if SERVES.match(line):
            self._serve(line)
            return None
        if "localhost:10061" in line and self._serving is None:
            self._serve("voicenter-exporter --config.file=config.yaml")
        if line.startswith("pip "):
            self._own_environment()
        line = line.replace("localhost:10061", self._address).replace(SIMULATOR, self._simulator)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", _made(line)],
            cwd=self.folder,
            env=self._environment(to_vendor=not re.match("pip |make ", line)),
            input="invented-password\n",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @property
    def address(self) -> str:
        """Host and port of the exporter that serves."""
        return self._address

    def _simulate(self) -> None:
        flags = ["--listen-address=127.0.0.1:0", "--speed=10"]
        process = self._stack.enter_context(running([command("voicenter-simulator"), *flags]))
        self._simulator = urlsplit(process.wait_for(r"http://\S+").group()).netloc

    def _serve(self, line: str) -> None:
        for file in (self.folder / "try").glob("*.yaml"):
            file.write_text(file.read_text().replace(SIMULATOR, self._simulator))
        if self._serving is not None:
            self._serving.close()
        flag = "--web.listen-address=127.0.0.1:0"
        line, _, _ = line.partition(" #")
        line += f" DEMO_ARGS={flag}" if line.startswith("make") else f" {flag}"
        process = running(["bash", "-c", f"exec env {_made(line)}"], self._environment(), self.folder)
        self._serving = self._stack.enter_context(process)
        self._address = self._serving.wait_for(LISTENING).group(1).partition("//")[2]

    def _own_environment(self) -> None:
        """Make a virtual environment for what pip changes; the tests' own stays as it is."""
        made = self.folder / "environment"
        if made.exists():
            return
        subprocess.run([sys.executable, "-m", "venv", made], check=True)
        self._bins.insert(0, made / "bin")

    def _environment(self, *, to_vendor: bool = True) -> dict[str, str]:
        own = ("PYTEST_", "GOLDEN_", "MAKE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        path = os.pathsep.join([*map(str, self._bins), kept["PATH"]])
        return kept | {"PATH": path} | (self._vendor if to_vendor else {})


def _made(line: str) -> str:
    """The line, in which make takes the environment of this repository as it is, however old that is."""
    return re.sub(r"^make\b", "make -o .venv/.runtime -o .venv/.dev", line)


@contextmanager
def sandbox(folder: Path) -> Iterator[Sandbox]:
    """A copy of the repository in which there is a `config.yaml` with an account `main`, and its `code`."""
    with ExitStack() as stack:
        flags = ["--listen-address=127.0.0.1:0", f"--code={CODE}"]
        simulator = stack.enter_context(running([command("voicenter-simulator"), *flags]))
        address = urlsplit(simulator.wait_for(r"http://127\.0\.0\.1:\d+").group())
        assert address.hostname and address.port
        copied = folder / "repository"
        shutil.copytree(REPOSITORY, copied, ignore=_NOT_COPIED)
        (copied / ".venv").symlink_to(Path(sys.executable).parents[1])
        (copied / ".cache").symlink_to(REPOSITORY / ".cache")  # tools that were fetched
        (copied / "code").write_text(CODE)
        (copied / "config.yaml").write_text("accounts: [{name: main, code_file: code}]\n")
        (copied / ".bin").mkdir()
        for name in ("promtool", "amtool"):
            (copied / ".bin" / name).symlink_to(tools.required("prometheus-newest", name))
        vendor = stack.enter_context(in_the_vendors_place((address.hostname, address.port), folder))
        yield Sandbox(copied, vendor, stack)
