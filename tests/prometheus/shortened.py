"""The rules and the Alertmanager example with shorter times, for tests against real servers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.prometheus.rule_files import FOLDER, RULE_FILES, load

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def shorter(duration: str, divisor: float) -> str:
    """A duration of one unit, such as 15m, divided, at least one second."""
    return f"{max(1, round(int(duration[:-1]) * SECONDS[duration[-1]] / divisor))}s"


def write_rules(folder: Path, divisor: float, keep_divisor: float) -> list[str]:
    """Write the rule files with every `for` and every window divided by `divisor`, every `keep_firing_for`
    by `keep_divisor`, and nothing else changed; returns their names, relative to the folder.
    """
    for path in RULE_FILES:
        content = load(path)
        for rule in (rule for group in content["groups"] for rule in group["rules"]):
            rule["expr"] = re.sub(
                r"\[(\d+[smh])\]", lambda match: f"[{shorter(match[1], divisor)}]", rule["expr"]
            )
            if "for" in rule:
                rule["for"] = shorter(rule["for"], divisor)
            if "keep_firing_for" in rule:
                rule["keep_firing_for"] = shorter(rule["keep_firing_for"], keep_divisor)
        (folder / path.name).write_text(yaml.safe_dump(content))
    return [path.name for path in RULE_FILES]


def alertmanager_example(webhook: str) -> dict[str, Any]:
    """The example of Alertmanager with its webhooks at another address, one second of waiting, and business
    hours at any time of any day.
    """
    config = load(FOLDER / "alertmanager.yml")
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "1s"}
        route.pop("mute_time_intervals", None)
    for interval in config["time_intervals"]:
        if interval["name"] == "business-hours":
            interval["time_intervals"] = [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]
    for receiver in config["receivers"]:
        receiver["webhook_configs"] = [{"url": webhook}]
    return config
