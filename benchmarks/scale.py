"""A thousand accounts in one exporter, in shards, and as targets of a Prometheus; writes docs/scaling.md.

python -m benchmarks.scale [--accounts N] [--seconds S] [--write]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestant import Contestant
from tests.support.exporter import Exporter, Page, exporter_of
from tests.support.processes import command, get, running
from tests.support.prometheus import prometheus

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
POLL_SECONDS = 10
SETTLE_SECONDS = 45
"""Until every account has been asked and those that hang have all been found out."""
PROMETHEUS_ACCOUNTS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure and what is demanded of it."""

    what: str
    measured: str
    demand: str = ""
    holds: bool = True

    @property
    def verdict(self) -> str:
        """Whether the demand holds, in a word; nothing where none is made."""
        return ("yes" if self.holds else "**no**") if self.demand else ""


@contextmanager
def vendor(accounts: int) -> Iterator[tuple[str, dict[str, str]]]:
    """A simulator of that many accounts; gives its base URL, and how each account behaves, by code."""
    options = [
        f"--accounts={accounts}", "--agents=18", "--extensions=20", "--queues=3",
        "--latency=30ms..80ms", "--hanging=0.05", "--failing=0.05", "--listen-address=127.0.0.1:0",
    ]  # fmt: skip
    with running([command("voicenter-simulator"), *options]) as process:
        base_url = process.wait_for(r"listens on (\S+)", timeout=120).group(1)
        root = base_url.removesuffix("/comet/API")
        yield base_url, {each["code"]: each["behaviour"] for each in get(f"{root}/accounts").json()}


def configuration(base_url: str, codes: Iterable[str], poll: bool = True) -> dict[str, Any]:
    """A configuration of one account per code, named like it."""
    defaults: dict[str, Any] = {"base_url": base_url}
    if poll:
        defaults["poll_interval"] = f"{POLL_SECONDS}s"
    return {"defaults": defaults, "accounts": [{"name": code, "code": code} for code in codes]}


def one_process(base_url: str, behaviour: dict[str, str], seconds: float, folder: Path) -> list[Row]:
    """One exporter that polls all accounts."""
    healthy = [code for code, what in behaviour.items() if what == "healthy"]
    with exporter_of(configuration(base_url, behaviour), folder) as exporter:
        contestant = Contestant("exporter", exporter.url, exporter.process.pid)
        empty = contestant.memory("VmRSS")
        _say(f"{len(behaviour)} accounts, {len(healthy)} of them healthy: settling for {SETTLE_SECONDS} s")
        time.sleep(SETTLE_SECONDS)
        _say(f"watching for {seconds:g} s")
        idle_share = _idle_cpu(contestant)
        first = exporter.scrape()
        began, spent = time.monotonic(), contestant.cpu_seconds()
        pages = list(_watch(exporter, seconds))
        share = (contestant.cpu_seconds() - spent) / (time.monotonic() - began)
        ages = [age for page, at in pages for age in _ages(page, at, healthy)]
        missing = [len(healthy) - _successes(page, healthy) for page, _ in pages]
        probes = sorted(_probe(exporter, code) for code in random.Random(1).choices(healthy, k=1000))
        memory = contestant.memory("VmHWM")
    whole = [page.seconds for page, _ in pages]
    return [
        Row("oldest data of a healthy account", f"{max(ages):.1f} s", "≤ 20 s", max(ages) <= 20),
        Row("healthy accounts missing on a page", str(max(missing)), "0", max(missing) == 0),
        Row("CPU, polling alone", f"{idle_share:.2f} cores", "< 1", idle_share < 1),
        Row("CPU, with a whole page every 2 s", f"{share:.2f} cores", "< 1", share < 1),
        Row("memory, peak", f"{memory:.0f} MB"),
        Row("memory per account", f"{(memory - empty) / len(behaviour) * 1024:.0f} kB"),
        Row("/probe, median", f"{statistics.median(probes) * 1000:.1f} ms"),
        Row("/probe, 99th percentile", f"{probes[989] * 1000:.1f} ms", "< 50 ms", probes[989] < 0.05),
        Row("the first whole /metrics page", f"{first.seconds:.2f} s"),
        Row("whole /metrics page, slowest of the others", f"{max(whole):.2f} s", "< 1 s", max(whole) < 1),
        Row("whole /metrics page, size", f"{len(pages[-1][0].text) / 1e6:.1f} MB"),
    ]


def _idle_cpu(contestant: Contestant) -> float:
    """Cores used over two rounds of polls while nobody scrapes."""
    began, spent = time.monotonic(), contestant.cpu_seconds()
    time.sleep(2 * POLL_SECONDS)
    return (contestant.cpu_seconds() - spent) / (time.monotonic() - began)


