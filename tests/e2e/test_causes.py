"""Twelve causes on a real Prometheus and Alertmanager: exactly which notifications come, and that they end.

The table in docs/alerting.md is the expectation. All causes are at work at once, each in a centre and
an exporter of its own. Every kind of the monitors has a Prometheus and an Alertmanager that watch them all.
A minute of the rules is a second here. The alerts that judge an hour of callers or the share of some
calls, and those of severity info, have no place in it.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import yaml

from tests.prometheus.monitors import MONITORS
from tests.prometheus.rule_files import REPOSITORY, load
from tests.prometheus.shortened import alertmanager_example, write_rules
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import command, running, wait_until
from tests.support.prometheus import (
    Prometheus,
    WebhookReceiver,
    alertmanager,
    prometheus,
    webhook_receiver,
)

pytestmark = pytest.mark.xdist_group("causes")  # one worker causes them all, once

DIVISOR: Final = 60
NEED_TIME: Final = {
    "VoicenterServiceLevelLow",
    "VoicenterUnansweredHigh",
    "VoicenterRecordingMutedLong",
    "VoicenterRingsNotAnswered",
    "VoicenterOccupancyHigh",
}
"""A call of the centres lasts six times as long by the clock of the rules: one of few is many.

Once a cause ends, the agents work off the queue: by that clock, they are busy for long.
"""
LONG: Final = {"warning": "20s", "critical": "40s"}
NEVER: Final = {"warning": None, "critical": None}
LOOKBACK: Final = [f"--query.lookback-delta={300 // DIVISOR}s"]
Alerts = frozenset[tuple[str, str]]
"""Names with severities."""


@dataclass
class Site:
    """A centre with two queues, and the exporter of its account, which is named like the cause."""

    account: str
    folder: Path
    control_url: str
    exporter: Exporter
    is_scraped: bool = True

    def tell(self, **order: Any) -> None:
        """Tell the simulated centre what to do."""
        with requests.Session() as session:
            session.trust_env = False
            response = session.post(self.control_url, json=order, timeout=60)
        assert response.ok, response.text

    @property
    def address(self) -> str:
        """Host and port of the exporter."""
        return self.exporter.url.removeprefix("http://")


@dataclass
class Watch:
    """What watches all sites by one kind of monitor."""

    kind: str
    folder: Path
    server: Prometheus
    webhook: WebhookReceiver
    config: dict[str, Any] = field(default_factory=dict)

    def scrape(self, sites: Mapping[str, Site]) -> None:
        """From now on these are the targets: a site that is not scraped has lost its pod."""
        addresses = {each.account: each.address for each in sites.values() if each.is_scraped}
        whole = {
            **self.config,
            "global": {"evaluation_interval": "1s"},
            "scrape_configs": MONITORS[self.kind](addresses),
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(whole))
        self.server.reload()

    def notified(self, site: Site, status: str) -> set[tuple[str, str, str]]:
        """The alerts of a site that a receiver got in this state: name, severity, receiver."""
        found = set()
        for notification in list(self.webhook.notifications):
            for alert in notification["alerts"]:
                labels = alert["labels"]
                judged = labels["severity"] != "info" and labels["alertname"] not in NEED_TIME
                ours = {labels.get("account"), labels.get("instance")} & {site.account, site.address}
                if judged and ours and alert["status"] == status:
                    found.add((labels["alertname"], labels["severity"], notification["receiver"]))
        return found

    def came(self, site: Site) -> Alerts:
        """The alerts of a site that some receiver got."""
        return frozenset((name, severity) for name, severity, _ in self.notified(site, "firing"))

    def all_ended(self, site: Site) -> bool:
        """Whether each receiver got the end of whatever it got."""
        return self.notified(site, "resolved") >= self.notified(site, "firing")


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
def site(account: str, cause: Cause, folder: Path) -> Iterator[Site]:
    """A centre and its exporter."""
    options = ["--agents=6", "--queues=2", "--load=quiet", f"--speed={cause.speed}"]
    with running([command("voicenter-simulator"), *options, "--listen-address=127.0.0.1:0"]) as simulator:
        base_url = simulator.wait_for(r"http://\S+/comet/API").group()
        one = {
            "name": account,
            "code": "DEMO",
            "base_url": base_url,
            "min_interval": "1s",
            "timeout": "1s",
        }
        folder.mkdir()
        config = {"accounts": [one], "targets": list(cause.targets)}
        with exporter_of(config, folder) as exporter:
            yield Site(account, folder, base_url.replace("/comet/API", "/control"), exporter)


@contextmanager
def watch(kind: str, folder: Path) -> Iterator[Watch]:
    """A Prometheus and an Alertmanager, which scrape nothing yet."""
    folder.mkdir()
    with webhook_receiver() as webhook:
        config = alertmanager_example(webhook.url)
        with alertmanager("newest", config, folder / "manager") as manager:
            watching = {
                "rule_files": _rules(folder),
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]},
            }
            with prometheus("newest", watching, folder, LOOKBACK) as server:
                yield Watch(kind, folder, server, webhook, watching)


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
    (it.folder / "config.yaml").write_text(text)
    it.exporter.process.send(signal.SIGHUP)


def _bad_reload(it: Site) -> None:
    (it.folder / "good.yaml").write_text((it.folder / "config.yaml").read_text())
    _reload(it, "accounts: 7\n")


def _few(it: Site) -> None:
    it.tell(agents={"status": "login"})
    it.tell(agents={"status": "team_meeting", "count": 5}, arrival_rate=5)


def _queues(*globs: str) -> tuple[dict[str, Any], ...]:
    return (
        {"queues": list(globs), "wait_limit": LONG, "callers_limit": None},
        {"queues": ["*"], "wait_limit": NEVER, "callers_limit": None},
    )


def _lose_the_pod(it: Site) -> None:
    it.is_scraped = False


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
        lambda it: it.exporter.process.send(signal.SIGSTOP),
        lambda it: it.exporter.process.send(signal.SIGCONT),
    ),
    "one shard is gone": Cause(_lose_the_pod, lambda it: None),
    "the clock changes": Cause(
        lambda it: it.tell(clock={"offset": 3600}), lambda it: it.tell(clock={"offset": 0})
    ),
    "a reload fails": Cause(_bad_reload, lambda it: _reload(it, (it.folder / "good.yaml").read_text())),
}
PAGE: Final = (REPOSITORY / "docs" / "alerting.md").read_text()
TABLE: Final = {
    row[0]: frozenset(re.findall(r"`(\w+)` (\w+)", row[1]))
    for row in re.findall(
        r"^\| (\w[^|]+) \| ([^|]+) \| [^|]+ \|$",
        PAGE.partition("## One cause, one page")[2].partition("\n## ")[0],
        re.MULTILINE,
    )
}
BY_PROBE_ALONE: Final[Mapping[str, Alerts]] = {
    "the exporter is gone": frozenset({("VoicenterAccountMissing", "critical")}),
    "a reload fails": frozenset(),
}
"""What differs where nothing asks for `/metrics`, as the page says below the table."""


def expected(kind: str, name: str) -> Alerts:
    """What the page says of a cause."""
    by_probe = BY_PROBE_ALONE if kind in ("Probe", "ScrapeConfig") else {}
    return by_probe.get(name, TABLE[name])


@dataclass(frozen=True)
class Outcome:
    """What came of all causes, once they had come and gone."""

    sites: Mapping[str, Site]
    watches: Mapping[str, Watch]

    def has_come(self, name: str) -> bool:
        """Whether every receiver got the alerts of the cause."""
        return all(each.came(self.sites[name]) >= expected(kind, name) for kind, each in self.watches.items())


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """All causes begun, awaited, ended, and their ends awaited; the tests look at what came."""
    folder = tmp_path_factory.mktemp("causes")
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(
                site(re.sub(r"\W", "-", name), cause, folder / re.sub(r"\W", "-", name))
            )
            for name, cause in CAUSES.items()
        }
        watches = {kind: stack.enter_context(watch(kind, folder / kind)) for kind in MONITORS}
        for each in watches.values():
            each.scrape(sites)
        for each in watches.values():
            each.server.await_series(f"count(voicenter_up == 1) == {len(sites)}")
        made = Outcome(sites, watches)
        for name, cause in CAUSES.items():
            cause.begin(sites[name])
        for each in watches.values():
            each.scrape(sites)

        def came_and_was_ended(name: str) -> bool:
            if made.has_come(name):
                CAUSES[name].end(sites[name])
                return True
            return False

        _await_all(came_and_was_ended)
        _await_all(lambda name: all(each.all_ended(sites[name]) for each in watches.values()))
        yield made


def _await_all(holds: Callable[[str], bool]) -> None:
    """Await it of every cause, each for itself; what does not come is for the tests to tell."""
    waiting = set(CAUSES)

    def none_is_left() -> bool:
        waiting.difference_update({name for name in waiting if holds(name)})
        return not waiting

    with suppress(AssertionError):
        wait_until(none_is_left, "all causes", timeout=120, pause=0.2)


def test_the_table_has_every_cause() -> None:
    assert TABLE.keys() - {"Cause"} == CAUSES.keys()


@pytest.mark.parametrize("kind", MONITORS)
@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_sends_these_alerts_alone_and_they_end(name: str, kind: str, outcome: Outcome) -> None:
    it, where = outcome.watches[kind], outcome.sites[name]
    assert it.came(where) == expected(kind, name)
    assert it.all_ended(where)


@pytest.mark.parametrize("kind", MONITORS)
def test_nothing_else_is_sent(kind: str, outcome: Outcome) -> None:
    """Nor of an account or exporter that is none of these, such as that there is no exporter at all."""
    known = {each.account for each in outcome.sites.values()} | {
        each.address for each in outcome.sites.values()
    }
    for notification in outcome.watches[kind].webhook.notifications:
        for alert in notification["alerts"]:
            labels = alert["labels"]
            assert {labels.get("account"), labels.get("instance")} & known, labels
