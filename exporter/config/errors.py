"""What is wrong with a configuration: every mistake with its file, line and key."""

from __future__ import annotations

from pathlib import Path


class ConfigError(Exception):
    """The configuration cannot be used. One mistake a line: `file:line: key: what, expected what`."""


class CodeError(Exception):
    """An account's code cannot be had just now. The text says why and holds no secret."""


class Mistake(ValueError):
    """One value is not what its key expects. The text says what was wrong and what was expected."""


class Problems:
    """The mistakes found so far in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, path: str, message: str) -> None:
        """Note a mistake at `line` (from 1) under the key `path` (empty: the document itself)."""
        self._found.append((line, f"{self.file}:{line}: {path + ': ' if path else ''}{message}"))

    def __bool__(self) -> bool:
        return bool(self._found)

    def error(self) -> ConfigError:
        """All mistakes as one error, in the order of their lines."""
        return ConfigError("\n".join(text for _, text in sorted(self._found, key=lambda found: found[0])))
