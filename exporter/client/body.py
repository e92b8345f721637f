"""The body of an answer, within bounds: its size and what it holds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import requests

from exporter.api import wire
from exporter.api.failure import Failure
from exporter.client.slots import CHUNK, Slot

PER_OBJECT: Final = 512
"""Bytes of max_body for each object of an answer: 32,768 of them by default."""
ON_PAGE: Final = 6 * 1024
"""About how many bytes of a page a queue takes, with its histograms."""


def read(response: requests.Response, max_body: int, slot: Slot) -> bytes | bytearray:
    """The decoded body. Raises Failure if it has more than max_body bytes, TimeoutError without a slot."""

    def check(size: int) -> None:
        if size > max_body:
            raise Failure("too_large", f"the answer is larger than {max_body} bytes")

    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise Failure("decode", "the answer is compressed in a way that was not asked for")
    length = response.headers.get("Content-Length", "")
    size = int(length[:20]) if encoding == "identity" and length.isascii() and length.isdigit() else None
    if size is not None:
        check(size)
    if size is not None and size <= wire.LARGE:
        body: bytes | bytearray = response.raw.read(size, decode_content=False)
    else:
        body = bytearray()
        for chunk in _chunks(response, compressed=encoding == "gzip"):
            body += chunk
            check(len(body))
            slot.grow_to(len(body))
        slot.complete()
    if size is not None and len(body) < size:
        raise Failure("decode", "the answer stops in the middle")
    return body


def _chunks(response: requests.Response, *, compressed: bool) -> Iterator[bytes]:
    """The decoded body in pieces of at most CHUNK bytes, whatever a compressed one swells to."""
    decompressor = zlib.decompressobj(wbits=31) if compressed else None
    while chunk := response.raw.read(CHUNK, decode_content=False):
        if decompressor is None:
            yield chunk
            continue
        while chunk and not decompressor.eof:  # it would keep all that comes after its end
            yield decompressor.decompress(chunk, CHUNK)
            chunk = decompressor.unconsumed_tail
    if decompressor is not None and not decompressor.eof:
        raise Failure("decode", "the compressed answer stops in the middle")


def check_objects(body: bytes | bytearray, max_body: int) -> None:
    """Refuse a body that would swell: each object costs some kilobytes while it is followed.

    Each takes three bytes at least, so that only what follows the first bytes needs to be looked at. Raises
    Failure.
    """
    most = max_body // PER_OBJECT
    if len(body) > wire.LARGE and body.count(b"{", 3 * most) > most:
        raise Failure("too_large", "the answer holds more objects than an answer of max_body bytes would")


def most_queues(max_body: int) -> int:
    """How many queues an answer may hold: beyond 1,000, as many as a page of max_body bytes can show.

    A few bytes of an answer make thousands of a page, so that a small answer could fill the memory.
    """
    return max(1000, max_body // ON_PAGE)
