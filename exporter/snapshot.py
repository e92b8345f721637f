"""Bytes of an answer → a normalised snapshot of the call centre, or the named failure that it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
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
_AUTHORIZATION: Final = "Authorization failed"
_NO_QUEUE: Final = "Queue is not found in this account"
_DESCRIPTIONS: Final = (_AUTHORIZATION, "Internal error", _NO_QUEUE)


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
    call_ids: Sequence[str]
    """The ids of the legs' calls, again and again where a call has several legs."""
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

    All in one pass, because what was just decoded is in no cache and looking at it again costs the most.
    """
    people: dict[int, int] = {}
    ranks: dict[int, int] = {}
    nobody: defaultdict[tuple[int, int], int] = defaultdict(int)
    states: defaultdict[tuple[str, str], int] = defaultdict(int)
    oldest: dict[tuple[str, str], float] = {}
    call_ids: list[str] = []
    muted = 0
    for extension in extensions:
        rank = _IDLE
        calls = extension.calls
        if isinstance(calls, list):
            for leg in calls:
                status = leg.status
                state = (status, leg.direction)
                states[state] += 1
                if 0 < leg.started < oldest.get(state, inf):
                    oldest[state] = leg.started
                call_ids.append(leg.call_id)
                doing = _RANKS[status] if status in _RANKS else _odd_rank(leg)
                if doing < rank:  # noqa: PLR1730 - min() is a call for every leg
                    rank = doing
                recording = leg.recording
                if recording.__class__ is not wire.Recording or recording.is_muted:
                    muted += leg.is_muted() and leg.is_answered()
        person = extension.online_user_id
        if not person:
            nobody[extension.status, rank] += 1
            continue
        people.setdefault(person, extension.status)
        if rank < ranks.get(person, _IDLE):
            ranks[person] = rank
    agents = Counter([(status, ranks.get(person, _IDLE)) for person, status in people.items()])
    agents.update(nobody)
    return _activity(len(extensions), agents, states, oldest, call_ids, muted, {**STATUSES, **statuses})


def canonical_direction(raw: str) -> str:
    """The label value for a leg's `direction`."""
    return _KNOWN_DIRECTIONS.get(raw.lower(), "unknown")


def _named_state(status: str, direction: str) -> tuple[str, str]:
    """The label values for a leg's `callstatus` and `direction`."""
    return _KNOWN_CALL_STATUSES.get(status.lower(), "unknown"), canonical_direction(direction)


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
    call_ids: list[str],
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
    for raw, number in legs.items():
        state = _named_state(*raw)
        unknown["callstatus"] += number * (state[0] == "unknown")
        unknown["direction"] += number * (state[1] == "unknown")
        calls[state] += number
        if raw in oldest:
            first[state] = min(oldest[raw], first.get(state, inf))
    return Activity(count, named_agents, calls, first, call_ids, muted, +unknown)


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
    if answer.err != 1 or known == _NO_QUEUE:
        return Failure("api_error", detail)
    return Failure("unauthorized" if known == _AUTHORIZATION else "bad_request", detail)
