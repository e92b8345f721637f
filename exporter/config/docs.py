"""Renews the tables in docs/configuration.md: `python -m exporter.config.docs docs/configuration.md`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from exporter.config.kinds import Key, Kind
from exporter.config.schema import ACCOUNT, CODE_KEYS, ROOT, SHARED_KEYS, TARGET

_TABLES = {"file": ROOT, "account": ACCOUNT, "target": TARGET}
_HEADER = "| key | value | default | meaning |\n|---|---|---|---|\n"


def renew(page: str) -> str:
    """The page with the table between each `<!-- keys of … -->` and `<!-- end -->` written anew."""
    for name, section in _TABLES.items():
        begin, end = f"<!-- keys of {name} -->\n", "<!-- end -->\n"
        table = _HEADER + "".join(f"| {' | '.join(row)} |\n" for row in _rows(section))
        pattern = re.compile(f"({re.escape(begin)}).*?({re.escape(end)})", re.DOTALL)
        page = pattern.sub(lambda found, table=table: found[1] + table + found[2], page)  # type: ignore[misc]
    return page


def _rows(section: Kind, prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    for key in section.keys:
        yield f"`{prefix}{key.name}`", key.kind.name, _default(key), key.meaning
        if key.default is None and key.kind.keys != SHARED_KEYS:  # those of defaults stand at the account
            yield from _rows(key.kind, f"{prefix}{key.name}.")


def _default(key: Key) -> str:
    if key.required:
        return "must be given"
    if key in CODE_KEYS:
        return "one of the three"
    return f"`{key.default}`" if key.default else ""


if __name__ == "__main__":
    _page = Path(sys.argv[1])
    _page.write_text(renew(_page.read_text("utf-8")), "utf-8")
