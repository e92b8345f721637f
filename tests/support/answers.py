"""The vendor's documented example answers, valid and as they are printed, and answers built in a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"

EXTENSIONS = (DATA / "extensions.json").read_bytes()
QUEUES = (DATA / "queues.json").read_bytes()
EXTENSIONS_AS_PRINTED = (DATA / "extensions-as-printed.txt").read_bytes()
QUEUES_AS_PRINTED = (DATA / "queues-as-printed.txt").read_bytes()


def extensions(*entries: Any, **envelope: Any) -> bytes:
    """An answer of GetExtensionsCalls with these entries."""
    return json.dumps({"ERR": 0, "DESC": "OK", "EXTENSIONS": list(entries), **envelope}).encode()


def queues(*entries: Any, **envelope: Any) -> bytes:
    """An answer of GetQueuesCallers with these entries."""
    return json.dumps({"ERR": 0, "DESC": "OK", "QUEUES": list(entries), **envelope}).encode()


def extension(name: str = "S1", *legs: Any, person: Any = 1, status: Any = 1, **more: Any) -> dict[str, Any]:
    """One entry of EXTENSIONS."""
    return {
        "username": name, "extensionID": 7, "onlineUserID": person, "onlineUserStatus": status,
        "calls": list(legs), **more,
    }  # fmt: skip


def leg(status: str = "Talking", direction: str = "Incoming", **more: Any) -> dict[str, Any]:
    """One entry of `calls`, answered unless told otherwise."""
    return {
        "callStarted": 1000, "callAnswered": 1010, "answered": 1, "callstatus": status,
        "direction": direction, "ivrid": "call-1", **more,
    }  # fmt: skip


def queue(queue_id: Any = 1, name: str = "Sales", *waits: Any, **more: Any) -> dict[str, Any]:
    """One entry of QUEUES; a caller per wait in seconds."""
    callers = [
        {"Phone": "07700900010", "CallID": f"{queue_id}-{place}", "JoinTime": 1000, "Duration": wait}
        for place, wait in enumerate(waits)
    ]
    return {"Name": name, "ID": queue_id, "Weight": 5, "Callers": callers, **more}
