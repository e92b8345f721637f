"""Every example of docs/receivers.md is a configuration that Alertmanager takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, Block, blocks
from tests.support.prometheus import amtool

EXAMPLES = [block for block in blocks("yaml") if block.page == REPOSITORY / "docs" / "receivers.md"]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
@pytest.mark.parametrize("generation", ["debian", "newest"])
def test_alertmanager_takes_it(block: Block, generation: str, tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(block.content)
    checked = amtool(generation, "check-config", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_there_is_an_example_for_each_receiver() -> None:
    text = "".join(block.content for block in EXAMPLES)
    for kind in ("slack_configs", "pagerduty_configs", "email_configs", "time_intervals"):
        assert kind in text
