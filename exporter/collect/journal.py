"""What is told of an account's attempts: log lines when a failure begins, changes or ends, and the past."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from exporter import logs
from exporter.collect.endpoint import Outcome

log = logging.getLogger(__name__)

ATTEMPTS: Final = 20
LINES: Final = 50


@dataclass(frozen=True, slots=True)
class RecentAttempt:
    """An attempt as the status page lists it; `ended_at` is Unix seconds, `entries` what the answer held."""

    endpoint: str
    ended_at: float
    duration: float
    result: str
    detail: str
    entries: int | None


class Journal:
    """One account's last attempts and log lines."""

    def __init__(self, account: str) -> None:
        self.attempts: deque[RecentAttempt] = deque(maxlen=ATTEMPTS)
        self._account = account
        self._lines: deque[_Line] = deque(maxlen=LINES)

    def note(self, endpoint: str, before: Outcome | None, outcome: Outcome) -> None:
        """Remember how an attempt ended and tell what is new about it."""
        failure = outcome.failure
        detail = failure.detail if failure else ""
        self.attempts.append(
            RecentAttempt(
                endpoint, outcome.ended_at, outcome.duration, outcome.result, detail, outcome.entries
            )
        )
        fields = {"account": self._account, "source": endpoint, "duration_seconds": outcome.duration}
        self._tell(logging.DEBUG, f"attempt ended: {outcome.result}", **fields)
        was = before.result if before else "ok"
        if failure and outcome.result != was:
            message = f"Voicenter gives no usable answer: {detail}; {failure.advice}"
            self._tell(logging.WARNING, message, reason=failure.reason, **fields)
        elif was != "ok" and not failure:
            self._tell(logging.INFO, "Voicenter answers again", reason=was, **fields)

    def tell_of_mistake(self, where: str, error: Exception) -> None:
        """Tell of an exception that should not be; its text may hold anything, so its kind alone is told."""
        self._tell(
            logging.ERROR, f"internal error in the {where}: {type(error).__name__}", account=self._account
        )

    def lines_since(self, moment: float) -> list[str]:
        """The log lines of any level from `moment` (Unix seconds) on, in logfmt."""
        return [logs.logfmt(line.record()) for line in self._lines if line.told_at >= moment]

    def _tell(self, level: int, message: str, **fields: Any) -> None:
        line = _Line(time.time(), level, message, fields)
        self._lines.append(line)
        if log.isEnabledFor(level):
            log.handle(line.record())


class _Line(NamedTuple):
    """What was told, to be written only for those who ask."""

    told_at: float
    level: int
    message: str
    fields: dict[str, Any]

    def record(self) -> logging.LogRecord:
        extra = logs.event(**self.fields)
        record = log.makeRecord(log.name, self.level, "", 0, self.message, (), None, extra=extra)
        record.created = self.told_at
        return record
