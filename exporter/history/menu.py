"""How long callers were on the line before they joined a queue, from the date and time in the call's id."""

from __future__ import annotations

from calendar import monthrange, timegm
from typing import Final

from exporter.api.wire import Caller

_PARTS: Final = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
_DIGITS: Final = 14
_LONGEST: Final = 3600.0  # seconds; what is older is no such moment


def seconds_before_joining(caller: Caller) -> float | None:
    """Seconds from the call's beginning to `JoinTime`, None where the id does not tell.

    Ids that were observed begin with the local date and time (YYYYMMDDhhmmss), by the clock of JoinTime.
    """
    text = caller.call_id[:_DIGITS]
    if len(text) < _DIGITS or not (text.isascii() and text.isdigit()) or caller.join_time <= 0:
        return None
    year, month, day, hour, minute, second = (int(text[start:end]) for start, end in _PARTS)
    if not (year >= 1970 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    seconds = caller.join_time - timegm((year, month, day, hour, minute, second))
    return seconds if 0 <= seconds <= _LONGEST else None
