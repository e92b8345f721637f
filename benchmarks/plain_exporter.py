"""A plain exporter of the same API, as one writes it in an afternoon: the yardstick of the benchmark.

A requests session, its `.json()`, prometheus-client's metric families, server and renderer, nothing tuned and
nothing made slow. It tells of agents, calls and queues what a plain exporter would: five series a queue.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from threading import Event
from typing import Any, Final

import requests
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

STATUSES: Final = {
    1: "login",
    2: "logout",
    3: "lunch",
    5: "administrative",
    7: "private",
    9: "other",
    11: "training",
    12: "team_meeting",
    13: "brief",
}


class VoicenterCollector(Collector):
    """Asks the vendor at each scrape."""

    def __init__(self, base_url: str, code: str) -> None:
        self._base_url = base_url
        self._code = code
        self._session = requests.Session()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families of one scrape."""
        up = GaugeMetricFamily("voicenter_up", "Whether the last scrape was successful.")
        try:
            extensions = self._ask("GetExtensionsCalls")["EXTENSIONS"]
            queues = self._ask("GetQueuesCallers")["QUEUES"]
        except (requests.RequestException, ValueError, KeyError):
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _extensions(extensions)
        yield from _queues(queues)

    def _ask(self, method: str) -> Any:
        response = self._session.post(f"{self._base_url}/{method}", json={"code": self._code}, timeout=10)
        response.raise_for_status()
        answer = response.json()
        if int(answer["ERR"]):
            raise ValueError(answer["DESC"])
        return answer


def _extensions(extensions: list[dict[str, Any]]) -> Iterator[GaugeMetricFamily]:
    agents = Counter(STATUSES.get(each["onlineUserStatus"], "unknown") for each in extensions)
    legs = [leg for extension in extensions for leg in extension["calls"]]
    calls = Counter((leg["callstatus"].lower(), leg["direction"].lower()) for leg in legs)
    family = GaugeMetricFamily("voicenter_agents", "Agents per status.", labels=["status"])
    for status in STATUSES.values():
        family.add_metric([status], agents[status])
    yield family
    family = GaugeMetricFamily("voicenter_calls", "Calls at extensions.", labels=["status", "direction"])
    for state, number in calls.items():
        family.add_metric(state, number)
    yield family


def _queues(queues: list[dict[str, Any]]) -> Iterator[GaugeMetricFamily]:
    def family(name: str, text: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"voicenter_queue_{name}", text, labels=["queue_id", "queue"])

    callers = family("callers", "Callers waiting.")
    longest = family("longest_wait_seconds", "The longest wait of those waiting.")
    total = family("callers_wait_seconds", "The sum of the waits of those waiting.")
    over = family("callers_over_60_seconds", "Callers waiting for at least a minute.")
    weight = family("weight", "The configured weight.")
    for queue in queues:
        labels = [str(queue["ID"]), queue["Name"]]
        waits = [caller["Duration"] for caller in queue["Callers"]]
        callers.add_metric(labels, len(waits))
        longest.add_metric(labels, max(waits, default=0))
        total.add_metric(labels, sum(waits))
        over.add_metric(labels, sum(wait >= 60 for wait in waits))
        weight.add_metric(labels, queue["Weight"])
    yield from (callers, longest, total, over, weight)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    registry = CollectorRegistry()
    server, _ = start_http_server(options.port, "127.0.0.1", registry)
    registry.register(VoicenterCollector(options.base_url, "BENCHMARK"))
    print(f"listening on {server.server_port}", flush=True)
    Event().wait()


if __name__ == "__main__":
    main()
