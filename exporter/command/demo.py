"""A simulated call centre on a loopback port, and the settings that lead to it: no account needed."""

from __future__ import annotations

from pathlib import Path

from exporter.config import Settings, parse
from exporter.simulator.options import CentreOptions
from exporter.simulator.server import SimulatorServer
from exporter.simulator.tenants import SimulatorOptions

CODE = "DEMO"
LOAD = 0.78
"""Busy, with queues that grow and empty again; at 0.9 they would hardly ever empty."""


def start() -> Settings:
    """Start the simulator in a thread of its own. Raises OSError when no port can be had."""
    centre = CentreOptions(load=LOAD, keep_records=False)
    base_url = SimulatorServer(SimulatorOptions(centre=centre, code=CODE)).start()
    return parse(
        f"""
        accounts:
          - {{name: demo, code: {CODE}, base_url: "{base_url}", min_interval: 1s}}
        collectors: {{extensions: {{enabled: true}}}}
        targets:
          - queues: ["VIP*"]
            wait_limit: {{warning: 60s, critical: 180s}}
            callers_limit: 5
        """,
        Path("the demo"),
        {},
    )
