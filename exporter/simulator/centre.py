"""A whole simulated call centre, without HTTP: move its time on, ask it, see the truth."""

from __future__ import annotations

from typing import Any

import msgspec

from exporter.simulator.floor import Floor
from exporter.simulator.options import CentreOptions
from exporter.simulator.people import LOGIN
from exporter.simulator.shapes import EpochClock, Shapes
from exporter.simulator.traffic import Traffic
from exporter.simulator.truth import Truth

QUEUE_NOT_FOUND = "Queue is not found in this account"
INTERNAL_ERROR = "Internal error."


class Centre:
    """A centre in simulated unix seconds, warmed up at `start`; the same options and start give the same.

    The answers are those of the vendor's API, as JSON, at the moment of the last `advance_to`.
    """

    def __init__(self, options: CentreOptions, start: float) -> None:
        self.options = options
        self.start = start
        self.now = start - options.warm_up
        self._floor = Floor(options, self.now)
        self._traffic = Traffic(self._floor)
        self.clock = EpochClock(options.zone, options.clock_offset)
        self._shapes = Shapes(self.clock, options.odd, options.seed)
        self.advance_to(start)

    @property
    def truth(self) -> Truth:
        """What has happened, the warm-up included; stays and calls carry their times."""
        return self._floor.truth

    def working(self) -> tuple[int, int]:
        """How many agents are in status login, and how many of these are on a call."""
        ready = [agent for agent in self._floor.agents if agent.status == LOGIN]
        return len(ready), sum(agent.on_a_call for agent in ready)

    def advance_to(self, moment: float) -> None:
        """Simulate up to the unix second `moment`; an earlier one than the last changes nothing."""
        if moment > self.now:
            self._floor.environment.run(until=moment)
            self.now = moment

    def extensions_answer(self, extension: str | None = None) -> bytes:
        """GetExtensionsCalls: all extensions, or the one of this SIP user name; ERR 2 when there is none."""
        chosen = [one for one in self._floor.extensions if extension in (None, one.username)]
        if extension is not None and not chosen:
            return error_answer(2, INTERNAL_ERROR, "EXTENSIONS")
        return msgspec.json.encode(self._shapes.extensions(chosen, self.now))

    def queues_answer(self, queue: str | None = None) -> bytes:
        """GetQueuesCallers: all queues, or the one of this id; ERR 2 when there is none."""
        chosen = [one for one in self._floor.queues if queue in (None, str(one.queue_id))]
        if queue is not None and not chosen:
            return error_answer(2, QUEUE_NOT_FOUND, "QUEUES")
        return msgspec.json.encode(self._shapes.queues(chosen, self.now))

    # What a test can change

    def order_status(self, status: int | None, count: int | None = None) -> None:
        """Put the first `count` agents (None: all) into a status of the vendor's; None: back to their own."""
        self._traffic.order(self._floor.agents[:count], status)

    def set_arrival_rate(self, factor: float) -> None:
        """Multiply the arrivals of the chosen load by `factor`."""
        self._traffic.rate = factor

    def hold_arrivals(self, held: bool) -> None:
        """Let nobody new into the queues, transfers aside, until told otherwise."""
        self._traffic.held = held

    def change_clock(self, zone: str | None = None, offset: float | None = None) -> None:
        """From now on write epochs of this zone and offset (seconds)."""
        self.clock.change(self.now, zone, offset)


def error_answer(err: int | str, description: str, key: str) -> bytes:
    """An answer that tells of an error: HTTP 200, ERR and DESC, an empty list."""
    answer: dict[str, Any] = {"ERR": err, "DESC": description, key: []}
    return msgspec.json.encode(answer)
