"""Asking a simulator's service in tests, without sockets."""

from __future__ import annotations

import json
from typing import Any

from exporter.simulator.faults import Reply
from exporter.simulator.options import CentreOptions
from exporter.simulator.service import API_PATH, Service
from exporter.simulator.tenants import SimulatorOptions

SMALL = CentreOptions(agents=6, queues=2, odd=0.0, warm_up=300.0, keep_records=False)
PATHS = {"EXTENSIONS": f"{API_PATH}/GetExtensionsCalls", "QUEUES": f"{API_PATH}/GetQueuesCallers"}


def service(**options: Any) -> Service:
    return Service(SimulatorOptions(**{"centre": SMALL, **options}))


def post(of: Service, path: str, content: object, peer: str = "127.0.0.1") -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return of.handle("POST", path, body, peer)


def get(of: Service, target: str) -> Reply:
    return of.handle("GET", target, b"", "127.0.0.1")


def told(reply: Reply) -> Any:
    return json.loads(reply.body)


def order(of: Service, **content: Any) -> None:
    reply = post(of, "/control", content)
    assert reply.status == 200, reply.body
