"""Native histograms and start timestamps as a real Prometheus sees them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from pathlib import Path
from random import Random
from threading import Lock, Thread
from typing import Any

import pytest

from exporter.api.snapshot import read_extensions, read_queues
from exporter.history import History, HistorySettings, QueueTarget, Round
from exporter.metrics.beginnings import OfAccount
from exporter.metrics.exposition import Encoders, page
from exporter.metrics.negotiation import Format, negotiate
from exporter.metrics.samples import account_samples
from tests.grafana.board_files import everything
from tests.metrics.views import PLAIN, settings, view
from tests.support import answers
from tests.support.answers import extension
from tests.support.exporter import started
from tests.support.processes import wait_until
from tests.support.prometheus import GENERATIONS, Prometheus, prometheus, scrape_config

NATIVE = "--enable-feature=native-histograms"
STARTS = "--enable-feature=native-histograms,created-timestamp-zero-ingestion"
WAITS = 'voicenter_queue_wait_seconds{outcome="answered"}'
ROOT = Path(__file__).parents[2]
RULES = ROOT / "prometheus" / "rules" / "recording.yml"
PAGE = (ROOT / "docs" / "native-histograms.md").read_text()
# How far the quantile may be from the exact one: classic buckets blur what they hold.
FORMS = {
    "debian": {"native": 0.05},
    "newest": {"native": 0.05, "both": 0.05, "classic": 0.25, "converted": 0.25},
}
NOBODY = answers.extensions(extension("S1"))


@dataclass
class Centre:
    """An account whose answers and clock the test decides on, and a server for its page."""

    history: History = field(
        default_factory=lambda: History(
            HistorySettings(settings(PLAIN).wait_buckets, 5.0, lambda *_: QueueTarget(20.0), 43_200.0, False),
            time.time(),
        )
    )
    at: float = 0.0
    queues: bytes = b""
    lock: Lock = field(default_factory=Lock)
    encoders: Encoders = field(default_factory=Encoders)
    styles: set[Format] = field(default_factory=set)

    def answer(self, queues: Mapping[int, Sequence[str]], after: float = 5.0) -> None:
        """Let the vendor show these queues with these callers, some seconds of history later."""
        entries = [
            {"ID": number, "Name": "Sales", "Callers": [{"CallID": call, "Duration": 1} for call in callers]}
            for number, callers in queues.items()
        ]
        with self.lock:
            self.at += after
            self.queues = answers.queues(*entries)
            now = time.time()
            self.history.observe(
                Round(self.at, read_extensions(NOBODY, {}), read_queues(self.queues), now, now)
            )

    def observe(self, queue: str, *waits: float) -> None:
        """Let callers of the queue be answered after so many seconds."""
        with self.lock:
            self.history.totals.observed_seconds += 1
            for wait in waits:
                self.history.totals.queues[queue].waits["answered"].observe(wait)

    def page(self, style: Format) -> bytes:
        """The page as it is now."""
        with self.lock:
            self.styles.add(style)
            shown = view(NOBODY, self.queues, totals=self.history.totals)
            begun = OfAccount(shown.since, shown.totals, shown.since)
            block = self.encoders.of(style).block(account_samples(shown), begun)
            return page([block], style, style.end)


@contextmanager
def served(centre: Centre) -> Iterator[str]:
    """The address of a server for the page of the centre."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            style, _ = negotiate(self.headers["Accept"], None)
            body = centre.page(style)
            self.send_response(200)
            self.send_header("Content-Type", style.value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the base class's)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def samples(server: Prometheus, series: str) -> list[tuple[float, float]]:
    """All samples of the only series that matches: times and values, of a histogram its counts."""
    (data,) = server.ask("/query", query=f"{series}[10m]")["data"]["result"]
    histograms = [(at, histogram["count"]) for at, histogram in data.get("histograms", ())]
    return [(float(at), float(value)) for at, value in (*data.get("values", ()), *histograms)]


def increase(values: Sequence[tuple[float, float]]) -> float:
    """How much a counter rose over its samples, without Prometheus' extrapolation."""
    rises = zip([0.0, *(value for _, value in values)], [value for _, value in values], strict=False)
    return sum(after - before if after >= before else after for before, after in list(rises)[1:])


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_distribution_is_one_series_that_prometheus_computes_with(generation: str, tmp_path: Path) -> None:
    random = Random(20)
    waits = sorted(1 + random.expovariate(1 / 40) for _ in range(1000))
    centre = Centre()
    centre.answer({1: []})
    with served(centre) as address:
        config = {"scrape_configs": [scrape_config("centre", address)]}
        with prometheus(generation, config, tmp_path, [NATIVE]) as server:
            server.await_series(f"histogram_count({WAITS}) == 0")  # empty, and native all the same
            centre.observe("1", *waits)
            server.await_series(f"histogram_count({WAITS}) == 1000")
            assert centre.styles == {Format.PROTOBUF}
            for share in (0.1, 0.5, 0.9, 0.95):
                (found,) = server.query(f"histogram_quantile({share}, {WAITS})")
                assert found.value == pytest.approx(waits[ceil(share * 1000) - 1], rel=0.05)
            (mean,) = server.query(f"histogram_sum({WAITS}) / histogram_count({WAITS})")
            assert mean.value == pytest.approx(sum(waits) / 1000)
            (share_within,) = server.query(f"histogram_fraction(0, 16, {WAITS})")
            assert share_within.value == pytest.approx(sum(wait <= 16 for wait in waits) / 1000, abs=1e-9)
            (per_second,) = server.await_series(f"histogram_count(rate({WAITS}[10m])) > 0")
            assert per_second.labels["queue"] == "Sales"
            if generation == "newest":
                (average,) = server.query(f"histogram_avg({WAITS})")
                assert average.value == pytest.approx(mean.value)
            assert not server.query("voicenter_queue_wait_seconds_bucket")
            (series,) = server.query('count({__name__=~"voicenter_queue_wait_seconds.*"})')
            assert series.value == 2  # one per outcome


def test_classic_buckets_stand_beside_the_native_ones_for_whoever_wants_both(tmp_path: Path) -> None:
    centre = Centre()
    centre.answer({1: []})
    with served(centre) as address:
        both = scrape_config("both", address, always_scrape_classic_histograms=True)
        converted = scrape_config(
            "converted",
            address,
            scrape_protocols=["PrometheusText0.0.4"],
            convert_classic_histograms_to_nhcb=True,
        )
        config = {"scrape_configs": [both, converted]}
        with prometheus("newest", config, tmp_path, [NATIVE]) as server:
            centre.observe("1", 5, 25, 25, 2000)
            matchers = 'outcome="answered", job="both"'
            server.await_series(f"voicenter_queue_wait_seconds_count{{{matchers}}} == 4")
            buckets = server.query(f"voicenter_queue_wait_seconds_bucket{{{matchers}}}")
            by_bound = {float(each.labels["le"]): each.value for each in buckets}
            histogram = centre.history.totals.queues["1"].waits["answered"]
            assert len(by_bound) == len(histogram.bounds) + 1
            assert (by_bound[float("inf")], by_bound[10.0], by_bound[30.0]) == (4, 1, 3)
            (native,) = server.query(f"histogram_count(voicenter_queue_wait_seconds{{{matchers}}})")
            assert native.value == 4
            matchers = 'outcome="answered", job="converted"'
            server.await_series(f"histogram_count(voicenter_queue_wait_seconds{{{matchers}}}) == 4")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_rules_and_boards_read_either_form(generation: str, tmp_path: Path) -> None:
    random = Random(21)
    waits = sorted(1 + random.expovariate(1 / 40) for _ in range(1000))
    centre = Centre()
    centre.answer({1: []})
    with served(centre) as address:
        config = {"rule_files": [str(RULES)], "scrape_configs": _jobs(address, FORMS[generation])}
        with prometheus(generation, config, tmp_path, [NATIVE]) as server:
            for form in FORMS[generation]:
                server.await_series(f'voicenter_queue_joins_total{{account="{form}"}}')
            centre.observe("1", *waits)
            for form, most_apart in FORMS[generation].items():
                account = f'{{account="{form}"}}'
                (mean,) = server.await_series(f"voicenter:queue_speed_of_answer_seconds:mean15m{account}")
                assert mean.value == pytest.approx(sum(waits) / 1000)
                (p90,) = server.await_series(f"voicenter:queue_wait_seconds:p90_15m{account}")
                assert p90.value == pytest.approx(waits[899], rel=most_apart)
                values = {
                    "__rate_interval": "1m",
                    "__interval_ms": "1000",
                    "__range": "1m",
                    "account": form,
                    "queue": "Sales",
                }
                for expression in everything():
                    if re.search(r"wait_seconds(_sum|:p90)", expression.text) and "1w" not in expression.text:
                        assert server.query(expression.filled(values)), (form, expression.place)
                heat = {"A": form in ("classic", "both"), "B": form != "classic"}
                for expression in everything():
                    if "Waits of those who left" in expression.place:
                        found = server.ask("/query", query=expression.filled(values))["data"]["result"]
                        assert bool(found) == heat[expression.place[-1]], (form, expression.place)


def test_the_page_tells_the_series_of_a_queue(tmp_path: Path) -> None:
    told = dict(
        re.findall(r"^\| (scraped as text|scraped natively|both) .*?\| (\d+) \|$", PAGE, re.MULTILINE)
    )
    forms = {"classic": "scraped as text", "native": "scraped natively", "both": "both"}
    centre = Centre()
    centre.answer({1: []})
    with served(centre) as address:
        config = {"scrape_configs": _jobs(address, forms)}
        with prometheus("newest", config, tmp_path, [NATIVE]) as server:
            for form, name in forms.items():
                server.await_series(f'up{{job="{form}"}} == 1')
                series = f'{{__name__=~"voicenter_.*", queue_id="1", account="{form}"}}'
                (counted,) = server.query(f"count({series})")
                assert counted.value == float(told[name]), name


def _jobs(address: str, forms: Iterable[str]) -> list[dict[str, Any]]:
    """The same page scraped in each of the forms, as accounts of these names."""
    more: dict[str, dict[str, Any]] = {
        "native": {},
        "both": {"always_scrape_classic_histograms": True},
        "classic": {"scrape_protocols": ["PrometheusText0.0.4"]},
        "converted": {
            "scrape_protocols": ["PrometheusText0.0.4"],
            "convert_classic_histograms_to_nhcb": True,
        },
    }
    named = {form: [{"target_label": "account", "replacement": form}] for form in forms}
    return [scrape_config(form, address, metric_relabel_configs=named[form], **more[form]) for form in forms]


def test_counters_of_a_queue_that_came_back_after_an_hour_do_not_jump(tmp_path: Path) -> None:
    joins = 'voicenter_queue_joins_total{queue_id="1"}'
    waits = 'voicenter_queue_wait_seconds{queue_id="1", outcome="answered"}'
    centre = Centre()
    centre.answer({1: []})
    centre.answer({1: ["a", "b", "c"]})
    centre.observe("1", 7, 7)
    with served(centre) as address:
        config = {"scrape_configs": [scrape_config("centre", address)]}
        with prometheus("newest", config, tmp_path, [STARTS]) as server:
            server.await_series(f"{joins} == 3")
            assert increase(samples(server, joins)) == 3, "what was counted before the first scrape is lost"
            centre.answer({2: []})
            centre.answer({2: []}, after=3601.0)
            wait_until(lambda: not server.query(joins), "the queue is forgotten")
            centre.answer({2: []})
            time.sleep(0.01)  # as long as an attempt takes: a start is older than what it starts
            centre.answer({1: list("defghijk"), 2: []})
            centre.observe("1", 9, 9, 9)
            server.await_series(f"{joins} == 8")
            server.await_series(f"count_over_time({joins}[5m]) > 4")
            found = samples(server, joins)
            assert [value for _, value in found].count(0) == 2
            assert increase(found) == 3 + 8
            (resets,) = server.query(f"resets({joins}[10m])")
            assert resets.value == 1
            assert increase(samples(server, waits)) == 2 + 3


def test_the_demo_is_scraped_natively(tmp_path: Path) -> None:
    with started(["--demo"]) as exporter:
        address = exporter.url.removeprefix("http://")
        config = {"scrape_configs": [scrape_config("demo", address, interval="5s")]}
        with prometheus("newest", config, tmp_path, [STARTS]) as server:
            server.await_series('up{job="demo"} == 1')
            server.await_series("sum(histogram_count(voicenter_queue_wait_seconds)) > 0")
            assert not server.query('{__name__=~"voicenter_.*_bucket"}')
            server.await_series("count_over_time(voicenter_api_requests_total[5m]) > 1")
            for name in ("voicenter_api_requests_total", "process_cpu_seconds_total"):
                for each in server.ask("/query", query=f"{name}[10m]")["data"]["result"]:
                    values = [float(value) for _, value in each["values"]]
                    # The demo's past is older than what Prometheus takes; the process is not.
                    assert (values[0] == 0) == name.startswith("process")
                    assert values == sorted(values)
