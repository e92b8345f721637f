"""Pages in a browser: opened as people have them, and judged by axe."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page

Scheme = Literal["light", "dark"]
PHONE, DESK, WALL = 375, 1280, 1920
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def page_of(
    browser: Browser, url: str, scheme: Scheme = "light", width: int = DESK, **more: Any
) -> Iterator[Page]:
    """The page, loaded, in a context of its own."""
    height = 1080 if width == WALL else 800
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height}, **more)
    page = context.new_page()
    try:
        page.goto(url)
        yield page
    finally:
        context.close()


def violations(page: Page, axe: Path, without: Collection[str] = ()) -> list[tuple[str, list[str]]]:
    """Rule and elements of all that axe finds; the page's context must bypass its CSP."""
    page.add_script_tag(path=axe)
    found, passed = page.evaluate(
        "options => axe.run(options).then(r => [r.violations, r.passes.length])",
        {"runOnly": RULES, "rules": {rule: {"enabled": False} for rule in without}},
    )
    assert passed > 10
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
