"""What is allowed and probably not meant is a warning with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.config import load, parse, summary

ACCOUNT = "accounts: [{name: main, code: invented-code-0000}]\n"


def warnings(text: str) -> list[str]:
    return [each.removeprefix("config.yaml:") for each in parse(text, Path("config.yaml"), {}).warnings]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            ACCOUNT + 'targets: [{queues: ["*"]}, {queues: ["VIP"]}]',
            "2: targets[1]: is never used: targets[0] matches all that it matches",
        ),
        (
            ACCOUNT + 'targets: [{queues: ["VIP*"]}, {queues: ["VIP Gold", "VIP?"], accounts: ["main"]}]',
            "2: targets[1]: is never used: targets[0] matches all that it matches",
        ),
        (
            ACCOUNT + 'targets: [{queues: ["*"], accounts: [mian]}]',
            "2: targets[0].accounts[0]: 'mian' matches no account; did you mean main?",
        ),
        (
            ACCOUNT + 'targets: [{queues: ["^VIP.*"]}]',
            "2: targets[0].queues[0]: '^VIP.*' looks like a regular expression; this is a glob, as in VIP*",
        ),
        (
            "accounts: [{name: main, code: C, queues: {exclude: ['a|b']}}]",
            "1: accounts[0].queues.exclude[0]: 'a|b' looks like a regular expression; "
            "this is a glob, as in VIP*",
        ),
        (
            "accounts: [{name: main, code: C, min_interval: 2s}]",
            "1: accounts[0].min_interval: is below 5s: "
            "asked again so soon, Voicenter may repeat its last answer",
        ),
        (
            "accounts: [{name: main, code: C}]\ndefaults: {poll_interval: 6m}",
            "2: defaults.poll_interval: is above 5m: figures are that old, "
            "and alerts about waits come too late",
        ),
        (
            "accounts: [{name: main, code: C, base_url: 'http://vendor.example/comet/API'}]",
            "1: accounts[0].base_url: is not https: anybody on the way can read the code",
        ),
        (
            ACCOUNT + "defaults: {tls: {insecure_skip_verify: true}}",
            "2: defaults.tls.insecure_skip_verify: the certificate is not checked: "
            "anybody on the way can read the code; use tls.ca_file",
        ),
    ],
)
def test_it_is_reported_with_its_place(text: str, told: str) -> None:
    assert warnings(text) == [told]


@pytest.mark.parametrize(
    "text",
    [
        ACCOUNT + 'targets: [{queues: ["VIP*"]}, {queues: ["*"]}]',
        ACCOUNT + 'targets: [{queues: ["VIP?"]}, {queues: ["VIP*"]}]',
        ACCOUNT + 'targets: [{queues: ["*"], accounts: ["m*"]}, {queues: ["VIP"]}]',
        ACCOUNT + 'targets: [{queues: ["*b*"]}, {queues: ["[ab]"]}]',
        ACCOUNT + 'targets: [{queues: ["St. Mary (north) $5"]}]',
        "accounts: [{name: main, code: C, min_interval: 5s, poll_interval: 5m}]",
        "accounts: [{name: main, code: C, min_interval: 1s, base_url: 'http://127.0.0.1:10062/comet/API'}]",
    ],
)
def test_what_may_well_be_meant_is_not(text: str) -> None:
    assert warnings(text) == []


def test_the_summary_counts_them() -> None:
    settings = parse(ACCOUNT + 'targets: [{queues: ["*"]}, {queues: ["*"]}]', Path("config.yaml"), {})
    assert summary(settings) == "config.yaml is good: 1 account, 2 targets, 1 warning"


def test_warnings_about_accounts_of_a_folder_are_among_them(tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "north.yaml").write_text("name: north\ncode: C\nmin_interval: 1s\n")
    (tmp_path / "config.yaml").write_text("accounts_dir: accounts\n")
    (told,) = load(tmp_path / "config.yaml", {}).warnings
    assert told.startswith(f"{tmp_path}/accounts/north.yaml:3: min_interval: is below 5s")


def test_syntax_alone_asks_for_none_of_the_files_and_variables(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "accounts:\n"
        "  - {name: a, code_file: /run/secrets/nowhere, tls: {ca_file: nowhere.pem}}\n"
        "  - {name: b, code_env: NOWHERE}\n"
        "accounts_dir: nowhere\n"
    )
    settings = load(file, {}, syntax_only=True)
    assert [each.name for each in settings.accounts] == ["a", "b"]
    assert settings.warnings == (
        f"{file}:4: accounts_dir: {tmp_path}/nowhere cannot be read here, so its accounts are not checked",
    )
