"""Every rule of the configuration has a file that breaks it; the file's first lines say what it gets."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest

from exporter.config import ConfigError, load

BAD = Path(__file__).parent / "bad"
ENVIRONMENT = {"SOME_CODE": "invented"}


def refusal(file: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(file, ENVIRONMENT)
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(file.name for file in BAD.iterdir()))
def test_a_mistake_is_reported_with_its_line_and_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    lines = Path(name).read_text("utf-8").splitlines()
    expected = [f"{name}:{line[2:]}" for line in lines if line.startswith("# ")]
    found = refusal(Path(name)).splitlines()
    assert [_as_far_as(line, told) for line, told in zip_longest(found, expected, fillvalue="")] == expected
    assert "hunter2" not in refusal(Path(name))


def _as_far_as(line: str, expected: str) -> str:
    """The line, cut where `expected` ends with an ellipsis: a list of all keys changes with each new one."""
    beginning = expected.removesuffix(" …")
    return expected if beginning != expected and line.startswith(beginning) else line


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    assert refusal(file) == f"{file}: cannot be read: No such file or directory, expected a YAML file"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: cannot be read: Is a directory, expected a YAML file"


def test_a_file_in_another_encoding_is_reported_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"accounts:\n  - name: caf\xe9\n")
    assert refusal(file) == f"{file}:2: is not UTF-8 text, expected YAML in UTF-8"


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    assert refusal(Path("/dev/zero")) == "/dev/zero: is larger than 16 MiB, expected a YAML file"


def test_without_file_and_environment_there_is_no_account() -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {"VOICENTER_API_CODE": ""})
    assert str(caught.value) == (
        "there is no account, expected --config.file, or the code in VOICENTER_API_CODE, "
        "or the path of a file that holds it in VOICENTER_API_CODE_FILE"
    )


def test_two_sources_in_the_environment_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="are both set, expected one of them"):
        load(None, {"VOICENTER_API_CODE": "invented", "VOICENTER_API_CODE_FILE": "/run/code"})


def test_an_unreadable_file_named_in_the_environment_is_a_mistake(tmp_path: Path) -> None:
    missing = tmp_path / "code"
    with pytest.raises(ConfigError) as caught:
        load(None, {"VOICENTER_API_CODE_FILE": str(missing)})
    assert str(caught.value) == (
        f"VOICENTER_API_CODE_FILE: the code file under {tmp_path} cannot be read: No such file or directory, "
        "expected the account's code there"
    )


@pytest.mark.parametrize("name", ["VOICENTER_CODE", "VOICENTER_API_COD"])
def test_a_misspelt_variable_is_recognised(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"; {name} is set: did you mean VOICENTER_API_CODE\?$"):
        load(None, {name: "invented", "VOICENTER_EXPORTER_SERVICE_HOST": "192.0.2.1"})
