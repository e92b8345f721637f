"""The scrape configurations that the Prometheus operator makes of its four kinds of monitor, labels included.

Each takes the exporters' addresses by account, as a cluster with a pod for each would have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.support.prometheus import scrape_config

ScrapeConfigs = list[dict[str, Any]]
_TO_INSTANCE: Final = {"source_labels": ["__param_target"], "target_label": "instance"}


def service_monitor(addresses: Mapping[str, str]) -> ScrapeConfigs:
    """One job, named like the service, a target for each pod behind it."""
    return _pods("exporter", addresses, service="exporter")


def pod_monitor(addresses: Mapping[str, str]) -> ScrapeConfigs:
    """One job, named like the monitor, a target for each pod."""
    return _pods("calls/exporter", addresses)


def probe(addresses: Mapping[str, str]) -> ScrapeConfigs:
    """A job for each prober: each account is a target of `/probe`, and nothing asks for `/metrics`."""
    return [
        scrape_config(
            f"probe/calls/{account}",
            account,
            metrics_path="/probe",
            relabel_configs=[
                {"source_labels": ["__address__"], "target_label": "__param_target"},
                _TO_INSTANCE,
                {"target_label": "namespace", "replacement": "calls"},
                {"target_label": "__address__", "replacement": address},
            ],
        )
        for account, address in addresses.items()
    ]


def scrape_config_of_accounts(addresses: Mapping[str, str]) -> ScrapeConfigs:
    """One job: the accounts that each pod lists at `/sd`, each a target of its `/probe`, as in the chart."""
    account = {"source_labels": ["__meta_voicenter_account"]}
    config = scrape_config(
        "scrapeConfig/calls/exporter",
        metrics_path="/probe",
        http_sd_configs=[
            {"url": f"http://{address}/sd", "refresh_interval": "1s"} for address in addresses.values()
        ],
        relabel_configs=[
            {**account, "target_label": "__param_target"},
            {**account, "target_label": "instance"},
            {
                "source_labels": ["__meta_url"],
                "regex": "https?://([^/]+)/sd",
                "target_label": "__address__",
            },
        ],
    )
    del config["static_configs"]
    return [config]


MONITORS: Final[Mapping[str, Callable[[Mapping[str, str]], ScrapeConfigs]]] = {
    "ServiceMonitor": service_monitor,
    "PodMonitor": pod_monitor,
    "Probe": probe,
    "ScrapeConfig": scrape_config_of_accounts,
}


def _pods(job: str, addresses: Mapping[str, str], **more: str) -> ScrapeConfigs:
    config = scrape_config(job)
    config["static_configs"] = [
        {
            "targets": [address],
            "labels": {
                "namespace": "calls",
                "pod": f"exporter-{number}",
                "container": "exporter",
                "endpoint": "http",
                **more,
            },
        }
        for number, address in enumerate(addresses.values())
    ]
    return [config]
