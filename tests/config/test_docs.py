"""The example and the reference say what the code says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from exporter.config import load, parse
from exporter.config.docs import renew
from exporter.config.kinds import Kind
from exporter.config.schema import ACCOUNT, CODE_KEYS, ROOT, SHARED_KEYS
from tests.config.test_mistakes import refusal

ROOT_FOLDER = Path(__file__).parents[2]
EXAMPLE = ROOT_FOLDER / "config.example.yaml"
REFERENCE = ROOT_FOLDER / "docs" / "configuration.md"


def keys_of(section: Kind, prefix: str = "") -> set[str]:
    found = set()
    for key in section.keys:
        found.add(prefix + key.name)
        if key.kind.keys != SHARED_KEYS:
            found |= keys_of(key.kind, f"{prefix}{key.name}.")
    return found


def keys_in(value: object, prefix: str = "") -> set[str]:
    if isinstance(value, list):
        return set().union(*(keys_in(entry, prefix) for entry in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found = {prefix + key for key in value}
    return found.union(*(keys_in(entry, f"{prefix}{key}.") for key, entry in value.items()))


def test_the_example_shows_every_key() -> None:
    alternatives = {f"accounts.{key.name}" for key in CODE_KEYS} - {"accounts.code"}
    text = EXAMPLE.read_text("utf-8")
    assert keys_in(yaml.safe_load(text)) == keys_of(ROOT) - alternatives
    assert all(f"# {name.removeprefix('accounts.')}:" in text for name in alternatives)


def test_the_example_shows_the_defaults() -> None:
    example = load(EXAMPLE, {})
    (account,) = example.accounts
    code = account.code.read().reveal()
    least = parse(f"accounts: [{{name: {account.name}, code: {code}}}]", EXAMPLE, {})
    assert example.targets == (least.default_target,)
    assert replace(example, targets=()) == least


def test_the_reference_is_in_step_with_the_keys() -> None:
    page = REFERENCE.read_text("utf-8")
    assert renew(page) == page, "run: make renew"
    assert all(f"| `{key}` |" in page for key in keys_of(ACCOUNT))


def test_the_mistakes_of_the_reference_are_told_so(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "accounts:\n  - name: main\n    code: invented\n    timeout: 10\n    queue: {}\n", "utf-8"
    )
    told = refusal(file).replace(f"{tmp_path}/", "")
    assert f"```text\n{told}\n```" in REFERENCE.read_text("utf-8")


def test_every_key_has_a_meaning_in_one_row() -> None:
    def check(section: Kind) -> None:
        for key in section.keys:
            assert key.meaning and "|" not in key.meaning and not key.meaning.endswith(".")
            check(key.kind)

    check(ROOT)
