"""What a vendor, a proxy or a broken wire could send: real answers of the simulator, damaged in every way."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions

START = 1_767_225_600.0
SHOWN = 40
"""Successive pairs of answers, a few seconds of a busy centre apart."""

ODD: list[Any] = [
    None, True, False, {}, [], "", " ", "0", "1", "-1", "nan", "Infinity", 0, -1, 0.5, -0.0, 21, 1e300,
    -1e300, 2**53, 2**63, -(2**64), 10**30,
    "\x00", "\u202e", "é" * 200, "Q" * 300, [None], [[]], [{}], {"a": 1},
    {"IsMuted": 1}, {"OriginalIvrUniqueID": 7}, "Talking", "ringing", "Incoming",
]  # fmt: skip
"""Values that could stand in any place of an answer."""
TOKENS = [
    b"null", b"{}", b"[", b"]", b"}", b",", b'"', b"\\", b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 400,
    b'"\\ud800"', b'"\\u0000"', b"\x00", b"\xff", b"\xef\xbb\xbf", b"[" * 2000, b'{"a":' * 500, b"//", b"'",
]  # fmt: skip
"""Pieces that a decoder could stumble over."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as it goes over the wire."""

    body: bytes
    encoding: str | None = None
    """Content-Encoding."""
    status: int = 200
    length: bool = True
    """Whether Content-Length is told."""
    retry_after: str | None = None


@lru_cache(maxsize=4)
def shown(seed: int) -> list[tuple[bytes, bytes]]:
    """Successive answers (extensions, queues) of one small, busy centre with odd shapes."""
    options = CentreOptions(agents=6, queues=3, seed=seed, load=1.6, odd=0.2, zone="Asia/Jerusalem")
    centre = Centre(options, START)
    pairs = []
    for number in range(SHOWN):
        centre.advance_to(START + 5 * number)
        pairs.append((centre.extensions_answer(), centre.queues_answer()))
    return pairs


Change = Callable[[bytes], bytes]


def _spliced(change: Callable[[bytes, int, int, bytes], bytes]) -> st.SearchStrategy[Change]:
    """A change at two places, given as shares of the length, with a piece to put there."""

    def build(first: float, length: int, piece: bytes) -> Change:
        def apply(body: bytes) -> bytes:
            begin = int(first * len(body))
            return change(body, begin, min(len(body), begin + length), piece)

        return apply

    pieces = st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=4)
    return st.builds(build, st.floats(0, 1), st.integers(1, 60), pieces)


BYTE_CHANGES = st.one_of(
    _spliced(lambda body, begin, end, piece: body[:begin] + piece + body[begin:]),
    _spliced(lambda body, begin, end, piece: body[:begin] + body[end:]),
    _spliced(lambda body, begin, end, piece: body[:end] + body[begin:end] + body[end:]),
    _spliced(lambda body, begin, end, piece: body[:begin] + piece + body[end:]),
    _spliced(lambda body, begin, end, piece: body[:begin]),
    _spliced(lambda body, begin, end, piece: body[:begin] + body[begin:end][::-1] + body[end:]),
    _spliced(
        lambda body, begin, end, piece: (
            body[:begin] + bytes(byte ^ piece[0] for byte in body[begin:end]) + body[end:]
        )
    ),
)
"""Insert, delete, repeat, replace, cut, reverse and flip bytes."""


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value: its container, and its key or index there."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return []
    return [(value, key) for key, _ in items] + [place for _, each in items for place in _places(each)]


@st.composite
def value_changes(draw: st.DrawFn) -> Change:
    """A few changes of values: odd ones, numbers as strings and back, lists for items, keys gone or twice."""
    orders = draw(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(ODD)), max_size=6))
    other = draw(st.floats(0, 1))

    def apply(body: bytes) -> bytes:
        try:
            tree = json.loads(body)
            for where, order, odd in orders:
                places = _places(tree)
                if not places:
                    break
                container, key = places[int(where * (len(places) - 1))]
                _change(container, key, order, odd, places[int(other * (len(places) - 1))])
            return json.dumps(tree).encode()
        except (ValueError, RecursionError):  # no JSON (any more), or nested too deeply to be changed
            return body

    return apply


