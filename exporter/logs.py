"""Log lines in logfmt or JSON with the same keys, one line an event."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

KEYS: Final = ("account", "endpoint", "reason", "duration_seconds")
"""The keys of an event beside ts, level and msg, in the order in which they are written."""
LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("logfmt", "json")

_PLAIN: Final = re.compile(r'[^\s"=\\\x00-\x1f\x7f-\x9f]+')


def configure(level: str, style: str) -> None:
    """Send all log lines of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("urllib3", "requests", "asyncio"):
        # Their lines at debug hold URLs, headers or callbacks that nobody chose to publish.
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.raiseExceptions = False


def event(**fields: Any) -> dict[str, dict[str, Any]]:
    """The `extra` of a log call: fields of KEYS, those that are None left out."""
    return {"fields": {key: fields[key] for key in KEYS if fields.get(key) is not None}}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    moment = datetime.fromtimestamp(record.created, UTC)
    message = record.getMessage()
    if record.exc_info and record.exc_info[0]:
        # The type alone: an exception's text can hold what it was raised over.
        message += f" ({record.exc_info[0].__name__})"
    return {
        "ts": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "msg": message,
        **getattr(record, "fields", {}),
    }


def logfmt(record: logging.LogRecord) -> str:
    """The record as one line of logfmt."""
    return " ".join(f"{key}={_quoted(value)}" for key, value in _fields(record).items())


class _Logfmt(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return logfmt(record)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), ensure_ascii=False)


def _quoted(value: Any) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
