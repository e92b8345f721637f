"""The accounts: from the file and from a folder, with the rules that hold between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.config import advice
from exporter.config.code import Code
from exporter.config.document import read_text
from exporter.config.errors import CodeError, ConfigError, Problems
from exporter.config.keys import Section, build, keys, read_section
from exporter.config.settings import Account, InvalidAccount

_LARGEST_FILE = 1024 * 1024
"""Of one account, in bytes."""


class Roster:
    """The accounts so far. `defaults` is what holds for those that do not say it themselves."""

    def __init__(
        self,
        defaults: Mapping[str, Any],
        environment: Mapping[str, str],
        *,
        syntax_only: bool = False,
        without_codes: bool = False,
    ) -> None:
        self.accounts: list[Account] = []
        self.invalid: list[InvalidAccount] = []
        self._defaults = defaults
        self.warnings: list[str] = []
        """About the folder's accounts."""
        self._environment = environment
        self._syntax_only = syntax_only
        self._without_codes = without_codes
        self._names: dict[str, str] = {}
        self._codes: dict[bytes, str] = {}

    def add(self, section: Section) -> None:
        """Take an account in, or report at its places why not."""
        code = self._code(section)
        if "name" not in section or not self._has_new_name(section) or code is None:
            return
        account = build(Account, section, self._defaults, code=code)
        advice.on_account(section, self._defaults)
        if self._has_new_code(account, section):
            self._names[account.name] = section.places["name"].position
            self.accounts.append(account)

    def add_folder(self, folder: Path) -> None:
        """Take in a folder of accounts, a file each. A wrong one keeps only itself out. Raises `OSError`."""
        for file in _account_files(folder):
            problems = Problems(file, syntax_only=self._syntax_only)
            try:
                section = read_section(Account, read_text(file, _LARGEST_FILE), problems)
                if not problems:
                    self.add(section)
                if problems:
                    raise problems.error()
            except ConfigError as error:
                self.invalid.append(InvalidAccount(file, str(error)))
            self.warnings += problems.warnings

    def _code(self, section: Section) -> Code | None:
        given = [name for name in keys(Code) if name in section.places]
        if len(given) != 1:
            found = f"has several sources for its code ({', '.join(given)})" if given else "has no code"
            section.place.report(f"the account {found}, expected exactly one of {', '.join(keys(Code))}")
            return None
        if given[0] not in section:
            return None
        code = build(Code, section, environment=self._environment)
        try:
            if not self._syntax_only:
                code.check()
        except CodeError as error:
            place = section.places[given[0]]
            if not (self._without_codes and code.code_file):  # a variable that is not set stays so
                place.report(f"{error}, expected the account's code there")
                return None
            # One account must not keep the others from starting, and the file may come later.
            place.warn(f"{error}; until it holds the code, the account fails with the reason credential")
        return code

    def _has_new_name(self, section: Section) -> bool:
        other = self._names.get(section["name"])
        if other:
            section.places["name"].report(
                f"the name is taken by the account at {other}, expected another one"
            )
        return other is None

    def _has_new_code(self, account: Account, section: Section) -> bool:
        place = section.places["name"]
        if self._syntax_only:
            return True
        try:
            code = account.code.read()
        except CodeError:
            return True  # what the source holds by then is judged at each attempt
        key = hashlib.sha256(f"{account.base_url}\n{code.reveal()}".encode()).digest()
        other = self._codes.get(key)
        if other:
            place.report(
                f"the account at {other} has the same code and base_url, expected one account for them: "
                "asked again within 5s with one code, Voicenter may repeat its last answer"
            )
        else:
            self._codes[key] = place.position
        return not other


def _account_files(folder: Path) -> list[Path]:
    """The folder's YAML files by name, without the hidden folders of a Kubernetes mount."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in (".yaml", ".yml")
        and not file.name.startswith(".")
        and (file.is_file() or not file.exists())
    )
