"""Every expression of every board returns series on a real Prometheus that scraped the demo."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.grafana.board_files import Expression, everything
from tests.support.processes import command, get, running
from tests.support.prometheus import Prometheus, prometheus, promtool, scrape_config

ROOT: Final = Path(__file__).parents[2]
WEEK: Final = 7 * 86400
SECONDS: Final = 40  # of scrapes at least, one a second: the demo begins in the middle of a busy day
MOST_SECONDS: Final = 240
HAPPENED: Final = (
    r"voicenter_call_talk_seconds_count{.*}",
    r'voicenter_queue_wait_seconds_count{.*outcome="answered".*}',
)
"""What some call or caller must have done during the scrapes, and does sooner or later."""

# Without a fault no alert of ours fires so early. Those with such names and labels stand in for them.
ALERTS: Final = [
    {
        "alert": "VoicenterStandIn",
        "expr": 'voicenter_up{account="demo"} == 1',
        "labels": {"severity": severity, "queue": "Support"},
    }
    for severity in ("critical", "info")
]

# Expressions that may return nothing: the beginning of their place, with the reason.
EMPTY: Final = {
    "Exporter health / Unknown values, 1 h / B": "all status codes of the demo have names",
    "Contact centre live / Service level, 15 min, against its target / B": "the demo has more than few calls",
    "Queue detail / Service level against its target, 15 min / B": "the same, in its busiest queue",
    "Queue detail / Longest wait over time / B": "a mean of nobody",
    "Exporter health / Failures per minute by reason / B": "no attempt at the demo fails",
    "Queue detail / Waits of the answered": "none may have left, or native: this server scrapes text",
    "Queue detail / Waits of the unanswered": "the same",
    "Agents / Share of the time in each status": "a column per status, and nobody may be in some of them",
}


@dataclass(frozen=True)
class Scraped:
    """A Prometheus with some time of the demo in it, and the same a week before."""

    server: Prometheus
    start: float
    end: float
    busiest_queue: str

    def series(self, expression: Expression) -> list[Any]:
        """What the expression returns over the whole time."""
        one_account = 'account="$account"' in expression.text
        text = expression.filled(
            {
                "__rate_interval": "20s",
                "__interval_ms": "1000",
                "__interval": "1s",
                "__range": f"{round(self.end - self.start)}s",
                "account": "demo" if one_account else ".+",
                "queue": self.busiest_queue if one_account else ".+",
                "extension": ".+",
            }
        )
        answer = self.server.ask("/query_range", query=text, start=self.start, end=self.end, step=1)
        found: list[Any] = answer["data"]["result"]
        return found


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """Scrape the demo for a while, then bring the same data in as last week's."""
    folder = tmp_path_factory.mktemp("boards")
    demo = command("voicenter-exporter")
    with running([demo, "--demo", "--web.listen-address=127.0.0.1:0"]) as exporter:
        url = exporter.wait_for(r"(http://127\.0\.0\.1:\d+)/metrics").group(1)
        config = _configuration(folder, url.removeprefix("http://"))
        start = time.time()
        with prometheus("newest", config, folder) as server:
            pages = list(_pages(url))
            # What has happened by now has to be in some scrapes and evaluations of the rules.
            server.await_series(f'timestamp(up{{job="voicenter"}}) > {time.time() + 4}')
            server.await_series("count(voicenter_queue_callers) > 0")
        end = time.time()
    _backfill(folder, pages)
    with prometheus("newest", {**config, "scrape_configs": []}, folder) as server:
        counter = 'voicenter_queue_wait_seconds_count{outcome="answered"}'
        left = f"topk(1, sum by (queue) (increase({counter}[{round(end - start)}s])))"
        (busiest,) = server.query(left, at=end)
        yield Scraped(server, start, end, busiest.labels["queue"])


def test_every_expression_returns_series_and_no_panel_is_empty(scraped: Scraped) -> None:
    """One test, so that the demo is scraped once, whatever number of workers the tests are spread over."""
    drawn = {each: bool(scraped.series(each)) for each in everything()}
    missing = [each for each, found in drawn.items() if not found and not each.place.startswith(tuple(EMPTY))]
    assert not missing, "\n".join(f"{each.place}: {each.text}" for each in missing)
    panels = {each.panel for each in drawn}
    assert panels == {each.panel for each, found in drawn.items() if found}


def test_what_may_be_empty_is_still_there() -> None:
    places = [each.place for each in everything()]
    for listed in EMPTY:
        assert any(place.startswith(listed) for place in places), listed


def _configuration(folder: Path, target: str) -> dict[str, Any]:
    stand_in = folder / "stand-in.yml"
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text(f"groups: [{{name: stand-in, rules: {ALERTS}}}]")
    return {
        "rule_files": [str(ROOT / "prometheus" / "rules" / "*.yml"), str(stand_in)],
        "scrape_configs": [scrape_config("voicenter", target)],
    }


def _pages(url: str) -> Iterator[tuple[float, str]]:
    """A page each second, with its time. These are the same answers that Prometheus gets."""
    first = [set[str]() for _ in HAPPENED]
    for second in range(MOST_SECONDS):
        page = get(f"{url}/metrics").text
        yield time.time(), page
        counted = [set(re.findall(rf"^{name} .*$", page, re.MULTILINE)) for name in HAPPENED]
        first = first if second else counted  # the demo has a past: only what has changed happened now
        if second >= SECONDS and all(now != then for now, then in zip(counted, first, strict=True)):
            return
        time.sleep(1)


def _backfill(folder: Path, pages: list[tuple[float, str]]) -> None:
    """Write the pages into the server's database as samples of a week ago."""
    lines = [
        f"{line} {at - WEEK:.3f}"
        for at, page in pages
        for line in page.splitlines()
        if line.startswith(("voicenter_queue_", "voicenter_history_", "voicenter_line_"))
    ]
    file = folder / "last-week.txt"
    file.write_text("\n".join([*lines, "# EOF\n"]))
    made = promtool("newest", "tsdb", "create-blocks-from", "openmetrics", file, folder / "prometheus")
    assert made.returncode == 0, made.stderr
