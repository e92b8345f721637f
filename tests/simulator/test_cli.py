"""The command voicenter-simulator."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.support.processes import get

COMMAND = (sys.executable, "-m", "exporter.simulator")
ANY_PORT = ("--listen-address", "127.0.0.1:0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_its_real_url_and_ends_with_0(start: Start, number: signal.Signals) -> None:
    process = start(*COMMAND, *ANY_PORT, "--agents", "5", "--queues", "2", "--code", "SECRET-CODE")
    url = process.wait_for(
        r"^voicenter-simulator listens on (http://127\.0\.0\.1:[1-9]\d*/comet/API)$"
    ).group(1)
    answer = get(f"{url}/GetQueuesCallers?code=SECRET-CODE")
    assert len(answer.json()["QUEUES"]) == 2
    assert process.stop(number) == 0
    assert process.stderr == ""
    assert "SECRET-CODE" not in process.output


def test_many_accounts_by_flags(start: Start) -> None:
    process = start(
        *COMMAND, *ANY_PORT, "--accounts", "200", "--agents", "5", "--hanging", "0.1", "--code-prefix", "T"
    )
    url = process.wait_for(r"http://[^/]+").group()
    accounts = get(f"{url}/accounts").json()
    assert [accounts[0]["code"], accounts[-1]["code"]] == ["T-0001", "T-0200"]
    assert sum(account["behaviour"] == "hanging" for account in accounts) == 20


def test_help_names_every_flag_with_an_example(start: Start) -> None:
    process = start(*COMMAND, "--help")
    assert process.wait() == 0
    for flag in (
        "--listen-address",
        "--code",
        "--agents",
        "--queues",
        "--seed",
        "--speed",
        "--odd",
        "--latency",
    ):
        assert flag in process.stdout
    assert "/control" in process.stdout


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--agents", "0"), "agents: at least 1"),
        (("--agents", "many"), "invalid int value: 'many'"),
        (("--load", "frantic"), "load: expected one of quiet, busy, overloaded"),
        (("--zone", "Mars/Olympus"), "'Mars/Olympus' is not a time zone"),
        (("--latency", "30..80"), "'30' is no duration"),
        (("--listen-address", "10062"), "expected HOST:PORT"),
        (("--allow", "somewhere"), "'somewhere' does not appear to be"),
        (("--speed", "0"), "speed: expected a number above 0"),
    ],
)
def test_a_wrong_flag_is_reported_in_one_line_and_exits_with_2(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], message: str
) -> None:
    from exporter.simulator.cli import main

    with pytest.raises(SystemExit) as ended:
        main(flags)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_taken_port_is_reported_in_one_line_and_exits_with_1(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = start(*COMMAND, "--listen-address", address)
        assert process.wait() == 1
    assert process.stderr == f"voicenter-simulator: cannot listen on {address}: Address already in use\n"


def test_without_simpy_it_says_what_to_install(start: Start, tmp_path: Path) -> None:
    (tmp_path / "simpy.py").write_text("raise ModuleNotFoundError('No module named simpy', name='simpy')\n")
    process = start(*COMMAND, environment={"PYTHONPATH": str(tmp_path)})
    assert process.wait() == 1
    assert process.stderr.count("\n") == 1
    assert "pip install '.[demo]'" in process.stderr
