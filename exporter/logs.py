"""Log lines in logfmt or JSON with the same keys, one line an event."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

KEYS: Final = ("account", "source", "reason", "duration_seconds")
"""The keys of an event beside ts, level and msg, in the order in which they are written."""
LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("logfmt", "json")

_PLAIN: Final = re.compile(r'[^\s"=\\\x00-\x1f\x7f-\x9f]+')
_UNSEEN: Final = re.compile("[\x7f-\x9f\u2028\u2029]")


def configure(level: str, style: str) -> None:
    """Send all log lines of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("urllib3", "requests", "asyncio"):
        # Their lines at debug hold URLs, headers or callbacks that nobody chose to publish.
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.raiseExceptions = False


def formatter(style: str) -> logging.Formatter:
    """What writes a record in one of FORMATS."""
    return _Json() if style == "json" else _Logfmt()


def event(**fields: Any) -> dict[str, dict[str, Any]]:
    """The `extra` of a log call: fields of KEYS, those that are None left out, seconds to the millisecond."""
    given = ((key, fields.get(key)) for key in KEYS)
    return {
        "fields": {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in given
            if value is not None
        }
    }


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
        return _json(_fields(record))


def _quoted(value: Any) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else _json(text)


def _json(value: object) -> str:
    """JSON in one line, with what a terminal might obey or a reader take for a line's end written out."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
