"""The image, built by buildah and run by podman, without an engine and without a registry.

The base is made by debootstrap from Debian's packages and takes the name that the Dockerfile asks for; it is
kept in the tools' cache. Images and containers live in a folder of their own, apart from the machine's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support import packages, tools
from tests.support.processes import Process, running

REPOSITORY = Path(__file__).parents[2]
BASE = "python:3.14-slim"  # what the Dockerfile builds on
SUITE = "trixie"  # the Debian of that image; its own Python is 3.13, and tests/package tries newer ones
IMAGE = "voicenter-exporter:test"
NOT_NEEDED = ("./dev", "./var/cache/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/locale/*")
MEMORY = 64 * 2**20  # bytes that a container may have
OF_THE_MACHINE = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pip.conf"),
)  # pip needs them to download
RESTRICTED = (
    "--network=none",
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    f"--memory={MEMORY}",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=4096:4096",
    "--no-healthcheck",  # podman leaves it to systemd
)


tools.TOOLS.setdefault("runc", tools.DebianPackage("runc, runs podman's containers", "runc", ("runc",)))


class Failed(Exception):
    """A command of podman or buildah failed; the text is what it said."""


class Engine:
    """Images and containers in a folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is in there yet."""
        podman, buildah = tools.required("podman", "podman"), tools.required("buildah", "buildah")
        places: list[str | Path] = ["--root", folder / "storage", "--runroot", folder / "run"]
        driver = "overlay"
        try:
            _run([podman, *places, f"--storage-driver={driver}", "info"])
        except Failed:  # a file system that cannot lie over another: copies, which take longer
            remove(folder / "storage")
            driver = "vfs"
        places.append(f"--storage-driver={driver}")
        self._buildah = [buildah, *places]
        self._podman = [
            podman,
            *places,
            "--cgroup-manager=cgroupfs",
            "--runtime",
            tools.required("runc", "runc"),
        ]

    def build(self) -> None:
        """Build the image from the repository's Dockerfile."""
        self.podman("import", "--quiet", base(), BASE)
        mounts = [f"--volume={each}:{each}:ro" for each in OF_THE_MACHINE if each.exists()]
        quiet = ["--quiet", "--isolation=chroot", "--network=host", "--pull-never", "--format=docker"]
        _run([*self._buildah, "build", *quiet, *mounts, f"--tag={IMAGE}", REPOSITORY])

    def podman(self, *arguments: str | Path) -> str:
        """What a command of podman wrote; raises `Failed`."""
        return _run([*self._podman, *arguments])

    def inspect(self, image: str) -> dict[str, Any]:
        """What the image says of itself."""
        (found,) = json.loads(self.podman("image", "inspect", image))
        return dict(found)

    @contextmanager
    def container(self, name: str, *arguments: str, mounts: tuple[str, ...] = ()) -> Iterator[Process]:
        """A container of the image with the least rights, removed at the end."""
        volumes = [f"--volume={each}" for each in mounts]
        try:
            with running(
                [*self._podman, "run", "--rm", f"--name={name}", *RESTRICTED, *volumes, IMAGE, *arguments]
            ) as process:
                yield process
        finally:
            self.podman("rm", "--force", "--ignore", "--time=0", name)


def base() -> Path:
    """An archive of a Debian with Python, made once."""
    archive = tools.cache() / f"image-base-{SUITE}.tar"
    debootstrap = tools.required("debootstrap", "debootstrap")
    with tools.alone(archive.name):
        if not archive.exists():
            _bootstrap(debootstrap, archive)
    return archive


def _bootstrap(debootstrap: Path, archive: Path) -> None:
    mirror, _ = packages.debian_mirror()
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # it becomes the image's /
        wanted = "python3,python3-venv,python3-pip,ca-certificates"
        _run([debootstrap, "--variant=minbase", f"--include={wanted}", SUITE, folder, mirror])
        partial = archive.with_suffix(".partial")
        without = [f"--exclude={each}" for each in NOT_NEEDED]
        _run(["tar", "-C", folder, *without, "-cf", partial, "."])
        partial.replace(archive)


def remove(folder: Path) -> None:
    """Remove what podman left in a folder, what it mounted there included."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed(mounts):
        if Path(mount).is_relative_to(folder):
            _run(["umount", mount])
    shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str | Path]) -> str:
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout
