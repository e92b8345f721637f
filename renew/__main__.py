"""Renew what is generated into pages that are otherwise written by hand, see `make renew`."""

from __future__ import annotations

import sys

from renew.pages import REPOSITORY, pages


def main() -> int:
    """Write every page that has changed, and name it."""
    for path, text in pages().items():
        if path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path.relative_to(REPOSITORY)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
