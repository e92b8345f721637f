"""The example and the reference say what the code says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from exporter.config import load, parse
from exporter.config.keys import keys
from renew.configuration import TABLES, made_of
from renew.pages import REPOSITORY
from tests.config.test_mistakes import refusal

EXAMPLE = REPOSITORY / "config.example.yaml"
PAGES = (REPOSITORY / "docs" / "configuration.md", REPOSITORY / "docs" / "web-configuration.md")


def test_the_example_shows_the_defaults() -> None:
    example = load(EXAMPLE, {})
    (account,) = example.accounts
    code = account.code.read().reveal()
    least = parse(f"accounts: [{{name: {account.name}, code: {code}}}]", EXAMPLE, {})
    assert example.targets == (least.default_target,)
    assert replace(example, targets=()) == least


def test_the_reference_has_a_table_for_each_part_of_the_files() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert all(f"<!-- keys of {name} -->\n| key |" in text for name in TABLES)


def test_the_messages_of_the_reference_are_those_of_the_exporter(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "accounts:\n  - name: main\n    code: invented\n    timeout: 10\n    queue: {}\n", "utf-8"
    )
    told = refusal(file).replace(f"{tmp_path}/", "")
    assert f"```text\n{told}\n```" in PAGES[0].read_text("utf-8")


def test_every_key_has_a_meaning_in_one_row() -> None:
    def check(made: type) -> None:
        for key in keys(made).values():
            assert key.meaning and "|" not in key.meaning and not key.meaning.endswith(".")
            if inner := made_of(key.kind):
                check(inner)

    for made in TABLES.values():
        check(made)
