"""Names of fields that the vendor's page does not document, so that users can report them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Optional

import msgspec

from exporter.api.wire import LARGE

Shape = Mapping[str, Optional["Shape"]]
"""The fields of an object, with the shape of the objects in each; None: not looked into."""

_LEG: Final[Shape] = {
    "callStarted": None,
    "callAnswered": None,
    "answered": None,
    "callername": None,
    "callerphone": None,
    "callstatus": None,
    "customdata": None,  # private, whatever it holds
    "did": None,
    "direction": None,
    "ivrid": None,
    "recording": {"Filename": None, "IsMuted": None},
}
_EXTENSION: Final[Shape] = {
    "name": None,
    "representative": None,
    "username": None,
    "extensionID": None,
    "userID": None,
    "onlineUserID": None,
    "onlineUserStatus": None,
    "calls": _LEG,
}
_CALLER: Final[Shape] = {"Phone": None, "CallID": None, "JoinTime": None, "Duration": None}
_QUEUE: Final[Shape] = {"Name": None, "ID": None, "Weight": None, "Callers": _CALLER}
_DOCUMENTED: Final[Mapping[str, Shape]] = {
    "extensions": {"ERR": None, "DESC": None, "EXTENSIONS": _EXTENSION},
    "queues": {"ERR": None, "DESC": None, "QUEUES": _QUEUE},
}
_MOST: Final = 16
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
"""What is no such word may be data, and is not repeated."""


def undocumented_fields(source: str, body: bytes | bytearray) -> list[str]:
    """Names of fields in an answer of the source, sorted, at most 16; never a value. None of a large body."""
    if len(body) > LARGE:
        return []
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    found: set[str] = set()
    _look(answer, _DOCUMENTED[source], found)
    return sorted(filter(_PLAIN.fullmatch, found))[:_MOST]


def _look(value: Any, shape: Shape, found: set[str]) -> None:
    """Add the names in an object, or in each object of a list, that the shape lacks."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            continue
        found |= each.keys() - shape.keys()
        for name, inner in shape.items():
            if inner is not None and name in each:
                _look(each[name], inner, found)
