"""What samples are made of."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.history.histogram import Histogram

Labels = tuple[str, ...]
QueueLabels = tuple[str, str, str]
"""Account, queue id and name."""
Sample = tuple[Labels, float | Histogram]
Samples = Sequence[Sample]
"""Samples of one family; a tuple is the same object for as long as the samples are the same."""


class Block(dict[str, Sequence[bytes]]):
    """The samples per family name as they stand in a page, in pieces: what has not changed is not copied."""

    __slots__ = ("__weakref__",)


def plain_seconds(seconds: float) -> str:
    """A number of seconds as people write it in a label: `20`, `0.5`."""
    return f"{seconds:.10g}"
