"""How large and how busy a simulated call centre is."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOADS = {"quiet": 0.4, "busy": 0.88, "overloaded": 1.3}
"""Offered work over the work that the agents on duty can do."""


@dataclass(frozen=True, slots=True)
class CentreOptions:
    """Everything that, with a start time, decides what happens in a centre.

    `load` is a name of LOADS or a number in its sense; `odd` is the share of odd shapes in the answers;
    `untold` is the share of calls whose legs are not shown before they talk, mostly without `callAnswered`,
    and with the answer in `callStarted`; `direct` is how many calls come without a queue, per agent and hour;
    with `each_minute` callers come in the first seconds of a minute;
    `zone` and `clock_offset` (seconds) say what the vendor's epochs are; `warm_up` (seconds) is simulated
    before the start, so that the first answer shows a centre at work. Without `keep_records` the truth is
    sums and histograms only.
    Raises ValueError when a value makes no sense.
    """

    agents: int = 40
    extensions: int | None = None
    queues: int = 6
    seed: int | str = 1
    load: str | float = "busy"
    odd: float = 0.06
    untold: float = 0.0
    direct: float = 0.0
    each_minute: bool = False
    zone: str = "UTC"
    clock_offset: float = 0.0
    warm_up: float = 1800.0
    keep_records: bool = True
    talk_seconds: float = 180.0
    patience_seconds: float = 240.0

    def __post_init__(self) -> None:
        if self.agents < 1:
            raise ValueError("agents: at least 1 is needed")
        if self.extensions is not None and self.extensions < self.agents:
            raise ValueError("extensions: each agent needs one, so at least as many as agents")
        if self.queues < 0:
            raise ValueError("queues: expected 0 or more")
        if isinstance(self.load, str) and self.load not in LOADS:
            raise ValueError(f"load: expected one of {', '.join(LOADS)} or a number")
        if not 0 <= self.load_factor < inf:
            raise ValueError("load: expected 0 or more")
        if not all(0 <= length < inf for length in (self.warm_up, self.talk_seconds, self.patience_seconds)):
            raise ValueError("warm-up, talk and patience: expected seconds, 0 or more")
        if not isfinite(self.clock_offset):
            raise ValueError("clock offset: expected seconds")
        self._check_shares()
        load_zone(self.zone)

    def _check_shares(self) -> None:
        for name in ("odd", "untold"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a share between 0 and 1")
        if not 0 <= self.direct < inf:
            raise ValueError("direct: expected calls per agent and hour, 0 or more")

    @property
    def load_factor(self) -> float:
        return LOADS[self.load] if isinstance(self.load, str) else self.load

    @property
    def extension_count(self) -> int:
        """Without a wish: one for each agent and some spare ones, a tenth."""
        return self.extensions if self.extensions is not None else self.agents + max(1, self.agents // 10)


def load_zone(name: str) -> ZoneInfo | None:
    """The time zone, None for UTC. Raises ValueError for a name that this system does not know."""
    if name == "UTC":
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"zone: {name!r} is not a time zone known here (try UTC or Asia/Jerusalem)"
        ) from error
