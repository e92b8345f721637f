"""The wheel and the sdist: built alike every time, whole, and at work with what they need, old and new."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from exporter import __version__
from exporter.metrics.catalogue import FAMILIES
from tests.support import tools
from tests.support.exporter import LISTENING, Page
from tests.support.packages import Unavailable
from tests.support.processes import get, running

REPOSITORY: Final = Path(__file__).parents[2]
EXAMPLE: Final = REPOSITORY / "config.example.yaml"
PROJECT: Final = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
SOURCES: Final = (
    "exporter",
    *("hatch_build.py", "pyproject.toml", ".gitignore"),
    *("README.md", "LICENSE", "CHANGELOG.md", "config.example.yaml"),
)
OFFLINE: Final = ("Failed to fetch", "Could not connect", "dns error", "Network connectivity")
REVISION: Final = "0123456789abcdef0123456789abcdef01234567"
UV: Final = Path(sys.executable).with_name("uv")


def run(arguments: Sequence[str | Path], **environment: str) -> str:
    """What the command prints; it has to succeed."""
    done = subprocess.run(
        [str(each) for each in arguments],
        check=False,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode and any(told in done.stderr for told in OFFLINE):
        tools.unavailable(f"Python packages are not available: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path) -> dict[str, bytes]:
    """The files of a build of the sources, copied to the folder, and then of the wheel from the sdist."""
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, copy_function=shutil.copy)  # with times of its own
        else:
            shutil.copy(source, folder / name)
    command: list[str | Path] = [sys.executable, "-m", "build", "--no-isolation", folder]
    run(command, SOURCE_DATE_EPOCH="1700000000", REVISION=REVISION)
    return {path.name: path.read_bytes() for path in (folder / "dist").iterdir()}


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build(folder)
    return folder / "dist"


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


def test_two_builds_give_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in dist.iterdir()}
    assert first.keys() == {
        f"voicenter_exporter-{__version__}.tar.gz",
        f"voicenter_exporter-{__version__}-py3-none-any.whl",
    }
    assert build(tmp_path) == first


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        metadata = opened.read(f"voicenter_exporter-{__version__}.dist-info/METADATA").decode()
    own = {name for name in names if ".dist-info/" not in name}
    tracked = {
        str(path.relative_to(REPOSITORY))
        for path in (REPOSITORY / "exporter").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert own == tracked | {"exporter/revision.txt"}
    assert {"exporter/py.typed", "exporter/web/status.css", "exporter/web/live.css"} <= own
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert "\nDescription-Content-Type: text/markdown\n" in metadata


def test_the_sdist_holds_what_a_build_needs(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    others = {name for name in names if not name.startswith("exporter/")}
    assert others == {*SOURCES[1:], "PKG-INFO"}


def test_every_dependency_is_bounded_on_both_sides() -> None:
    for requirement in _requirements():
        operators = {each.operator for each in requirement.specifier}
        assert ">=" in operators, requirement
        # Time zones change without a promise of compatibility being broken.
        assert "<" in operators or requirement.name == "tzdata", requirement


def test_the_classifiers_tell_of_the_pythons_that_are_tried() -> None:
    told = [re.search(r":: (3\.\d+)$", each) for each in PROJECT["classifiers"]]
    tried = [version for version, _ in COMBINATIONS]
    assert [found[1] for found in told if found] == [*tried, *NEWEST]
    assert PROJECT["requires-python"] == f">={COMBINATIONS[0][0]}"


NEWEST: Final = ("3.14", "3.15")
"""Tried as Debian's newest interpreter."""
COMBINATIONS: Final = [("3.11", "lowest"), ("3.12", "newest"), ("3.13", "newest")]


@pytest.mark.parametrize(("version", "which"), COMBINATIONS)
def test_it_installs_and_serves(version: str, which: str, wheel: Path, tmp_path: Path) -> None:
    home = environment(version, tmp_path)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("\n".join(_lowest()) if which == "lowest" else "")
    install(home, "-c", constraints, f"voicenter-exporter[demo] @ {wheel.as_uri()}")
    exporter = home / "bin" / "voicenter-exporter"
    assert run([exporter, "--version"]) == f"voicenter-exporter {__version__} (revision {REVISION})\n"
    assert "is good: 1 account" in run([exporter, "--config.check", f"--config.file={EXAMPLE}"])
    with running([exporter, "--demo", "--web.listen-address=127.0.0.1:0"]) as process:
        url = process.wait_for(LISTENING).group(1)
        page = Page(get(f"{url}/metrics"), 0.0)
        assert page.value("voicenter_up", account="demo") == 1
        assert f"# TYPE {max(FAMILIES)} " in page.text
        assert page.value("voicenter_exporter_build_info", version=__version__, revision=REVISION) == 1
        assert get(f"{url}/").status_code == 200
        assert process.stop() == 0
        assert "Traceback" not in process.output
    if which == "lowest":
        installed = run([UV, "pip", "freeze", "--python", home / "bin" / "python"]).lower()
        assert all(f"{lowest}" in installed for lowest in _lowest())


