"""What the page on other backends takes out of rules and boards is out, and the rest is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import promql_parser
import pytest

from tests.docs.pages import REPOSITORY, blocks
from tests.docs.sandbox import Sandbox, sandbox
from tests.docs.test_commands import commands
from tests.grafana.board_files import expressions
from tests.prometheus.rule_files import RULE_FILES, load
from tests.support.prometheus import promtool

VALUES: Final = {"__interval_ms": "15000", "__interval": "15s", "__rate_interval": "1m", "__range": "1h"}


@pytest.fixture
def place(tmp_path: Path) -> Sandbox:
    with sandbox(tmp_path) as made:
        (block,) = (
            each for each in blocks("sh") if each.page.name == "other-backends.md" and "sed " in each.content
        )
        for line in commands(block):
            done = made.run(line)
            assert done and done.returncode == 0, line
    return made


def test_rules_and_boards_lack_what_victoriametrics_lacks_and_nothing_else(place: Sandbox) -> None:
    lacking = ("histogram_sum", "histogram_count")
    for file in RULE_FILES:
        changed = place.folder / "try" / "rules" / file.name
        assert not any(name in changed.read_text() for name in lacking)
        assert len(load(changed)["groups"]) == len(load(file)["groups"])
        checked = promtool("newest", "check", "rules", changed)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    originals = sorted((REPOSITORY / "grafana" / "dashboards").glob("*.json"))
    assert any("histogram_sum" in board.read_text() for board in originals)
    for board in originals:
        text = (place.folder / "try" / "dashboards" / board.name).read_text()
        assert not any(name in text for name in lacking)
        before, after = (list(expressions(json.loads(each))) for each in (board.read_text(), text))
        assert [each.place for each in before] == [each.place for each in after]
        for each in after:
            promql_parser.parse(each.filled(VALUES))
