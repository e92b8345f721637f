"""A text that must not be seen: printed, formatted, logged or pickled it is only `<secret>`."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn

MASK = "<secret>"


class Secret:
    """Holds a code, a password or a URL with credentials. Only `reveal` gives it out.

    Equality takes the same time whatever the texts have in common. A secret has no hash, cannot be pickled,
    and a copy of it is itself, since it never changes.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self.__text

    def __repr__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return format(MASK, specification)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self.__text), _bytes(other.__text))

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