def test_without_the_extra_it_says_what_the_demo_needs(wheel: Path, tmp_path: Path) -> None:
    home = environment(platform.python_version(), tmp_path)
    install(home, str(wheel))
    exporter = home / "bin" / "voicenter-exporter"
    good = run([exporter, "--config.check"], VOICENTER_API_CODE="C-1")
    assert good == "the environment is good: 1 account, 0 targets\n"
    with running([exporter, "--demo"]) as process:
        assert process.wait() == 1
        assert process.stdout == ""
        needed = "run pip install '.[demo]' in the repository"
        assert re.fullmatch(rf"--demo needs the package \w+: {re.escape(needed)}\n", process.stderr)


def test_what_is_in_it_is_listed_with_versions_licences_and_who_needs_whom(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    own = sys.prefix  # what the tests run in is there already, wherever it lies, and not to be renewed
    run(["make", "-C", REPOSITORY, f"VENV={own}", "-o", f"{own}/.dev", "sbom", f"SBOM={file}"])
    bill = json.loads(file.read_text())
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == ("voicenter-exporter", __version__)
    names = {each["bom-ref"]: each["name"].lower().replace("_", "-") for each in bill["components"]}
    assert all(each["version"] and each["licenses"] for each in bill["components"])
    (needed,) = (each["dependsOn"] for each in bill["dependencies"] if each["ref"] == root["bom-ref"])
    runtime = {Requirement(each).name for each in PROJECT["dependencies"]}
    assert runtime <= {names[each] for each in needed}
    assert {requirement.name for requirement in _requirements()} <= set(names.values())
    assert str(tmp_path) not in file.read_text()


def test_it_serves_on_debians_newest_python(wheel: Path, tmp_path: Path) -> None:
    """With what is locked, from wheels alone, and with warnings as errors."""
    try:
        root = tools.folder("python-newest")
    except Unavailable as error:
        tools.unavailable(str(error))
    (python,) = (root / "usr" / "bin").glob("python3.??")
    version = python.name.removeprefix("python")
    assert version in NEWEST
    libraries = next((root / "usr" / "lib").glob("*-linux-gnu*"))
    interpreter = [next(libraries.glob("ld-linux*.so.*")), "--library-path", libraries, python]
    target: list[str | Path] = ["--quiet", "--target", tmp_path, "--python-version", version]
    run(
        [
            UV,
            "pip",
            "install",
            *target,
            "--only-binary",
            ":all:",
            "--require-hashes",
            "-r",
            REPOSITORY / "requirements.txt",
        ]
    )
    run([UV, "pip", "install", *target, "--no-deps", wheel])
    start = (
        "import sys; from exporter.command.cli import main; "
        "sys.exit(main(['--demo', '--web.listen-address=127.0.0.1:0']))"
    )
    environment = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    with running([*map(str, interpreter), "-W", "error", "-c", start], environment, tmp_path) as process:
        page = Page(get(f"{process.wait_for(LISTENING).group(1)}/metrics"), 0.0)
        assert page.value("voicenter_up", account="demo") == 1
        assert page.value("voicenter_exporter_build_info", revision=REVISION) == 1
        assert process.stop() == 0
        assert "Traceback" not in process.output


def test_nothing_is_to_be_installed_by_a_name_that_is_not_ours_yet() -> None:
    """Until the name is registered, anybody could answer to it."""
    pages = [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "helm").rglob("*.md"),
    ]
    for page in (*pages, *(REPOSITORY / "exporter").rglob("*.py")):
        assert not re.search(r"pip install [^\n`]*voicenter-exporter", page.read_text()), page


def environment(version: str, folder: Path) -> Path:
    """A virtual environment of this Python."""
    python = next(_pythons(version), None)
    if python is None:
        if version == COMBINATIONS[0][0]:
            tools.unavailable(f"this machine has no Python {version}")
        pytest.skip(f"this machine has no Python {version}")
    run([UV, "venv", "--quiet", "--python", python, folder / "venv"])
    return folder / "venv"


def install(home: Path, *wanted: str | Path) -> None:
    """Install into the environment; what was downloaded once is shared."""
    run([UV, "pip", "install", "--quiet", "--python", home / "bin" / "python", *wanted])


def _pythons(version: str) -> Iterator[Path]:
    """The interpreters of this version, of the tests themselves, on the path and of pyenv."""
    if platform.python_version().startswith(version):
        yield Path(sys.executable)
    found = shutil.which(f"python{version}")
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for python in (*([Path(found)] if found else []), *sorted(versions.glob(f"{version}.*/bin/python"))):
        command = [str(python), "--version"]
        asked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
        if asked.returncode == 0 and asked.stdout.startswith(f"Python {version}."):
            yield python


def _requirements() -> list[Requirement]:
    return [
        Requirement(each) for each in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["demo"])
    ]


def _lowest() -> list[str]:
    """Each dependency pinned to its lower bound, as `name==version`."""
    return [
        f"{requirement.name}=={each.version}"
        for requirement in _requirements()
        for each in requirement.specifier
        if each.operator == ">="
    ]
