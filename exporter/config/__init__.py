"""The configuration: a strict, typed YAML file, or the environment, to settings."""

from exporter.config.code import Code
from exporter.config.errors import CodeError, ConfigError
from exporter.config.filter import Filter
from exporter.config.resolve import load, parse
from exporter.config.settings import (
    Account,
    Collectors,
    ExtensionsCollector,
    InvalidAccount,
    Settings,
    Target,
)

__all__ = [
    "Account",
    "Code",
    "CodeError",
    "Collectors",
    "ConfigError",
    "ExtensionsCollector",
    "Filter",
    "InvalidAccount",
    "Settings",
    "Target",
    "load",
    "parse",
    "plural",
    "summary",
]


def summary(settings: Settings) -> str:
    """What a good configuration holds, in one line: `config.yaml is good: 3 accounts, 1 target`."""
    counts = [plural(len(settings.accounts), "account"), plural(len(settings.targets), "target")]
    if settings.invalid_accounts:
        counts.append(plural(len(settings.invalid_accounts), "invalid account"))
    if settings.warnings:
        counts.append(plural(len(settings.warnings), "warning"))
    return f"{settings.file or 'the environment'} is good: {', '.join(counts)}"


def plural(number: int, noun: str) -> str:
    """A number with its noun: `1 account`, `2 accounts`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
