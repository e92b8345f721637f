"""What extensions do: agents by status and activity, legs by status and direction, by canonical names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from exporter.api import wire

STATUSES: Final[Mapping[int, str]] = {
    1: "login",
    2: "logout",
    3: "lunch",
    5: "administrative",
    7: "private",
    9: "other",
    11: "training",
    12: "team_meeting",
    13: "brief",
}
"""The vendor's status codes (documented); tenants add their own."""

ACTIVITIES: Final = ("talking", "hold", "dialing", "ringing", "idle")
"""What an agent does, the first that applies over all their calls."""

CALL_STATUSES: Final = ("ringing", "dialing", "talking", "hold", "unknown")
DIRECTIONS: Final = ("incoming", "outgoing", "click2call", "spy", "unknown")

_LONGEST_WORD: Final = 32
"""Characters of a word of the vendor's that is named to people: what is longer may be anything."""
_IDLE: Final = ACTIVITIES.index("idle")
_RANK_COUNT: Final = len(ACTIVITIES)
_RANKS: Final = {
    spelling: rank for rank, name in enumerate(ACTIVITIES[:_IDLE]) for spelling in (name.capitalize(), name)
}
"""The rank in ACTIVITIES of a leg's `callstatus`, as documented and in lower case."""
_KNOWN_CALL_STATUSES: Final = {name: name for name in CALL_STATUSES if name != "unknown"}
_KNOWN_DIRECTIONS: Final = {name: name for name in DIRECTIONS if name != "unknown"}


@dataclass(frozen=True, slots=True)
class Activity:
    """What a set of extensions shows: counts of agents and of legs."""

    extensions: int
    agents: Mapping[tuple[str, str], int]
    """Agents per (status, activity)."""
    calls: Mapping[tuple[str, str], int]
    """Legs per (status, direction)."""
    oldest: Mapping[tuple[str, str], float]
    """The smallest `callStarted` (vendor's epoch seconds) per (status, direction), of legs that tell one."""
    newest: float
    """The largest `callStarted` of all legs, 0 without any."""
    call_ids: frozenset[str]
    """The ids of the legs' calls."""
    held: frozenset[tuple[str, str]]
    """The direction and the call's id of each leg on hold."""
    muted: int
    unknown: Mapping[str, int]
    """Values that are not in the documentation or the configuration, per field."""
    unknown_statuses: Mapping[int, int]
    """Agents whose status has no name, per code."""
    unknown_words: Mapping[tuple[str, str], int]
    """Legs with an unknown `callstatus` or `direction`, per field and word. Words are ASCII letters, few."""


def summarise(extensions: Sequence[wire.CountedExtension], statuses: Mapping[int, str]) -> Activity:
    """Count agents and legs. A person counts once, with the status of the first extension that shows them.

    Status code and rank go into one number: with tens of thousands of extensions, most of the time would go
    into making and hashing pairs.
    """
    people: dict[int, int] = {}
    nobody: list[int] = []
    legs: defaultdict[tuple[str, str], list[wire.CountedLeg]] = defaultdict(list)
    for extension in extensions:
        rank = _IDLE
        calls = extension.calls
        if calls and isinstance(calls, list):
            for leg in calls:
                status = leg.status
                legs[status, leg.direction].append(leg)
                doing = _RANKS[status] if status in _RANKS else _odd_rank(leg)
                if doing < rank:  # noqa: PLR1730 - min() is a call for every leg
                    rank = doing
        person = extension.online_user_id
        if not person:
            nobody.append(extension.status * _RANK_COUNT + rank)
        elif person not in people:
            people[person] = extension.status * _RANK_COUNT + rank
        elif rank < _IDLE:
            before = people[person] % _RANK_COUNT
            people[person] += min(rank - before, 0)
    shown = Counter([*people.values(), *nobody])
    agents = {divmod(each, _RANK_COUNT): number for each, number in shown.items()}
    return _activity(len(extensions), agents, legs, {**STATUSES, **statuses})


def activity_of(extension: wire.CountedExtension) -> str:
    """What is done at one extension, of ACTIVITIES."""
    calls = extension.calls if isinstance(extension.calls, list) else ()
    ranks = [_RANKS[leg.status] if leg.status in _RANKS else _odd_rank(leg) for leg in calls]
    return ACTIVITIES[min(ranks, default=_IDLE)]


def canonical_direction(raw: str) -> str:
    """The label value for a leg's `direction`."""
    return _KNOWN_DIRECTIONS.get(raw.lower(), "unknown")


def canonical_status(raw: str) -> str:
    """The label value for a leg's `callstatus`."""
    return _KNOWN_CALL_STATUSES.get(raw.lower(), "unknown")


def _named_state(status: str, direction: str) -> tuple[str, str]:
    return canonical_status(status), canonical_direction(direction)


def _odd_rank(leg: wire.CountedLeg) -> int:
    rank = _RANKS.get(leg.status.lower())
    if rank is None:  # a status that the documentation lacks is a call all the same
        rank = ACTIVITIES.index("talking" if leg.is_answered() else "ringing")
    return rank


def _activity(
    count: int,
    agents: Mapping[tuple[int, int], int],
    legs: Mapping[tuple[str, str], Sequence[wire.CountedLeg]],
    statuses: Mapping[int, str],
) -> Activity:
    """The activity by its names, of agents per (status code, rank) and legs by (callstatus, direction)."""
    unknown: defaultdict[str, int] = defaultdict(int)
    unknown_statuses: dict[int, int] = {}
    unknown_words: defaultdict[tuple[str, str], int] = defaultdict(int)
    named_agents: defaultdict[tuple[str, str], int] = defaultdict(int)
    for (code, rank), number in agents.items():
        if code not in statuses:
            unknown["status"] += number
            unknown_statuses[code] = unknown_statuses.get(code, 0) + number
        named_agents[statuses.get(code, "unknown"), ACTIVITIES[rank]] += number
    calls: defaultdict[tuple[str, str], int] = defaultdict(int)
    oldest: dict[tuple[str, str], float] = {}
    held: list[tuple[str, str]] = []
    for raw, alike in legs.items():
        state = _named_state(*raw)
        for field, value, word in zip(("callstatus", "direction"), state, raw, strict=True):
            if value == "unknown":
                unknown[field] += len(alike)
                if word.isascii() and word.isalpha() and len(word) <= _LONGEST_WORD:
                    unknown_words[field, word] += len(alike)
        calls[state] += len(alike)
        if state[0] == "hold":
            held += [(state[1], leg.call_id) for leg in alike]
        earliest = min([leg.started for leg in alike if leg.started > 0], default=inf)
        if earliest < oldest.get(state, inf):
            oldest[state] = earliest
    every = [leg for alike in legs.values() for leg in alike]
    call_ids = frozenset([leg.call_id for leg in every if leg.call_id])
    newest = max([leg.started for leg in every], default=0.0)
    return Activity(
        count,
        named_agents,
        calls,
        oldest,
        newest,
        call_ids,
        frozenset(held),
        _muted(every),
        unknown,
        unknown_statuses,
        unknown_words,
    )


def _muted(legs: Sequence[wire.CountedLeg]) -> int:
    """How many are not being recorded; those that plainly are need no call."""
    unsure = [leg for leg in legs if leg.recording.__class__ is not wire.Recording or leg.recording.is_muted]
    return sum([leg.is_muted() and leg.is_answered() for leg in unsure])
