"""Generated parts of pages: what stands between `<!-- name -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence


def marked(page: str, parts: Mapping[str, str]) -> str:
    """The page with each part between its two marks. A part whose marks are not there is an error."""
    for name, text in parts.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->\n"
        pattern = re.compile(f"(?<={re.escape(begin)}).*?(?={re.escape(end)})", re.DOTALL)
        if not pattern.search(page):
            raise LookupError(f"the page has no place for it: {begin.strip()} … {end.strip()}")
        page = pattern.sub(lambda _, text=text: text, page, count=1)  # type: ignore[misc]
    return page


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    head, *body = (f"| {' | '.join(cells)} |\n" for cells in (heads, *rows))
    return head + "|---" * len(heads) + "|\n" + "".join(body)


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[0].upper() + text[1:]
