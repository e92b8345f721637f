"""Log lines: the same keys in both forms, one line an event, and nothing per scrape."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter import logs
from tests.support.exporter import Exporter, exporter_of, started
from tests.support.processes import wait_until
from tests.support.vendor import answers, vendor, well

PAIR = re.compile(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^\s"=]*)(?: |$)')
TOLD_ALWAYS = {"ts", "level", "msg"}


def read(line: str, form: str) -> dict[str, Any]:
    """A line as a log collector reads it."""
    if form == "json":
        found: dict[str, Any] = json.loads(line)
        return found
    assert PAIR.sub("", line) == "", line
    return {key: json.loads(value) if value[:1] == '"' else value for key, value in PAIR.findall(line)}


def line_of(form: str, message: str, **fields: Any) -> str:
    """The line that an event gives in this form."""
    logger = logging.getLogger("exporter.of.a.test")
    record = logger.makeRecord("name", logging.WARNING, "", 0, message, (), None, extra=logs.event(**fields))
    return logs.formatter(form).format(record)


@given(
    st.text(min_size=1),
    st.text(min_size=1),
    st.sampled_from(["extensions", "queues"]),
    st.floats(min_value=0, max_value=1e6),
)
def test_both_forms_hold_the_same_keys_and_values_in_one_line(
    message: str, account: str, source: str, seconds: float
) -> None:
    fields = {"account": account, "source": source, "reason": "timeout", "duration_seconds": seconds}
    lines = {form: line_of(form, message, **fields) for form in logs.FORMATS}
    logfmt, as_json = (read(line, form) for form, line in lines.items())
    assert list(logfmt) == list(as_json) == ["ts", "level", "msg", *logs.KEYS]
    assert logfmt | {"ts": ""} == {key: str(value) for key, value in as_json.items()} | {"ts": ""}
    assert all(len(line.splitlines()) == 1 for line in lines.values())


@pytest.mark.parametrize("form", logs.FORMATS)
def test_keys_without_a_value_are_left_out(form: str) -> None:
    line = read(line_of(form, "told", account="main", reason=None), form)
    assert line.keys() == {*TOLD_ALWAYS, "account"}


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_moment_is_logged_in_utc_to_the_millisecond(form: str) -> None:
    moment = read(line_of(form, "told"), form)["ts"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)


@pytest.mark.parametrize("form", logs.FORMATS)
def test_an_exception_shows_its_type_alone(form: str) -> None:
    try:
        raise ValueError("the-password")
    except ValueError as error:
        record = logging.getLogger("exporter").makeRecord(
            "name", logging.ERROR, "", 0, "failed", (), (type(error), error, error.__traceback__)
        )
    line = logs.formatter(form).format(record)
    assert read(line, form)["msg"] == "failed (ValueError)"
    assert "the-password" not in line


def config(url: str, **keys: Any) -> dict[str, Any]:
    return {
        "accounts": [{"name": "main", "code": "C-1", "base_url": url, "min_interval": "0s", **keys}],
        "collectors": {"history": False},
    }


def told(exporter: Exporter, form: str) -> list[dict[str, Any]]:
    """All lines so far."""
    return [read(line, form) for line in exporter.process.stderr.splitlines()]


@pytest.mark.parametrize("form", logs.FORMATS)
def test_failures_are_logged_when_they_begin_change_and_end(form: str, tmp_path: Path) -> None:
    with vendor() as server, exporter_of(config(server.url), tmp_path, [f"--log.format={form}"]) as exporter:
        exporter.process.wait_for("will ask")
        begin = len(told(exporter, form))
        for behaviour in (well, answers(b"", 403), answers(b"", 500), well):
            server.behave(behaviour, "queues")
            for _ in range(3):
                exporter.scrape()
        forbidden, error, again = wait_until(
            lambda: lines if len(lines := told(exporter, form)[begin:]) >= 3 else None, "three lines"
        ) or ({}, {}, {})
    assert [each["level"] for each in (forbidden, error, again)] == ["warning", "warning", "info"]
    assert [each["reason"] for each in (forbidden, error, again)] == ["forbidden", "http_error", "http_error"]
    assert "HTTP 403; allow-list this machine's public IP address" in forbidden["msg"]
    assert "answers again" in again["msg"]
    for each in (forbidden, error, again):
        assert each.keys() == {*TOLD_ALWAYS, *logs.KEYS}
        assert (each["account"], each["source"]) == ("main", "queues")
        assert 0 <= float(each["duration_seconds"]) < 10


def test_scrapes_are_logged_at_debug_only(tmp_path: Path) -> None:
    with vendor() as server:
        for level, expected in (("info", 0), ("debug", 10)):
            with exporter_of(config(server.url), tmp_path, [f"--log.level={level}"]) as exporter:
                exporter.process.wait_for("will ask")
                begin = len(told(exporter, "logfmt"))
                for _ in range(5):
                    exporter.scrape()
                assert exporter.process.stop() == 0
                lines = told(exporter, "logfmt")[begin:]
            assert len([each for each in lines if "attempt ended" in each["msg"]]) == expected
            assert len([each for each in lines if "account" in each]) == expected


@pytest.mark.parametrize("form", logs.FORMATS)
def test_startup_tells_what_it_listens_on_and_what_it_will_ask(form: str, tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "north.yaml").write_text("name: north\ncode: C-9\ntimeout: soon\n")
    with vendor() as server:
        content = config(server.url) | {"accounts_dir": "accounts"}
        content["accounts"].append(
            {"name": "branch", "code": "C-2", "base_url": server.url, "poll_interval": "1d"}
        )
        flags = [f"--log.format={form}", "--web.listen-address=127.0.0.1:0"]
        with exporter_of(content, tmp_path, flags) as exporter:
            exporter.process.wait_for("left out")
            listening, main, branch, rare, invalid = told(exporter, form)
    assert listening["msg"].startswith("listening on http://127.0.0.1:")
    assert listening["msg"].count("http://127.0.0.1:") == 2
    assert (main["account"], branch["account"]) == ("main", "branch")
    assert main["msg"] == f"will ask {server.url} at each scrape, never twice within 0 s"
    assert branch["msg"] == f"will ask {server.url} every 86400 s, never twice within 5 s"
    assert rare["level"] == "warning"
    assert "accounts[1].poll_interval: is above 5m" in rare["msg"]
    assert invalid["level"] == "error"
    assert "north.yaml:3: timeout: 'soon' is not a duration" in invalid["msg"]


def test_many_accounts_do_not_fill_the_log_at_startup(tmp_path: Path) -> None:
    accounts = [{"name": f"tenant-{number}", "code": f"C-{number}"} for number in range(200)]
    with exporter_of({"accounts": accounts}, tmp_path) as exporter:
        exporter.process.wait_for("more accounts")
        messages = [each["msg"] for each in told(exporter, "logfmt")]
    assert len(messages) == 12
    assert "190 more accounts" in messages[-1]


def test_the_demo_says_what_to_open() -> None:
    with started(["--demo"]) as exporter:
        shown = exporter.process.wait_for(r"Open (\S+) or (\S+)")
        assert exporter.get("/").status_code == 200
        assert shown.groups() == (f"{exporter.url}/live", f"{exporter.url}/metrics")
