"""How this process handles memory: settings for objects that come in large numbers and go together."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

_M_ARENA_MAX: Final = -8  # as glibc's malloc.h has it


def tune() -> None:
    """Set up collector and allocator, once everything is imported and before anything is served."""
    # Scrapes make and drop many objects and few cycles: with Python's own thresholds, a fifth of their time
    # goes into looking for some. What is there by now stays and need not be looked at at all.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    # One heap for all threads: each would keep what the largest body that it ever read has needed.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries have nothing to set
        mallopt(_M_ARENA_MAX, 1)
