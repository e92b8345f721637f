"""What `--help` prints, for docs/command-line.md."""

from __future__ import annotations

import os
from unittest import mock

from exporter.command import flags
from renew.marked import marked


def renew(page: str) -> str:
    """The page with the help of today, as a terminal of 100 columns shows it."""
    with mock.patch.dict(os.environ, {"COLUMNS": "100"}):
        text = flags.parser().format_help()
    return marked(page, {"voicenter-exporter --help": f"```text\n{text}```\n"})
