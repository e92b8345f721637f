"""Whatever the file holds, reading it gives settings or a `ConfigError`, and no code is in a message."""

from __future__ import annotations

from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as some

from exporter.config import ConfigError, Settings, parse
from exporter.config.keys import keys
from renew.configuration import made_of

CODE = "hunter2-marked"
FILE = Path("/nowhere/config.yaml")


def outcome(text: str) -> Settings | str:
    try:
        return parse(text, FILE, {"SOME_CODE": CODE})
    except ConfigError as error:
        assert str(error)
        return str(error)


def words() -> list[str]:
    names = set()

    def collect(made: type) -> None:
        for name, key in keys(made).items():
            names.add(name)
            if inner := made_of(key.kind):
                collect(inner)

    collect(Settings)
    return sorted(names)


SCALARS = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(),
    some.floats(),
    some.dates(),
    some.sampled_from(
        ["10s", "0s", "64MiB", "*", "[", "main", "SOME_CODE", "https://host.example/", "1e3", "a\nb"]
    ),
    some.text(max_size=10),
)
TREES = some.recursive(
    SCALARS,
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(words()), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(some.text())
def test_any_text_gives_settings_or_an_error(text: str) -> None:
    outcome(text)


@settings(max_examples=200, deadline=None)
@given(some.text(alphabet="ab01:-[]{}&*!%|>?#'\"\\ \t\nUx,<=.~@`\u2028\ufeff", max_size=60))
def test_any_punctuation_gives_settings_or_an_error(text: str) -> None:
    outcome(f"accounts:\n{text}")


@settings(max_examples=200, deadline=None)
@given(some.dictionaries(some.sampled_from(list(keys(Settings))), TREES, max_size=5))
def test_any_tree_of_known_keys_gives_settings_or_an_error(tree: dict[str, object]) -> None:
    outcome(yaml.safe_dump(tree, allow_unicode=True))


@settings(max_examples=200, deadline=None)
@given(TREES, some.sampled_from(words()), some.text(alphabet="[]{}:,'\"*&!|>- \n\t#@%", max_size=4))
def test_no_error_and_no_settings_show_the_code(tree: object, word: str, dirt: str) -> None:
    account = yaml.safe_dump([{"name": "main", "code": CODE, word: tree}])
    assert CODE not in str(outcome(f"accounts:\n{account}"))
    assert CODE not in str(outcome(f"accounts:\n{account.replace(CODE, dirt + CODE)}"))
