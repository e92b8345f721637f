"""A real Chromium and axe for the pages for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import tools
from tests.support.packages import Unavailable


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended after the module."""
    chromium = tools.required("chromium", "chromium")
    with sync_playwright() as playwright:
        # The container's own walls stand in for Chromium's sandbox, which root cannot have.
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe() -> Path:
    """Its script."""
    try:
        return tools.folder("axe-core") / "package" / "axe.min.js"
    except Unavailable as error:
        tools.unavailable(str(error))
