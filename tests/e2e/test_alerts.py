"""From a simulated centre to a webhook: exporter, Prometheus, Alertmanager, the shipped rules and routes.

Times are shortened so that minutes become seconds. Scrapes and evaluations come each second. `for`, windows
and `keep_firing_for` of the rules are divided. The limits of queues are lowered in the exporter's
configuration. The expressions, labels, texts, routes and inhibitions are those that users get.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.prometheus.shortened import alertmanager_example, write_rules
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import command, running, wait_until
from tests.support.prometheus import (
    Alertmanager,
    WebhookReceiver,
    alertmanager,
    prometheus,
    scrape_config,
    webhook_receiver,
)

DIVISOR = 30  # a minute of the rules becomes two seconds
SPEED = 10  # of the simulated centre: a caller's wait grows ten seconds a second
WATCHED = "Sales"  # of the two queues, the one that has limits of waiting


@dataclass
class Chain:
    """Everything between the call centre and the webhook."""

    control_url: str
    exporter: Exporter
    alertmanager: Alertmanager
    webhook: WebhookReceiver

    def tell(self, **order: Any) -> None:
        """Tell the simulated centre what to do."""
        with requests.Session() as session:
            session.trust_env = False
            response = session.post(self.control_url, json=order, timeout=60)
        assert response.ok, response.text

    def await_alert(self, name: str, status: str, **labels: str) -> dict[str, Any]:
        """The first alert of this name and status that the webhook gets."""
        wanted = {"alertname": name, **labels}

        def found() -> dict[str, Any] | None:
            for notification in self.webhook.notifications:
                for alert in notification["alerts"]:
                    if alert["status"] == status and wanted.items() <= alert["labels"].items():
                        return {**alert, "receiver": notification["receiver"]}
            return None

        alert = wait_until(found, f"{status} {wanted}", timeout=120)
        assert alert
        return alert


@contextmanager
def chain(generation: str, folder: Path, keep_divisor: float) -> Iterator[Chain]:
    """A centre of two queues at work, watched."""
    options = ["--agents=6", "--queues=2", "--load=quiet", f"--speed={SPEED}", "--listen-address=127.0.0.1:0"]
    with running([command("voicenter-simulator"), *options]) as simulator, webhook_receiver() as webhook:
        base_url = simulator.wait_for(r"http://\S+/comet/API").group()
        config = {
            "accounts": [{"name": "main", "code": "DEMO", "base_url": base_url, "min_interval": "1s"}],
            "targets": [
                {"queues": [WATCHED], "wait_limit": {"warning": "30s", "critical": "60s"}},
                {"queues": ["*"], "wait_limit": {"warning": None, "critical": None}},
            ],
        }
        with (
            exporter_of(config, folder) as exporter,
            alertmanager(generation, alertmanager_example(webhook.url), folder) as manager,
        ):
            watching = {
                "scrape_configs": [scrape_config("phones", exporter.url.removeprefix("http://"))],
                "rule_files": write_rules(folder, DIVISOR, keep_divisor),
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]},
            }
            with prometheus(generation, watching, folder) as server:
                server.await_series('voicenter_up{account="main"} == 1')
                yield Chain(base_url.replace("/comet/API", "/control"), exporter, manager, webhook)


def test_all_agents_at_lunch_reach_the_webhook_and_so_does_their_return(
    generation: str, tmp_path: Path
) -> None:
    with chain(generation, tmp_path, keep_divisor=DIVISOR) as it:
        queues = [labels["queue"] for labels, _ in it.exporter.scrape().samples["voicenter_queue_callers"]]
        assert sorted(queues) == ["Sales", "Support"]
        it.tell(agents={"status": "lunch"}, arrival_rate=5)
        nobody = it.await_alert("VoicenterNobodyAvailable", "firing", account="main")
        assert nobody["receiver"] == "supervisors-now"
        assert (
            nobody["labels"].items()
            >= {"account": "main", "severity": "critical", "scope": "business"}.items()
        )
        assert "nobody is available" in nobody["annotations"]["summary"]
        assert WATCHED in nobody["annotations"]["description"]
        waits = {"alertname": "VoicenterQueueWaitLong", "queue": WATCHED, "severity": "critical"}

        def the_wait_is_inhibited() -> bool:
            held = [each for each in it.alertmanager.alerts() if waits.items() <= each["labels"].items()]
            return bool(held) and all(each["status"]["inhibitedBy"] for each in held)

        wait_until(the_wait_is_inhibited, "a long wait, inhibited")

        it.tell(agents={"status": None}, arrival_rate=1)
        it.await_alert("VoicenterNobodyAvailable", "resolved", account="main")


def test_a_refused_address_raises_its_alert_and_silences_the_business_alerts_of_the_account(
    generation: str, tmp_path: Path
) -> None:
    """Business alerts are kept as long as in the shipped rules, so that they outlast the failure to come."""
    with chain(generation, tmp_path, keep_divisor=1) as it:
        it.tell(agents={"status": "lunch"}, arrival_rate=5)
        it.await_alert("VoicenterNobodyAvailable", "firing")
        it.tell(allow=["192.0.2.1/32"])
        refused = it.await_alert("VoicenterIpNotAllowListed", "firing")
        assert refused["receiver"] == "operators-now"
        assert (
            refused["labels"].items() >= {"account": "main", "severity": "critical", "scope": "api"}.items()
        )

        def business() -> list[dict[str, Any]]:
            return [each for each in it.alertmanager.alerts() if each["labels"]["scope"] == "business"]

        def all_are_inhibited() -> bool:
            return all(each["status"]["inhibitedBy"] for each in business())

        assert "VoicenterNobodyAvailable" in {each["labels"]["alertname"] for each in business()}
        wait_until(all_are_inhibited, "business alerts inhibited")