def _change(container: Any, key: Any, order: int, odd: Any, other: tuple[Any, Any]) -> None:
    """Change one place of a tree in one of seven ways."""
    value = container[key]
    if order == 0:
        del container[key]
    elif order == 1:
        container[key] = json.dumps(value) if not isinstance(value, str) else value.strip() or 0
    elif order == 2:
        container[key] = [value, value]
    elif order == 3 and isinstance(container, list):
        container.append(value)
    elif order == 4 and isinstance(container, dict):
        container[str(key).swapcase()] = value
    elif order == 5:
        container[key] = json.loads(json.dumps(other[0][other[1]]))  # a copy, or the tree could hold itself
    else:
        container[key] = odd


ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "ERR": st.sampled_from([0, "0", 0.0, 1, "1", 2, 99, -1, "", " 0", "zero", *ODD]),
        "DESC": st.sampled_from(["OK", "Authorization failed.", "Queue is not found in this account", *ODD]),
        "EXTENSIONS": st.sampled_from(ODD),
        "QUEUES": st.sampled_from(ODD),
        "extra": st.sampled_from(ODD),
    },
)


def _enveloped(changes: dict[str, Any]) -> Change:
    def apply(body: bytes) -> bytes:
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            return body
        return json.dumps({**tree, **changes}).encode() if isinstance(tree, dict) else body

    return apply


WRAPPINGS: list[Change] = [
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: b" \r\n\t" + body + b"\n\n",
    lambda body: body + body,
    lambda body: b"[" + body + b"]",
    lambda body: body.decode("utf-8", "replace").encode("utf-16"),
    lambda body: body.replace(b"},{", b"}{"),  # as the vendor's page prints it
    lambda body: b"<html><body>503</body></html>",
    lambda body: b"",
]


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    """Nothing, or a few changes one after the other; mostly such that the answer is JSON still."""
    match draw(st.integers(0, 9)):
        case 0 | 1:
            return []
        case 2:
            return [_enveloped(draw(ENVELOPES))]
        case 3:
            return [draw(st.sampled_from(WRAPPINGS))]
        case 4 | 5:
            return draw(st.lists(BYTE_CHANGES, min_size=1, max_size=3))
        case _:
            return [draw(value_changes())]


COMPRESSIONS: list[Callable[[bytes, float], Sent]] = [
    lambda body, place: Sent(gzip.compress(body, 1), "gzip"),
    lambda body, place: Sent(gzip.compress(body, 1), "GZIP"),
    lambda body, place: Sent(_cut(gzip.compress(body, 1), place)[0], "gzip"),
    lambda body, place: Sent(gzip.compress(body, 1) + body, "gzip"),
    lambda body, place: Sent(b"\xff".join(_cut(gzip.compress(body, 1), place)), "gzip"),
    lambda body, place: Sent(b"".join(map(gzip.compress, _cut(body, place))), "gzip"),
    lambda body, place: Sent(zlib.compress(body), "gzip"),
    lambda body, place: Sent(body, "gzip"),
    lambda body, place: Sent(body, "br"),
]
"""A body compressed well, badly, or only said to be; `place` is a share of its length."""


def _cut(data: bytes, place: float) -> tuple[bytes, bytes]:
    at = int(place * len(data))
    return data[:at], data[at:]


@st.composite
def sent(draw: st.DrawFn, answer: bytes) -> Sent:
    """What could come where `answer` should: mostly that, damaged or not; sometimes any bytes at all."""
    if draw(st.integers(0, 19)) == 19:
        return Sent(draw(st.binary(max_size=80)))
    body = answer
    for change in draw(changes()):
        body = change(body)
    if draw(st.integers(0, 3)) == 3:
        return draw(st.sampled_from(COMPRESSIONS))(body, draw(st.floats(0, 1)))
    return Sent(body, None, draw(st.sampled_from([200] * 20 + [204, 403, 500])), draw(st.booleans()))
