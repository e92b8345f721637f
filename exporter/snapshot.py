"""Bytes of an answer → a normalised snapshot of the call centre, or the named failure that it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

_RANK: Final = {activity: rank for rank, activity in enumerate(ACTIVITIES)}
_IDLE: Final = _RANK["idle"]
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


def summarise(extensions: Iterable[wire.Extension], statuses: Mapping[int, str]) -> Activity:
    """Count agents and legs. A person counts once, with the status of the first extension that shows them."""
    nobody: Counter[tuple[int, int]] = Counter()
    people: dict[int, tuple[int, int]] = {}
    legs: Counter[tuple[str, str]] = Counter()
    oldest: dict[tuple[str, str], float] = {}
    muted = count = 0
    for extension in extensions:
        count += 1
        rank = _IDLE
        if extension.calls:
            for leg in extension.legs:
                state = (leg.status, leg.direction)
                legs[state] += 1
                started = leg.started
                if started > 0 and started < oldest.get(state, started + 1):
                    oldest[state] = started
                answered = leg.is_answered()
                muted += answered and leg.is_muted()
                rank = min(rank, _leg_rank(leg.status, answered))
        person = extension.online_user_id
        if person:
            seen = people.get(person)
            people[person] = (extension.status, rank) if seen is None else (seen[0], min(seen[1], rank))
        else:
            nobody[extension.status, rank] += 1
    nobody.update(people.values())
    return _activity(count, nobody, legs, oldest, muted, {**STATUSES, **statuses})


def canonical_direction(raw: str) -> str:
    """The label value for a leg's `direction`."""
    return _KNOWN_DIRECTIONS.get(raw.lower(), "unknown")


def _leg_rank(status: str, answered: bool) -> int:
    rank = _RANK.get(status.lower())
    if rank is None:  # a status that the documentation lacks is a call all the same
        rank = _RANK["talking" if answered else "ringing"]
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
