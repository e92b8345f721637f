"""The systemd unit: how exposed it is, and that its command runs as it says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tools
from tests.support.exporter import Exporter
from tests.support.processes import command, running

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "voicenter-exporter.service"
MOST_EXPOSED = 20  # tenths: 2.0 of 10

tools.TOOLS.setdefault(
    "systemd", tools.DebianPackage("systemd, judges the unit", "systemd", ("systemd-analyze",))
)


def settings() -> Iterator[tuple[str, str]]:
    """The settings of the section [Service], in order."""
    section = UNIT.read_text().partition("[Service]\n")[2].partition("\n[")[0]
    for line in section.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def setting(name: str) -> str:
    (value,) = [value for each, value in settings() if each == name]
    return value


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    tool = tools.required("systemd", "systemd-analyze")
    return subprocess.run([tool, *arguments], check=False, capture_output=True, text=True)


def test_systemd_finds_it_little_exposed() -> None:
    done = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}", UNIT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(
        UNIT.read_text().replace("/opt/voicenter-exporter/bin", str(command("voicenter-exporter").parent))
    )
    done = analyze("verify", "--man=no", copy)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_code_comes_as_a_credential_only() -> None:
    name, path = setting("LoadCredential").split(":")
    variable = setting("Environment").partition("=")
    assert path == "/etc/voicenter-exporter/code"
    assert variable == ("VOICENTER_API_CODE_FILE", "=", f"/run/credentials/%n/{name}")
    assert "VOICENTER_API_CODE=" not in UNIT.read_text()


def test_the_unit_runs(tmp_path: Path) -> None:
    (tmp_path / "code").write_text("7A1C93D20E\n")
    executable, flags = setting("ExecStart").split(" ", 1)
    assert Path(executable).name == "voicenter-exporter"
    assert flags == "$VOICENTER_EXPORTER_FLAGS"
    name, _, path = setting("Environment").partition("=")
    environment = {name: path.replace("/run/credentials/%n", str(tmp_path))}
    with running([command("voicenter-exporter"), "--web.listen-address=127.0.0.1:0"], environment) as process:
        assert Exporter(process).get("/-/ready").status_code == 200
        assert process.stop() == 0


@pytest.mark.parametrize(
    "name", ["MemoryDenyWriteExecute", "NoNewPrivileges", "DynamicUser", "PrivateDevices"]
)
def test_the_service_has_no_more_rights_than_it_needs(name: str) -> None:
    assert setting(name) == "yes"


def test_the_process_can_read_when_it_started() -> None:
    # process_start_time_seconds comes from /proc/stat, which ProcSubset=pid would hide.
    assert not re.search(r"^ProcSubset=pid", UNIT.read_text(), re.MULTILINE)
