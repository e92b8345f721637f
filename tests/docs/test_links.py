"""Links of the documentation lead somewhere, and every page can be reached from the README."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Final

import pytest

from tests.docs.pages import PAGES, REPOSITORY, name_of, prose

LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
OUTSIDE: Final = {"https://semver.org/"}
PLACES_OF_READERS: Final = set(map(Path, ("/", "/opt", "/srv", "/usr/src")))
"""Where this clone may lie too, without a page telling of it."""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings_that_there_are(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if re.match(r"https?://", target):
            assert target in OUTSIDE, f"{target}: a link that no test can follow"
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert linked.is_relative_to(REPOSITORY), target
        if anchor:
            assert anchor in _anchors(linked), f"{target}: no such heading"


def test_the_readme_is_short() -> None:
    assert len((REPOSITORY / "README.md").read_text("utf-8").splitlines()) <= 100


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, open_ = set[Path](), {REPOSITORY / "README.md"}
    while open_:
        page = open_.pop()
        reached.add(page)
        links = {(page.parent / target.partition("#")[0]).resolve() for target in LINK.findall(prose(page))}
        open_ |= {link for link in links if link.suffix == ".md"} - reached
    assert reached == set(PAGES)


def test_the_index_has_every_page_but_those_that_have_an_index_of_their_own() -> None:
    docs = REPOSITORY / "docs"
    listed = {(docs / target).resolve() for target in LINK.findall(prose(docs / "README.md"))}
    assert {*docs.glob("*.md"), *docs.glob("*/README.md")} - listed == {docs / "README.md"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_has_one_title_and_tells_nothing_of_this_machine(page: Path) -> None:
    text = prose(page)
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    assert text.startswith("# ")
    places = {REPOSITORY.parent, Path.home(), Path(gettempdir())} - PLACES_OF_READERS
    assert not any(f"{place}/" in page.read_text("utf-8") for place in places)


@cache
def _anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get: lower case, without punctuation, blanks as hyphens."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
