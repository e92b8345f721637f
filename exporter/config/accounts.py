"""The accounts: from the file and from a folder, with the rules that hold between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.config.defaults import complete
from exporter.config.document import read_text
from exporter.config.errors import CodeError, ConfigError, Problems
from exporter.config.kinds import Section, read_section
from exporter.config.schema import ACCOUNT, CODE_KEYS
from exporter.config.settings import Account, Code, Filter, InvalidAccount


class Roster:
    """The accounts so far. `defaults` is what holds for those that do not say it themselves."""

    def __init__(self, defaults: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.accounts: list[Account] = []
        self.invalid: list[InvalidAccount] = []
        self._defaults = defaults
        self._environment = environment
        self._names: dict[str, str] = {}
        self._codes: dict[bytes, str] = {}

    def add(self, section: Section) -> None:
        """Take an account in, or report at its places why not."""
        code = self._code(section)
        if "name" not in section or not self._has_new_name(section) or code is None:
            return
        found = account(section["name"], code, section, self._defaults)
        if self._has_new_code(found, section):
            self._names[found.name] = section.places["name"].position
            self.accounts.append(found)

    def add_folder(self, folder: Path) -> None:
        """Take in a folder of accounts, a file each. A wrong one keeps only itself out. Raises `OSError`."""
        for file in _account_files(folder):
            problems = Problems(file)
            try:
                section = read_section(ACCOUNT, read_text(file), problems)
                if not problems:
                    self.add(section)
                if problems:
                    raise problems.error()
            except ConfigError as error:
                self.invalid.append(InvalidAccount(file, str(error)))

    def _code(self, section: Section) -> Code | None:
        given = [key.name for key in CODE_KEYS if key.name in section.places]
        sources = ", ".join(key.name for key in CODE_KEYS)
        if len(given) != 1:
            found = f"has several sources for its code ({', '.join(given)})" if given else "has no code"
            section.place.report(f"the account {found}, expected exactly one of {sources}")
            return None
        code = Code(section.get("code"), section.get("code_file"), section.get("code_env"), self._environment)
        if given[0] not in section:
            return None
        try:
            code.check()
        except CodeError as error:
            section.places[given[0]].report(f"{error}, expected the account's code there")
            return None
        return code

    def _has_new_name(self, section: Section) -> bool:
        place = section.places["name"]
        other = self._names.get(section["name"])
        if other:
            place.report(f"the name is taken by the account at {other}, expected another one")
        return other is None

    def _has_new_code(self, account: Account, section: Section) -> bool:
        place = section.places["name"]
        try:
            code = account.code.read()
        except CodeError:
            return True  # what the source holds by then is judged at each attempt
        key = hashlib.sha256(f"{account.base_url}\n{code.reveal()}".encode()).digest()
        other = self._codes.get(key)
        if other:
            place.report(
                f"the account at {other} has the same code and base_url, expected one account for them: "
                "the vendor counts requests per code"
            )
            return False
        self._codes[key] = place.position
        return True


def account(name: str, code: Code, *layers: Mapping[str, Any]) -> Account:
    """The account that the first layer to give a key describes, defaults filled in."""
    given = complete(ACCOUNT, *layers)
    return Account(
        name=name,
        code=code,
        base_url=given["base_url"],
        timeout=given["timeout"],
        min_interval=given["min_interval"],
        poll_interval=given["poll_interval"],
        queues=Filter(**given["queues"]),
        extensions=Filter(**given["extensions"]),
        statuses=given["statuses"],
        allow_empty=given["allow_empty"],
        ca_file=given["tls"]["ca_file"],
        insecure_skip_verify=given["tls"]["insecure_skip_verify"],
        proxy_url=given["proxy_url"],
    )


def _account_files(folder: Path) -> list[Path]:
    """The folder's YAML files by name, without the hidden folders of a Kubernetes mount."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in (".yaml", ".yml")
        and not file.name.startswith(".")
        and (file.is_file() or not file.exists())
    )
