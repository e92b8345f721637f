"""The demo has a past: what its last twelve hours left behind is there with the first page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exporter.command.demo import PAST
from tests.support.exporter import Exporter, started
from tests.web.test_status_page import Document


@pytest.fixture(scope="module")
def demo() -> Iterator[Exporter]:
    with started(["--demo"]) as exporter:
        yield exporter


def test_counters_hold_the_last_twelve_hours_without_a_gap(demo: Exporter) -> None:
    page = demo.scrape()
    assert page.value("voicenter_history_observed_seconds_total", account="demo") == pytest.approx(
        PAST, abs=60
    )
    assert page.value("voicenter_snapshot_gaps_total", account="demo") == 0
    assert len(page.values("voicenter_queue_joins_total")) == 6
    assert min(page.values("voicenter_queue_joins_total")) > 100
    assert min(page.values("voicenter_queue_leaves_total", outcome="answered")) > 100
    assert page.value("voicenter_line_calls_started_total", line="Sales line") > 100
    seconds = sum(page.values("voicenter_agent_activity_seconds_total"))
    assert seconds == pytest.approx(PAST * sum(page.values("voicenter_agents")), rel=0.1)


def test_each_queue_of_the_live_page_has_its_line_and_its_service_level(demo: Exporter) -> None:
    page = Document(demo.get("/live").text)
    assert page.elements.count("svg") == 6
    assert page.text.count(" % ± ") == 6
    assert page.text.count("in the account") == 0  # who serves each queue has been learned


def test_the_live_page_is_named_first(demo: Exporter) -> None:
    demo.scrape()
    assert f"Open {demo.url}/live or {demo.url}/metrics" in demo.process.output
