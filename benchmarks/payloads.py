"""Call centres of a given size as the vendor's answers: seeded, and moving on by a few seconds per frame."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, Final

FRAMES: Final = 4
"""Successive answers that a size has by default; a server gives them out in turn."""
STEP: Final = 5
"""Seconds that pass in the call centre from one frame to the next."""
CHURN: Final = 0.04
"""The share of calls and of callers that end in those seconds: stays of some two minutes."""
NOW: Final = 1_780_000_000
"""The vendor's clock at the first frame."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a call centre is."""

    name: str
    extensions: int
    queues: int
    callers: int

    @property
    def entities(self) -> int:
        """Everything that has to be looked at."""
        return self.extensions + self.queues + self.callers


SIZES: Final = {
    size.name: size
    for size in (
        Size("S", 50, 10, 20),
        Size("M", 2_000, 100, 500),
        Size("L", 20_000, 1_000, 10_000),
        Size("10L", 200_000, 10_000, 100_000),
    )
}

_DURATION: Final = re.compile(rb'"Duration":(\d+)')
STATUSES: Final = (1, 1, 1, 1, 1, 1, 3, 5, 7, 9, 11, 12, 13)


@dataclass(frozen=True, slots=True)
class Frame:
    """Both answers of one moment."""

    extensions: bytes
    queues: bytes


def later(queues: bytes, seconds: int) -> bytes:
    """An answer of the queues so much later: the same callers have waited for as much longer."""
    return _DURATION.sub(lambda found: b'"Duration":%d' % (int(found[1]) + seconds), queues)


def frames(size: Size, number: int = FRAMES, seed: int = 1) -> list[Frame]:
    """The first `number` frames of a call centre; the same for the same arguments."""
    return list(islice(_Centre(size, seed).frames(), number))


class _Centre:
    """60 % of the extensions are logged in, 40 % are on a call."""

    def __init__(self, size: Size, seed: int) -> None:
        self._random = random.Random(seed)
        self._ids = (f"20261015{number:08d}{self._random.getrandbits(24):06x}" for number in count())
        self._now = NOW
        self._extensions = [self._extension(number) for number in range(size.extensions)]
        self._queues: list[dict[str, Any]] = [
            {"Name": f"Queue {number}", "ID": 10_000_000 + number, "Weight": number % 10, "Callers": []}
            for number in range(size.queues)
        ]
        for _ in range(size.callers):
            self._join(next(self._ids), self._random.randrange(300))

    def frames(self) -> Iterator[Frame]:
        while True:
            yield Frame(_answer("EXTENSIONS", self._extensions), _answer("QUEUES", self._queues))
            self._step()

    def _step(self) -> None:
        """Some callers leave, most of them answered by an extension whose call has ended; others join."""
        self._now += STEP
        left = [caller for queue in self._queues for caller in self._leavers(queue)]
        for extension in self._extensions:
            if extension["calls"] and self._random.random() < CHURN:
                waited = left.pop()["CallID"] if left else next(self._ids)
                extension["calls"] = [self._leg(waited, extension["username"], 0)]
        for queue in self._queues:
            for caller in queue["Callers"]:
                caller["Duration"] = self._now - caller["JoinTime"]

    def _leavers(self, queue: dict[str, Any]) -> list[dict[str, Any]]:
        gone = [caller for caller in queue["Callers"] if self._random.random() < CHURN]
        queue["Callers"] = [caller for caller in queue["Callers"] if caller not in gone]
        for _ in gone:
            self._join(next(self._ids), 0)
        return gone

    def _join(self, call_id: str, waited: int) -> None:
        self._random.choice(self._queues)["Callers"].append(
            {"Phone": self._phone(), "CallID": call_id, "JoinTime": self._now - waited, "Duration": waited}
        )

    def _extension(self, number: int) -> dict[str, Any]:
        logged_in, on_a_call = number % 10 < 6, number % 10 < 4
        username = f"SIP{number:06d}"
        calls = [self._leg(next(self._ids), username, self._random.randrange(600))] if on_a_call else []
        return {
            "name": f"User {number}",
            "representative": f"User {number}" if logged_in else "",
            "username": username,
            "extensionID": 870_000_000 + number,
            "userID": 46_000_000 + number,
            "onlineUserID": 46_000_000 + number if logged_in else 0,
            "onlineUserStatus": self._random.choice(STATUSES) if logged_in else 2,
            "calls": calls,
        }

    def _leg(self, call_id: str, username: str, age: int) -> dict[str, Any]:
        status = self._random.choices(("Talking", "Hold", "Ringing", "Dialing"), (80, 6, 8, 6))[0]
        answered = status in ("Talking", "Hold")
        phone = self._phone()
        outgoing = status == "Dialing" or (answered and self._random.random() < 0.4)
        return {
            "callStarted": self._now - age,
            "callAnswered": self._now - age + 4 if answered else 0,
            "answered": int(answered),
            "callername": "Voicenter",
            "callerphone": phone,
            "callstatus": status,
            "customdata": {},
            "direction": "Outgoing" if outgoing else "Incoming",
            "ivrid": call_id,
            "recording": {"Filename": f"{call_id}-aws-{username}-{phone}.mp3", "IsMuted": int(age % 50 == 0)},
            "did": "" if outgoing else "07700900999",
        }

    def _phone(self) -> str:
        return f"07700900{self._random.randrange(1000):03d}"


def _answer(key: str, entries: list[dict[str, Any]]) -> bytes:
    return json.dumps({"ERR": 0, "DESC": "OK", key: entries}, separators=(",", ":")).encode()
