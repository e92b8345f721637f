"""The vendor's endpoints, a row each: how one is called, how its answer is read, what a snapshot tells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from exporter.api.snapshot import Detail, read_extensions, read_queues


class Snapshot(Protocol):
    """A usable answer, whatever endpoint it came from."""

    @property
    def entries(self) -> int:
        """How many extensions, queues and the like it holds."""

    @property
    def call_ids(self) -> Collection[str]:
        """The ids of the calls in it."""

    @property
    def unknown(self) -> Mapping[str, int]:
        """Values that are neither documented nor configured, or cut, per field."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an account's answers are read for, and which of them are usable."""

    statuses: Mapping[int, str]
    """The tenant's own status codes."""
    lines: Mapping[str, str]
    """The names of the numbers dialled."""
    detail: Detail
    allow_empty: bool
    most_queues: int


class Endpoint(NamedTuple):
    """One endpoint. `source` is its name in labels, logs and pages, `path` its place below base_url."""

    source: str
    path: str
    read: Callable[[bytes | bytearray, Reading], Snapshot]
    """Body of an answer → snapshot. Raises Failure."""


ENDPOINTS: Final = {
    endpoint.source: endpoint
    for endpoint in (
        Endpoint(
            "extensions",
            "GetExtensionsCalls",
            lambda body, how: read_extensions(
                body, how.statuses, how.detail, allow_empty=how.allow_empty, lines=how.lines
            ),
        ),
        Endpoint("queues", "GetQueuesCallers", lambda body, how: read_queues(body, how.most_queues)),
    )
}
"""By source, in the order of pages."""
