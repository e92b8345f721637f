"""How a caller's stay in a queue can end."""

from __future__ import annotations

from typing import Final

SHORT: Final = "short"
"""Hung up within the wait that the configuration calls short; a queue has it only where it is configured."""
OUTCOMES: Final = ("answered", "unanswered", "transferred", "unknown")
"""The outcomes that every queue has."""
COUNTED: Final = ("answered", "unanswered")
"""The outcomes that a service level counts unless the configuration says otherwise."""
