"""The locked requirements hold what pyproject.toml asks for, and name no registry."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["demo"]]
ASKED = {
    "requirements.txt": RUNTIME,
    "requirements-dev.txt": [
        *RUNTIME,
        *PROJECT["dependency-groups"]["test"],
        *PROJECT["dependency-groups"]["grafana"],
    ],
}


@pytest.mark.parametrize("file", ASKED)
def test_every_dependency_is_locked_within_its_bounds(file: str) -> None:
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / file).read_text(), re.MULTILINE))
    for requirement in map(Requirement, ASKED[file]):
        version = locked.get(requirement.name.lower(), "")
        assert version and requirement.specifier.contains(version), f"{file}: {requirement}: run make lock"


def test_both_files_lock_the_same_versions() -> None:
    runtime, gate = ((ROOT / file).read_text() for file in ASKED)
    pinned = re.compile(r"^[\w.-]+==\S+", re.MULTILINE)
    assert set(pinned.findall(runtime)) <= set(pinned.findall(gate))


@pytest.mark.parametrize("file", ASKED)
def test_locks_have_hashes_and_name_no_registry(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "://" not in text
    for pinned in re.findall(r"^[\w.-]+==.*(?:\n    --hash=.*)*", text, re.MULTILINE):
        assert "--hash=sha256:" in pinned, pinned
