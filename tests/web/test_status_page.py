"""The status page as HTML: what it tells of accounts and failures, and that no markup on it is not ours."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.api.failure import REASONS, Failure
from exporter.api.snapshot import read_extensions, read_queues
from exporter.collect.accounts import Accounts
from exporter.config import ConfigError, Settings, load, parse
from exporter.web import status
from tests.support.answers import EXTENSIONS, QUEUES
from tests.support.attempts import note
from tests.support.exporter import started
from tests.support.processes import wait_until

SCRIPT = "<script>alert(1)</script>"


class Document(HTMLParser):
    """The page as a browser has it: its elements, its links, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element, the names of its attributes, and its address."""
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href" and tag == "a"]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All text in one line."""
        return " ".join(" ".join(self.texts).split())


def settings_of(*names: str, **more: Any) -> Settings:
    accounts = [{"name": name, "code": f"marked-code-{place}"} for place, name in enumerate(names)]
    return parse(yaml.safe_dump({"accounts": accounts, **more}), Path("config.yaml"), {})


def page_of(accounts: Accounts) -> Document:
    return Document(status.render(accounts, "/metrics"))


def fail(
    accounts: Accounts, name: str, reason: str, endpoints: Sequence[str] = ("extensions", "queues")
) -> None:
    account = accounts.by_name[name]
    for each in endpoints:
        note(account, each, Failure(reason, f"seen: {reason}"))


def succeed(accounts: Accounts, name: str) -> None:
    note(accounts.by_name[name], "extensions", read_extensions(EXTENSIONS, {}))
    note(accounts.by_name[name], "queues", read_queues(QUEUES))


def test_a_name_that_looks_like_markup_is_text() -> None:
    accounts = Accounts(settings_of(SCRIPT, '" onmouseover="alert(1)'))
    fail(accounts, SCRIPT, "forbidden")
    page = page_of(accounts)
    assert "script" not in page.elements
    assert SCRIPT in page.text
    assert "/probe?target=%3Cscript%3Ealert%281%29%3C%2Fscript%3E" in page.links
    assert not {name for name in page.attributes if name.startswith("on")}


def test_the_page_runs_nothing_and_fetches_nothing_from_elsewhere() -> None:
    html = status.render(Accounts(settings_of("main")), "/metrics")
    assert "default-src 'none'" in html
    assert not {"script", "img", "iframe", "form"} & set(Document(html).elements)


@pytest.mark.parametrize("reason", REASONS)
def test_each_failure_comes_with_its_advice(reason: str) -> None:
    accounts = Accounts(settings_of("main"))
    fail(accounts, "main", reason)
    text = page_of(accounts).text
    told = REASONS[reason].advice
    assert f"extensions and queues: seen: {reason}. {told[0].upper()}{told[1:]}." in text
    assert "last success: never" in text
    assert "1, 1 failing" in text


def test_a_failure_of_one_endpoint_is_shown_at_that_one() -> None:
    accounts = Accounts(settings_of("main"))
    succeed(accounts, "main")
    fail(accounts, "main", "timeout", ["queues"])
    text = page_of(accounts).text
    assert "queues: seen: timeout." in text
    assert re.search(r"last success: \d+ s ago", text)


def test_an_account_that_is_well_shows_what_was_seen() -> None:
    accounts = Accounts(settings_of("main"))
    succeed(accounts, "main")
    held = [
        endpoint.newest.entries for endpoint in accounts.by_name["main"].endpoints.values() if endpoint.newest
    ]
    text = page_of(accounts).text
    assert "1, all well" in text
    assert len(held) == 2
    assert all(re.search(rf"ok \d+ ms {number} ", text) for number in held)
    assert "The last 2 attempts of main" in text


def test_the_last_twenty_attempts_are_listed_newest_first() -> None:
    accounts = Accounts(settings_of("main"))
    for reason, times in (("connect", 5), ("timeout", 12), ("tls", 1), ("forbidden", 7)):
        for _ in range(times):
            fail(accounts, "main", reason, ["queues"])
    text = page_of(accounts).text
    past = text[text.index("The last 20 attempts of main") :]
    assert past.count("seen:") == 20
    assert "connect" not in past
    assert past.index("forbidden") < past.index("tls") < past.index("timeout")


