"""What a history holds on to."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import FunctionType, ModuleType

from exporter.history import History


def retained(history: History) -> Iterator[object]:
    """Every object that can be reached from a history, code aside."""
    seen: set[int] = set()
    ahead: list[object] = [history]
    while ahead:
        one = ahead.pop()
        if id(one) not in seen and not isinstance(one, type | ModuleType | FunctionType):
            seen.add(id(one))
            yield one
            ahead += gc.get_referents(one)


def texts(history: History) -> set[str]:
    """Every text among them."""
    return {one for one in retained(history) if isinstance(one, str)}
