"""From what the file says to settings, with the rules that hold between keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.config.accounts import Roster, account
from exporter.config.defaults import complete
from exporter.config.document import read_text
from exporter.config.errors import CodeError, ConfigError, Problems
from exporter.config.kinds import Section, read_section
from exporter.config.schema import ROOT, TARGET
from exporter.config.settings import Code, Collectors, ExtensionsCollector, Filter, Settings, Target


def load(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of the file at `path`, or without one those of the environment. Raises `ConfigError`."""
    return _from_environment(environment) if path is None else parse(read_text(path), path, environment)


def parse(text: str, file: Path, environment: Mapping[str, str]) -> Settings:
    """The settings in the text of `file`, from whose folder relative paths count. Raises `ConfigError`."""
    problems = Problems(file)
    root = read_section(ROOT, text, problems)
    roster = Roster(root.get("defaults", {}), environment)
    for section in root.get("accounts", ()):
        roster.add(section)
    _add_folder(roster, root)
    if not problems and not root.get("accounts") and not root.get("accounts_dir"):
        root.place.report("there is no account, expected some in accounts, or accounts_dir")
    for section in root.get("targets", ()):
        _check_target(section)
    if problems:
        raise problems.error()
    return _settings(root, roster, file)


def _add_folder(roster: Roster, root: Section) -> None:
    folder: Path | None = root.get("accounts_dir")
    if folder is None:
        return
    try:
        roster.add_folder(folder)
    except OSError as error:
        root.places["accounts_dir"].report(f"{folder} cannot be read: {error.strerror}, expected a folder")


def _from_environment(environment: Mapping[str, str]) -> Settings:
    text, file = (environment.get(name) for name in ("VOICENTER_API_CODE", "VOICENTER_API_CODE_FILE"))
    if text and file:
        raise ConfigError("VOICENTER_API_CODE and VOICENTER_API_CODE_FILE are both set, expected one of them")
    if not text and not file:
        raise ConfigError(
            "there is no account, expected --config.file, or the code in VOICENTER_API_CODE, "
            "or the path of a file that holds it in VOICENTER_API_CODE_FILE"
        )
    code = Code(file=Path(file)) if file else Code(variable="VOICENTER_API_CODE", environment=environment)
    try:
        code.check()
    except CodeError as error:
        raise ConfigError(f"VOICENTER_API_CODE_FILE: {error}, expected the account's code there") from None
    roster = Roster({}, environment)
    roster.accounts.append(account("default", code))
    return _settings({}, roster, None)


def _settings(root: Mapping[str, Any], roster: Roster, file: Path | None) -> Settings:
    given = complete(ROOT, root)
    collectors = given["collectors"]
    return Settings(
        accounts=tuple(roster.accounts),
        collectors=Collectors(collectors["history"], ExtensionsCollector(**collectors["extensions"])),
        targets=tuple(_target(section) for section in given["targets"]),
        queue_thresholds=given["queue_thresholds"],
        wait_buckets=given["wait_buckets"],
        timeout_offset=given["timeout_offset"],
        max_body=given["max_body"],
        invalid_accounts=tuple(roster.invalid),
        file=file,
        accounts_dir=root.get("accounts_dir"),
        default_target=_target({"queues": ("*",)}),
    )


def _target(section: Mapping[str, Any]) -> Target:
    given = complete(TARGET, section)
    within, ratio = given["service_level"]["within"], given["service_level"]["ratio"]
    if within is None or ratio is None:  # one says nothing without the other
        within = ratio = None
    return Target(
        queues=Filter(given["queues"]),
        accounts=Filter(given["accounts"]),
        wait_limit_warning=given["wait_limit"]["warning"],
        wait_limit_critical=given["wait_limit"]["critical"],
        callers_limit=given["callers_limit"],
        service_level_within=within,
        service_level_ratio=ratio,
    )


def _check_target(section: Section) -> None:
    """Report what cannot hold together in one target."""
    limits = section.get("wait_limit", {})
    warning, critical = limits.get("warning"), limits.get("critical")
    if warning is not None and critical is not None and warning > critical:
        limits.places["warning"].report("is above critical, expected a warning at or below it")
    level = section.get("service_level", {})
    if len(level) == 2 and (level["within"] is None) != (level["ratio"] is None):
        level.place.report("has one of within and ratio null, expected both or neither")
