"""What the page of experiments promises, seen while its commands run: pages of the exporter, and alerts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Final

from tests.docs.pages import REPOSITORY, Block, blocks
from tests.docs.sandbox import Sandbox, sandbox
from tests.docs.test_commands import commands, reason
from tests.prometheus.rule_files import RULE_FILES
from tests.support.processes import get, wait_until
from tests.support.prometheus import Prometheus, prometheus, scrape_config

PAGE: Final = REPOSITORY / "docs" / "try-faults.md"
PATIENCE: Final = 120.0
"""Seconds until something is shown; the simulated centre runs at ten times the speed."""
PATHS: Final = {"Status page": "/", "Live page": "/live?still"}


@dataclass(frozen=True)
class Section:
    """What stands under a heading: its text, and its blocks of commands."""

    heading: str
    text: str
    typed: list[Block]


def sections() -> Iterator[Section]:
    """Those of the page that have commands."""
    whole = PAGE.read_text("utf-8")
    starts = [*re.finditer(r"^## (.+)$", whole, re.MULTILINE)]
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        end = after.start() if after else len(whole)
        lines = range(whole.count("\n", 0, start.start()), whole.count("\n", 0, end) + 1)
        typed = [block for block in blocks("sh") if block.page == PAGE and block.line in lines]
        if typed:
            yield Section(start[1], whole[start.start() : end], typed)


def promised(text: str, what: str) -> list[str]:
    """The code spans of the bullet that begins so."""
    found = re.search(rf"^- \*\*{what}\*\*(.+)$", text, re.MULTILINE)
    assert found, f"{what} is not told"
    return re.findall(r"`([^`]+)`", found[1])


def run(place: Sandbox, block: Block) -> None:
    for line in commands(block):
        if reason(line) is None:
            done = place.run(line)
            assert done is None or done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def await_text(place: Sandbox, path: str, spans: list[str]) -> None:
    """Wait until a page of the exporter has all of this; tags do not count."""

    def shown() -> bool:
        page = get(f"http://{place.address}{path}").text
        text = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
        assert all(span in text for span in spans), f"{spans}: {text}"
        return True

    wait_until(shown, path, PATIENCE, pause=0.5)


def await_alert(server: Prometheus, name: str) -> None:
    """Wait until an alert is pending or firing."""
    wait_until(
        lambda: any(alert["labels"]["alertname"] == name for alert in server.alerts()),
        name,
        PATIENCE,
        pause=0.5,
    )


def test_each_experiment_shows_what_the_page_promises(tmp_path: Path) -> None:
    set_up, *experiments = sections()
    assert len(experiments) == 5
    with sandbox(tmp_path) as place:
        for block in set_up.typed:
            run(place, block)
        config = {
            "scrape_configs": [scrape_config("voicenter", place.address, interval="5s")],
            "rule_files": [str(path) for path in RULE_FILES],
        }
        with prometheus("newest", config, tmp_path / "server") as server:
            for experiment in experiments:
                broken, healed = experiment.typed
                run(place, broken)
                for what, path in PATHS.items():
                    spans = promised(experiment.text, what)
                    assert spans, f"{experiment.heading}: {what}"
                    await_text(place, path, spans)
                await_alert(server, promised(experiment.text, "Alerts")[0])
                run(place, healed)
                await_text(place, "/", ["all well"])
