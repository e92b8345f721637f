"""The log of an account's attempts: lines when a failure begins, changes or ends, and the past."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from exporter import logs
from exporter.api.failure import REASONS
from exporter.collect.endpoint import EndedAttempt

log = logging.getLogger(__name__)

KEPT: Final = 20
_NO_TIMELINE: Final[Mapping[str, float]] = {}


class Journal:
    """One account's last attempts, and the log lines that follow from them."""

    def __init__(self, account: str) -> None:
        self.attempts: deque[EndedAttempt] = deque(maxlen=KEPT)
        """Without what they brought, the oldest first."""
        self._account = account
        self._mistakes: list[logging.LogRecord] = []

    def note(self, before: EndedAttempt | None, ended: EndedAttempt) -> None:
        """Remember how an attempt ended, and log what is new about it since the one before."""
        self.attempts.append(replace(ended, snapshot=None, timeline=_NO_TIMELINE))
        for level, message, reason in _events(self._account, before, ended):
            if log.isEnabledFor(level):
                log.handle(self._record(level, message, ended, reason))

    def tell_of_mistake(self, where: str, error: Exception) -> None:
        """Log an exception that should not be. Its text may hold anything, so only its type is logged."""
        text = f"internal error in the {where}: {type(error).__name__}"
        record = _record(logging.ERROR, text, time.time(), account=self._account)
        self._mistakes = [*self._mistakes[1 - KEPT :], record]
        log.handle(record)

    def warn(self, text: str) -> None:
        """Log what is probably not meant."""
        log.handle(_record(logging.WARNING, text, time.time(), account=self._account))

    def lines_since(self, moment: float) -> list[str]:
        """The log lines of any level from `moment` (Unix seconds) on, in logfmt."""
        records = [record for record in self._mistakes if record.created >= moment]
        newest: dict[str, EndedAttempt] = {}
        for ended in self.attempts:
            if ended.ended_at >= moment:
                events = _events(self._account, newest.get(ended.source), ended)
                records += [self._record(level, text, ended, reason) for level, text, reason in events]
            newest[ended.source] = ended
        return [logs.logfmt(record) for record in sorted(records, key=lambda each: each.created)]

    def _record(self, level: int, text: str, ended: EndedAttempt, reason: str | None) -> logging.LogRecord:
        fields = {"source": ended.source, "reason": reason, "duration_seconds": ended.duration}
        return _record(level, text, ended.ended_at, account=self._account, **fields)


def _events(
    account: str, before: EndedAttempt | None, ended: EndedAttempt
) -> Iterator[tuple[int, str, str | None]]:
    """Level, text and reason of what there is to log when `ended` follows `before`."""
    failure, was = ended.failure, before.result if before else "ok"
    yield logging.DEBUG, f"attempt ended: {ended.result}", None
    if failure and failure.reason != was:
        asked = REASONS[failure.reason].asked
        wrong = "Voicenter gives no usable answer" if asked else f"account {account} cannot be asked"
        text = f"{wrong}: {failure.detail}; {failure.advice}"
        yield logging.WARNING, text, failure.reason
    elif was != "ok" and not failure:
        yield logging.INFO, "Voicenter answers again", was


def _record(level: int, text: str, moment: float, **fields: Any) -> logging.LogRecord:
    record = log.makeRecord(log.name, level, "", 0, text, (), None, extra=logs.event(**fields))
    record.created = moment
    return record
