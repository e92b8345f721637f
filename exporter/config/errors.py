"""What is wrong with a configuration: every mistake with its file, line and key."""

from __future__ import annotations

from pathlib import Path


class ConfigError(Exception):
    """The configuration cannot be used. One mistake a line: `file:line: key: what, expected what`."""


class CodeError(Exception):
    """An account's code cannot be read. The text says why and holds no secret."""


class Mistake(ValueError):
    """One value is not what its key expects: what is wrong, and what was expected (else its kind says it)."""

    def __init__(self, wrong: str, expected: str = "") -> None:
        self.wrong = wrong
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.wrong}, expected {self.expected}"


class Problems:
    """The mistakes found so far in one file.

    With `syntax_only`, nothing is asked of the files and variables that it names.
    """

    def __init__(self, file: Path, *, syntax_only: bool = False) -> None:
        self.file = file
        self.syntax_only = syntax_only
        self.warnings: list[str] = []
        """What is allowed and probably not meant, in the same form as mistakes."""
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, path: str, message: str) -> None:
        """Note a mistake at `line` (from 1) under the key `path` (empty: the document itself)."""
        self._found.append((line, self._placed(line, path, message)))

    def warn(self, line: int, path: str, message: str) -> None:
        """Note what is allowed and probably not meant."""
        self.warnings.append(self._placed(line, path, message))

    def _placed(self, line: int, path: str, message: str) -> str:
        return f"{self.file}:{line}: {path + ': ' if path else ''}{message}"

    def __bool__(self) -> bool:
        return bool(self._found)

    def error(self) -> ConfigError:
        """All mistakes as one error, in the order of their lines."""
        return ConfigError("\n".join(text for _, text in sorted(self._found, key=lambda found: found[0])))
