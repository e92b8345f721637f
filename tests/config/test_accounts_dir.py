"""A folder of accounts: a file each, and a bad one leaves out only itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporter.config import Settings, parse


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "accounts.d"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def read(folder: Path, more: str = "") -> Settings:
    return parse(f"accounts_dir: {folder.name}\n{more}", folder.parent / "config.yaml", {})


def test_each_file_gives_an_account_in_the_order_of_their_names(folder: Path) -> None:
    put(folder, "b.yml", "{name: second, code: two}")
    put(folder, "a.yaml", "{name: first, code: one}")
    put(folder, "README.md", "not an account")
    (folder / "folder.yaml").mkdir()
    assert [account.name for account in read(folder).accounts] == ["first", "second"]


def test_accounts_of_the_file_come_first_and_defaults_hold_for_all(folder: Path) -> None:
    put(folder, "a.yaml", "{name: second, code: two}")
    found = read(folder, "accounts: [{name: first, code: one}]\ndefaults: {timeout: 3s}")
    assert [(account.name, account.timeout) for account in found.accounts] == [("first", 3), ("second", 3)]


def test_an_empty_folder_is_no_mistake(folder: Path) -> None:
    assert read(folder).accounts == ()


def test_the_links_of_a_kubernetes_mount_are_followed_and_its_hidden_folders_passed_over(
    folder: Path,
) -> None:
    data = folder / "..2026_01_01_00_00_00.1"
    data.mkdir()
    put(data, "a.yaml", "{name: main, code_file: code}")
    put(data, "code", "invented\n")
    (folder / "..data").symlink_to(data.name)
    (folder / "..data.yaml").symlink_to(data.name)
    (folder / "a.yaml").symlink_to("..data/a.yaml")
    (folder / "code").symlink_to("..data/code")
    put(folder, ".hidden.yaml", "{name: hidden, code: one}")
    found = read(folder)
    assert [account.name for account in found.accounts] == ["main"]
    assert found.accounts[0].code.read().reveal() == "invented"
    assert found.invalid_accounts == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{name: bad, code: x, timeout: 5}",
            "1: timeout: '5' has no unit, expected a duration such as 10s, 500ms or 1m30s",
        ),
        ("name: bad\n", "1: the account has no code, expected exactly one of code_file, code_env, code"),
        ("- name: bad\n", "1: found a list, expected a mapping of keys"),
        ("", "1: the file is empty, expected a mapping of keys"),
        ("code: x\n", "1: the key name is missing, expected text"),
        (
            "name: bad\ncode: [\n",
            "3: not valid YAML: while parsing a flow node (line 3), expected the node content, "
            "but found '<stream end>'; expected YAML",
        ),
        (
            "name: main\ncode: other\n",
            "1: name: the name is taken by the account at {first}:1, expected another one",
        ),
        (
            "name: other\ncode: one\n",
            "1: name: the account at {first}:1 has the same code and base_url, "
            "expected one account for them: "
            "asked again within 5s with one code, Voicenter may repeat its last answer",
        ),
    ],
)
def test_a_bad_file_leaves_out_only_its_own_account(folder: Path, text: str, message: str) -> None:
    first = put(folder, "a.yaml", "{name: main, code: one}")
    bad = put(folder, "b.yaml", text)
    put(folder, "c.yaml", "{name: last, code: three}")
    found = read(folder)
    assert [account.name for account in found.accounts] == ["main", "last"]
    (invalid,) = found.invalid_accounts
    assert invalid.file == bad
    assert invalid.message == f"{bad}:{message.format(first=first)}"


def test_a_link_to_nowhere_is_a_bad_file(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("nowhere")
    (invalid,) = read(folder).invalid_accounts
    assert (
        invalid.message == f"{folder}/a.yaml: cannot be read: No such file or directory, expected a YAML file"
    )


def test_a_pipe_is_passed_over_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "a.yaml")
    assert read(folder).accounts == ()


def test_a_bad_file_takes_no_name_from_a_good_one(folder: Path) -> None:
    put(folder, "a.yaml", "{name: main, code: one, timeout: 5}")
    put(folder, "b.yaml", "{name: main, code: one}")
    found = read(folder)
    assert [account.name for account in found.accounts] == ["main"]
    assert [invalid.file.name for invalid in found.invalid_accounts] == ["a.yaml"]


def test_a_missing_code_file_is_a_mistake_of_its_account_only(folder: Path) -> None:
    put(folder, "a.yaml", "{name: main, code_file: nowhere}")
    put(folder, "b.yaml", "{name: main, code: one}")
    found = read(folder)
    assert [account.name for account in found.accounts] == ["main"]
    (invalid,) = found.invalid_accounts
    assert "accounts.d cannot be read: No such file or directory" in invalid.message


def test_a_file_of_more_than_1_mib_is_refused_and_keeps_only_itself_out(folder: Path) -> None:
    put(folder, "a.yaml", "{name: first, code: one}")
    large = put(folder, "b.yaml", "{name: second, code: two}" + "\n# padding" * 1_500_000)
    found = read(folder)
    assert [account.name for account in found.accounts] == ["first"]
    assert [each.message for each in found.invalid_accounts] == [
        f"{large}: is larger than 1 MiB, expected a YAML file"
    ]
