"""The floor of a centre: who waits, where it rings, who answers, what a conversation is made of."""

from __future__ import annotations

from collections.abc import Generator
from math import inf
from random import Random
from typing import Any

import simpy

from exporter.simulator.invented import call_id, caller_phone, dialled_number
from exporter.simulator.options import CentreOptions
from exporter.simulator.people import (
    HOLD,
    INCOMING,
    RINGING,
    TALKING,
    Agent,
    Call,
    Caller,
    Leg,
    Queue,
    staff,
)
from exporter.simulator.truth import ANSWERED, TRANSFERRED, UNANSWERED, Truth

Process = Generator[simpy.Event, Any, None]

RING_TIMEOUT = 18.0  # seconds after which a telephone stops ringing
MISSED_RINGS = 0.08  # share of rings that nobody takes
OVERFLOWS = 0.5  # share of long waits that end in another queue, at most two of them for one call
TRANSFERS = 0.06  # share of answered callers who are sent to another queue
HOLDS, MUTES = 0.3, 0.2  # shares of conversations
NEVER_TOLD = 17 / 23  # share of untold answers whose moment is never told


class Floor:
    """Queues, agents and extensions at work in simulated unix seconds; `truth` records what happens."""

    def __init__(self, options: CentreOptions, began: float) -> None:
        self.options = options
        self.began = began
        self.environment = simpy.Environment(began)
        self.random = Random(f"{options.seed}")  # noqa: S311 - a model, not a secret
        self.queues, self.agents, self.extensions = staff(options, self.random)
        names = ((queue.queue_id, queue.name) for queue in self.queues)
        self.truth = Truth(began, names, options.keep_records)
        self._sequence = 0

    @property
    def now(self) -> float:
        return float(self.environment.now)

    def pause(self, seconds: float) -> simpy.Event:
        return self.environment.timeout(max(seconds, 0.0))

    def new_call(self, direction: str, queue: Queue | None = None, original: Call | None = None) -> Call:
        self._sequence += 1
        call = Call(
            call_id=call_id(self.now, self._sequence, self.random),
            direction=direction,
            started=self.now,
            original=original.call_id if original else None,
            phone=original.phone if original else caller_phone(self.random),
            # A queue has several numbers, and the next queue has one of them too.
            did=dialled_number(2 * queue.number + self._sequence % 3) if queue else "",
            untold=self._happens(self.options.untold) if direction == INCOMING else False,
        )
        self.truth.call_started(call)
        return call

    def _happens(self, share: float) -> bool:
        """By chance; a share of 0 draws nothing, so that all else stays the same."""
        return share > 0 and self.random.random() < share

    # Callers

    def caller(self, call: Call, queue: Queue) -> Process:
        """A caller's whole way, from the first queue to the end of the conversation."""
        gives_up = self.now + 2 + self.random.expovariate(1 / max(self.options.patience_seconds, 0.1))
        overflows = 2 if self.random.random() < OVERFLOWS and len(self.queues) > 1 else 0
        while True:
            patience = gives_up - self.now
            limit = queue.overflow_seconds if overflows else inf
            otherwise = UNANSWERED if patience <= limit else TRANSFERRED
            leg = yield from self._wait(call, queue, min(patience, limit), otherwise)
            if leg:
                break
            if otherwise == UNANSWERED:
                self.truth.call_ended(call, self.now)
                return
            overflows -= 1
            queue = self._another(queue)
        call.queue_id = queue.queue_id
        transferred = self.random.random() < TRANSFERS and len(self.queues) > 1
        yield from self.converse(leg, share=0.3 if transferred else 1.0)
        self.truth.call_ended(call, self.now)
        self.hang_up(leg)
        if transferred:
            goal = self._another(queue)
            self.environment.process(self.caller(self.new_call(INCOMING, goal, original=call), goal))

    def _wait(
        self, call: Call, queue: Queue, limit: float, otherwise: str
    ) -> Generator[simpy.Event, Any, Leg | None]:
        """One stay in one queue; returns the leg that answered, or None when `limit` seconds are over."""
        stay = self.truth.join(queue.queue_id, call.call_id, self.now)
        caller = Caller(call, stay, self.environment.event())
        queue.callers.append(caller)
        self._ring_agents(caller, queue)
        yield caller.left | self.pause(limit)
        queue.callers.remove(caller)
        if not caller.left.triggered:
            caller.left.succeed(None)
        leg: Leg | None = caller.left.value
        stay.answer_hidden = leg is not None and leg.answer_shown > self.now and not call.untold
        self.truth.leave(stay, ANSWERED if leg else otherwise, self.now)
        return leg

    def _another(self, queue: Queue) -> Queue:
        return self.queues[(queue.number + self.random.randrange(1, len(self.queues))) % len(self.queues)]

    # Ringing

    def _ring_agents(self, caller: Caller, queue: Queue) -> None:
        """Ring at those of the queue's agents who have been idle longest, as many as it rings at once."""
        idle = sorted((agent for agent in queue.agents if agent.idle), key=lambda agent: agent.idle_since)
        for agent in idle[: queue.ring_at_once]:
            leg = self.connect(agent, caller.call, RINGING)
            caller.ringing += 1
            self.environment.process(self._ring(leg, caller, queue))

    def _ring(self, leg: Leg, caller: Caller, queue: Queue) -> Process:
        missed = self.random.random() < MISSED_RINGS
        pickup = 1.5 + self.random.expovariate(1 / 5)
        yield caller.left | self.pause(RING_TIMEOUT if missed else min(pickup, RING_TIMEOUT))
        caller.ringing -= 1
        if not caller.left.triggered and not missed and pickup < RING_TIMEOUT:
            self.answer(leg)
            caller.left.succeed(leg)
            return
        self.truth.rings_unanswered += 1
        self.hang_up(leg, rest=0.0 if caller.left.triggered else self.random.uniform(4, 20))
        if not caller.left.triggered and not caller.ringing:
            self._ring_agents(caller, queue)

    def freed(self, agent: Agent) -> None:
        """An agent may have become idle: ring there for whoever waits, the weightiest queue first."""
        if not agent.idle:
            return
        agent.idle_since = self.now
        for queue in agent.queues:
            for caller in queue.callers:
                if not caller.ringing and not caller.left.triggered:
                    self._ring_agents(caller, queue)
                    if not agent.idle:
                        return

    # Legs

    def connect(self, agent: Agent, call: Call, status: str, direction: str | None = None) -> Leg:
        """Put a call at one of the agent's extensions, in the direction of the call unless told otherwise."""
        extension = self.random.choice(agent.extensions)
        leg = Leg(call, extension, direction or call.direction, status, self.now, shown=not call.untold)
        extension.legs.append(leg)
        if call.first_leg is None and leg.shown:
            call.first_leg = self.now
        return leg

    def answer(self, leg: Leg, counts: bool = True) -> None:
        """The conversation begins; `counts` is False for the second leg of an internal call."""
        work = self.truth.work
        if leg.status == RINGING:
            work.rings.add(self.now - leg.started)
        work.answered += 1
        leg.status, leg.answered = TALKING, self.now
        chance, delay = self.random.random(), self.random.uniform(3, 20)
        odd = self.options.odd
        leg.answer_shown = self.now + (0.0 if chance >= odd else delay if chance < odd / 2 else inf)
        if not leg.shown:
            leg.shown, leg.started = True, self.now
            leg.call.first_leg = leg.call.first_leg or self.now
            leg.answer_shown = inf if self._happens(NEVER_TOLD) else self.now + delay
        if counts:
            self.truth.call_answered(leg.call, self.now)

    def converse(self, leg: Leg, share: float = 1.0) -> Process:
        """A conversation with, now and then, a hold and a muted recording; `share` shortens it."""
        mean = self.options.talk_seconds * share
        seconds = (
            3 + self.random.lognormvariate(0, 0.8) * mean / 1.377
        )  # exp(0.8² / 2): the mean of that draw
        parts = sorted(self.random.random() for _ in range(2))
        yield self.pause(seconds * parts[0])
        if self.random.random() < HOLDS:
            leg.status, held = HOLD, self.now
            yield self.pause(self.random.uniform(5, 60))
            leg.status = TALKING
            self.truth.work.holds.add(self.now - held)
        leg.muted = self.random.random() < MUTES
        yield self.pause(seconds * (parts[1] - parts[0]))
        leg.muted = False
        yield self.pause(seconds * (1 - parts[1]))

    def hang_up(self, leg: Leg, rest: float | None = None) -> None:
        """Take the leg off; the agent rests for `rest` seconds (the work after a call when None)."""
        leg.extension.legs.remove(leg)
        if leg.answered is not None:
            self.truth.work.connected_seconds += self.now - leg.answered
        agent = leg.extension.user
        if agent is None:
            return
        if rest == 0:
            self.freed(agent)
        else:
            self.environment.process(self._rest(agent, rest or self.random.uniform(3, 20)))

    def _rest(self, agent: Agent, seconds: float) -> Process:
        agent.resting += 1
        yield self.pause(seconds)
        agent.resting -= 1
        self.freed(agent)
