"""The live page in a real Chromium, in five states: normal, overload, blind, without queues, with sixty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import DESK, PHONE, WALL, Scheme, page_of, violations
from tests.faults.conftest import config_for
from tests.support.answers import extension, extensions, leg, queue, queues
from tests.support.exporter import Exporter, exporter_of
from tests.support.vendor import answers, vendor

HEBREW = "שירות לקוחות (VIP)"
SCRIPT = "<script>alert(1)</script>"
FREE = extensions(extension("S1", person=1), extension("S2", leg(), person=2))
BUSY = extensions(*(extension(f"S{each}", leg(ivrid=str(each)), person=each) for each in range(1, 9)))
SIXTY = [queue(number, f"{HEBREW} {number}", *[20] * (number % 3)) for number in range(60)]
STATES: Mapping[str, tuple[tuple[bytes, int], tuple[bytes, int]]] = {
    "normal": ((FREE, 200), (queues(queue(1, HEBREW, 15), queue(2, "Sales"), queue(3, SCRIPT)), 200)),
    "overload": (
        (BUSY, 200),
        (queues(queue(1, "Sales", *[400] * 4), queue(2, HEBREW, *[90] * 12), queue(3, "VIP", 5)), 200),
    ),
    "blind": ((b"", 403), (b"", 403)),
    "no queues": ((FREE, 200), (queues(), 200)),
    "sixty queues": ((BUSY, 200), (queues(*SIXTY), 200)),
}
"""What the vendor answers, extensions and queues, with the HTTP status."""


@pytest.fixture(scope="module")
def centres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Exporter]]:
    """An exporter in each state."""
    with ExitStack() as stack:
        found = {}
        for name, (of_extensions, of_queues) in STATES.items():
            server = stack.enter_context(vendor())
            server.behave(answers(*of_extensions), "extensions")
            server.behave(answers(*of_queues), "queues")
            folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
            found[name] = stack.enter_context(exporter_of(config_for(server.url), folder))
        yield found


@pytest.fixture(params=STATES)
def centre(request: pytest.FixtureRequest, centres: Mapping[str, Exporter]) -> Exporter:
    """Each, one after the other."""
    return centres[request.param]


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, axe: Path, centre: Exporter, scheme: Scheme, width: int) -> None:
    with page_of(browser, f"{centre.url}/live?still", scheme, width, bypass_csp=True) as page:
        assert violations(page, axe) == []


def test_axe_objects_to_nothing_but_the_renewal_which_a_link_stops(
    browser: Browser, axe: Path, centre: Exporter
) -> None:
    with page_of(browser, f"{centre.url}/live", bypass_csp=True) as page:
        assert [rule for rule, _ in violations(page, axe)] == ["meta-refresh"]
        page.get_by_role("link", name="Stop renewing").click()
        assert violations(page, axe) == []
    with page_of(browser, f"{centre.url}/live?wall", "dark", WALL, bypass_csp=True) as page:
        assert violations(page, axe, without=["meta-refresh"]) == []


def test_the_page_has_no_errors_and_asks_nobody_else(browser: Browser, centre: Exporter) -> None:
    told: list[str] = []
    asked: list[str] = []
    with page_of(browser, "about:blank") as page:
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{centre.url}/live", wait_until="networkidle")
        assert page.evaluate("getComputedStyle(document.querySelector('section')).display") == "block"
        assert page.evaluate("getComputedStyle(document.body).fontVariantNumeric") == "tabular-nums"
    assert told == []
    assert {urlsplit(url).netloc for url in asked} - {""} == {urlsplit(centre.url).netloc}


@pytest.mark.parametrize("width", [320, PHONE, DESK, WALL])
@pytest.mark.parametrize("query", ["still", "wall"])
def test_nothing_stands_beside_the_screen(browser: Browser, centre: Exporter, width: int, query: str) -> None:
    with page_of(browser, f"{centre.url}/live?{query}", width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("normal", {"fine": 3}),
        ("overload", {"long wait": 1, "too many": 1, "nobody free": 1}),
        ("blind", {}),
        ("no queues", {}),
        ("sixty queues", {"nobody free": 40, "fine": 20}),
    ],
)
def test_each_queue_tells_its_state_in_a_word_the_worst_first(
    browser: Browser, centres: Mapping[str, Exporter], state: str, words: Mapping[str, int]
) -> None:
    with page_of(browser, f"{centres[state].url}/live?still") as page:
        told: list[Any] = page.locator("li .pill").all_inner_texts()
    assert told == [word for word, number in words.items() for _ in range(number)]


def test_a_blind_account_is_red_and_says_since_when(
    browser: Browser, centres: Mapping[str, Exporter]
) -> None:
    with page_of(browser, f"{centres['blind'].url}/live?wall", width=WALL) as page:
        assert page.title().startswith("blind")
        alarm = page.get_by_text("Blind: no answer about extensions and queues.")
        red, green, blue = alarm.locator("xpath=..").evaluate(
            "it => getComputedStyle(it).backgroundColor.match(/\\d+/g).map(Number)"
        )
        assert red > 2 * max(green, blue)


def test_names_stand_in_their_own_direction_and_markup_is_text(
    browser: Browser, centres: Mapping[str, Exporter]
) -> None:
    with page_of(browser, f"{centres['normal'].url}/live?still") as page:
        name = page.get_by_text(HEBREW)
        assert name.evaluate("it => it.tagName") == "BDI"
        assert page.locator("script").count() == 0
        assert page.get_by_role("heading", name=SCRIPT).count() == 1


def test_it_renews_itself(browser: Browser, tmp_path: Path) -> None:
    with vendor() as server:
        server.behave(answers(FREE), "extensions")
        server.behave(answers(queues(queue(1, "Sales"))), "queues")
        config = config_for(server.url)
        with (
            exporter_of(config, tmp_path) as exporter,
            page_of(browser, f"{exporter.url}/live", java_script_enabled=False) as page,
        ):
            expect(page.locator("li .waiting strong")).to_have_text("0")
            server.behave(answers(queues(queue(1, "Sales", 5, 6))), "queues")
            expect(page.locator("li .waiting strong")).to_have_text("2", timeout=20_000)
