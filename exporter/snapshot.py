"""Bytes of an answer → a normalised snapshot of the call centre, or the named failure that it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import msgspec

from exporter import wire
from exporter.failure import Failure

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
MAX_LABEL: Final = 128
"""Characters of a label value; what is longer is cut and counted."""

_IDLE: Final = ACTIVITIES.index("idle")
_RANKS: Final = {
    spelling: rank for rank, name in enumerate(ACTIVITIES[:_IDLE]) for spelling in (name.capitalize(), name)
}
"""The rank in ACTIVITIES of a leg's `callstatus`, as documented and in lower case."""
_KNOWN_CALL_STATUSES: Final = {name: name for name in CALL_STATUSES if name != "unknown"}
_KNOWN_DIRECTIONS: Final = {name: name for name in DIRECTIONS if name != "unknown"}
_DESCRIPTIONS: Final = ("Authorization failed", "Internal error", "Queue is not found in this account")


@dataclass(frozen=True, slots=True)
class Activity:
    """What a set of extensions shows: counts of agents and of legs. Epochs are the vendor's."""

    extensions: int
    agents: Mapping[tuple[str, str], int]
    """Agents per (status, activity)."""
    calls: Mapping[tuple[str, str], int]
    """Legs per (status, direction)."""
    oldest: Mapping[tuple[str, str], float]
    """The smallest `callStarted` per (status, direction), of legs that tell one."""
    muted: int
    unknown: Mapping[str, int]
    """Values that are not in the documentation or the configuration, per field."""


@dataclass(frozen=True, slots=True)
class ExtensionsSnapshot:
    """A usable answer of GetExtensionsCalls."""

    extensions: list[wire.Extension]
    activity: Activity


@dataclass(frozen=True, slots=True)
class QueuesSnapshot:
    """A usable answer of GetQueuesCallers: each queue once, its id a string, `cut` label values shortened."""

    queues: list[wire.Queue]
    cut: int


def read_extensions(
    body: bytes | bytearray, statuses: Mapping[int, str], *, allow_empty: bool = False, names: bool = False
) -> ExtensionsSnapshot:
    """The snapshot in `body`; `statuses` are the tenant's own codes. Raises Failure."""
    kind = wire.NamedExtensionsAnswer if names else wire.ExtensionsAnswer
    extensions: list[Any] = _entries(body, kind, "EXTENSIONS")
    if not extensions and not allow_empty:
        raise Failure("empty", "ERR is 0 and EXTENSIONS is empty")
    return ExtensionsSnapshot(extensions, summarise(extensions, statuses))


def read_queues(body: bytes | bytearray) -> QueuesSnapshot:
    """The snapshot in `body`. Raises Failure."""
    queues: dict[str, wire.Queue] = {}
    cut = 0
    for queue in _entries(body, wire.QueuesAnswer, "QUEUES"):
        queue_id = str(queue.id)
        cut += (len(queue_id) > MAX_LABEL) + (len(queue.name) > MAX_LABEL)
        queue.id = queue_id = queue_id[:MAX_LABEL]
        queue.name = queue.name[:MAX_LABEL]
        first = queues.setdefault(queue_id, queue)
        if first is not queue:
            first.calls = first.callers + queue.callers
    return QueuesSnapshot(list(queues.values()), cut)


def summarise(extensions: Sequence[wire.Extension], statuses: Mapping[int, str]) -> Activity:
    """Count agents and legs. A person counts once, with the status of the first extension that shows them.

    Each step is one comprehension over all: of everything in a scrape, this is what grows with the most.
    """
    busy = [each for each in extensions if each.calls and each.calls.__class__ is list]
    legs = [leg for extension in busy for leg in extension.legs]
    states = [(leg.status, leg.direction) for leg in legs]
    # Most recordings are objects with 0, of which no method needs to be asked.
    odd = [leg for leg in legs if leg.recording.__class__ is not wire.Recording or leg.recording.is_muted]
    return _activity(
        len(extensions),
        _agents(extensions, busy),
        Counter(states),
        _oldest(legs, states),
        len([leg for leg in odd if leg.is_muted() and leg.is_answered()]),
        {**STATUSES, **statuses},
    )


