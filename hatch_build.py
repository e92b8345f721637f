"""Puts the revision into what is built: `REVISION=$(git rev-parse HEAD) python -m build`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RevisionHook(BuildHookInterface[Any]):
    """Adds exporter/revision.txt when the environment names a revision."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file aside, and have it included."""
        if revision := os.environ.get("REVISION"):
            file = Path(self.directory, "revision.txt")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(revision + "\n")
            build_data["force_include"][str(file)] = "exporter/revision.txt"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing beside the artifact."""
        Path(self.directory, "revision.txt").unlink(missing_ok=True)
