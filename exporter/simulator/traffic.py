"""What sets a centre in motion: arrivals, calls that agents make, supervisors who listen, agents' days."""

from __future__ import annotations

from math import inf, pi, sin

from exporter.simulator.floor import RING_TIMEOUT, Floor, Process
from exporter.simulator.people import (
    CLICK_TO_CALL,
    DIALING,
    INCOMING,
    LOGIN,
    LOGOUT,
    OUTGOING,
    RINGING,
    SPY,
    STATUS_CODES,
    UNDOCUMENTED_STATUS,
    Agent,
    Leg,
    Queue,
)

SHIFT, OFF_DUTY = 8 * 3600.0, 2.5 * 3600.0  # the centre never closes, so there is always something to look at
STRETCH = 50 * 60.0  # mean seconds of work between two breaks
BREAKS = {  # status: how often it is chosen, mean seconds
    "lunch": (4, 1500),
    "administrative": (5, 600),
    "private": (5, 360),
    "other": (3, 300),
    "training": (1, 1200),
    "team_meeting": (1, 1200),
    "brief": (2, 420),
}
HANDLING = 30.0  # seconds that a call takes of an agent besides talking: ringing, hold, the work after it
ON_DUTY = 0.60  # share of agents logged in and not on a break, on the average
OWN_CALLS = {
    "outgoing": 1 / 2400,
    "click2call": 1 / 9000,
    "internal": 1 / 7000,
    "spy": 1 / 9000,
}  # per agent, second
LONGEST_DRAW = 15.0  # seconds after which a changed arrival rate holds for all


