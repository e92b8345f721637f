"""The web configuration file as it is now: looked at again at each use, read again when it changed."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from exporter.config.errors import ConfigError
from exporter.web.web_config import WebConfig, load

logger = logging.getLogger(__name__)

_SETTLED = 100_000_000  # nanoseconds; well above the steps in which file systems count time
_RETRY = 1.0  # seconds


class Files:
    """Files with the state in which each was when it was read."""

    def __init__(self) -> None:
        self._states: dict[Path, object] = {}

    def note(self, path: Path) -> None:
        """Remember the state of a file that is about to be read."""
        state = _state(path)
        # Another write in the same tick of the clock would not show: a file this new counts as changed.
        fresh = state is not None and 0 <= time.time_ns() - state[0] < _SETTLED
        self._states[path] = object() if fresh else state

    def changed(self) -> bool:
        """Whether any of the files is not as it was."""
        return any(_state(path) != state for path, state in self._states.items())


class WebConfigFile:
    """The configuration in force. Once good, a file that becomes wrong changes nothing but `error`."""

    def __init__(self, path: Path | None) -> None:
        """Read the file; without one nothing is turned on. Raises `ConfigError`."""
        self.path = path
        self.error: str | None = None
        """What is wrong with the file as it is now."""
        self._files = Files()
        self._retry_at = 0.0
        self._current = load(path, self._files.note) if path else WebConfig()

    def current(self) -> WebConfig:
        """The newest good configuration. Never raises; costs a look at each file."""
        # A file that could not be read for a moment looks the same afterwards.
        if self.path and (self._files.changed() or (self.error and time.monotonic() > self._retry_at)):
            self._read_again(self.path)
        return self._current

    def _read_again(self, path: Path) -> None:
        self._files = Files()
        self._retry_at = time.monotonic() + _RETRY
        try:
            config = load(path, self._files.note)
            if (config.tls is None) != (self._current.tls is None):
                raise ConfigError(f"{path}: TLS is turned on or off only by a restart")
        except ConfigError as error:
            if str(error) != self.error:
                logger.error("the web configuration stays as it was: %s", str(error).replace("\n", "; "))
            self.error = str(error)
            return
        if self.error:
            logger.info("the web configuration file is good again")
        self._current, self.error = config, None


def _state(path: Path) -> tuple[int, int, int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - Path.stat costs twice as much
    except OSError:
        return None
    return found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev
