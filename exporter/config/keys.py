"""A key is declared once, as the field of a dataclass: with its kind, its default and its meaning.

The file, the reference, the example and the chart's values follow from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from inspect import get_annotations
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar

from exporter.config.document import Place, read_document
from exporter.config.errors import Mistake, Problems
from exporter.config.values import shown

T = TypeVar("T")
U = TypeVar("U")
_OR_NULL: Final = " or null"
Nulls = Literal["are values", "are absent", "clear"]
_KEY, _KEYS_OF = "key", "keys of"


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """How a value is read. `name` is for the reference, `expected` for the message about another value."""

    name: str
    expected: str
    reader: Callable[[Place], Any]
    of: Kind[Any] | type | None = None
    """What it is made of: the kind of a list's entries or beside null, the dataclass of a mapping."""
    at_least: int = 0
    """How many entries a list has."""

    @property
    def takes_null(self) -> bool:
        """Whether null is a value."""
        return self.name.endswith(_OR_NULL)

    def read(self, place: Place) -> Any:
        """The value; of a mapping a `Section`. Raises `Mistake`."""
        try:
            return self.reader(place)
        except Mistake as mistake:
            mistake.expected = mistake.expected or self.expected
            raise


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the file. `default` and `example` are as they would be written, or empty."""

    kind: Kind[Any]
    meaning: str
    default: str = ""
    example: str = ""
    required: bool = False


class Section(dict[str, Any]):
    """What a mapping of the file gives, by key, and the places of it for later mistakes."""

    def __init__(self, made: type, place: Place) -> None:
        super().__init__()
        self.made = made
        self.place = place
        self.places: dict[str, Place] = {}


def key(kind: Kind[T], meaning: str, default: str) -> T:
    """A field for a key that has a default."""
    value = kind.read(read_document(default, Problems(Path("defaults"))))
    return _field(kind, meaning, default, default_factory=lambda: value)


def section(made: type[T], meaning: str, nulls: Nulls = "are values") -> T:
    """A field for a mapping of keys."""
    return _field(mapping(made, nulls), meaning, default_factory=made)


def required(kind: Kind[T], meaning: str, example: str) -> T:
    """A field for a key that must be given."""
    return _field(kind, meaning, example=example, required=True)


def optional(kind: Kind[T], meaning: str, example: str = "") -> T | None:
    """A field for a key that is None when it is not given."""
    return _field(kind, meaning, example=example, default_factory=lambda: None)


def keys_of(made: type[T]) -> T:
    """A field whose keys stand beside those of its own dataclass; who calls `build` gives its value."""
    value: T = field(metadata={_KEYS_OF: made})
    return value


def _field(
    kind: Kind[T], meaning: str, default: str = "", example: str = "", required: bool = False, **value: Any
) -> T:
    metadata = {_KEY: Key(kind, meaning, default, example, required)}
    declared: T = field(metadata=metadata, **value)
    return declared


def keys(made: type[Any]) -> Mapping[str, Key]:
    """The keys of a dataclass by name: its own ones before those that it inherits."""
    found: dict[str, Key] = {}
    own = get_annotations(made)
    for each in sorted(fields(made), key=lambda each: each.name not in own):
        if _KEY in each.metadata:
            found[each.name] = each.metadata[_KEY]
        elif _KEYS_OF in each.metadata:
            found.update(keys(each.metadata[_KEYS_OF]))
    return found


def build(made: type[T], *layers: Mapping[str, Any], **known: Any) -> T:
    """An instance: each key as the first layer that has it says, mappings key by key; else its default."""
    for each in fields(made):  # type: ignore[arg-type]
        given = [layer[each.name] for layer in layers if each.name in layer]
        if given and _KEY in each.metadata and each.name not in known:
            known[each.name] = _built(*given)
    return made(**known)


def _built(first: Any, *others: Any) -> Any:
    if isinstance(first, Section):
        return build(first.made, first, *others)
    return tuple(map(_built, first)) if isinstance(first, tuple) else first


def mapping(made: type[T], nulls: Nulls = "are values") -> Kind[T]:
    """A mapping with the keys of a dataclass and no others. Null instead of it may clear each of them."""

    known = keys(made)

    def read(place: Place) -> Section:
        result = Section(made, place)
        if nulls == "clear" and place.is_null:
            result.update({name: None for name, declared in known.items() if declared.kind.takes_null})
            return result
        for name, declared, value in known_entries(place, known):
            if nulls == "are absent" and value.is_null:
                continue
            result.places[name] = value
            with value.reporting():
                result[name] = declared.kind.read(value)
        for name, declared in known.items():
            if declared.required and name not in result.places:
                place.report(f"the key {name} is missing, expected {declared.kind.name}")
        return result

    return Kind("mapping" + _OR_NULL * (nulls == "clear"), "a mapping of keys", read, made)


def known_entries(place: Place, known: Mapping[str, U]) -> Iterator[tuple[str, U, Place]]:
    """The entries of a mapping whose keys are known, with what is known of them; others are reported."""
    for written, value in place.entries("a mapping of keys"):
        name = str(written.node.value)
        if name in known:
            yield name, known[name], value
        else:
            from difflib import get_close_matches  # only needed for a mistake

            if name == "<<":
                written.report("merge keys (<<) are not supported; write the keys out, or use defaults")
                continue
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            written.report(f"unknown key {shown(name)}; {hint}")


def read_section(made: type, text: str, problems: Problems, nulls: Nulls = "are values") -> Section:
    """The mapping that is the whole of a document. Raises `ConfigError` when the document is no mapping."""
    place = read_document(text, problems)
    with place.reporting():
        found: Section = mapping(made, nulls).read(place)
        return found
    raise problems.error()


def scalar(name: str, expected: str, read: Callable[[str], T], *kinds: str) -> Kind[T]:
    """A single value: `read` takes the text of it, which YAML may see as one of `kinds`."""
    return Kind(name, expected, lambda place: read(place.scalar(*kinds)))


def nullable(kind: Kind[T]) -> Kind[T | None]:
    """The same, or null: None."""
    name, expected = kind.name + _OR_NULL, kind.expected
    return Kind(name, expected, lambda place: None if place.is_null else kind.read(place), kind)


def entries(kind: Kind[T], name: str, expected: str, at_least: int = 0) -> Kind[tuple[T, ...]]:
    """A list; each bad entry is reported at its own line."""

    def read(place: Place) -> tuple[T, ...]:
        result = []
        for entry in place.items():
            with entry.reporting():
                result.append(kind.read(entry))
        if len(place.node.value) < at_least:
            raise Mistake("an empty list chooses nothing")
        return tuple(result)

    return Kind(name, expected, read, kind, at_least)


def increasing(kind: Kind[T], at_least: int = 0) -> Kind[tuple[T, ...]]:
    """A list of values each above the one before."""
    bounds = entries(kind, f"rising list of {kind.name}s", f"a list of {kind.name}s", at_least)

    def read(place: Place) -> Any:
        found = bounds.read(place)
        if any(later <= earlier for earlier, later in pairwise(found)):
            raise Mistake("the values do not rise", "each above the one before")
        return found

    return Kind(bounds.name, bounds.expected, read, kind, at_least)
