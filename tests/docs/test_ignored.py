"""What readers write beside the clone's own files stays out of git, and out of the image."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.docs.pages import REPOSITORY
from tests.docs.test_commands import BLOCKS, commands, reason

WRITTEN: Final = sorted(
    {
        path
        for block in BLOCKS
        for line in commands(block)
        if reason(line) is None
        for path in re.findall(r" >\s*([^\s/&|;][^\s&|;]*)", line)
    }
)
"""Files of the clone that the pages tell to write."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that ignores what this one does, wherever this one comes from."""
    folder = tmp_path_factory.mktemp("clone")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    (folder / ".gitignore").write_text((REPOSITORY / ".gitignore").read_text())
    return folder


@pytest.mark.parametrize("path", WRITTEN)
def test_git_ignores_what_the_pages_tell_to_write(path: str, clone: Path) -> None:
    ignored = subprocess.run(["git", "-C", clone, "check-ignore", "--quiet", path], check=False)
    assert ignored.returncode == 0, f"add /{path} to .gitignore"


def test_the_code_is_among_them() -> None:
    assert {"code", "try/code"} <= set(WRITTEN)


def test_git_ignores_nothing_of_the_same_name_elsewhere(clone: Path) -> None:
    kept = subprocess.run(["git", "-C", clone, "check-ignore", "docs/examples/config.yaml"], check=False)
    assert kept.returncode == 1


def test_the_image_is_built_without_what_readers_write() -> None:
    """Everything is left out but what is named, and none of that is written by a reader."""
    first, *named = [
        line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    assert first == "*"
    let_in = {line.removeprefix("!") for line in named if line.startswith("!")}
    assert let_in and let_in.isdisjoint({path.split("/")[0] for path in WRITTEN})
