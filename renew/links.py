"""Where the runbooks are, for the alerts and their tests."""

from __future__ import annotations

import re

from exporter import HOMEPAGE


def renew(text: str) -> str:
    """The rules, or their tests, with links into this repository."""
    return re.sub(r"https://\S+(?=/blob/main/docs/runbooks/\w+\.md)", HOMEPAGE, text)
