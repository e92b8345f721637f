"""Every command that the documentation tells to type is run, or stands here with the reason why it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.docs.pages import REPOSITORY, Block, blocks
from tests.docs.sandbox import Sandbox, sandbox

SYSTEM: Final = "changes the system; tests/deploy checks the unit, tests/package installs"
ELSEWHERE: Final = {
    r"docker ": "needs a container engine; tests/image builds and runs the image without one's service",
    r"--volume ": "is a part of a docker command",
    r"kubectl |helm ": "needs a cluster; tests/helm renders, checks and runs what the chart makes",
    r"systemctl |install -D |install -m |VOICENTER_EXPORTER_FLAGS=": SYSTEM,
    r".*/opt/voicenter-exporter|rm .*/etc/": SYSTEM,
    r"make (test|unit|lint)$": "is what runs this test, or a part of it",
    r"amtool silence ": "needs an Alertmanager; test_receivers.py starts one",
    r"python3 docs/examples/quality_report": "needs a Prometheus; test_quality_report.py starts one",
    r"mimirtool |vmalert ": "belongs to another product, which these tests do not install",
    r"(TZ=\S+ )?chromium ": "needs a screen; tests/e2e opens the live page in a browser",
    r"prometheus ": "is a server; tests/prometheus runs one with this file",
    r"git ": "shows a difference to who made one",
}
"""What is not run, by how it begins, with the reason."""


def commands(block: Block) -> Iterator[str]:
    """The lines of a block as a shell reads them: continued ones joined, without comments."""
    for line in block.content.replace("\\\n", " ").splitlines():
        typed = re.sub(r"(^|\s)#.*$", "", line.removeprefix("$ ")).strip()
        if typed:
            yield typed


def reason(line: str) -> str | None:
    """Why the line is not run."""
    return next((why for begin, why in ELSEWHERE.items() if re.match(begin, line)), None)


IN_ORDER: Final = {"try-faults.md": "test_try_faults.py runs its blocks one after the other"}
BLOCKS: Final = list(blocks("sh", "console", "bash", "shell"))
RUN: Final = [
    block
    for block in BLOCKS
    if block.page.name not in IN_ORDER and any(reason(line) is None for line in commands(block))
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox(tmp_path) as made:
        yield made


@pytest.mark.parametrize("block", RUN, ids=str)
def test_commands_do_what_the_page_says(block: Block, place: Sandbox) -> None:
    for line in commands(block):
        if reason(line) is None:
            done = place.run(line)
            if done is not None:
                assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
                assert "Traceback" not in done.stderr
    for renewed in ("docs", "tests/golden"):
        for file in (place.folder / renewed).rglob("*.*"):
            if file.is_file():
                original = REPOSITORY / file.relative_to(place.folder)
                assert file.read_bytes() == original.read_bytes(), f"{file.name} is not as its source has it"


def test_reasons_are_given_only_for_commands_that_there_are() -> None:
    lines = [line for block in BLOCKS for line in commands(block)]
    assert lines
    for begin in ELSEWHERE:
        assert any(re.match(begin, line) for line in lines), begin


def test_an_account_as_the_readme_tells_of_it_shows_its_numbers(place: Sandbox) -> None:
    (block,) = (block for block in RUN if "printf 'YOUR-CODE'" in block.content)
    typed = [line for line in commands(block) if not line.startswith("pip ")]
    for line in typed:
        place.run(line)
    page = place.run("curl --silent --fail localhost:10061/metrics")
    assert page is not None
    assert 'voicenter_up{account="default"} 1.0\n' in page.stdout
    assert 'voicenter_agents{account="default",status="login"}' in page.stdout
