"""Bytes of an answer → a normalised snapshot of the call centre, or the named failure that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import inf
from types import MappingProxyType
from typing import Any, Final

import msgspec

from exporter.api import wire
from exporter.api.activity import Activity, summarise
from exporter.api.failure import Failure
from exporter.api.lines import name_lines

NO_LINES: Final[Mapping[str, str]] = MappingProxyType({})
MAX_LABEL: Final = 128
"""Characters of a label value; what is longer is cut and counted."""

_AUTHORIZATION: Final = "Authorization failed"
_NO_QUEUE: Final = "Queue is not found in this account"
_DESCRIPTIONS: Final = (_AUTHORIZATION, "Internal error", _NO_QUEUE)


@dataclass(frozen=True, slots=True)
class ExtensionsSnapshot:
    """A usable answer of GetExtensionsCalls."""

    details: Sequence[wire.Extension] | None
    """The extensions one by one, None if the answer was read for its counts alone."""
    activity: Activity

    @property
    def entries(self) -> int:
        """How many extensions the answer holds."""
        return self.activity.extensions

    @property
    def call_ids(self) -> frozenset[str]:
        """The ids of the calls at extensions."""
        return self.activity.call_ids

    @property
    def unknown(self) -> Mapping[str, int]:
        """Values that are not in the documentation or the configuration, per field."""
        return self.activity.unknown


@dataclass(frozen=True, slots=True)
class QueuesSnapshot:
    """A usable answer of GetQueuesCallers: each queue once, its id a string, `cut` label values shortened."""

    queues: list[wire.Queue]
    cut: int

    @property
    def entries(self) -> int:
        """How many queues the answer holds."""
        return len(self.queues)

    @property
    def call_ids(self) -> list[str]:
        """The ids of the calls that wait."""
        return [caller.call_id for queue in self.queues for caller in queue.callers if caller.call_id]

    @property
    def unknown(self) -> Mapping[str, int]:
        """Label values that were cut."""
        return {"label": self.cut}


class Detail(Enum):
    """How much is read of each extension: what nobody needs is not even decoded."""

    COUNTS = wire.CountedExtensionsAnswer
    EXTENSIONS = wire.ExtensionsAnswer
    NAMES = wire.NamedExtensionsAnswer
    LINES = wire.DialledExtensionsAnswer
    NAMES_AND_LINES = wire.NamedDialledExtensionsAnswer


def read_extensions(
    body: bytes | bytearray,
    statuses: Mapping[int, str],
    detail: Detail = Detail.EXTENSIONS,
    *,
    allow_empty: bool = False,
    lines: Mapping[str, str] = NO_LINES,
) -> ExtensionsSnapshot:
    """The snapshot in `body`; `statuses` are the tenant's own codes, `lines` the names of numbers dialled.

    Raises Failure.
    """
    extensions: list[Any] = _entries(body, detail.value, "EXTENSIONS")
    if not extensions and not allow_empty:
        raise Failure("empty", "ERR is 0 and EXTENSIONS is empty")
    if detail in (Detail.LINES, Detail.NAMES_AND_LINES):
        name_lines(extensions, lines)
    activity = summarise(extensions, statuses)
    return ExtensionsSnapshot(None if detail is Detail.COUNTS else extensions, activity)


def read_queues(body: bytes | bytearray, most: float = inf) -> QueuesSnapshot:
    """The snapshot in `body`, of at most so many queues. Raises Failure."""
    queues: dict[str, wire.Queue] = {}
    cut = 0
    for queue in _entries(body, wire.QueuesAnswer, "QUEUES"):
        queue_id = str(queue.id)
        cut += (len(queue_id) > MAX_LABEL) + (len(queue.name) > MAX_LABEL)
        queue.id = queue_id = queue_id[:MAX_LABEL]
        queue.name = queue.name[:MAX_LABEL]
        first = queues.setdefault(queue_id, queue)
        if first is not queue and queue.callers:
            first.calls = first.callers  # a list, whatever shape "nobody" came in
            first.calls.extend(queue.callers)  # in place: a new list each time would be quadratic
    if len(queues) > most:
        raise Failure("too_large", "the answer holds more queues than a page of max_body bytes would")
    return QueuesSnapshot(list(queues.values()), cut)


def _entries(body: bytes | bytearray, kind: type[wire.Answer], key: str) -> list[Any]:
    """The list under `key` of an answer that reports success. Raises Failure."""
    try:
        answer = wire.decode(body, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if bytes(body[:512]).lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
            raise Failure("decode", "an HTML page: a login page or a proxy answered") from None
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
