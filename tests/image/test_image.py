"""The image: built, and run non-root, read-only, without capabilities and with little memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import exporter
from tests.image.engine import BASE, IMAGE, MEMORY, REPOSITORY, Engine, remove
from tests.support import tools

CODE = "7A1C93D20E"
VERSION = "import exporter; print(exporter.__version__)"
BUILD_TOOLS = (
    "import importlib.util as i; print([i.find_spec(n) for n in ('pip', 'hatchling', 'setuptools')])"
)
pytestmark = pytest.mark.xdist_group("image")  # one worker builds it, once
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="building and running an image needs root here")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine with the image."""
    folder = Path(tempfile.mkdtemp(prefix="image-"))  # podman wants a short path
    try:
        engine = Engine(folder)
        engine.build()
        yield engine
    finally:
        remove(folder)


def test_hadolint_finds_nothing() -> None:
    command = [tools.required("hadolint", "hadolint"), REPOSITORY / "Dockerfile"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_trivy_finds_nothing() -> None:
    command: list[str | Path] = [
        *(tools.required("trivy", "trivy"), "config", "--skip-check-update", "--quiet", "--exit-code=1"),
        *("--cache-dir", tools.cache() / "trivy-cache", REPOSITORY / "Dockerfile"),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_only_what_the_dockerfile_copies_is_sent_to_the_build() -> None:
    copied = {
        word
        for line in (REPOSITORY / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    rules = (REPOSITORY / ".dockerignore").read_text().split("\n")
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied


@needs_root
def test_the_image_says_what_it_is(engine: Engine) -> None:
    image = engine.inspect(IMAGE)
    assert image["Config"]["User"] == "65532:65532"
    assert image["Config"]["Entrypoint"] == ["voicenter-exporter"]
    assert image["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"


@needs_root
def test_the_image_adds_little_to_its_base(engine: Engine) -> None:
    added = engine.inspect(IMAGE)["Size"] - engine.inspect(BASE)["Size"]
    assert 0 < added < 30_000_000


@needs_root
def test_the_demo_runs_with_the_least_rights(engine: Engine) -> None:
    with engine.container("demo", "--demo") as process:
        process.wait_for("listening on", timeout=60)
        assert "answers" in engine.podman("exec", "demo", *healthcheck_command(engine))
        assert 'voicenter_up{account="demo"} 1' in scrape(engine, "demo")
        status = status_of(engine, "demo")
        assert status["Uid"].split() == ["65532"] * 4
        assert int(status["CapEff"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert memory_limit(engine, "demo") == MEMORY
        assert engine.podman("exec", "demo", "python3", "-c", VERSION).strip() == exporter.__version__
        assert engine.podman("exec", "demo", "python3", "-c", BUILD_TOOLS).strip() == "[None, None, None]"
        assert process.stop() == 0


@needs_root
def test_a_code_from_a_mounted_file_is_used(engine: Engine, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "code").write_text(f"{CODE}\n")
    account = {"name": "main", "code_file": "code", "base_url": "http://127.0.0.1:1/comet/API"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"accounts": [account]}))
    mount = f"{tmp_path}:/etc/voicenter-exporter:ro"
    flag = "--config.file=/etc/voicenter-exporter/config.yaml"
    with engine.container("code", flag, mounts=(mount,)) as process:
        process.wait_for("listening on", timeout=60)
        page = scrape(engine, "code")
        assert 'voicenter_api_failures_total{account="main",reason="connect",source="queues"} 1' in page
        assert CODE not in page + process.output
        assert process.stop() == 0


def healthcheck_command(engine: Engine) -> list[str]:
    """The command of the image's HEALTHCHECK."""
    how, *command = engine.inspect(IMAGE)["Healthcheck"]["Test"]
    assert how == "CMD"
    return [str(each) for each in command]


def scrape(engine: Engine, name: str) -> str:
    """The metrics, asked for within the container, which has no other network."""
    url = "http://127.0.0.1:10061/metrics"
    script = f"import urllib.request as r; print(r.urlopen('{url}').read().decode())"
    return engine.podman("exec", name, "python3", "-c", script)


def status_of(engine: Engine, name: str) -> dict[str, str]:
    """What the kernel says of the container's process."""
    pid = engine.podman("inspect", "--format={{.State.Pid}}", name).strip()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def memory_limit(engine: Engine, name: str) -> int:
    """Bytes of memory that the kernel grants the container, by either generation of control groups."""
    pid = engine.podman("inspect", "--format={{.State.Pid}}", name).strip()
    groups = dict(line.split(":", 2)[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
    root = Path("/sys/fs/cgroup")
    if "memory" in groups:
        return int((root / "memory" / groups["memory"].lstrip("/") / "memory.limit_in_bytes").read_text())
    return int((root / groups[""].lstrip("/") / "memory.max").read_text())
