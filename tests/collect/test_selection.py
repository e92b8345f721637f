"""What matches nothing is reported: queues that no filter leaves, targets that decide about no queue."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.api.failure import Failure
from exporter.api.snapshot import read_queues
from exporter.collect.accounts import Accounts, of_shard
from exporter.config import Settings, parse
from exporter.web import status
from tests.support.answers import queue, queues
from tests.support.attempts import note


def settings_of(*targets: list[str], names: tuple[str, ...] = ("main",), **account: Any) -> Settings:
    config = {
        "accounts": [{"name": name, "code": f"invented-{name}", **account} for name in names],
        "targets": [{"queues": globs} for globs in targets],
    }
    return parse(yaml.safe_dump(config), Path("config.yaml"), {})


def see(accounts: Accounts, name: str, *of_account: str) -> None:
    answer = queues(*(queue(number, each) for number, each in enumerate(of_account)))
    note(accounts.by_name[name], "queues", read_queues(answer))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_a_filter_that_leaves_no_queue_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    accounts = Accounts(settings_of(queues={"include": ["Slaes"]}))
    see(accounts, "main", "Sales", "Support")
    see(accounts, "main", "Sales", "Support")
    assert warnings(caplog) == ["2 queues seen, 0 exported: no queue matches include"]


def test_a_filter_that_leaves_some_queue_is_no_matter(caplog: pytest.LogCaptureFixture) -> None:
    accounts = Accounts(settings_of(queues={"include": ["Sales", "Slaes"]}))
    see(accounts, "main", "Sales", "Support")
    assert warnings(caplog) == []


def test_targets_that_decide_about_no_queue_are_logged_once_when_all_accounts_have_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    accounts = Accounts(settings_of(["VIP"], ["Slaes"], ["*"], ["Sales"], names=("main", "branch")))
    see(accounts, "main", "Sales")
    asyncio.run(accounts.look_at_targets())
    assert warnings(caplog) == []
    see(accounts, "branch", "VIP")
    asyncio.run(accounts.look_at_targets())
    asyncio.run(accounts.look_at_targets())
    told = [
        "targets[1] (Slaes) matches no queue",
        "targets[3] (Sales) comes too late: earlier targets match its queues",
    ]
    assert warnings(caplog) == told
    page = status.render(accounts, "/metrics")
    assert all(line in page for line in told)


def test_a_shard_does_not_judge_targets(caplog: pytest.LogCaptureFixture) -> None:
    accounts = Accounts(of_shard(settings_of(["Slaes"]), 0, 2))
    for name in accounts.by_name:
        see(accounts, name, "Sales")
    asyncio.run(accounts.look_at_targets())
    assert warnings(caplog) == []


def test_the_status_page_lists_the_exported_queues_with_limits_and_what_decided() -> None:
    accounts = Accounts(settings_of(["Sales"], queues={"exclude": ["Support"]}))
    see(accounts, "main", "Sales", "Support", "<b>VIP")
    page = status.render(accounts, "/metrics")
    assert "3 queues seen, 2 exported of main" in page
    assert (
        "<td>Sales</td><td>120 s, 300 s</td><td>10</td><td>80 % within 20 s</td><td>targets[0]</td>" in page
    )
    assert "<td>&lt;b&gt;VIP</td><td>120 s, 300 s</td><td>10</td><td>80 % within 20 s</td><td>default" in page
    assert "<td>Support" not in page


def test_the_status_page_says_why_no_queue_is_exported() -> None:
    accounts = Accounts(settings_of(queues={"exclude": ["*"]}))
    see(accounts, "main", "Sales")
    assert "1 queue seen, 0 exported: exclude leaves them all out" in status.render(accounts, "/metrics")


def test_a_code_that_cannot_be_read_is_an_account_that_cannot_be_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    accounts = Accounts(settings_of())
    note(accounts.by_name["main"], "queues", Failure("credential", "the code file is empty"))
    (told,) = warnings(caplog)
    assert told.startswith("account main cannot be asked: the code file is empty; check that")
