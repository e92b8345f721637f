"""An account's code: from the file, from one of its own, or from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exporter.config import kinds, values
from exporter.config.errors import CodeError
from exporter.config.keys import optional
from exporter.config.secret import Secret

_LARGEST_FILE = 64 * 1024
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class Code:
    """Where an account's code comes from: one of the three."""

    code_file: Path | None = optional(
        kinds.PATH,
        "a file that holds the code and nothing else, read again at each attempt",
        example="/run/secrets/code",
    )
    code_env: str | None = optional(
        kinds.VARIABLE, "the environment variable that holds the code", example="VOICENTER_API_CODE"
    )
    code: Secret | None = optional(
        kinds.CODE, "the code itself; a file is safer", example="invented-code-0000"
    )
    environment: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def read(self) -> Secret:
        """The code as it is now: files and variables are read at each use. Raises `CodeError`."""
        code = self._content().strip()
        if not code:
            raise CodeError(f"{self._source} is empty")
        if not code.isprintable():
            raise CodeError(
                f"{self._source} has more than one line or control characters, expected the code alone"
            )
        if values.is_placeholder(code):
            raise CodeError(
                f"{self._source} holds a placeholder such as YOUR-CODE, expected the account's code"
            )
        return Secret(code)

    def check(self) -> None:
        """Raises `CodeError` when the file cannot be read or the variable is not set, whatever they hold."""
        self._content()

    @property
    def _source(self) -> str:
        """What is there is named. What is not may be the code itself, written under the wrong key."""
        if self.code_file:
            there = next(each for each in (self.code_file, *self.code_file.parents) if os.path.exists(each))  # noqa: PTH110 (it raises nothing)
            return f"the code file {'' if there == self.code_file else 'under '}{there}"
        known = self.code_env in self.environment
        return f"the environment variable {self.code_env}" if known else "the environment variable"

    def _content(self) -> str:
        if self.code is not None:
            return self.code.reveal()
        if self.code_file is not None:
            return self._content_of(self.code_file)
        if self.code_env is None or self.code_env not in self.environment:
            from difflib import get_close_matches  # only needed for a mistake

            near = get_close_matches(str(self.code_env), self.environment, n=1, cutoff=_ALIKE)
            raise CodeError(f"{self._source} is not set" + (f"; did you mean {near[0]}?" if near else ""))
        return self.environment[self.code_env]

    def _content_of(self, file: Path) -> str:
        try:
            if file.exists() and not file.is_file():
                raise CodeError(f"{self._source} is no regular file")
            with file.open("rb") as opened:
                content = opened.read(_LARGEST_FILE + 1)
        except OSError as error:
            raise CodeError(f"{self._source} cannot be read: {error.strerror}") from None
        if len(content) > _LARGEST_FILE:
            raise CodeError(f"{self._source} is larger than 64 KiB, expected the code alone")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise CodeError(f"{self._source} is not UTF-8 text") from None

    def __getstate__(self) -> object:
        raise TypeError("a code cannot be pickled")
