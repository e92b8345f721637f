"""The pages for people in a real Chromium: no errors, usable by keyboard, readable in any light and size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import tools
from tests.support.exporter import Exporter, exporter_of, started
from tests.support.packages import Unavailable
from tests.support.processes import refusing_port
from tests.support.vendor import answers, vendor

Scheme = Literal["light", "dark"]
SCRIPT = "<script>alert(1)</script>"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESK = 375, 1280

NAME = "it => it.ariaLabel || it.innerText"
"""What a screen reader calls an element."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = tools.required("chromium", "chromium")
    with sync_playwright() as playwright:
        # The container's own walls stand in for Chromium's sandbox, which root cannot have.
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe() -> Path:
    try:
        return tools.folder("axe-core") / "package" / "axe.min.js"
    except Unavailable as error:
        tools.unavailable(str(error))


@pytest.fixture(scope="module")
def demo() -> Iterator[Exporter]:
    with started(["--demo"]) as exporter:
        exporter.scrape()
        yield exporter


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """An exporter most of whose accounts fail, each in a way of its own, with a bad reload behind it."""
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "accounts").mkdir()
    (folder / "accounts" / "north.yaml").write_text("name: north\ncode: C-9\ntimeout: soon\n")
    with vendor() as good, vendor() as bad, refusing_port() as port:
        bad.behave(answers(b"", 403), "extensions")
        bad.behave(lambda exchange: exchange.hang(), "queues")
        accounts = {
            "main": good.url,
            f"branch {SCRIPT}": bad.url,
            "a-tenant-whose-name-is-long-and-has-no-blank-anywhere-in-it": f"http://127.0.0.1:{port}",
        }
        config = {
            "accounts": [
                {
                    "name": name,
                    "code": f"C-{place}",
                    "base_url": url,
                    "timeout": "1s" if url == bad.url else "1m",
                    "min_interval": "0s",
                }
                for place, (name, url) in enumerate(accounts.items())
            ],
            "accounts_dir": "accounts",
        }
        with exporter_of(config, folder, ["--web.enable-lifecycle"]) as exporter:
            for _ in range(3):
                exporter.scrape()
            file = folder / "config.yaml"
            file.write_text(file.read_text().replace("timeout: 1s", "timeout: 1"))
            assert exporter.post("/-/reload").status_code == 500
            yield exporter


@pytest.fixture(params=["demo", "trouble"])
def exporter(request: pytest.FixtureRequest) -> Exporter:
    """Both, one after the other."""
    found: Exporter = request.getfixturevalue(request.param)
    return found


@contextmanager
def page_of(
    browser: Browser, url: str, scheme: Scheme = "light", width: int = DESK, **more: Any
) -> Iterator[Page]:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, **more)
    page = context.new_page()
    try:
        page.goto(url)
        yield page
    finally:
        context.close()


def test_the_page_has_no_errors_and_asks_nobody_else(browser: Browser, exporter: Exporter) -> None:
    told: list[str] = []
    asked: list[str] = []
    with page_of(browser, "about:blank") as page:
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{exporter.url}/", wait_until="networkidle")
    assert told == []
    assert {urlsplit(url).netloc for url in asked} - {""} == {urlsplit(exporter.url).netloc}


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: Browser, axe: Path, exporter: Exporter, scheme: Scheme, width: int
) -> None:
    with page_of(browser, f"{exporter.url}/", scheme, width, bypass_csp=True) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.add_script_tag(path=axe)
        found = page.evaluate(
            "rules => axe.run({runOnly: rules}).then(r => [r.violations, r.passes.length])", RULES
        )
    violations, passed = found
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []
    assert passed > 10


@pytest.mark.parametrize("width", [320, PHONE, DESK])
def test_nothing_stands_beside_the_screen(browser: Browser, exporter: Exporter, width: int) -> None:
    with page_of(browser, f"{exporter.url}/", width=width) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_keyboard_reaches_every_link_and_opens_the_details(browser: Browser, exporter: Exporter) -> None:
    with page_of(browser, f"{exporter.url}/") as page:
        wanted = page.locator("a, summary, [tabindex]").evaluate_all(f"all => all.map({NAME})")
        reached = []
        for _ in wanted:
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            reached.append(focused.evaluate(NAME))
            assert focused.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
            if focused.evaluate("it => it.tagName") == "SUMMARY":
                page.keyboard.press("Enter")
        assert reached == wanted
        assert page.locator("details[open]").count() == page.locator("details").count() > 0
        assert page.get_by_role("cell", name="ok", exact=True).count() > 0


def test_a_name_that_looks_like_markup_is_read_as_text(browser: Browser, trouble: Exporter) -> None:
    with page_of(browser, f"{trouble.url}/") as page:
        assert page.get_by_role("heading", name=f"branch {SCRIPT}").count() == 1
        assert page.locator("script").count() == 0
        page.get_by_role("link", name=f"Metrics of branch {SCRIPT}").click()
        assert f'voicenter_up{{account="branch {SCRIPT}"}} 0.0' in page.inner_text("body")


def test_what_to_do_is_on_the_page(browser: Browser, trouble: Exporter) -> None:
    with page_of(browser, f"{trouble.url}/") as page:
        text = page.inner_text("main")
        assert page.title().startswith("Trouble")
    for told in ("Allow-list this machine's public IP address", "no whole answer within 1 s", "refused"):
        assert told in text
    assert "expected a duration such as" in text


def test_the_debug_view_is_plain_text_step_by_step(browser: Browser, trouble: Exporter) -> None:
    with page_of(browser, f"{trouble.url}/") as page:
        page.get_by_role("link", name=f"Debug view of branch {SCRIPT}").click()
        assert page.evaluate("document.contentType") == "text/plain"
        text = page.inner_text("body")
    assert text.startswith(f"Account branch {SCRIPT}, http://127.0.0.1:")
    steps = ["extensions: forbidden", "sent", "first byte", "failed: HTTP 403", "allow-list this machine's"]
    positions = [text.index(step) for step in steps]
    assert positions == sorted(positions)
    assert (
        text.index("queues: timeout") < text.index("Log lines since then:") < text.index("Metrics:\n# HELP")
    )
