"""What a good configuration gives."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import trustme

from exporter.config import Account, Settings, load, parse, summary
from exporter.config.secret import Secret
from exporter.config.settings import TLS, ServiceLevel, WaitLimit

CODE = "hunter2-marked"
MAIN = f"{{name: main, code: {CODE}}}"


def settings(text: str, folder: Path = Path()) -> Settings:
    return parse(text, folder / "config.yaml", {"SOME_CODE": CODE})


def account(keys: str, defaults: str = "{}") -> Account:
    (found,) = settings(f"accounts: [{{name: main, code: {CODE}, {keys}}}]\ndefaults: {defaults}").accounts
    return found


def test_the_environment_alone_gives_one_account_with_the_defaults() -> None:
    found = load(None, {"VOICENTER_API_CODE": CODE})
    (main,) = found.accounts
    assert (main.name, main.code.read().reveal()) == ("default", CODE)
    assert main.base_url == "https://monapisec.voicenter.co.il/comet/API"
    assert (main.timeout, main.min_interval, main.poll_interval) == (10, 5, 0)
    assert main.queues.matches("any") and main.extensions.matches("any")
    assert (main.statuses, main.allow_empty) == ({}, False)
    assert (main.tls, main.proxy_url) == (TLS(None, False), None)
    assert (found.collectors.history, found.collectors.extensions.enabled) == (True, False)
    assert (found.collectors.extensions.names, found.collectors.extensions.max) == (False, 500)
    assert found.queue_thresholds == (20, 60, 120, 300)
    assert found.wait_buckets == (10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800)
    assert (found.timeout_offset, found.max_body) == (0.5, 16 * 1024 * 1024)
    assert (found.targets, found.invalid_accounts, found.file) == ((), (), None)


def test_an_account_says_how_it_is_asked(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    found = settings(
        f"""
accounts:
  - name: main
    code_env: SOME_CODE
    base_url: HTTP://Host.example:8080/Api/
    timeout: 1m30s
    min_interval: 1h1ms
    poll_interval: 1d
    queues: {{include: ["VIP*", 1001], exclude: ["*test"]}}
    statuses: {{21: coaching, "22": mentoring}}
    allow_empty: true
    tls: {{ca_file: {authority.name}, insecure_skip_verify: true}}
    proxy_url: http://me:{CODE}@proxy.example:3128
timeout_offset: 0s
max_body: 512KiB
""",
        tmp_path,
    )
    (main,) = found.accounts
    assert main.code.read() == Secret(CODE)
    assert main.base_url == "http://host.example:8080/Api"
    assert (main.timeout, main.min_interval, main.poll_interval) == (90, 3600.001, 86400)
    assert main.queues.include == ("VIP*", "1001")
    assert dict(main.statuses) == {21: "coaching", 22: "mentoring"}
    assert (main.allow_empty, main.tls) == (True, TLS(authority, True))
    assert main.proxy_url == Secret(f"http://me:{CODE}@proxy.example:3128")
    assert (found.timeout_offset, found.max_body) == (0, 512 * 1024)


def test_defaults_hold_for_what_an_account_does_not_say() -> None:
    defaults = "{timeout: 20s, queues: {include: [a], exclude: [b]}, statuses: {21: coaching}}"
    found = account("queues: {exclude: [c]}, poll_interval: 5s", defaults)
    assert (found.timeout, found.poll_interval, found.min_interval) == (20, 5, 5)
    assert (found.queues.include, found.queues.exclude) == (("a",), ("c",))
    assert found.statuses == {21: "coaching"}


def test_numbers_of_lines_are_known_in_their_national_form() -> None:
    lines = "{0722776772: Sales line, '+972 72-277-6773': Sales line, \"1800700700\": 'קו חם'}"
    assert account(f"lines: {lines}").lines == {
        "0722776772": "Sales line",
        "0722776773": "Sales line",
        "1800700700": "קו חם",
    }


def test_statuses_of_an_account_replace_those_of_the_defaults() -> None:
    assert account("statuses: {22: coaching}", "{statuses: {21: coaching}}").statuses == {22: "coaching"}


def test_null_takes_back_what_the_defaults_give() -> None:
    defaults = "{proxy_url: http://proxy.example:3128}"
    assert account("proxy_url: null", defaults).proxy_url is None
    assert account("timeout: 1s", defaults).proxy_url is not None


def test_anchors_and_aliases_share_values() -> None:
    found = settings(
        "accounts: [{name: a, code: one, queues: &q {include: [x]}}, {name: b, code: two, queues: *q}]"
    )
    assert found.accounts[0].queues == found.accounts[1].queues


def test_one_code_at_two_addresses_is_two_accounts() -> None:
    text = f"accounts: [{MAIN}, {{name: b, code: {CODE}, base_url: http://other.example}}]"
    assert len(settings(text).accounts) == 2


def test_equal_accounts_of_two_readings_are_equal() -> None:
    text = f"accounts: [{{name: main, code: {CODE}, statuses: {{21: coaching}}, queues: {{exclude: [x]}}}}]"
    assert settings(text) == settings(text)
    assert settings(text) != settings(text.replace(CODE, "other"))


@pytest.mark.parametrize(
    ("keys", "names", "matches"),
    [
        ("{}", ("anything", "1"), True),
        ("{include: ['VIP*']}", ("1001", "VIP gold"), True),
        ("{include: ['VIP*']}", ("1001", "vip gold"), False),
        ("{include: ['VIP*']}", ("1001", "the VIP"), False),
        ("{include: ['100?']}", ("1001", "VIP"), True),
        ("{include: ['[0-9]*', 'x']}", ("12", "y"), True),
        ("{include: ['[[]VIP]']}", ("1", "[VIP]"), True),
        ("{exclude: ['VIP*']}", ("1001", "VIP gold"), False),
        ("{exclude: ['1001']}", ("1001", "VIP gold"), False),
        ("{include: ['VIP*'], exclude: ['* test']}", ("1", "VIP test"), False),
        ("{include: ['a.c']}", ("abc",), False),
        ("{include: ['a*']}", ("a\nb",), True),
    ],
)
def test_a_filter_takes_what_is_included_and_not_excluded(
    keys: str, names: tuple[str, ...], matches: bool
) -> None:
    assert account(f"queues: {keys}").queues.matches(*names) is matches


def test_the_first_target_that_matches_holds_and_defaults_fill_its_gaps() -> None:
    found = settings(
        f"""
