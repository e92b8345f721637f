"""The resolved settings: what the rest of the exporter reads. Durations are seconds, sizes bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path

from exporter.config.errors import CodeError
from exporter.config.secret import Secret

_LARGEST_CODE_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Code:
    """Where an account's code comes from: one of a text, a file or an environment variable."""

    text: Secret | None = None
    file: Path | None = None
    variable: str | None = None
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
        return Secret(code)

    def check(self) -> None:
        """Raises `CodeError` when the file cannot be read or the variable is not set, whatever they hold."""
        self._content()

    @property
    def _source(self) -> str:
        return f"the code file {self.file}" if self.file else f"the environment variable {self.variable}"

    def _content(self) -> str:
        if self.text is not None:
            return self.text.reveal()
        if self.file is not None:
            return self._content_of(self.file)
        if self.variable is None or self.variable not in self.environment:
            raise CodeError(f"{self._source} is not set")
        return self.environment[self.variable]

    def _content_of(self, file: Path) -> str:
        try:
            if file.exists() and not file.is_file():
                raise CodeError(f"{self._source} is no regular file")
            with file.open("rb") as opened:
                content = opened.read(_LARGEST_CODE_FILE + 1)
        except OSError as error:
            raise CodeError(f"{self._source} cannot be read: {error.strerror}") from None
        if len(content) > _LARGEST_CODE_FILE:
            raise CodeError(f"{self._source} is larger than 64 KiB, expected the code alone")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise CodeError(f"{self._source} is not UTF-8 text") from None

    def __getstate__(self) -> object:
        raise TypeError("a code cannot be pickled")


@dataclass(frozen=True, slots=True)
class Filter:
    """Globs that choose by name: `*`, `?` and `[…]`, case matters."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    _included: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    _excluded: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_included", None if "*" in self.include else _any_of(self.include))
        object.__setattr__(self, "_excluded", _any_of(self.exclude) if self.exclude else None)

    @property
    def everything(self) -> bool:
        """Whether every name matches, so that nobody needs to ask."""
        return self._included is None and self._excluded is None

    def matches(self, *names: str) -> bool:
        """Whether any of the names is included and none is excluded."""
        included, excluded = self._included, self._excluded
        if included is not None and not any(map(included.match, names)):
            return False
        return excluded is None or not any(map(excluded.match, names))


def _any_of(globs: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all globs; no glob at all matches nothing."""
    return re.compile("|".join(map(translate, globs)) or r"(?!)")


@dataclass(frozen=True, slots=True)
class Account:
    """One code of the vendor's API, and how to ask with it."""

    name: str
    code: Code
    base_url: str
    timeout: float
    min_interval: float
    poll_interval: float
    queues: Filter
    extensions: Filter
    statuses: Mapping[int, str]
    allow_empty: bool
    ca_file: Path | None
    insecure_skip_verify: bool
    proxy_url: Secret | None


@dataclass(frozen=True, slots=True)
class InvalidAccount:
    """A file of `accounts_dir` that gave no account, and its mistakes, one a line."""

    file: Path
    message: str


@dataclass(frozen=True, slots=True)
class ExtensionsCollector:
    """Series per extension: whether, with the names of people (personal data), and for how many."""

    enabled: bool
    names: bool
    max: int


@dataclass(frozen=True, slots=True)
class Collectors:
    """What is exported besides the snapshot's gauges."""

    history: bool
    extensions: ExtensionsCollector


@dataclass(frozen=True, slots=True)
class Target:
    """The limits and the service level of the queues it matches. None: no such series, no such alert."""

    queues: Filter
    accounts: Filter
    wait_limit_warning: float | None
    wait_limit_critical: float | None
    callers_limit: float | None
    service_level_within: float | None
    service_level_ratio: float | None


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. `file` is None when it came from the environment alone."""

    accounts: tuple[Account, ...]
    collectors: Collectors
    targets: tuple[Target, ...]
    queue_thresholds: tuple[float, ...]
    wait_buckets: tuple[float, ...]
    timeout_offset: float
    max_body: int
    invalid_accounts: tuple[InvalidAccount, ...]
    file: Path | None
    accounts_dir: Path | None
    default_target: Target

    def target(self, account: str, queue_id: str, queue: str) -> Target:
        """The first target that matches this queue, else the default one."""
        for target in self.targets:
            if target.accounts.matches(account) and target.queues.matches(queue_id, queue):
                return target
        return self.default_target
