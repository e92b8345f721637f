"""An account that disappears raises one critical alert in every layout, which ends by itself an hour later.

Each layout has a real Prometheus of its own, and all lose the account branch at once. A minute of the rules
is half a second here. That the alert comes within 10 minutes stands in prometheus/tests, to the second.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.prometheus.monitors import scrape_config_of_accounts, service_monitor
from tests.prometheus.shortened import write_rules
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import command, running, wait_until
from tests.support.prometheus import Prometheus, prometheus, scrape_config

pytestmark = pytest.mark.xdist_group("account-missing")  # one worker loses all accounts, once

DIVISOR: Final = 120
LOST, KEPT = "branch", "main"
CODES: Final = {KEPT: "CODE-0001", LOST: "CODE-0002"}
ScrapeConfigs = list[dict[str, Any]]


@dataclass(frozen=True)
class Centre:
    """What is scraped: one exporter of both accounts, and one for each of them, as shards have them."""

    both: str
    shards: Mapping[str, str]
    """Addresses by account."""


def _of_metrics(centre: Centre, is_lost: bool) -> ScrapeConfigs:
    return service_monitor({"both": centre.both})


def _of_shards(centre: Centre, is_lost: bool) -> ScrapeConfigs:
    return service_monitor(
        {name: each for name, each in centre.shards.items() if name == KEPT or not is_lost}
    )


def _of_probe(centre: Centre, is_lost: bool) -> ScrapeConfigs:
    """The target stays, and is down: `up` is 0. Nothing asks for the exporter's own metrics."""
    to_account = [
        {"source_labels": ["__address__"], "target_label": name} for name in ("__param_target", "instance")
    ]
    to_exporter = {"target_label": "__address__", "replacement": centre.both}
    return [
        scrape_config("probe", KEPT, LOST, metrics_path="/probe", relabel_configs=[*to_account, to_exporter])
    ]


def _of_service_discovery(centre: Centre, is_lost: bool) -> ScrapeConfigs:
    return scrape_config_of_accounts({"both": centre.both})


def _of_both_pages(centre: Centre, is_lost: bool) -> ScrapeConfigs:
    return [*_of_probe(centre, is_lost), *service_monitor({"both": centre.both})]


LAYOUTS: Final[Mapping[str, Callable[[Centre, bool], ScrapeConfigs]]] = {
    "/metrics": _of_metrics,
    "shards": _of_shards,
    "/probe": _of_probe,
    "/sd": _of_service_discovery,
    "/probe and /metrics": _of_both_pages,
}


@dataclass
class Watch:
    """A Prometheus that watches by one layout, and the alerts that it was seen to fire."""

    layout: str
    folder: Path
    server: Prometheus
    rules: list[str]
    seen: set[tuple[str, str, str]] = field(default_factory=set)
    """Name, severity and account."""

    def scrape(self, centre: Centre, is_lost: bool) -> None:
        """From now on these are the targets."""
        config = {
            "global": {"evaluation_interval": "1s"},
            "rule_files": self.rules,
            "scrape_configs": LAYOUTS[self.layout](centre, is_lost),
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self.server.reload()

    def firing(self) -> set[tuple[str, str, str]]:
        """The alerts of severity warning and critical that fire now."""
        now = {
            (labels["alertname"], labels["severity"], labels.get("account", ""))
            for labels in (each["labels"] for each in self.server.alerts() if each["state"] == "firing")
            if labels["severity"] != "info"
        }
        self.seen |= now
        return now


def _account(name: str, base_url: str) -> dict[str, Any]:
    return {"name": name, "code": CODES[name], "base_url": base_url, "min_interval": "1s", "timeout": "1s"}


def _exporter(stack: ExitStack, folder: Path, *accounts: dict[str, Any], **more: Any) -> Exporter:
    folder.mkdir(exist_ok=True)
    target = {"queues": ["*"], "wait_limit": {"warning": None, "critical": None}, "callers_limit": None}
    config = {"accounts": list(accounts), "targets": [target], **more}
    return stack.enter_context(exporter_of(config, folder))


def _address(exporter: Exporter) -> str:
    return exporter.url.removeprefix("http://")


@pytest.fixture(scope="module")
def watches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Watch]]:
    """Every layout after it lost the account, missed it, and stopped to."""
    folder = tmp_path_factory.mktemp("missing")
    options = ["--accounts=2", "--agents=6", "--queues=2", "--load=quiet", "--listen-address=127.0.0.1:0"]
    with ExitStack() as stack:
        process = stack.enter_context(running([command("voicenter-simulator"), *options]))
        base_url = process.wait_for(r"http://\S+/comet/API").group()
        added = folder / "added"
        added.mkdir()
        (added / "branch.yaml").write_text(yaml.safe_dump(_account(LOST, base_url)))
        both = _exporter(stack, folder / "both", _account(KEPT, base_url), accounts_dir=str(added))
        shards = {name: _exporter(stack, folder / name, _account(name, base_url)) for name in (KEPT, LOST)}
        centre = Centre(_address(both), {name: _address(each) for name, each in shards.items()})
        made = {}
        for number, layout in enumerate(LAYOUTS):
            place = folder / str(number)
            place.mkdir()
            rules = write_rules(place, DIVISOR, DIVISOR)
            server = stack.enter_context(prometheus("newest", {"rule_files": rules}, place))
            made[layout] = Watch(layout, place, server, rules)
        for watch in made.values():
            watch.scrape(centre, is_lost=False)
        for watch in made.values():
            watch.server.await_series("count(count by (account) (voicenter_up == 1)) == 2")
        (added / "branch.yaml").unlink()
        both.process.send(signal.SIGHUP)
        for watch in made.values():
            watch.scrape(centre, is_lost=True)
        for watch in made.values():
            wait_until(watch.firing, f"the alert by {watch.layout}")
        wait_until(lambda: not any(watch.firing() for watch in made.values()), "its end", timeout=90)
        yield made


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_account_that_disappears_raises_one_critical_alert(
    layout: str, watches: Mapping[str, Watch]
) -> None:
    assert watches[layout].seen == {("VoicenterAccountMissing", "critical", LOST)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_ends_by_itself_while_the_other_account_goes_on(layout: str, watches: Mapping[str, Watch]) -> None:
    assert watches[layout].firing() == set()
    up = watches[layout].server.query("max by (account) (voicenter_up)")
    assert {each.labels["account"]: each.value for each in up} == {KEPT: 1}
