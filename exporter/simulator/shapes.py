"""A centre as the vendor's two answers show it, in the vendor's field names and with its odd shapes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from math import inf
from typing import Any

from exporter.simulator.invented import person_name
from exporter.simulator.options import load_zone
from exporter.simulator.people import LOGOUT, Caller, Extension, Leg, Queue

ODD_WINDOW = 30  # seconds for which an extension or a queue keeps its odd shape


class EpochClock:
    """What the vendor writes for a moment: its wall clock in a zone, read as if it were UTC, plus an offset.

    A change holds for moments from then on: epochs that were written before it stay as they were.
    """

    def __init__(self, zone: str, offset: float) -> None:
        self._changes = [(-inf, load_zone(zone), offset)]

    def change(self, since: float, zone: str | None, offset: float | None) -> None:
        """From the unix second `since` on; what is None stays. Raises ValueError for an unknown zone."""
        _, old_zone, old_offset = self._changes[-1]
        new_zone = old_zone if zone is None else load_zone(zone)
        self._changes.append((since, new_zone, old_offset if offset is None else offset))

    def epoch(self, moment: float) -> int:
        _, zone, offset = next(change for change in reversed(self._changes) if moment >= change[0])
        if zone is not None:
            local = datetime.fromtimestamp(moment, zone).utcoffset()
            offset += local.total_seconds() if local else 0.0
        return int(moment + offset)


class Shapes:
    """Writes the answers; the share `odd` of things has an odd shape, which the seed and the time decide."""

    def __init__(self, clock: EpochClock, odd: float, seed: int | str) -> None:
        self.clock = clock
        self.odd = odd
        self._seed = str(seed)

    def extensions(self, extensions: list[Extension], now: float) -> dict[str, Any]:
        return self._answer("EXTENSIONS", [self._extension(extension, now) for extension in extensions], now)

    def queues(self, queues: list[Queue], now: float) -> dict[str, Any]:
        return self._answer("QUEUES", [self._queue(queue, now) for queue in queues], now)

    def _answer(self, key: str, things: list[dict[str, Any]], now: float) -> dict[str, Any]:
        answer = {"ERR": 0, "DESC": "OK", key: things}
        return self._bend(answer, f"{key}/{now // ODD_WINDOW}", None)

    def _extension(self, extension: Extension, now: float) -> dict[str, Any]:
        user = extension.user if extension.user and extension.user.status != LOGOUT else None
        shape = {
            "name": extension.owner.name,
            "representative": (user or extension.owner).name,
            "username": extension.username,
            "extensionID": extension.extension_id,
            "userID": extension.owner.user_id,
            "onlineUserID": user.user_id if user else 0,
            "onlineUserStatus": user.status if user else LOGOUT,
            "calls": [self._leg(leg, now) for leg in extension.legs if leg.shown],
        }
        return self._bend(shape, f"{extension.username}/{now // ODD_WINDOW}", "calls")

    def _leg(self, leg: Leg, now: float) -> dict[str, Any]:
        call = leg.call
        shown = leg.answered is not None and leg.answer_shown <= now
        file = f"{call.call_id}-simulated-{leg.extension.username}-{call.phone}.mp3"
        shape = {
            "callStarted": self.clock.epoch(leg.started),
            "callAnswered": self.clock.epoch(leg.answered) if shown and leg.answered is not None else 0,
            "answered": int(shown),
            "callername": person_name(int(call.phone[-3:])),
            "callerphone": call.phone,
            "callstatus": leg.status,
            "customdata": {"OriginalIvrUniqueID": call.original} if call.original else {},
            "direction": leg.direction,
            "ivrid": call.call_id,
            "recording": {"Filename": file, "IsMuted": int(leg.muted)},
            "did": call.did,
        }
        empty = "customdata" if not call.original else "recording" if not leg.muted else None
        return self._bend(shape, f"{call.call_id}/{leg.extension.username}", empty)

    def _queue(self, queue: Queue, now: float) -> dict[str, Any]:
        shape = {
            "Name": queue.name,
            "ID": queue.queue_id,
            "Weight": queue.weight,
            "Callers": [self._caller(caller, now) for caller in queue.callers],
        }
        return self._bend(shape, f"{queue.queue_id}/{now // ODD_WINDOW}", "Callers")

    def _caller(self, caller: Caller, now: float) -> dict[str, Any]:
        shape = {
            "Phone": caller.call.phone,
            "CallID": caller.call.call_id,
            "JoinTime": self.clock.epoch(caller.stay.join),
            "Duration": int(now) - int(caller.stay.join),
        }
        return self._bend(shape, caller.call.call_id, None)

    def _bend(self, shape: dict[str, Any], key: str, empty: str | None) -> dict[str, Any]:
        """Make some odd: numbers as strings, unknown keys, or what is empty (`empty`) in another guise."""
        if self.odd:
            digest = blake2b(f"{self._seed}/{key}".encode(), digest_size=4).digest()
            chance = int.from_bytes(digest, "big") / 2**32
            if chance < self.odd:
                ways = WAYS if empty and is_empty(shape[empty]) else WAYS[:2]
                ways[int(chance / self.odd * len(ways))](shape, empty or "")
        return shape


def is_empty(value: Any) -> bool:
    """Whether nothing is lost when the vendor writes the value in another way."""
    return not value or (isinstance(value, dict) and "IsMuted" in value)


def _numbers_as_strings(shape: dict[str, Any], _: str) -> None:
    shape.update({key: str(value) for key, value in shape.items() if isinstance(value, int)})


def _unknown_keys(shape: dict[str, Any], _: str) -> None:
    shape.update({"TraceID": 7, "Extra": {"nested": [None, 1.5]}})


def _null(shape: dict[str, Any], empty: str) -> None:
    shape[empty] = None


def _absent(shape: dict[str, Any], empty: str) -> None:
    del shape[empty]


def _other_brackets(shape: dict[str, Any], empty: str) -> None:
    shape[empty] = {} if isinstance(shape[empty], list) else []


WAYS: tuple[Callable[[dict[str, Any], str], None], ...] = (
    _numbers_as_strings,
    _unknown_keys,
    _null,
    _absent,
    _other_brackets,
)