accounts: [{MAIN}]
targets:
  - {{queues: ["VIP*"], wait_limit: {{warning: 60s, critical: null}}, callers_limit: 5}}
  - {{queues: ["7"], service_level: null}}
  - queues: ["*"]
    accounts: ["tenant-*"]
    wait_limit: null
    callers_limit: null
    service_level: {{within: null}}
    short_abandon: 5s
"""
    )
    vip = found.target("tenant-1", "1", "VIP gold")
    assert (vip.wait_limit, vip.callers_limit) == (WaitLimit(60, None), 5)
    assert vip.service_level == ServiceLevel(20, 0.8)
    by_id = found.target("main", "7", "seven")
    assert by_id.service_level == ServiceLevel(None, None)
    assert (by_id.wait_limit, by_id.callers_limit) == (WaitLimit(120, 300), 10)
    tenant = found.target("tenant-1", "2", "sales")
    assert (tenant.wait_limit, tenant.callers_limit) == (WaitLimit(None, None), None)
    assert tenant.service_level == ServiceLevel(None, None)
    other = found.target("main", "2", "sales")
    assert (other.wait_limit, other.callers_limit) == (WaitLimit(120, 300), 10)
    assert other.service_level == ServiceLevel(20, 0.8)
    assert (other.short_abandon, tenant.short_abandon) == (None, 5)
    assert by_id.service_level.counts == ("answered", "unanswered")


def test_a_service_level_counts_each_outcome_once() -> None:
    target = '{queues: ["*"], service_level: {counts: [answered, short, answered]}}'
    found = settings(f"accounts: [{MAIN}]\ntargets: [{target}]").target("main", "1", "Sales")
    assert found.service_level.counts == ("answered", "short")


def test_settings_show_no_secret() -> None:
    proxy = f"proxy_url: http://me:{CODE}@proxy.example:3128"
    text = f"accounts: [{{name: a, code: {CODE}, {proxy}}}, {{name: b, code_env: SOME_CODE, base_url: http://b.example}}]"
    found = settings(text)
    assert found.accounts[1].code.read() == Secret(CODE)
    assert CODE not in f"{found} {found!r} {found.accounts} {found.accounts[0].code}"
    for holder in (found, *found.accounts, found.accounts[0].code):
        with pytest.raises(TypeError):
            pickle.dumps(holder)


def test_the_summary_counts() -> None:
    assert summary(settings(f"accounts: [{MAIN}]")) == "config.yaml is good: 1 account, 0 targets"
    assert (
        summary(load(None, {"VOICENTER_API_CODE": CODE})) == "the environment is good: 1 account, 0 targets"
    )
