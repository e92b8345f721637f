"""What a key is when the file does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from exporter.config.errors import Problems
from exporter.config.kinds import Kind, Section, read_section


def complete(section: Kind, *layers: Mapping[str, Any]) -> dict[str, Any]:
    """Every key of the section that has a value: from the first layer that gives one, else its default.

    Sections within it are completed key by key; a list or a mapping of names is taken whole.
    """
    return _complete(section, (*layers, _defaults(section)))


def _complete(section: Kind, layers: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in section.keys:
        given = tuple(layer[key.name] for layer in layers if key.name in layer)
        if given and isinstance(given[0], Section):
            result[key.name] = _complete(key.kind, given)
        elif given:
            result[key.name] = given[0]
    return result


@cache
def _defaults(section: Kind) -> Section:
    return read_section(section, _as_yaml(section), Problems(Path("defaults")))


def _as_yaml(section: Kind) -> str:
    written = []
    for key in section.keys:
        if key.default is not None:
            written.append(f"{key.name}: {key.default}")
        elif key.kind.keys:
            written.append(f"{key.name}: {_as_yaml(key.kind)}")
    return "{" + ", ".join(written) + "}"
