"""How a stay in a queue ended: the rules, for one caller who is gone."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from exporter.api.wire import Caller
from exporter.history.call import Call
from exporter.history.clock import Moment
from exporter.history.weights import ONCE, Weight, of_known, of_unknown

GRACE: Final = 3.0
"""Seconds that an answer may lie before the caller was last seen: the two requests see different moments."""
_CLOCK_STEP: Final = 120.0
"""Seconds before the joining: an epoch so old of an answer so new tells that the clock was set back."""


class Leave(msgspec.Struct, gc=False, eq=False):
    """A caller who is no longer in a queue, until it is decided why. Times are monotonic seconds."""

    queue_id: str
    caller: Caller
    """As last seen in the queue."""
    last: Moment
    """When that was."""
    gone_at: float
    """When the queue was first seen without the caller."""
    in_gap: bool
    """More than three intervals passed between the two."""
    age: float
    """Seconds that the caller had waited when last seen: as the vendor says, or as long as it was seen."""
    is_counted: bool
    """Whether the caller was seen to join, and is no one of the first answer."""
    is_elsewhere: bool
    """The call waited in another queue when the leave was found."""
    talks_silently: bool = False
    """The call was answered, and its leg does not tell when."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells the stay from others that go on at the same time."""
        return self.queue_id, self.caller.call_id

    @property
    def elapsed(self) -> float:
        """Seconds between the two snapshots that the caller left between."""
        return self.gone_at - self.last.at


class Circumstances(NamedTuple):
    """What is known at the end of an attempt, whatever leave is then decided."""

    extensions_usable: bool
    """This attempt brought a usable answer of the extensions."""
    extensions_at: float
    """When the newest usable answer of the extensions came, monotonic seconds."""
    clock_offset: float | None
    interval: float


class Outcome(NamedTuple):
    """How a stay ended, and the wait in seconds where it is known."""

    name: str
    wait: float | None
    is_told: bool = False
    """The vendor told when; else the wait is the middle of what the answers leave open."""


def weigh(leave: Leave, outcome: Outcome) -> Weight:
    """How many stays a leave stands for."""
    if leave.in_gap or not leave.is_counted:
        return ONCE
    if outcome.is_told and outcome.wait is not None:
        return of_known(outcome.wait, leave.age, leave.elapsed)
    return of_unknown(leave.age, leave.elapsed)


def decide(
    leave: Leave, call: Call | None, is_elsewhere: bool, circumstances: Circumstances
) -> Outcome | None:
    """The outcome of a stay; None while a leg talks that may yet tell when it was answered.

    `call` is what is known of the caller's call, and `is_elsewhere` tells that it waits in another queue now.
    """
    if not leave.talks_silently:
        if leave.is_elsewhere or is_elsewhere:
            return Outcome("transferred", None)
        leave.talks_silently = _is_silently_answered(leave, call)
    if call is not None and call.answers:
        answered = _answered(leave, call, circumstances)
        if answered is not None:
            return answered
    if leave.talks_silently:
        still_talks = call is not None and call.silent_until == circumstances.extensions_at
        return None if still_talks else Outcome("answered", _silent_wait(leave, call))
    if circumstances.extensions_usable and not leave.in_gap:
        return Outcome("unanswered", _midpoint(leave, leave.gone_at))
    return Outcome("unknown", None)


def _is_silently_answered(leave: Leave, call: Call | None) -> bool:
    return call is not None and call.silent_until is not None and call.silent_until >= leave.last.at


def _answered(leave: Leave, call: Call, circumstances: Circumstances) -> Outcome | None:
    """With the wait up to the first answer since the caller was last seen; None without one."""
    joined = _joined(leave, circumstances.clock_offset)
    if joined is None:  # no clock to hold the epochs against: an answer that was not shown before must do
        is_new = any(sight.at >= leave.last.at for sight in call.answers.values())
        return Outcome("answered", _midpoint(leave, leave.gone_at)) if is_new else None
    last_seen = joined + leave.caller.duration
    answers = [
        (call_id, epoch)
        for (call_id, epoch), sight in call.answers.items()
        if epoch >= last_seen - GRACE or (epoch < joined - _CLOCK_STEP and sight.before >= leave.last.at)
    ]
    if not answers:
        return None
    own = [epoch for call_id, epoch in answers if call_id == leave.caller.call_id]
    if own and _is_plausible(leave, min(own) - joined, circumstances.interval):
        return Outcome("answered", min(own) - joined, is_told=True)
    # Who was passed on to the leg that is shown was answered before.
    return Outcome("answered", _midpoint(leave, leave.gone_at))


def _is_plausible(leave: Leave, wait: float, interval: float) -> bool:
    """Whether the wait contradicts the last `Duration` by no more than two intervals."""
    slack = 2 * interval
    return -slack <= wait - leave.caller.duration <= max(slack, leave.elapsed + GRACE)


def _joined(leave: Leave, clock_offset: float | None) -> float | None:
    """When the caller joined, by the vendor's clock; None if neither it nor our clock can tell."""
    if leave.caller.join_time > 0:
        return leave.caller.join_time
    return None if clock_offset is None else leave.last.received + clock_offset - leave.caller.duration


def _silent_wait(leave: Leave, call: Call | None) -> float:
    """The middle of what is known of an answer without an epoch: after the last sight, before the talk."""
    talked = call.silent_since if call is not None and call.silent_since is not None else leave.gone_at
    return _midpoint(leave, min(leave.gone_at, max(leave.last.at, talked)))


def _midpoint(leave: Leave, latest: float) -> float:
    return leave.age + (latest - leave.last.at) / 2
