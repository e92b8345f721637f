"""An account's code is read anew at each use, and its failures name no secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporter.config import Code, CodeError, ConfigError, load, parse
from exporter.config.secret import Secret

CODE = "hunter2-marked"


def failure(code: Code) -> str:
    with pytest.raises(CodeError) as caught:
        code.read()
    assert CODE not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "code"
    file.write_text(f"{CODE}\n", "utf-8")
    return file


def test_a_written_code_is_read() -> None:
    assert Code(code=Secret(CODE)).read() == Secret(CODE)


@pytest.mark.parametrize("content", ["{}", "{}\n", "{}\r\n", "\ufeff{}\n", "  {} \n\n"])
def test_what_editors_put_around_a_code_is_no_part_of_it(file: Path, content: str) -> None:
    file.write_text(content.format(CODE), "utf-8", newline="")
    assert Code(code_file=file).read() == Secret(CODE)


def test_a_rotated_file_is_read_again(file: Path, tmp_path: Path) -> None:
    code = Code(code_file=file)
    assert code.read() == Secret(CODE)
    (tmp_path / "new").write_text("rotated")
    (tmp_path / "new").replace(file)
    assert code.read() == Secret("rotated")


def test_a_variable_is_read_again() -> None:
    environment = {"SOME_CODE": CODE}
    code = Code(code_env="SOME_CODE", environment=environment)
    assert code.read() == Secret(CODE)
    environment["SOME_CODE"] = "rotated"
    assert code.read() == Secret("rotated")


def test_a_path_counts_from_the_folder_of_the_configuration(file: Path) -> None:
    text = "accounts: [{name: main, code_file: code}]"
    (account,) = parse(text, file.parent / "config.yaml", {}).accounts
    assert account.code.read() == Secret(CODE)


def test_the_environment_can_name_a_file(file: Path) -> None:
    (account,) = load(None, {"VOICENTER_API_CODE_FILE": str(file)}).accounts
    assert account.code.read() == Secret(CODE)


def test_a_file_that_is_empty_at_the_start_is_a_failure_of_the_attempt_only(file: Path) -> None:
    file.write_text("\n")
    (account,) = parse(f"accounts: [{{name: main, code_file: {file}}}]", Path("config.yaml"), {}).accounts
    assert failure(account.code) == f"the code file {file} is empty"


def test_a_file_that_is_missing_at_the_start_stops_no_other_account(tmp_path: Path) -> None:
    text = "accounts: [{name: main, code_file: later}, {name: other, code: C-2}]"
    config = tmp_path / "config.yaml"
    with pytest.raises(ConfigError, match="the code file under"):
        parse(text, config, {})
    settings = parse(text, config, {}, without_codes=True)
    (warning,) = settings.warnings
    assert "until it holds the code, the account fails with the reason credential" in warning
    account, _ = settings.accounts
    assert "cannot be read" in failure(account.code)
    (tmp_path / "later").write_text(CODE)
    assert account.code.read() == Secret(CODE)


def test_a_file_that_went_missing_fails(file: Path) -> None:
    file.unlink()
    reason = "cannot be read: No such file or directory"
    assert failure(Code(code_file=file)) == f"the code file under {file.parent} {reason}"


def test_a_code_under_the_wrong_key_is_not_repeated(tmp_path: Path) -> None:
    assert "invented-0000" not in failure(Code(code_file=tmp_path / "invented-0000"))
    assert "invented-0000" not in failure(Code(code_file=tmp_path / "invented-0000" / "with-a-slash"))
    assert "invented-0000" not in failure(Code(code_env="invented-0000"))


def test_a_folder_or_a_pipe_fails_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert failure(Code(code_file=path)) == f"the code file {path} is no regular file"


def test_a_file_with_more_than_the_code_fails(file: Path) -> None:
    file.write_text(f"{CODE}\n{CODE}\n")
    expected = f"the code file {file} has more than one line or control characters, expected the code alone"
    assert failure(Code(code_file=file)) == expected
    file.write_bytes(b"x" * 70_000)
    assert (
        failure(Code(code_file=file))
        == f"the code file {file} is larger than 64 KiB, expected the code alone"
    )
    file.write_bytes(b"\xff\xfe")
    assert failure(Code(code_file=file)) == f"the code file {file} is not UTF-8 text"


def test_a_variable_that_is_not_set_or_empty_fails() -> None:
    assert failure(Code(code_env="SOME_CODE")) == "the environment variable is not set"
    empty = Code(code_env="SOME_CODE", environment={"SOME_CODE": " "})
    assert failure(empty) == "the environment variable SOME_CODE is empty"
