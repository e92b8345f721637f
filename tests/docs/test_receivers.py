"""The examples of the page on receivers, each as a part of a whole file, on real Alertmanagers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.docs.pages import REPOSITORY, Block, blocks
from tests.docs.test_commands import commands
from tests.support.prometheus import alertmanager, amtool

PAGE: Final = REPOSITORY / "docs" / "receivers.md"
EXAMPLE: Final = REPOSITORY / "prometheus" / "alertmanager.yml"
EXAMPLES: Final = [block for block in blocks("yaml") if block.page == PAGE]
TYPED: Final = [line for block in blocks("sh") if block.page == PAGE for line in commands(block)]


def whole(block: Block) -> dict[str, Any]:
    """The project's example with what the block replaces; a block with a route is whole already."""
    part: dict[str, Any] = yaml.safe_load(block.content)
    if "route" in part:
        return part
    config: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    for key, entries in part.items():
        known = {entry["name"] for entry in config[key]}
        replaced = {entry["name"] for entry in entries}
        assert replaced <= known, f"{replaced - known}: the example has no such name"
        config[key] = [entry for entry in config[key] if entry["name"] not in replaced] + entries
    return config


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_is_a_part_of_a_good_file(block: Block, generation: str, tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump(whole(block)))
    checked = amtool(generation, "check-config", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_there_is_an_example_for_each_kind_of_receiver() -> None:
    text = "".join(block.content for block in EXAMPLES)
    assert all(f"{kind}_configs" in text for kind in ("slack", "pagerduty", "email"))


def test_the_receivers_of_the_table_are_those_of_the_example() -> None:
    rows = re.findall(r"^\| (`.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == {each["name"] for each in yaml.safe_load(EXAMPLE.read_text())["receivers"]}


def test_the_route_leads_to_the_receiver_that_the_page_names(generation: str) -> None:
    (line,) = (line for line in TYPED if "routes test" in line)
    _, *arguments = line.replace("prometheus/alertmanager.yml", str(EXAMPLE)).split()
    done = amtool(generation, *arguments)
    assert done.returncode == 0, done.stderr
    (told,) = re.findall(r"answers with the receiver, here `([^`]+)`", PAGE.read_text("utf-8"))
    assert done.stdout.strip() == told


def test_a_silence_is_added_as_the_page_says(generation: str, tmp_path: Path) -> None:
    add, query = (line for line in TYPED if line.startswith("amtool silence"))
    with alertmanager(
        generation, {"route": {"receiver": "r"}, "receivers": [{"name": "r"}]}, tmp_path
    ) as server:
        for line in (add, query):
            _, *arguments = shlex.split(line.replace("http://localhost:9093", server.url))
            done = amtool(generation, *arguments)
            assert done.returncode == 0, done.stderr
        assert "the account moves" in done.stdout
