"""The live board's alerts: those that want somebody, and those that only tell something."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.common import TableCellHeight

from grafana.board import RUNBOOKS
from grafana.boards.live_queues import open_queue
from grafana.palette import ACT, UNJUDGED, WATCH, words
from grafana.panels import CLOCK
from grafana.tables import Column, Key, grid

LABELS: Final = ("alertname", "severity", "account", "queue")
SEVERITY: Final = {"critical": ("▲", ACT), "warning": ("●", WATCH), "info": ("i", UNJUDGED)}
RUNBOOK: Final = f"{RUNBOOKS}/Voicenter${{__data.fields.Alert}}.md"


def alerts() -> table.Panel:
    """Critical ones and warnings."""
    return _alerts(
        "Alerts firing",
        "Critical alerts (▲) and warnings (●) of this project's rules that fire, for the chosen accounts "
        "or for none in particular, the oldest first. A click on the alert opens its runbook, one on the "
        "queue its board.",
        "critical|warning",
    )


def information() -> table.Panel:
    """What nobody has to act on."""
    return _alerts(
        "Information",
        "Alerts of severity info that fire: worth knowing, nothing to act on. A click opens the runbook.",
        "info",
    )


def _alerts(title: str, description: str, severities: str) -> table.Panel:
    by = ", ".join(LABELS)
    chosen = f'alertname=~"Voicenter.+", severity=~"{severities}", account=~"$account|"'
    since = f"min by ({by}) (ALERTS_FOR_STATE{{{chosen}}})"
    firing = f'max by ({by}) (ALERTS{{{chosen}, alertstate="firing"}})'
    lasting = f"(time() - {since}) and on ({by}) {firing}"
    named = f'label_replace({lasting}, "alert", "$1", "alertname", "Voicenter(.+)")'
    shown = f"max by (alert, severity, account, queue) ({named})"
    return (
        grid(
            title,
            description,
            [
                Key("severity", " ", width=40, mappings=words(SEVERITY)),
                Key("alert", "Alert", least=100, opens=("Runbook", RUNBOOK)),
                Key("queue", "Queue", least=84, opens=("Queue detail", open_queue("account"))),
                Key("account"),
            ],
            [Column("For", shown, CLOCK, width=86, decimals=0)],
            sort="For",
        )
        .no_value("none fires")
        .cell_height(TableCellHeight.SM)
    )
