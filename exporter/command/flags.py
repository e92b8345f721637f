"""The flags of voicenter-exporter, named as Prometheus' exporters name theirs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from exporter import __revision__, __version__, logs

DEFAULT_ADDRESS: Final = ":10061"
EPILOG: Final = """examples:
  voicenter-exporter --demo                                  look around without an account
  VOICENTER_API_CODE_FILE=code voicenter-exporter            one account, no configuration file
  voicenter-exporter --config.file=config.yaml --api.check   does Voicenter answer?
"""
_OTHER_PATHS: Final = ("/", "/probe", "/sd", "/live", "/-/healthy", "/-/ready", "/-/reload")


class Parser(argparse.ArgumentParser):
    """Tells a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Exits with 2."""
        self.exit(2, f"{self.prog}: {message}; --help lists the flags\n")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command line. Exits with 2 when they are wrong or contradict each other."""
    usage = parser()
    given = sys.argv[1:] if arguments is None else list(arguments)
    for each in given:
        name = each.partition("=")[0]
        if f"-{name}" in usage._option_string_actions:
            usage.error(f"{name}: flags begin with two dashes, -{name}")
    options = usage.parse_args(given)
    problem = None
    if options.demo and options.config_file:
        problem = "--demo needs no configuration: leave out --config.file"
    elif options.total_shards < 1:
        problem = "--total-shards must be 1 or more"
    elif not 0 <= options.shard < options.total_shards:
        problem = f"--shard counts from 0 and must be below --total-shards, which is {options.total_shards}"
    elif not options.web_telemetry_path.startswith("/") or options.web_telemetry_path in _OTHER_PATHS:
        problem = "--web.telemetry-path must begin with / and not be another page's path"
    if problem:
        usage.error(problem)
    return options


def parser() -> Parser:
    """All flags, in groups."""
    flags = Parser(
        prog="voicenter-exporter",
        usage="%(prog)s [flags]",
        description="Prometheus exporter for Voicenter call centres: agents, calls, queues and waits.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    _what_to_do(flags.add_argument_group("what to do (without these: serve)"))
    _accounts(flags.add_argument_group("which accounts"))
    _web(flags.add_argument_group("where and how to serve"))
    _log(flags.add_argument_group("log, on standard error"))
    return flags


def _what_to_do(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--demo", action="store_true", help="serve a simulated call centre: no account, no configuration")
    add(
        "--demo.past",
        dest="demo_past",
        type=Path,
        metavar="PATH",
        help="with --demo: also write the centre's last 12 hours as OpenMetrics text, for promtool tsdb "
        "create-blocks-from openmetrics",
    )
    add(
        "--config.check",
        dest="config_check",
        nargs="?",
        const="all",
        choices=["all", "syntax"],
        metavar="syntax",
        help="check the configuration and exit: 0 good, 1 bad; syntax: without the files and variables that "
        "it names, as on a machine that lacks the secrets",
    )
    add(
        "--api.check",
        dest="api_check",
        nargs="?",
        const="table",
        choices=["table", "json"],
        metavar="json",
        help="query each account once, report results and fixes; exit 0 if all are OK, else 1",
    )
    version = f"voicenter-exporter {__version__} (revision {__revision__})"
    add("--version", action="version", version=version, help="print it and exit")
    add("-h", "--help", action="help", help="print this and exit")


def _accounts(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--config.file",
        dest="config_file",
        type=Path,
        metavar="PATH",
        help="the configuration; without it one account, default, whose code is in VOICENTER_API_CODE "
        "or in the file that VOICENTER_API_CODE_FILE names",
    )
    add(
        "--config.auto-reload",
        dest="config_auto_reload",
        action="store_true",
        help="look at the configuration file every 30 s and read it again when it has changed",
    )
    add("--shard", type=int, default=0, metavar="N", help="carry only the accounts of this shard (default 0)")
    add(
        "--total-shards",
        dest="total_shards",
        type=int,
        default=1,
        metavar="M",
        help="how many shards there are (default 1)",
    )


def _web(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--web.listen-address",
        dest="web_listen_address",
        action="append",
        metavar="HOST:PORT",
        help=f"where to listen; may be given several times (default {DEFAULT_ADDRESS})",
    )
    add(
        "--web.config.file",
        dest="web_config_file",
        type=Path,
        metavar="PATH",
        help="TLS, users and rate limits, in the format of Prometheus' exporter toolkit",
    )
    add(
        "--web.telemetry-path",
        dest="web_telemetry_path",
        default="/metrics",
        metavar="PATH",
        help="the path of the metrics (default /metrics)",
    )
    add(
        "--web.metrics-accounts",
        dest="web_metrics_accounts",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether that page holds the accounts (default) or only the exporter itself, for use with "
        "/probe and /sd",
    )
    add(
        "--web.live",
        dest="web_live",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether to serve /live, the centre as it is now, for people (default)",
    )
    add(
        "--web.enable-lifecycle",
        dest="web_enable_lifecycle",
        action="store_true",
        help="allow POST /-/reload",
    )


def _log(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--log.level",
        dest="log_level",
        type=lambda text: "warning" if text == "warn" else text,
        choices=logs.LEVELS,
        default="info",
        help="(default info)",
    )
    add("--log.format", dest="log_format", choices=logs.FORMATS, default="logfmt", help="(default logfmt)")
