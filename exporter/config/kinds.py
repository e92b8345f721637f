"""The kinds of value that a key can have: each reads a place of the document, or raises `Mistake`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exporter.api.snapshot import STATUSES
from exporter.config import values
from exporter.config.document import Place, read_document
from exporter.config.errors import Mistake, Problems
from exporter.config.secret import Secret


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file. `default` is what it is when not given, as it would be written, or None."""

    name: str
    kind: Kind
    meaning: str
    default: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read. `name` is for the reference; `keys` are those of a section or a list of them."""

    name: str
    read: Callable[[Place], Any]
    keys: tuple[Key, ...] = ()


class Section(dict[str, Any]):
    """What a mapping of the file gives, by key, and the places of it for later mistakes."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}


def scalar(name: str, read: Callable[[str], Any], expected: str, *kinds: str) -> Kind:
    """A single value: `read` takes the text of it, which YAML may see as one of `kinds`."""
    return Kind(name, lambda place: read(place.scalar(expected, *kinds)))


def nullable(kind: Kind) -> Kind:
    """The same, or null: None."""
    return Kind(f"{kind.name} or null", lambda place: None if place.is_null else kind.read(place))


def entries(kind: Kind, name: str, expected: str, at_least: int = 0) -> Kind:
    """A list; each bad entry is reported at its own line."""

    def read(place: Place) -> tuple[Any, ...]:
        result = []
        for entry in place.items(expected):
            try:
                result.append(kind.read(entry))
            except Mistake as mistake:
                entry.report(str(mistake))
        if len(place.node.value) < at_least:
            raise Mistake(f"an empty list chooses nothing, expected {expected}")
        return tuple(result)

    return Kind(name, read, kind.keys)


def increasing(kind: Kind, at_least: int) -> Kind:
    """A list of values each above the one before."""

    def read(place: Place) -> tuple[Any, ...]:
        bounds: tuple[Any, ...] = kind_of_list.read(place)
        if any(later <= earlier for earlier, later in pairwise(bounds)):
            raise Mistake("the values do not rise, expected each above the one before")
        return bounds

    kind_of_list = entries(kind, f"rising list of {kind.name}s", f"a list of {kind.name}s", at_least)
    return Kind(kind_of_list.name, read)


def section(*keys: Key, null_clears: bool = False) -> Kind:
    """A mapping with these keys and no others. With `null_clears`, null stands for null in each of them."""
    by_name = {key.name: key for key in keys}

    def read(place: Place) -> Section:
        result = Section(place)
        if null_clears and place.is_null:
            result.update(dict.fromkeys(by_name))
            return result
        for written, value in place.entries("a mapping of keys"):
            key = by_name.get(written.node.value)
            if key is None:
                written.report(_unknown(written.node.value, by_name))
                continue
            result.places[key.name] = value
            try:
                result[key.name] = key.kind.read(value)
            except Mistake as mistake:
                value.report(str(mistake))
        for key in keys:
            if key.required and key.name not in result.places:
                place.report(f"the key {key.name} is missing, expected {key.kind.name}")
        return result

    return Kind("mapping or null" if null_clears else "mapping", read, keys)


def read_section(kind: Kind, text: str, problems: Problems) -> Section:
    """The section that is the whole of a document. Raises `ConfigError` when the document is no mapping."""
    place = read_document(text, problems)
    try:
        result: Section = kind.read(place)
    except Mistake as mistake:
        place.report(str(mistake))
        raise problems.error() from None
    return result


def _unknown(name: str, known: dict[str, Key]) -> str:
    from difflib import get_close_matches  # only for those who mistype

    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
    return f"unknown key {values.shown(name)}; {hint}"


def _flag(place: Place) -> bool:
    text = place.scalar("true or false", "bool")
    if text.lower() not in ("true", "false"):
        raise Mistake(f"found {values.shown(text)}, expected true or false")
    return text.lower() == "true"


def _statuses(place: Place) -> MappingProxyType[int, str]:
    expected = "a mapping of status codes to names such as {21: coaching}"
    result: dict[int, str] = {}
    for written, value in place.entries(expected):
        try:
            code = values.status_code(written.scalar(expected, "int", "str"))
            name = values.status_name(value.scalar(values.STATUS_NAME, "str"))
            if code in STATUSES:
                raise Mistake(
                    f"the vendor has this code for {STATUSES[code]!r}, expected a code of the tenant's own"
                )
            if name in (*STATUSES.values(), "unknown", *result.values()):
                raise Mistake(f"the status {name!r} exists already, expected another name")
        except Mistake as mistake:
            value.report(str(mistake))
        else:
            result[code] = name
    return MappingProxyType(result)


def _path(place: Place) -> Path:
    return place.folder / values.printable(place.scalar("a path", "str"))


def _certificates(place: Place) -> Path:
    import ssl  # only for those who name a file

    file = _path(place)
    expected = "expected a PEM file of authorities"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        raise Mistake(f"{file} holds no certificates, {expected}") from None
    except OSError as error:
        raise Mistake(f"{file} cannot be read: {error.strerror}, {expected}") from None
    return file


DURATION = scalar("duration", values.duration, values.DURATION, "str", "int", "float")
POSITIVE_DURATION = scalar("duration", values.positive_duration, values.DURATION, "str", "int", "float")
POLL_INTERVAL = scalar("duration", values.poll_interval, values.DURATION, "str", "int", "float")
SIZE = scalar("size", values.size, values.SIZE, "str", "int", "float")
COUNT = scalar("whole number", values.count, values.WHOLE_NUMBER, "int", "float")
RATIO = scalar("number", values.ratio, values.RATIO, "int", "float")
FLAG = Kind("true or false", _flag)
NAME = scalar("text", values.account_name, "text", "str")
SECRET = scalar("text", lambda text: Secret(values.printable(text)), "text in quotes", "str")
VARIABLE = scalar("name of a variable", values.variable_name, "the name of an environment variable", "str")
BASE_URL = scalar("URL", values.base_url, values.BASE_URL, "str")
PROXY_URL = scalar("URL", lambda text: Secret(values.proxy_url(text)), values.PROXY_URL, "str")
PATH = Kind("path", _path)
CERTIFICATES = Kind("path", _certificates)
STATUS_NAMES = Kind("mapping", _statuses)
_GLOB = scalar("glob", values.glob, values.GLOB, "str", "int")
GLOBS = entries(_GLOB, "list of globs", 'a list of globs such as ["VIP*"]', at_least=1)
GLOBS_OR_NONE = entries(_GLOB, "list of globs", 'a list of globs such as ["VIP*"]')
