"""Who and what is in a centre: agents, extensions, queues, callers and the legs of their calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import simpy

from exporter.simulator.invented import person_name, queue_name
from exporter.simulator.options import CentreOptions
from exporter.simulator.truth import CallRecord, Stay

LOGIN, LOGOUT = 1, 2
STATUS_CODES = {
    "login": LOGIN,
    "logout": LOGOUT,
    "lunch": 3,
    "administrative": 5,
    "private": 7,
    "other": 9,
    "training": 11,
    "team_meeting": 12,
    "brief": 13,
}
UNDOCUMENTED_STATUS = 21  # the vendor lets tenants define statuses of their own

RINGING, DIALING, TALKING, HOLD = "Ringing", "Dialing", "Talking", "Hold"
INCOMING, OUTGOING, CLICK_TO_CALL, SPY = "Incoming", "Outgoing", "Click2Call", "Spy"


@dataclass(slots=True, eq=False)
class Call(CallRecord):
    """A call and its two phone numbers."""

    phone: str = ""
    did: str = ""
    untold: bool = False
    """Its legs are not shown before they talk."""


@dataclass(slots=True, eq=False)
class Leg:
    """A call as it stands at one extension; `answer_shown` is when the API begins to tell of the answer."""

    call: Call
    extension: Extension
    direction: str
    status: str
    started: float
    answered: float | None = None
    answer_shown: float = float("inf")
    muted: bool = False
    shown: bool = True


@dataclass(slots=True, eq=False)
class Extension:
    """A telephone: its owner, and the agent who logs in at it, if there is one."""

    number: int
    username: str
    extension_id: int
    owner: Agent
    user: Agent | None
    legs: list[Leg] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Agent:
    """A person: the status of their own plan and the one that was ordered, which goes first."""

    user_id: int
    name: str
    planned: int = LOGOUT
    ordered: int | None = None
    resting: int = 0
    idle_since: float = 0.0
    extensions: list[Extension] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.planned if self.ordered is None else self.ordered

    @property
    def on_a_call(self) -> bool:
        return any(extension.legs for extension in self.extensions)

    @property
    def idle(self) -> bool:
        """Whether a call may ring here now."""
        return self.status == LOGIN and not self.resting and not self.on_a_call


@dataclass(slots=True, eq=False)
class Caller:
    """Somebody waiting in a queue; `left` happens with the leg that answered, or with None."""

    call: Call
    stay: Stay
    left: simpy.Event
    ringing: int = 0


@dataclass(slots=True, eq=False)
class Queue:
    """A queue: its share of the arrivals, how many agents ring at once, when callers overflow elsewhere."""

    number: int
    queue_id: int
    name: str
    weight: int
    share: float
    ring_at_once: int
    overflow_seconds: float
    agents: list[Agent] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)


def staff(options: CentreOptions, random: Random) -> tuple[list[Queue], list[Agent], list[Extension]]:
    """The queues, agents and extensions of a new centre; every queue has an agent, every agent a queue."""
    queues = _queues(options.queues, random)
    first_user = random.randrange(1_000_000, 9_000_000)
    agents = [Agent(first_user + 7 * number, person_name(number)) for number in range(options.agents)]
    for number, agent in enumerate(agents):
        own = random.choices(queues, [queue.share for queue in queues])[0] if queues else None
        agent.queues = [
            queue
            for queue in queues
            if queue is own or queue.number % len(agents) == number or random.random() < 0.45
        ]
        agent.queues.sort(key=lambda queue: -queue.weight)
        for queue in agent.queues:
            queue.agents.append(agent)
    return queues, agents, _extensions(options.extension_count, agents, random)


def _queues(count: int, random: Random) -> list[Queue]:
    shares = [1 / (1 + 0.35 * number) for number in range(count)]
    first_id = random.randrange(10_000_000, 90_000_000)
    return [
        Queue(
            number,
            queue_id=first_id + 11 * number,
            name=queue_name(number),
            weight=9 if queue_name(number) == "VIP" else random.randrange(6),
            share=share / sum(shares),
            ring_at_once=1 + number % 3,
            overflow_seconds=random.uniform(120, 300),
        )
        for number, share in enumerate(shares)
    ]


def _extensions(count: int, agents: list[Agent], random: Random) -> list[Extension]:
    """One for each agent; every second spare one is the further telephone of an agent, owned by another."""
    first_id = random.randrange(10_000_000, 900_000_000)
    prefix = random.choice(("SIP", "ext", "desk"))
    extensions = []
    for number in range(count):
        spare = number - len(agents)
        owner = agents[number % len(agents)]
        user = owner if spare < 0 else None
        if spare >= 0 and spare % 2 == 0:
            user = agents[(number + 1) % len(agents)]
        extension = Extension(number, f"{prefix}{number + 1:04}", first_id + 3 * number, owner, user)
        extensions.append(extension)
        if user:
            user.extensions.append(extension)
    return extensions