def test_failing_accounts_come_first_and_a_hundred_are_shown() -> None:
    names = [f"tenant-{number:03}" for number in range(150)]
    accounts = Accounts(settings_of(*names))
    fail(accounts, "tenant-149", "forbidden")
    page = page_of(accounts)
    assert page.elements.count("section") == status.SHOWN == 100
    assert page.text.index("tenant-149") < page.text.index("tenant-000")
    assert "50 more accounts are in the metrics." in page.text


def test_an_account_never_asked_has_no_attempts_to_show() -> None:
    page = page_of(Accounts(settings_of("main")))
    assert page.text.count("not asked yet") == 2
    assert "details" not in page.elements


def test_accounts_polled_in_the_background_say_so() -> None:
    accounts = Accounts(settings_of("main", defaults={"poll_interval": "10s"}))
    assert "asked every 10 s" in page_of(accounts).text


def test_a_reload_that_failed_is_shown_line_by_line_until_one_succeeds() -> None:
    answers: Iterator[Settings | ConfigError] = iter(
        [ConfigError(f"config.yaml:1: {SCRIPT}\nconfig.yaml:2: no"), settings_of("other")]
    )

    def read() -> Settings:
        answer = next(answers)
        if isinstance(answer, ConfigError):
            raise answer
        return answer

    accounts = Accounts(settings_of("main"), read)
    with pytest.raises(ConfigError):
        asyncio.run(accounts.reload())
    page = page_of(accounts)
    assert "The configuration is wrong; the old one stays in force." in page.text
    assert f"config.yaml:1: {SCRIPT} config.yaml:2: no" in page.text
    assert "br" in page.elements
    asyncio.run(accounts.reload())
    assert "The configuration is wrong" not in page_of(accounts).text


def test_a_web_configuration_that_became_wrong_is_shown() -> None:
    accounts = Accounts(settings_of("main"))
    page = Document(status.render(accounts, "/metrics", f"web.yml:3: unknown key {SCRIPT}"))
    assert "The web configuration is wrong; the old one stays in force." in page.text
    assert f"web.yml:3: unknown key {SCRIPT}" in page.text


def test_account_files_left_out_are_shown_with_their_mistakes(tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "north.yaml").write_text("name: north\ncode: C-1\ntimeout: soon\n")
    (tmp_path / "accounts" / "south.yaml").write_text("name: south\ncode: C-2\n")
    file = tmp_path / "config.yaml"
    file.write_text("accounts_dir: accounts\n")
    text = page_of(Accounts(load(file, {}))).text
    assert text.count("An account is left out.") == 1
    assert "north.yaml:3: timeout: 'soon' is not a duration" in text


def test_no_code_is_on_the_page() -> None:
    accounts = Accounts(settings_of("main"))
    fail(accounts, "main", "unauthorized")
    assert "marked-code" not in status.render(accounts, "/metrics")


def test_the_page_leads_to_the_live_page_if_there_is_one() -> None:
    accounts = Accounts(settings_of("main"))
    assert "/live" in Document(status.render(accounts, "/metrics", live=True)).links


def test_the_page_leads_to_all_others() -> None:
    assert {
        "/metrics",
        "/sd",
        "/-/healthy",
        "/-/ready",
        status.DOCS,
        "/probe?target=main",
        "/probe?target=main&debug=true",
    } == set(page_of(Accounts(settings_of("main"))).links)


def test_a_running_exporter_shows_what_is_wrong_with_its_web_configuration(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("http_server_config: {headers: {X-Frame-Options: deny}}\n")
    with started(["--demo", f"--web.config.file={file}"]) as exporter:
        assert "web configuration" not in exporter.get("/").text
        file.write_text("http_server_config: {headers: {X-Frame-Options: perhaps}}\n")
        page = Document(
            wait_until(lambda: _with_problem(exporter.get("/").text), "the problem on the page") or ""
        )
        assert "The web configuration is wrong; the old one stays in force." in page.text
        assert "'perhaps' is not offered" in page.text
        assert exporter.scrape().value("voicenter_exporter_config_last_reload_successful") == 0


def _with_problem(page: str) -> str | None:
    return page if "web configuration" in page else None
