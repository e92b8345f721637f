"""From what the file says to settings, with the rules that hold between keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from exporter.config import advice
from exporter.config.code import Code
from exporter.config.document import read_text
from exporter.config.errors import CodeError, ConfigError, Problems
from exporter.config.keys import Section, build, read_section
from exporter.config.roster import Roster
from exporter.config.settings import Account, Settings, WaitLimit


def load(
    path: Path | None,
    environment: Mapping[str, str],
    *,
    syntax_only: bool = False,
    without_codes: bool = False,
) -> Settings:
    """The settings of the file at `path`, or without one those of the environment. Raises `ConfigError`.

    With `syntax_only`, the files and variables that it names need not be there. With `without_codes`, a
    `code_file` that cannot be read is a warning: its account fails until it can.
    """
    if path is None:
        return _from_environment(environment)
    text = read_text(path)
    return parse(text, path, environment, syntax_only=syntax_only, without_codes=without_codes)


def parse(
    text: str,
    file: Path,
    environment: Mapping[str, str],
    *,
    syntax_only: bool = False,
    without_codes: bool = False,
) -> Settings:
    """The settings in the text of `file`, from whose folder relative paths count; else as `load`."""
    problems = Problems(file, syntax_only=syntax_only)
    root = read_section(Settings, text, problems)
    defaults = root.get("defaults", {})
    roster = Roster(defaults, environment, syntax_only=syntax_only, without_codes=without_codes)
    for section in root.get("accounts", ()):
        roster.add(section)
    _add_folder(roster, root)
    if not problems and not root.get("accounts") and not root.get("accounts_dir"):
        root.place.report("there is no account, expected some in accounts, or accounts_dir")
    for section in root.get("targets", ()):
        _check_target(section)
    if problems:
        raise problems.error()
    if isinstance(defaults, Section):
        advice.on_account(defaults, {})
    accounts, invalid = tuple(roster.accounts), tuple(roster.invalid)
    advice.on_targets(root.get("targets", ()), None if invalid else [each.name for each in accounts])
    warnings = (*problems.warnings, *roster.warnings)
    return build(Settings, root, accounts=accounts, invalid_accounts=invalid, warnings=warnings, file=file)


def _add_folder(roster: Roster, root: Section) -> None:
    folder: Path | None = root.get("accounts_dir")
    if folder is None:
        return
    try:
        roster.add_folder(folder)
    except OSError as error:
        place = root.places["accounts_dir"]
        if place.problems.syntax_only:
            place.warn(f"{folder} cannot be read here, so its accounts are not checked")
            return
        place.report(f"{folder} cannot be read: {error.strerror}, expected a folder")


def _from_environment(environment: Mapping[str, str]) -> Settings:
    text, file = (environment.get(name) for name in ("VOICENTER_API_CODE", "VOICENTER_API_CODE_FILE"))
    if text and file:
        raise ConfigError("VOICENTER_API_CODE and VOICENTER_API_CODE_FILE are both set, expected one of them")
    if not text and not file:
        raise ConfigError(
            "there is no account, expected --config.file, or the code in VOICENTER_API_CODE, "
            "or the path of a file that holds it in VOICENTER_API_CODE_FILE" + _near_miss(environment)
        )
    code = Code(Path(file)) if file else Code(code_env="VOICENTER_API_CODE", environment=environment)
    try:
        code.check()
    except CodeError as error:
        raise ConfigError(f"VOICENTER_API_CODE_FILE: {error}, expected the account's code there") from None
    return Settings(accounts=(Account(name="default", code=code),))


def _near_miss(environment: Mapping[str, str]) -> str:
    """What to say of a variable that was probably meant to hold the code."""
    from difflib import get_close_matches  # only needed for a mistake

    for name in ("VOICENTER_API_CODE", "VOICENTER_API_CODE_FILE"):
        for near in get_close_matches(name, set(environment) - {name}, n=1, cutoff=0.75):
            if near not in ("VOICENTER_API_CODE", "VOICENTER_API_CODE_FILE"):
                return f"; {near} is set: did you mean {name}?"
    return ""


def _check_target(section: Section) -> None:
    """Report what cannot hold together in one target."""
    if "wait_limit" in section:
        _check_wait_limit(section["wait_limit"])
    level = section.get("service_level", {})
    if len(level) == 2 and (level["within"] is None) != (level["ratio"] is None):
        level.place.report("has one of within and ratio null, expected both or neither")


def _check_wait_limit(limits: Section) -> None:
    limit = build(WaitLimit, limits)  # with the default of the one that is not given
    is_read = limits.keys() >= limits.places.keys()
    if not (is_read and limit.warning and limit.critical and limit.warning > limit.critical):
        return
    expected = "expected a warning at or below it"
    if "warning" in limits:
        default = "" if "critical" in limits else f" ({limit.critical:g}s when it is not given)"
        limits.places["warning"].report(f"is above critical{default}, {expected}")
    else:
        default = f"warning is {limit.warning:g}s when it is not given"
        limits.place.report(f"{default}, which is above critical, {expected}")
