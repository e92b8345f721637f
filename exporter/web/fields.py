"""Fields of the web configuration file: read one by one, every mistake reported where it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from exporter.config.document import Place
from exporter.config.errors import Mistake
from exporter.config.values import shown

T = TypeVar("T")


def fields(section: Place, known: Collection[str]) -> dict[str, Place]:
    """The entries of a mapping that say something; unknown keys are reported. Raises `Mistake`."""
    found = {}
    if not section.is_null:
        for key, value in section.entries("a mapping of keys"):
            name = str(key.node.value)
            if name not in known:
                value.report(f"is not a known key, expected one of {', '.join(known)}")
            elif not value.is_null:
                found[name] = value
    return found


def taken(place: Place | None, read: Callable[[Place], T], default: T) -> T:
    """What `read` makes of a field; a mistake in it is reported there."""
    if place is not None:
        try:
            return read(place)
        except Mistake as mistake:
            place.report(str(mistake))
    return default


def section_fields(section: Place | None, known: Collection[str]) -> dict[str, Place]:
    """As `fields`, for a section that may be missing; a mistake is reported."""
    nothing: dict[str, Place] = {}
    return taken(section, lambda place: fields(place, known), nothing)


def text(place: Place) -> str:
    """Text as it was written. Raises `Mistake`, as do the others."""
    return place.scalar("text", "str")


def texts(place: Place) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(each) for each in place.items("a list of texts"))


def boolean(place: Place) -> bool:
    """One of YAML's words for true and false."""
    return place.scalar("true or false", "bool").lower() in ("true", "yes", "on")


def one_of(name: str, known: Mapping[str, T]) -> T:
    """What a name stands for."""
    if name not in known:
        raise Mistake(f"{shown(name)} is not known, expected one of {', '.join(known)}")
    return known[name]
