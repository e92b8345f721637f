"""The command line: what it accepts, what --help tells, and mistakes in one line with their exit codes."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from exporter.command import flags
from tests.conftest import Start
from tests.support.processes import command

EXPORTER = "voicenter-exporter"
FLAGS = [
    "--config.file PATH",
    "--config.auto-reload",
    "--config.check",
    "--api.check",
    "--demo",
    "--demo.past PATH",
    "--web.listen-address HOST:PORT",
    "--web.config.file PATH",
    "--web.telemetry-path PATH",
    "--web.enable-lifecycle",
    "--web.metrics-accounts, --no-web.metrics-accounts",
    "--web.live, --no-web.live",
    "--shard N",
    "--total-shards M",
    "--log.level",
    "--log.format",
    "--version",
]
"""The public interface, as users and their scripts know it."""


def test_without_flags_the_defaults_hold() -> None:
    options = flags.parse([])
    assert vars(options) == {
        "demo": False,
        "demo_past": None,
        "config_check": None,
        "api_check": None,
        "config_file": None,
        "config_auto_reload": False,
        "shard": 0,
        "total_shards": 1,
        "web_listen_address": None,
        "web_config_file": None,
        "web_telemetry_path": "/metrics",
        "web_metrics_accounts": True,
        "web_live": True,
        "web_enable_lifecycle": False,
        "log_level": "info",
        "log_format": "logfmt",
    }


def test_addresses_may_be_given_several_times() -> None:
    options = flags.parse(["--web.listen-address=:1", "--web.listen-address", "[::1]:2"])
    assert options.web_listen_address == [":1", "[::1]:2"]


def test_accounts_can_be_left_out_of_the_metrics() -> None:
    assert flags.parse(["--no-web.metrics-accounts"]).web_metrics_accounts is False


def test_the_check_is_a_table_unless_json_is_asked_for() -> None:
    assert flags.parse(["--api.check"]).api_check == "table"
    assert flags.parse(["--api.check=json"]).api_check == "json"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--no-such-flag"], "unrecognized arguments: --no-such-flag"),
        (["config.yaml"], "unrecognized arguments: config.yaml"),
        (["--config"], "unrecognized arguments: --config"),
        (["--config.file"], "--config.file: expected one argument"),
        (["--shard=one"], "--shard: invalid int value: 'one'"),
        (["--shard=2", "--total-shards=2"], "--shard counts from 0"),
        (["--shard=-1"], "--shard counts from 0"),
        (["--total-shards=0"], "--total-shards must be 1 or more"),
        (["--demo", "--config.file=config.yaml"], "leave out --config.file"),
        (["--log.level=loud"], "invalid choice: 'loud'"),
        (["--log.format=xml"], "invalid choice: 'xml'"),
        (["--api.check=xml"], "invalid choice: 'xml'"),
        (["--web.telemetry-path=metrics"], "--web.telemetry-path must begin with /"),
        (["--web.telemetry-path=/probe"], "not be another page's path"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        flags.parse(arguments)
    assert ended.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert re.fullmatch(rf"{EXPORTER}: .*{re.escape(told)}.*; --help lists the flags\n", output.err)


def test_help_tells_of_every_flag_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        flags.parse(["--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for flag in FLAGS:
        assert f" {flag}" in text
    for default in (":10061", "/metrics", "info", "logfmt", "(default 0)", "(default 1)"):
        assert default in text


@pytest.mark.parametrize(
    ("flag", "name", "content", "told"),
    [
        ("--config.file", "missing.yaml", None, "No such file or directory"),
        ("--config.file", ".", None, "Is a directory"),
        ("--config.file", "binary.yaml", b"\xff\xfe\x00accounts", "binary.yaml"),
        ("--config.file", "empty.yaml", b"", "empty.yaml"),
        ("--web.config.file", "missing.yml", None, "No such file or directory"),
        ("--web.config.file", ".", None, "Is a directory"),
        ("--web.config.file", "binary.yml", b"\xff\xfe\x00users", "binary.yml"),
    ],
)
def test_a_file_that_cannot_be_used_is_reported_in_one_line(
    flag: str, name: str, content: bytes | None, told: str, start: Start, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ended = start(
        command(EXPORTER), flag, tmp_path / name, "--web.listen-address=127.0.0.1:0",
        environment={"VOICENTER_API_CODE": "C"},
    )  # fmt: skip
    assert ended.wait() == 1
    assert ended.stdout == ""
    assert told in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr


def test_no_account_at_all_is_reported_in_one_line(start: Start) -> None:
    ended = start(command(EXPORTER), environment={"VOICENTER_API_CODE": "", "VOICENTER_API_CODE_FILE": ""})
    assert ended.wait() == 1
    assert "VOICENTER_API_CODE" in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999", "192.0.2.1:0"])
def test_an_address_that_is_not_available_is_reported_in_one_line(address: str, start: Start) -> None:
    ended = start(
        command(EXPORTER), f"--web.listen-address={address}", environment={"VOICENTER_API_CODE": "C"}
    )
    assert ended.wait() == 1
    assert address in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr


def test_an_address_in_use_is_reported_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = start(
            command(EXPORTER), f"--web.listen-address={address}", environment={"VOICENTER_API_CODE": "C"}
        )
        assert ended.wait() == 1
    assert address in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr


def test_one_dash_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        flags.parse(["-config.file=config.yaml"])
    assert "-config.file: flags begin with two dashes, --config.file;" in capsys.readouterr().err


@pytest.mark.parametrize("level", ["warn", "warning"])
def test_a_level_has_two_spellings(level: str) -> None:
    assert flags.parse([f"--log.level={level}"]).log_level == "warning"
