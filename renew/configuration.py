"""What repeats the keys of the two files: their pages in docs/, and config.example.yaml."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from exporter.config.code import Code
from exporter.config.keys import Key, Kind, keys
from exporter.config.settings import Account, Defaults, Settings, Target
from exporter.web.web_config import Keys
from renew.marked import marked, table

TABLES: Final = {"file": Settings, "account": Account, "target": Target, "web configuration": Keys}
_COLUMN: Final = 36
_WIDTH: Final = 120

_INTRODUCTION: Final = """\
# Configuration of the Voicenter exporter: every key, with its default.
#
# Only an account's name and its code must be given; leave out the rest, or change what you need.
# A mistake is reported with its line. It stops the start; on reload the old configuration stays in force:
#
#     voicenter-exporter --config.file config.yaml --config.check
#
# Durations are written 10s, 500ms, 1m30s or 1h; sizes 64MiB or 512KiB. Globs know *, ? and […] and mind case.
# Relative paths count from this file's folder. docs/configuration.md says more.
"""
_BEFORE_ENTRIES: Final = {
    "targets": (
        "# What a target does not say is as below; null stands for no such series and no such alert.",
        '# - queues: ["VIP*"]',
        "#   wait_limit: {warning: 60s, critical: null}",
        "#   service_level: {within: 10s, ratio: 0.9}",
    )
}


def made_of(kind: Kind[object]) -> type | None:
    """The dataclass of a mapping, or of a list of them."""
    found = kind.of.of if isinstance(kind.of, Kind) else kind.of
    return found if isinstance(found, type) else None


def reference(page: str) -> str:
    """The page with the tables of keys of today, of those that it has a place for."""
    heads = ("key", "value", "default", "meaning")
    here = {f"keys of {name}": made for name, made in TABLES.items() if f"<!-- keys of {name} -->" in page}
    return marked(page, {name: table(heads, _rows(made)) for name, made in here.items()})


def _rows(made: type, prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    for name, key in keys(made).items():
        yield f"`{prefix}{name}`", key.kind.name, _default(made, name, key), key.meaning
        inner = made_of(key.kind)
        if inner and not key.default and inner is not Defaults:  # its keys stand at the account
            yield from _rows(inner, f"{prefix}{name}.")


def _default(made: type, name: str, key: Key) -> str:
    if key.required:
        return "must be given"
    if made is Account and name in keys(Code):
        return "one of the three"
    return f"`{key.default}`" if key.default.strip("'") else ""


def example(_: str) -> str:
    """config.example.yaml: each key with its default and its meaning."""
    text = _INTRODUCTION
    for line, meaning in _lines(Settings):
        text += ("" if line.startswith((" ", "#")) else "\n") + _commented(line, meaning)
    return text


def _lines(made: type) -> Iterator[tuple[str, str]]:
    for name, key in keys(made).items():
        inner = made_of(key.kind)
        if inner is None or inner is Defaults:
            alternative = "# " if name in keys(Code) and name != "code" else ""
            yield f"{alternative}{name}: {key.example or key.default or '{}'}", key.meaning
            continue
        yield f"{name}:", key.meaning
        yield from ((f"  {line}", "") for line in _BEFORE_ENTRIES.get(name, ()))
        marker = "- " if key.default else ""  # a list is shown with one entry
        for line, meaning in _lines(inner):
            yield f"  {marker}{line}", meaning
            marker = " " * len(marker)


def _commented(line: str, meaning: str) -> str:
    """The line with its comment at the right, or, where it is long, above."""
    text = meaning.replace("`", "")
    room = len(line) <= _COLUMN - 2
    comment = textwrap.wrap(text, _WIDTH - _COLUMN - 2 if room else _WIDTH)
    if not room or not comment:
        indent = line[: len(line) - len(line.lstrip())]
        return "".join(f"{indent}# {each}\n" for each in comment) + f"{line}\n"
    padded = [line.ljust(_COLUMN), *[" " * _COLUMN] * len(comment)]
    return "".join(f"{left}# {right}\n" for left, right in zip(padded, comment, strict=False))
