"""Samples by line: the names that the configuration has for the numbers that callers dial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

from exporter.api.activity import CALL_STATUSES, canonical_direction, canonical_status
from exporter.api.lines import NONE, OTHER
from exporter.api.wire import DialledLeg, Extension
from exporter.config import Account
from exporter.history.totals import Totals
from exporter.metrics.numbers import Samples

_STATUSES: Final = tuple(status for status in CALL_STATUSES if status != "unknown")


def calls(account: Account, extensions: Sequence[Extension]) -> Samples:
    """Incoming legs per line and status."""
    names = _names(account)
    counts = dict.fromkeys(product(names, _STATUSES), 0)
    for extension in extensions:
        for leg in extension.legs:
            if isinstance(leg, DialledLeg) and canonical_direction(leg.direction) == "incoming":
                # Names of the configuration before a reload are no lines any more.
                state = str(leg.line) if leg.line in names else OTHER, canonical_status(leg.status)
                counts[state] = counts.get(state, 0) + 1
    return [((account.name, *state), number) for state, number in counts.items()]


def started(account: Account, totals: Totals) -> Samples:
    """Incoming calls per line since the start."""
    counts = totals.line_calls_started
    return [((account.name, line), counts.get(line, 0)) for line in _names(account)]


def _names(account: Account) -> Mapping[str, None]:
    """Each once, in order."""
    return dict.fromkeys([*account.lines.values(), OTHER, NONE])
