"""The numbers that callers dial → the names of lines. A number stays in here: what comes out is a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from exporter.api import wire

OTHER: Final = "other"
"""Calls to a number that has no name."""
NONE: Final = "none"
"""Calls that show no number."""
_COUNTRY: Final = "972"
_BETWEEN: Final = re.compile(r"[ ().-]+")
_DIGITS: Final = re.compile(r"(?:\+|00)?([0-9]{3,15})", re.ASCII)
_LONGEST: Final = 40
"""Characters of what may be a number; the vendor may send anything."""


def number_key(text: str) -> str | None:
    """The national form of a number, the same for +972…, 972… and 0…; None if it is no number."""
    found = _DIGITS.fullmatch(_BETWEEN.sub("", text)) if len(text) <= _LONGEST else None
    if found is None:
        return None
    digits = found[1]
    return "0" + digits.removeprefix(_COUNTRY).removeprefix("0") if digits.startswith(_COUNTRY) else digits


def name_lines(extensions: Iterable[wire.CountedExtension], lines: Mapping[str, str]) -> None:
    """Put the name of its line, from `number_key` → name, in the place of the number that each leg shows."""
    known: dict[object, str] = {}
    for extension in extensions:
        for leg in extension.calls if isinstance(extension.calls, list) else ():
            if isinstance(leg, wire.DialledLeg):
                number = leg.line
                if number not in known:
                    known[number] = _name(str(number or ""), lines)
                leg.line = known[number]


def _name(number: str, lines: Mapping[str, str]) -> str:
    if not number.strip():
        return NONE
    key = number_key(number)
    return OTHER if key is None else lines.get(key, OTHER)
