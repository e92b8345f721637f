"""`--api.check`, by the installed command against real servers: what it tells, how, and its exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from exporter.api.failure import REASONS
from tests.support.answers import queue, queues
from tests.support.exporter import write_config
from tests.support.processes import PATIENCE, command, refusing_port, running
from tests.support.vendor import PRIVATE, Vendor, answers, vendor

CODE = "marked-code-4711"
COLOUR = re.compile(r"\x1b\[\d*m")


@pytest.fixture
def vendors() -> Iterator[dict[str, Vendor]]:
    """A vendor that answers well and some that do not, by what is wrong with them."""
    with ExitStack() as stack:
        found = {name: stack.enter_context(vendor()) for name in ("good", "forbidden", "empty", "silent")}
        found["forbidden"].behave(answers(b"", 403))
        found["empty"].behave(answers({"ERR": 0, "DESC": "OK", "EXTENSIONS": []}), "extensions")
        found["silent"].behave(lambda exchange: exchange.hang(), "queues")
        yield found


def config_for(vendors: Mapping[str, Vendor], *names: str) -> dict[str, Any]:
    return {
        "accounts": [
            {
                "name": name,
                "code": f"{CODE}-{name}",
                "base_url": vendors[name].url,
                "timeout": "2s" if name == "silent" else "1m",
            }
            for name in names
        ]
    }


def check(config: Mapping[str, Any], folder: Path, form: str = "") -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    file = write_config(config, folder)
    with running([command("voicenter-exporter"), f"--api.check{form}", "--config.file", file]) as process:
        return process.wait(), process.stdout, process.stderr


def check_on_a_terminal(config: Mapping[str, Any], folder: Path, **environment: str) -> str:
    """What a person sees."""
    file = write_config(config, folder)
    arguments = [str(command("voicenter-exporter")), "--api.check", f"--config.file={file}"]
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            arguments, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}
        ) as child:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 4096):
                    shown += part
            except OSError:  # what Linux says when the last one that has the terminal open has gone
                pass
            child.wait(PATIENCE)
    finally:
        os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def rows(table: str) -> dict[tuple[str, str], list[str]]:
    """The other cells of each row, by account and endpoint."""
    lines = (re.split(r" {2,}", line.strip()) for line in table.partition("\n\n")[0].splitlines()[1:])
    return {(account, endpoint): rest for account, endpoint, *rest in lines}


def test_an_account_that_answers_is_good(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    began = time.monotonic()
    code, table, errors = check(config_for(vendors, "good"), tmp_path)
    took = time.monotonic() - began
    assert (code, errors) == (0, "")
    assert re.split(r" {2,}", table.splitlines()[0]) == [
        "account", "source", "outcome", "milliseconds", "seen", "clock offset (s)",
    ]  # fmt: skip
    found = rows(table)
    assert found.keys() == {("good", "extensions"), ("good", "queues")}
    for outcome, milliseconds, seen, offset in found.values():
        assert (outcome, seen) == ("ok", "1")
        assert 0 <= int(milliseconds) <= 1000 * took
        assert int(offset) < -(10**7), "the vendor's answers are from 2023"


def test_each_endpoint_is_asked_once(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    check(config_for(vendors, "good"), tmp_path)
    assert (vendors["good"].count("extensions"), vendors["good"].count("queues")) == (1, 1)


def test_each_failure_comes_with_what_to_do(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    config = config_for(vendors, *vendors)
    with refusing_port() as port:
        config["accounts"].append(
            {"name": "unplugged", "code": "C", "base_url": f"http://127.0.0.1:{port}/comet/API"}
        )
        code, text, _ = check(config, tmp_path)
    assert code == 1
    assert {key: cells[0] for key, cells in rows(text).items()} == {
        ("good", "extensions"): "ok", ("good", "queues"): "ok",
        ("forbidden", "extensions"): "forbidden", ("forbidden", "queues"): "forbidden",
        ("empty", "extensions"): "empty", ("empty", "queues"): "ok",
        ("silent", "extensions"): "ok", ("silent", "queues"): "timeout",
        ("unplugged", "extensions"): "connect", ("unplugged", "queues"): "connect",
    }  # fmt: skip
    for told, reason in (
        ("forbidden, extensions and queues: HTTP 403.", "forbidden"),
        ("empty, extensions: ERR is 0 and EXTENSIONS is empty.", "empty"),
        ("silent, queues: no whole answer within 2 s.", "timeout"),
        (f"unplugged, extensions and queues: 127.0.0.1:{port}: connection refused.", "connect"),
    ):
        assert f"\n{told}\n  {REASONS[reason].advice[0].upper()}{REASONS[reason].advice[1:]}.\n" in text


def test_the_queues_are_listed_with_their_limits_and_the_target_that_decided(
    vendors: dict[str, Vendor], tmp_path: Path
) -> None:
    vendors["good"].behave(answers(queues(queue(7, "Sales"), queue(8, "Support"))), "queues")
    level = {"within": "30s", "ratio": 0.9}
    targets = [{"queues": ["Sal*"], "wait_limit": None, "callers_limit": 3, "service_level": level}]
    targets += [{"queues": ["Slaes"]}, {"queues": ["Sales"]}]
    code, text, _ = check({**config_for(vendors, "good"), "targets": targets}, tmp_path)
    lines = [re.split(r" {2,}", line) for line in text.splitlines()]
    assert ["good", "7", "Sales", "none, none", "3", "90 % within 30 s", "targets[0]"] in lines
    assert ["good", "8", "Support", "120 s, 300 s", "10", "80 % within 20 s", "default"] in lines
    assert "\ntargets[1] (Slaes) matches no queue\n" in text
    assert "\ntargets[2] (Sales) comes too late: earlier targets match its queues\n" in text
    assert text.endswith("\nVoicenter answers for 1 account, but look at the remarks above.\n")
    assert code == 0


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ({"include": ["Slaes"]}, "no queue matches include"),
        ({"exclude": ["*"]}, "exclude leaves them all out"),
    ],
)
def test_a_filter_that_leaves_no_queue_is_reported(
    chosen: dict[str, list[str]], why: str, vendors: dict[str, Vendor], tmp_path: Path
) -> None:
    config = config_for(vendors, "good")
    config["accounts"][0]["queues"] = chosen
    assert f"\ngood: 1 queue seen, 0 exported: {why}\n" in check(config, tmp_path)[1]


def test_no_queues_beside_a_suspect_code_are_suspect(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    vendors["empty"].behave(answers({"ERR": 0, "DESC": "OK", "QUEUES": []}), "queues")
    _, text, _ = check(config_for(vendors, "empty"), tmp_path)
    assert rows(text)["empty", "queues"][0] == "suspect"
    assert "That queues came empty says nothing: a wrong code gets the same." in text


def test_one_source_that_is_forbidden_is_not_the_address(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    vendors["good"].behave(answers(b"", 403), "queues")
    _, text, _ = check(config_for(vendors, "good"), tmp_path)
    assert "This machine's address is allowed, for another source answers" in text
    assert "allow-list" not in text


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            answers(b"\n<!DOCTYPE html><title>Log in</title>"),
            "an HTML page: a login page or a proxy answered.",
        ),
        (answers(b"", 429), "HTTP 429: too many requests."),
        (answers(b"", 429), "another program probably uses this code"),
    ],
)
def test_vague_causes_have_names(answer: Any, told: str, vendors: dict[str, Vendor], tmp_path: Path) -> None:
    vendors["good"].behave(answer)
    assert told in check(config_for(vendors, "good"), tmp_path)[1]


def test_a_server_without_tls_is_reported(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    vendors["good"].greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    config = config_for(vendors, "good")
    config["accounts"][0]["base_url"] = vendors["good"].url.replace("http://", "https://")
    assert "the server does not speak TLS." in check(config, tmp_path)[1]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("good", "All is well: Voicenter answers for 1 account, 1 queue exported."),
        ("forbidden", "1 of 1 account (forbidden) cannot be used as it is: do what is advised above, "),
    ],
)
def test_it_ends_with_what_holds_or_what_to_do(
    name: str, sentence: str, vendors: dict[str, Vendor], tmp_path: Path
) -> None:
    assert check(config_for(vendors, name), tmp_path)[1].splitlines()[-1].startswith(sentence)


def test_a_forbidden_address_comes_with_where_to_look_it_up(
    vendors: dict[str, Vendor], tmp_path: Path
) -> None:
    _, forbidden, _ = check(config_for(vendors, "forbidden"), tmp_path)
    assert "CPanel, API settings" in forbidden
    assert "look it up at the NAT gateway, firewall or proxy" in forbidden
    _, other, _ = check(config_for(vendors, "empty"), tmp_path)
    assert "NAT" not in other


def test_machines_get_the_same_as_json(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    code, text, errors = check(config_for(vendors, "good", "forbidden"), tmp_path, "=json")
    assert (code, errors) == (1, "")
    whole = json.loads(text)
    found = whole["sources"]
    assert [each["account"] for each in whole["queues"]] == ["good"]
    assert whole["remarks"] == []
    assert whole["conclusion"].startswith("1 of 2 accounts (forbidden) cannot be used")
    assert [(each["account"], each["source"], each["outcome"], each["seen"]) for each in found] == [
        ("good", "extensions", "ok", 1),
        ("good", "queues", "ok", 1),
        ("forbidden", "extensions", "forbidden", None),
        ("forbidden", "queues", "forbidden", None),
    ]
    for each in found:
        assert isinstance(each["milliseconds"], int)
        failed = REASONS.get(each["outcome"])
        assert each["advice"] == (failed and failed.advice)
        assert (each["detail"] is None) == (each["outcome"] == "ok")
        assert (each["clock_offset_seconds"] is None) == (each["account"] == "forbidden")


def test_an_account_that_is_left_out_is_not_good(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "north.yaml").write_text("name: north\ncode: C-9\ntimeout: soon\n")
    config = config_for(vendors, "good") | {"accounts_dir": "accounts"}
    code, table, errors = check(config, tmp_path)
    assert code == 1
    assert len(rows(table)) == 2
    assert "north.yaml:3: timeout: 'soon' is not a duration" in errors


def test_a_terminal_gets_colours_and_says_that_it_asks(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    shown = check_on_a_terminal(config_for(vendors, "good", "forbidden"), tmp_path, NO_COLOR="")
    assert shown.startswith("asking 2 accounts …\n")
    assert re.search(r"good +extensions +\x1b\[32mok +\x1b\[0m", shown)
    assert re.search(r"forbidden +queues +\x1b\[31mforbidden\x1b\[0m", shown)
    plain = [COLOUR.sub("", line) for line in shown.splitlines()]
    columns = [line.index("  ok") for line in plain if re.match("good .*  ok ", line)]
    assert len(columns) == 2
    assert len(set(columns)) == 1


def test_colours_are_for_terminals_that_want_them(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    config = config_for(vendors, "good", "forbidden")
    _, table, errors = check(config, tmp_path)
    assert "\x1b" not in table + errors
    assert "asking" not in errors
    assert "\x1b" not in check_on_a_terminal(config, tmp_path, NO_COLOR="1")


@pytest.mark.parametrize("form", ["", "=json"])
def test_neither_codes_nor_callers_come_out(form: str, vendors: dict[str, Vendor], tmp_path: Path) -> None:
    _, text, errors = check(config_for(vendors, *vendors), tmp_path, form)
    assert CODE in vendors["good"].of("queues")[0].body.decode()
    assert not [secret for secret in (CODE, *PRIVATE.values()) if secret in text + errors]


def test_names_of_undocumented_fields_are_reported_and_no_values(tmp_path: Path) -> None:
    with vendor() as server:
        call = {"ivrid": "1", "callstatus": "Talking", "direction": "Incoming", "queueID": "hidden-7"}
        one = {"username": "S1", "onlineUserID": 1, "onlineUserStatus": 1, "calls": [call]}
        server.behave(answers({"ERR": 0, "DESC": "OK", "EXTENSIONS": [one]}), "extensions")
        config = {"accounts": [{"name": "main", "code": CODE, "base_url": server.url}]}
        status, told, _ = check(config, tmp_path)
    assert status == 0
    assert "main: the answers hold fields that Voicenter does not document: queueID;" in told
    assert "hidden-7" not in told
