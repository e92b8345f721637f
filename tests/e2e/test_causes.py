"""Twelve causes on a real Prometheus and Alertmanager: exactly which notifications come, and that they end.

The table in docs/alerting.md is the expectation. A minute of the rules is a second here. The alerts that
judge an hour of callers, and those of severity info, have no place in it.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import yaml

from tests.prometheus.rule_files import REPOSITORY, load
from tests.prometheus.shortened import alertmanager_example, write_rules
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import command, running, wait_until
from tests.support.prometheus import (
    Prometheus,
    WebhookReceiver,
    alertmanager,
    prometheus,
    scrape_config,
    webhook_receiver,
)

DIVISOR: Final = 60
OVER_AN_HOUR: Final = {"VoicenterServiceLevelLow", "VoicenterUnansweredHigh"}
LONG: Final = {"warning": "20s", "critical": "40s"}
NEVER: Final = {"warning": None, "critical": None}


@dataclass
class Site:
    """A centre with two queues, two exporters of an account each, and what watches them."""

    control_url: str
    folder: Path
    main: Exporter
    branch: Exporter
    server: Prometheus
    webhook: WebhookReceiver
    watching: dict[str, Any] = field(default_factory=dict)

    def tell(self, **order: Any) -> None:
        """Tell the simulated centre what to do."""
        with requests.Session() as session:
            session.trust_env = False
            response = session.post(self.control_url, json=order, timeout=60)
        assert response.ok, response.text

    def scrape(self, *exporters: Exporter) -> None:
        """From now on these are the targets."""
        targets = [each.url.removeprefix("http://") for each in exporters]
        self.watching["scrape_configs"] = [scrape_config("phones", *targets)]
        whole = {**self.watching, "global": {"evaluation_interval": "1s"}}
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(whole))
        self.server.reload()

    def notified(self, status: str) -> set[tuple[str, str, str]]:
        """The alerts that a receiver was told of in this state: name, severity, receiver."""
        found = set()
        for notification in self.webhook.notifications:
            for alert in notification["alerts"]:
                labels = alert["labels"]
                judged = labels["severity"] != "info" and labels["alertname"] not in OVER_AN_HOUR
                if judged and alert["status"] == status:
                    found.add((labels["alertname"], labels["severity"], notification["receiver"]))
        return found


def _rules(folder: Path) -> list[str]:
    """The rules in a sixtieth of their time, the age of stale data among it."""
    names = write_rules(folder, DIVISOR, DIVISOR)
    content = load(folder / "api.yml")
    (stale,) = [each for each in content["groups"][0]["rules"] if each["alert"] == "VoicenterDataStale"]
    stale["expr"], replaced = re.subn(r"> 600$", f"> {600 // DIVISOR}", stale["expr"])
    assert replaced
    (folder / "api.yml").write_text(yaml.safe_dump(content))
    return names


@contextmanager
def site(folder: Path, targets: list[dict[str, Any]], speed: int) -> Iterator[Site]:
    """All of it, at work, each account with data."""
    options = ["--agents=6", "--queues=2", "--load=quiet", f"--speed={speed}", "--listen-address=127.0.0.1:0"]
    with ExitStack() as stack:
        simulator = stack.enter_context(running([command("voicenter-simulator"), *options]))
        webhook = stack.enter_context(webhook_receiver())
        base_url = simulator.wait_for(r"http://\S+/comet/API").group()
        exporters = []
        for account in ("main", "branch"):
            one = {
                "name": account,
                "code": "DEMO",
                "base_url": base_url,
                "min_interval": "1s",
                "timeout": "1s",
            }
            (folder / account).mkdir()
            config = {"accounts": [one], "targets": targets}
            exporters.append(stack.enter_context(exporter_of(config, folder / account)))
        manager = stack.enter_context(
            alertmanager("newest", alertmanager_example(webhook.url), folder / "manager")
        )
        watching = {
            "scrape_configs": [],
            "rule_files": _rules(folder),
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]},
        }
        server = stack.enter_context(prometheus("newest", watching, folder))
        main, branch = exporters
        control = base_url.replace("/comet/API", "/control")
        made = Site(control, folder, main, branch, server, webhook, watching)
        made.scrape(*exporters[:1])
        server.await_series('voicenter_up{account="main"} == 1')
        yield made


Order = Callable[[Site], object]


@dataclass(frozen=True)
class Cause:
    """What goes wrong, how it is put right, and whether queues have limits of waiting."""

    begin: Order
    end: Order
    targets: tuple[dict[str, Any], ...] = ({"queues": ["*"], "wait_limit": NEVER, "callers_limit": None},)
    speed: int = 1


def _fault(**fault: Any) -> Order:
    return lambda it: it.tell(fault=fault)


def _works(it: Site) -> None:
    it.tell(clear_faults=True, allow=["127.0.0.0/8"])


def _back(it: Site) -> None:
    it.tell(agents={"status": "login"}, arrival_rate=1)


def _reload(it: Site, text: str) -> None:
    (it.folder / "main" / "config.yaml").write_text(text)
    it.main.process.send(signal.SIGHUP)


def _bad_reload(it: Site) -> None:
    file = it.folder / "main" / "config.yaml"
    (it.folder / "good.yaml").write_text(file.read_text())
    _reload(it, "accounts: 7\n")


def _few(it: Site) -> None:
    it.tell(agents={"status": "login"})
    it.tell(agents={"status": "team_meeting", "count": 5}, arrival_rate=20)


def _queues(*globs: str) -> tuple[dict[str, Any], ...]:
    return (
        {"queues": list(globs), "wait_limit": LONG, "callers_limit": None},
        {"queues": ["*"], "wait_limit": NEVER, "callers_limit": None},
    )


def _lose_a_shard(it: Site) -> None:
    it.scrape(it.main, it.branch)
    it.server.await_series('voicenter_up{account="branch"} == 1')
    it.scrape(it.main)


CAUSES: Final = {
    "the API is down": Cause(_fault(kind="status", status=503), _works),
    "the code is wrong": Cause(_fault(kind="empty"), _works),
    "the address is not allowed": Cause(lambda it: it.tell(allow=["192.0.2.1/32"]), _works),
    "one source fails": Cause(_fault(kind="status", status=503, endpoint="queues"), _works),
    "nobody is logged in": Cause(
        lambda it: it.tell(agents={"status": "logout"}, arrival_rate=5), _back, _queues("*"), speed=10
    ),
    "all are at lunch": Cause(
        lambda it: it.tell(agents={"status": "lunch"}, arrival_rate=5), _back, _queues("*"), speed=10
    ),
    "one queue has long waits": Cause(_few, _back, _queues("Sales"), speed=10),
    "all queues have long waits": Cause(_few, _back, _queues("*"), speed=10),
    "the exporter is gone": Cause(
        lambda it: it.main.process.send(signal.SIGSTOP), lambda it: it.main.process.send(signal.SIGCONT)
    ),
    "one shard is gone": Cause(_lose_a_shard, lambda it: None),
    "the clock changes": Cause(
        lambda it: it.tell(clock={"offset": 3600}), lambda it: it.tell(clock={"offset": 0})
    ),
    "a reload fails": Cause(_bad_reload, lambda it: _reload(it, (it.folder / "good.yaml").read_text())),
}
TABLE: Final = {
    row[0]: set(re.findall(r"`(\w+)` (\w+)", row[1]))
    for row in re.findall(
        r"^\| (\w[^|]+) \| ([^|]+) \| [^|]+ \|$",
        (REPOSITORY / "docs" / "alerting.md")
        .read_text()
        .partition("## One cause, one page")[2]
        .partition("\n## ")[0],
        re.MULTILINE,
    )
}


def test_the_table_has_every_cause() -> None:
    assert TABLE.keys() - {"Cause"} == CAUSES.keys()


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_is_told_of_by_these_alerts_alone_and_they_end(name: str, tmp_path: Path) -> None:
    cause = CAUSES[name]
    expected = TABLE[name]
    with site(tmp_path, list(cause.targets), cause.speed) as it:
        cause.begin(it)

        def all_came() -> bool:
            return {each[:2] for each in it.notified("firing")} >= expected

        wait_until(all_came, f"{name}: {expected}", timeout=90)
        cause.end(it)

        def all_ended() -> bool:
            return it.notified("resolved") >= it.notified("firing")

        wait_until(all_ended, f"{name}: the end", timeout=120)
        assert {each[:2] for each in it.notified("firing")} == expected