def _agents(extensions: Sequence[wire.Extension], busy: Sequence[wire.Extension]) -> Counter[tuple[int, int]]:
    """Agents per status code and rank in ACTIVITIES; `busy` are the extensions with calls."""
    shown = {each.online_user_id: each.status for each in reversed(extensions)}
    shown.pop(0, None)
    everybody = Counter(shown.values())
    everybody.update([each.status for each in extensions if not each.online_user_id])
    ranks = [(each.online_user_id, each.status, _rank(each.legs)) for each in busy]
    people: dict[int, int] = {}
    for person, _, rank in ranks:
        if rank < people.get(person, _IDLE):
            people[person] = rank
    people.pop(0, None)
    agents = Counter([(shown[person], rank) for person, rank in people.items()])
    agents.update([(status, rank) for person, status, rank in ranks if not person])
    for (status, _), number in list(agents.items()):
        everybody[status] -= number
    agents.update({(status, _IDLE): number for status, number in everybody.items() if number})
    return agents


def _oldest(legs: Iterable[wire.Leg], states: Iterable[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """The smallest start per state, of the legs that tell one."""
    oldest: dict[tuple[str, str], float] = {}
    for leg, state in zip(legs, states, strict=True):
        started = leg.started
        if 0 < started < oldest.get(state, inf):
            oldest[state] = started
    return oldest


def canonical_direction(raw: str) -> str:
    """The label value for a leg's `direction`."""
    return _KNOWN_DIRECTIONS.get(raw.lower(), "unknown")


def _rank(legs: Sequence[wire.Leg]) -> int:
    """The rank of the foremost of what these legs do."""
    status = legs[0].status
    if len(legs) == 1 and status in _RANKS:
        return _RANKS[status]
    return min([_RANKS[leg.status] if leg.status in _RANKS else _odd_rank(leg) for leg in legs])


def _odd_rank(leg: wire.Leg) -> int:
    rank = _RANKS.get(leg.status.lower())
    if rank is None:  # a status that the documentation lacks is a call all the same
        rank = ACTIVITIES.index("talking" if leg.is_answered() else "ringing")
    return rank


def _activity(
    count: int,
    agents: Mapping[tuple[int, int], int],
    legs: Mapping[tuple[str, str], int],
    oldest: Mapping[tuple[str, str], float],
    muted: int,
    statuses: Mapping[int, str],
) -> Activity:
    unknown: Counter[str] = Counter()
    named_agents: Counter[tuple[str, str]] = Counter()
    for (code, rank), number in agents.items():
        if code not in statuses:
            unknown["status"] += number
        named_agents[statuses.get(code, "unknown"), ACTIVITIES[rank]] += number
    calls: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], float] = {}
    for (raw_status, raw_direction), number in legs.items():
        state = (_KNOWN_CALL_STATUSES.get(raw_status.lower(), "unknown"), canonical_direction(raw_direction))
        unknown["callstatus"] += number * (state[0] == "unknown")
        unknown["direction"] += number * (state[1] == "unknown")
        calls[state] += number
        started = oldest.get((raw_status, raw_direction))
        if started is not None:
            first[state] = min(started, first.get(state, started))
    return Activity(count, named_agents, calls, first, muted, +unknown)


def _entries(body: bytes | bytearray, kind: type[wire.Answer], key: str) -> list[Any]:
    """The list under `key` of an answer that reports success. Raises Failure."""
    try:
        answer = wire.decode(body, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Failure("decode", f"the answer is not the JSON that was expected ({_where(error)})") from None
    except RecursionError:
        raise Failure("decode", "the answer is nested too deeply") from None
    if answer.err is msgspec.UNSET:
        raise Failure("decode", "the answer has no ERR")
    if answer.err != 0:
        raise _refusal(answer)
    entries = getattr(answer, "entries", None)
    if entries is msgspec.UNSET:
        raise Failure("decode", f"the answer has no list {key}")
    return entries or []


def _where(error: Exception) -> str:
    """The decoder's words, unless they could quote the answer."""
    text = str(error)
    return text if len(text) < 100 and text.isascii() and "`$" not in text else type(error).__name__


def _refusal(answer: wire.Answer) -> Failure:
    """The failure that ERR and DESC tell of; only texts that the documentation knows are repeated."""
    known = next((text for text in _DESCRIPTIONS if answer.description.startswith(text)), None)
    detail = f"ERR {answer.err}" + (f", {known}" if known else "")
    if answer.err == 1:
        return Failure("unauthorized" if known == _DESCRIPTIONS[0] else "bad_request", detail)
    return Failure("api_error", detail)
