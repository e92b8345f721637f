"""The tenants of a simulator: each has a code, its own faults and a centre that moves on when asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from math import inf
from random import Random
from typing import Literal

from exporter.simulator.centre import Centre
from exporter.simulator.faults import AUTHORIZATION_FAILED, Endpoint, Fault, Reply
from exporter.simulator.options import CentreOptions

FAILURES = (
    Fault(kind="status", status=403),
    Fault(kind="status", status=500),
    Fault(kind="status", status=429, retry_after=30),
    Fault(kind="error", err=1, desc=AUTHORIZATION_FAILED),
    Fault(kind="empty"),
    Fault(kind="invalid_json"),
)


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """A simulator: one account with `code`, or `accounts` of them with codes from `code_prefix`-0001 on.

    `speed` is simulated seconds per second; `latency` the bounds of an answer's delay in seconds; `hanging`
    and `failing` are shares of the accounts; within `stale_within` seconds of an answer the same one is given
    again (vendor: 5 s); `allow` are the networks that may ask, all when empty. Raises ValueError for values
    that make no sense.
    """

    centre: CentreOptions = field(default_factory=lambda: CentreOptions(keep_records=False))
    code: str = "DEMO"
    accounts: int = 1
    code_prefix: str = "CODE"
    speed: float = 1.0
    latency: tuple[float, float] = (0.0, 0.0)
    hanging: float = 0.0
    failing: float = 0.0
    wrong_code: Literal["empty", "refused"] = "empty"
    stale_within: float = 0.0
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.accounts < 1:
            raise ValueError("accounts: at least 1 is needed")
        if not self.code or not self.code_prefix:
            raise ValueError("code: expected at least one character")
        if not 0 < self.speed < inf:
            raise ValueError("speed: expected a number above 0")
        for network in self.allow:
            ip_network(network)
        if not 0 <= self.latency[0] <= self.latency[1] < inf:
            raise ValueError("latency: expected two durations, the smaller one first")
        if not (self.hanging >= 0 and self.failing >= 0 and self.hanging + self.failing <= 1):
            raise ValueError("hanging, failing: expected shares that add up to at most 1")


@dataclass(slots=True)
class Tenant:
    """One account of the vendor. Its centre is built when it is first asked for."""

    code: str
    options: SimulatorOptions
    clock: Callable[[], float]
    random: Random
    behaviour: str = "healthy"
    faults: list[Fault] = field(default_factory=list)
    _centre: Centre | None = None
    _given: dict[tuple[Endpoint, str | None], tuple[float, bytes]] = field(default_factory=dict)

    @property
    def centre(self) -> Centre:
        """The centre as it is now."""
        if self._centre is None:
            seed = f"{self.options.centre.seed}/{self.code}"
            self._centre = Centre(replace(self.options.centre, seed=seed), self.clock())
        self._centre.advance_to(self.clock())
        return self._centre

    def reply(self, endpoint: Endpoint, only: str | None) -> Reply:
        """The answer to one request, faults and latency included."""
        chance = self.random.random()
        fault = next((fault for fault in self.faults if fault.hits(endpoint, chance)), None)
        reply = fault.reply(endpoint, lambda: self._answer(endpoint, only)) if fault else None
        reply = reply or Reply(self._answer(endpoint, only))
        reply.delay += self.random.uniform(*self.options.latency)
        return reply

    def _answer(self, endpoint: Endpoint, only: str | None) -> bytes:
        now = time.monotonic()
        given = self._given.get((endpoint, only))
        if given and now - given[0] < self.options.stale_within:
            return given[1]
        centre = self.centre
        body = centre.extensions_answer(only) if endpoint == "extensions" else centre.queues_answer(only)
        if self.options.stale_within:
            self._given = {key: old for key, old in self._given.items() if now - old[0] < 60}
            self._given[endpoint, only] = (now, body)
        return body


class Tenants:
    """All tenants by code. Simulated time starts at the clock of this machine and runs at `speed`."""

    def __init__(self, options: SimulatorOptions) -> None:
        self.options = options
        started, began = time.time(), time.monotonic()
        random = Random(f"{options.centre.seed}/accounts")  # noqa: S311 - a model, not a secret
        codes = [options.code]
        if options.accounts > 1:
            codes = [f"{options.code_prefix}-{number:04}" for number in range(1, options.accounts + 1)]

        def clock() -> float:
            return started + (time.monotonic() - began) * options.speed

        self._tenants = {code: Tenant(code, options, clock, Random(random.random())) for code in codes}  # noqa: S311
        ill = random.sample(codes, round(len(codes) * (options.hanging + options.failing)))
        hanging = round(len(codes) * options.hanging)
        for code in ill[:hanging]:
            self._tenants[code].behaviour = "hanging"
            self._tenants[code].faults = [Fault(kind="hang")]
        for number, code in enumerate(ill[hanging:]):
            self._tenants[code].behaviour = "failing"
            self._tenants[code].faults = [FAILURES[number % len(FAILURES)]]

    def __iter__(self) -> Iterator[Tenant]:
        return iter(self._tenants.values())

    def get(self, code: str) -> Tenant | None:
        return self._tenants.get(code)
