"""Renews what `--help` prints in docs/command-line.md: `python -m tests.docs.help docs/command-line.md`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from unittest import mock

from exporter.command import flags

_PLACE = re.compile(r"(<!-- voicenter-exporter --help -->\n```text\n).*?(```\n<!-- end -->)", re.DOTALL)


def renew(page: str) -> str:
    """The page with the help of today, as a terminal of 100 columns shows it."""
    with mock.patch.dict(os.environ, {"COLUMNS": "100"}):
        text = flags.parser().format_help()
    return _PLACE.sub(lambda found: found[1] + text + found[2], page)


if __name__ == "__main__":
    _page = Path(sys.argv[1])
    _page.write_text(renew(_page.read_text("utf-8")), "utf-8")