def _watch(exporter: Exporter, seconds: float) -> Iterator[tuple[Page, float]]:
    """A page every two seconds, with the time at which it was asked for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = time.time()
        page = exporter.scrape()
        yield page, asked
        time.sleep(max(0.0, 2 - page.seconds))


def _ages(page: Page, at: float, healthy: Sequence[str]) -> list[float]:
    wanted = set(healthy)
    return [
        at - value
        for labels, value in page.samples["voicenter_last_success_timestamp_seconds"]
        if labels["account"] in wanted
    ]


def _successes(page: Page, healthy: Sequence[str]) -> int:
    wanted = set(healthy)
    ups = page.samples["voicenter_up"]
    return sum(value == 1 for labels, value in ups if labels["account"] in wanted)


def _probe(exporter: Exporter, code: str) -> float:
    began = time.monotonic()
    response = exporter.get(f"/probe?target={code}")
    assert response.status_code == 200
    return time.monotonic() - began


def shards(base_url: str, codes: Sequence[str], total: int, folder: Path) -> Row:
    """So many exporters: each account in exactly one of them."""
    _say(f"{total} shards")
    carried: list[list[str]] = []
    for shard in range(total):
        flags = [f"--shard={shard}", f"--total-shards={total}"]
        with exporter_of(configuration(base_url, codes), folder, flags) as exporter:
            carried.append([each["targets"][0] for each in exporter.get("/sd").json()])
    once = sorted(code for each in carried for code in each) == sorted(codes)
    sizes = " + ".join(str(len(each)) for each in carried)
    return Row(f"{total} shards, accounts in each", sizes, "each account once", once)


def service_discovery(base_url: str, codes: Sequence[str], folder: Path) -> list[Row]:
    """A real Prometheus that finds the accounts by /sd and probes each as a target of its own."""
    _say(f"a Prometheus with {len(codes)} targets by http_sd")
    flags = ["--no-web.metrics-accounts"]
    with ExitStack() as stack:
        exporter = stack.enter_context(exporter_of(configuration(base_url, codes), folder, flags))
        time.sleep(2 * POLL_SECONDS)
        server = stack.enter_context(
            prometheus("newest", {"scrape_configs": [probe_job(exporter.url)]}, folder)
        )
        server.await_series(
            "count(up)", lambda found: bool(found) and found[0].value == len(codes), timeout=60
        )
        time.sleep(3 * POLL_SECONDS)
        up = server.query("sum(up)")[0].value
        slowest = server.query("max(scrape_duration_seconds)")[0].value
        late = server.query("count(count_over_time(up[20s]) < 2) or vector(0)")[0].value
    return [
        Row("targets by http_sd that are up", f"{up:.0f} of {len(codes)}", "all", up == len(codes)),
        Row("targets with a scrape late or missed", f"{late:.0f}", "0", late == 0),
        Row("slowest scrape of a target", f"{slowest * 1000:.0f} ms"),
    ]


def probe_job(url: str, interval: str = "5s") -> dict[str, Any]:
    """A scrape job that finds the accounts of the exporter at `url` and probes each."""
    address = url.removeprefix("http://")
    return {
        "job_name": "voicenter",
        "scrape_interval": interval,
        "scrape_timeout": interval,
        "metrics_path": "/probe",
        "http_sd_configs": [{"url": f"{url}/sd", "refresh_interval": interval}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": address},
        ],
    }


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | measured | demanded | holds |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.measured} | {row.demand} | {row.verdict} |" for row in rows]
    return "\n".join(lines)


def write_report(text: str) -> None:
    """Put the table into the report, between its marks."""
    report = REPORT.read_text(encoding="utf-8")
    before, _, rest = report.partition(BEGIN)
    _, _, after = rest.partition(END)
    REPORT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run all of it. Returns 0 when every demand holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument(
        "--seconds", type=float, default=60, help="how long to watch one process (default 60)"
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/scaling.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, vendor(options.accounts) as (base_url, behaviour):
        folder = Path(temporary)
        codes = list(behaviour)
        healthy = [code for code in codes if behaviour[code] == "healthy"]
        rows = one_process(base_url, behaviour, options.seconds, folder)
        rows += [shards(base_url, codes, total, folder) for total in (2, 4)]
        rows += service_discovery(base_url, healthy[:PROMETHEUS_ACCOUNTS], folder)
    print(table(rows))
    print(json.dumps({row.what: row.measured for row in rows}, ensure_ascii=False), file=sys.stderr)
    if options.write:
        write_report(table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