class Traffic:
    """Starts the processes of a floor. `rate` multiplies the arrivals, `held` stops them."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.random = floor.random
        self.rate = 1.0
        self.held = False
        start = floor.environment.process
        for queue in floor.queues:
            start(self._arrivals(queue))
        for agent in floor.agents:
            start(self._days(agent))
        for kind, per_agent in OWN_CALLS.items():
            start(self._own_calls(kind, per_agent * len(floor.agents)))
        if floor.options.direct:
            start(self._own_calls("direct", floor.options.direct / 3600 * len(floor.agents)))

    def order(self, agents: list[Agent], status: int | None) -> None:
        """Put agents into a status, whatever they are doing; None sends them back to their own plan."""
        for agent in agents:
            agent.ordered = status
        for agent in agents:
            self.floor.freed(agent)

    def arrival_rate(self, queue: Queue) -> float:
        """Callers a second: the offered load, in waves of its own for each queue."""
        options = self.floor.options
        work = options.load_factor * ON_DUTY * len(self.floor.agents) / (options.talk_seconds + HANDLING)
        elapsed = self.floor.now - self.floor.began
        wave = 1 + 0.35 * sin(2 * pi * elapsed / (1500 + 420 * queue.number) + queue.number)
        return self.rate * work * queue.share * wave

    def _arrivals(self, queue: Queue) -> Process:
        while True:
            rate = self.arrival_rate(queue)
            wait = self.random.expovariate(rate) if rate else inf
            yield self.floor.pause(min(wait, LONGEST_DRAW))
            if wait <= LONGEST_DRAW and not self.held:
                start = self.floor.environment.process
                start(self._late(queue) if self.floor.options.each_minute else self._caller(queue))

    def _caller(self, queue: Queue) -> Process:
        return self.floor.caller(self.floor.new_call(INCOMING, queue), queue)

    def _late(self, queue: Queue) -> Process:
        """A caller who comes with the next full minute, as from a dialler."""
        yield self.floor.pause(60 - self.floor.now % 60 + self.random.uniform(0, 3))
        yield from self._caller(queue)

    # Agents' days

    def _days(self, agent: Agent) -> Process:
        """Shifts and breaks for ever, beginning somewhere in the middle of them."""
        left = self.random.uniform(-OFF_DUTY, SHIFT)
        if left < 0:
            yield self.floor.pause(-left)
            left = SHIFT
        while True:
            ends = self.floor.now + left * self.random.uniform(0.9, 1.1)
            while self.floor.now < ends:
                self._plan(agent, LOGIN)
                yield self.floor.pause(min(self.random.expovariate(1 / STRETCH), ends - self.floor.now))
                if self.floor.now < ends:
                    yield from self._break(agent)
            yield from self._finish(agent)
            self._plan(agent, LOGOUT)
            yield self.floor.pause(OFF_DUTY * self.random.uniform(0.8, 1.2))
            left = SHIFT

    def _break(self, agent: Agent) -> Process:
        names = list(BREAKS)
        name = self.random.choices(names, [often for often, _ in BREAKS.values()])[0]
        code = STATUS_CODES[name]
        if self.random.random() < self.floor.options.odd / 4:
            code = UNDOCUMENTED_STATUS
        if self.random.random() < 0.8:  # the others change their status while they still talk
            yield from self._finish(agent)
        self._plan(agent, code)
        yield self.floor.pause(BREAKS[name][1] * self.random.uniform(0.6, 1.4))

    def _plan(self, agent: Agent, status: int) -> None:
        agent.planned = status
        self.floor.freed(agent)

    def _finish(self, agent: Agent) -> Process:
        while agent.on_a_call:
            yield self.floor.pause(5)

    # Calls that agents make

    def _own_calls(self, kind: str, rate: float) -> Process:
        actions = {
            "outgoing": self._outgoing,
            "click2call": self._click_to_call,
            "internal": self._internal,
            "spy": self._spy,
            "direct": self._direct,
        }
        while True:
            yield self.floor.pause(self.random.expovariate(rate))
            idle = [agent for agent in self.floor.agents if agent.idle]
            if idle:
                self.floor.environment.process(actions[kind](self.random.choice(idle)))

    def _direct(self, agent: Agent) -> Process:
        """A caller who dials an agent's own number and waits in no queue."""
        leg = self.floor.connect(agent, self.floor.new_call(INCOMING), RINGING)
        ring = self.random.expovariate(1 / 6)
        yield self.floor.pause(min(ring, RING_TIMEOUT))
        if ring < RING_TIMEOUT:
            self.floor.answer(leg)
            yield from self.floor.converse(leg, share=0.6)
        else:
            self.floor.truth.rings_unanswered += 1
        self.floor.truth.call_ended(leg.call, self.floor.now)
        self.floor.hang_up(leg)

    def _outgoing(self, agent: Agent) -> Process:
        leg = self.floor.connect(agent, self.floor.new_call(OUTGOING), DIALING)
        yield from self._dialled(leg)

    def _click_to_call(self, agent: Agent) -> Process:
        """The vendor rings at the agent first, then dials the other side."""
        leg = self.floor.connect(agent, self.floor.new_call(CLICK_TO_CALL), RINGING)
        yield self.floor.pause(self.random.uniform(2, 6))
        leg.status = DIALING
        yield from self._dialled(leg)

    def _dialled(self, leg: Leg) -> Process:
        yield self.floor.pause(self.random.uniform(5, 25))
        if self.random.random() < 0.65:
            self.floor.answer(leg)
            yield from self.floor.converse(leg, share=0.6)
        self.floor.truth.call_ended(leg.call, self.floor.now)
        self.floor.hang_up(leg)

    def _internal(self, agent: Agent) -> Process:
        """One call id at both extensions: Outgoing at the one, Incoming at the other."""
        idle = [other for other in self.floor.agents if other.idle and other is not agent]
        if not idle:
            return
        call = self.floor.new_call(OUTGOING)
        near = self.floor.connect(agent, call, DIALING)
        far = self.floor.connect(self.random.choice(idle), call, RINGING, INCOMING)
        ring = self.random.expovariate(1 / 6)
        yield self.floor.pause(min(ring, RING_TIMEOUT))
        if ring < RING_TIMEOUT:
            self.floor.answer(near)
            self.floor.answer(far, counts=False)
            yield from self.floor.converse(near, share=0.4)
        else:
            self.floor.truth.rings_unanswered += 1
        self.floor.truth.call_ended(call, self.floor.now)
        self.floor.hang_up(near)
        self.floor.hang_up(far)

    def _spy(self, supervisor: Agent) -> Process:
        """A supervisor listens to a conversation for a while, at most until it ends."""
        talking = [
            leg for extension in self.floor.extensions for leg in extension.legs if leg.answered is not None
        ]
        if not talking:
            return
        heard = self.random.choice(talking)
        leg = self.floor.connect(supervisor, self.floor.new_call(SPY), DIALING)
        self.floor.answer(leg)
        ends = self.floor.now + self.random.uniform(20, 120)
        while self.floor.now < ends and heard in heard.extension.legs:
            yield self.floor.pause(2)
        self.floor.truth.call_ended(leg.call, self.floor.now)
        self.floor.hang_up(leg)
