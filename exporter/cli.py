"""The command voicenter-exporter: flags, wiring, exit codes."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from exporter import __version__, api_check, logs
from exporter.accounts import Accounts, of_shard
from exporter.config import ConfigError, Settings, load, summary
from exporter.pages import Pages
from exporter.web import server
from exporter.web.routes import Options, Routes
from exporter.web.web_config_file import WebConfigFile

log = logging.getLogger(__name__)

DEFAULT_ADDRESS = ":10061"
ANNOUNCED = 10  # accounts that startup names one by one
EPILOG = """examples:
  voicenter-exporter --demo                     a simulated call centre, to look around without an account
  VOICENTER_API_CODE_FILE=code voicenter-exporter
  voicenter-exporter --config.file=config.yaml --api.check
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit code: 0 good, 1 failed; argparse exits with 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    _check(options)
    # The check's own table tells what the log would.
    logs.configure("error" if options.api_check else options.log_level, options.log_format)
    try:
        return _run(options)
    except ConfigError as error:
        for line in str(error).splitlines():
            print(line, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or 'the system'}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 0
    return 1


def _run(options: argparse.Namespace) -> int:
    read = _reader(options)
    settings = read()
    if options.config_check:
        print(summary(settings))
        for invalid in settings.invalid_accounts:
            print(invalid.message, file=sys.stderr)
        return 1 if settings.invalid_accounts else 0
    if options.api_check:
        return api_check.run(settings, as_json=options.api_check == "json")
    return _serve(options, settings, read)


def _reader(options: argparse.Namespace) -> Callable[[], Settings]:
    """How this process reads its settings, the first time and at each reload."""
    if options.demo:
        settings = _demo_settings()
        return lambda: settings
    shard: Callable[[Settings], Settings] = partial(of_shard, shard=options.shard, total=options.total_shards)
    return lambda: shard(load(options.config_file, os.environ))


def _demo_settings() -> Settings:
    try:
        from exporter import demo
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"--demo needs the package {error.name}: pip install 'voicenter-exporter[demo]'"
        ) from None
    return demo.start()


def _serve(options: argparse.Namespace, settings: Settings, read: Callable[[], Settings]) -> int:
    web_config = WebConfigFile(options.web_config_file)
    accounts = Accounts(settings, read)
    pages = Pages(accounts, lambda: web_config.error is None)
    stopping = threading.Event()
    paths = Options(options.web_telemetry_path, options.web_enable_lifecycle, options.web_metrics_accounts)

    async def start() -> None:
        accounts.start()

    async def stop() -> None:
        accounts.stop()

    async def reload() -> None:
        try:
            await accounts.reload()
        except ConfigError:
            return  # told in the log and by a metric

    def listening(urls: Sequence[str]) -> None:
        _announce(settings, urls)
        if options.demo:
            here = urls[0].replace("[::]", "localhost").replace("0.0.0.0", "localhost")  # noqa: S104 - to be read
            print(
                f"A simulated call centre is running. Open {here}/ or {here}{paths.telemetry_path}",
                flush=True,
            )

    service = server.Service(
        app=Routes(accounts, pages, paths, stopping).app(),
        stopping=stopping,
        on_start=start,
        on_stop=stop,
        on_reload=reload,
        on_listening=listening,
    )
    return server.run(service, options.web_listen_address or [DEFAULT_ADDRESS], web_config)


def _announce(settings: Settings, urls: Sequence[str]) -> None:
    """Say once what this process listens on and what it will ask."""
    log.info("listening on %s", " ".join(urls))
    for account in settings.accounts[:ANNOUNCED]:
        how = f"every {account.poll_interval:g} s" if account.poll_interval else "at each scrape"
        log.info(
            "will ask %s %s, never twice within %g s",
            account.base_url,
            how,
            account.min_interval,
            extra=logs.event(account=account.name),
        )
    if len(settings.accounts) > ANNOUNCED:
        log.info("and %d more accounts; /sd lists them", len(settings.accounts) - ANNOUNCED)
    for invalid in settings.invalid_accounts:
        log.error("an account is left out: %s", "; ".join(invalid.message.splitlines()))


def _check(options: argparse.Namespace) -> None:
    """Refuse flags that contradict each other. Exits with 2."""
    problem = None
    if options.demo and options.config_file:
        problem = "--demo needs no configuration: leave out --config.file"
    elif not 0 <= options.shard < options.total_shards:
        problem = "--shard counts from 0 and must be below --total-shards"
    elif not options.web_telemetry_path.startswith("/") or options.web_telemetry_path in _OTHER_PATHS:
        problem = "--web.telemetry-path must begin with / and not be another page's path"
    if problem:
        _parser().error(problem)


_OTHER_PATHS = ("/", "/probe", "/sd", "/-/healthy", "/-/ready", "/-/reload")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="voicenter-exporter",
        description="Prometheus exporter for Voicenter call centres: agents, calls, queues, waits.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--config.file",
        dest="config_file",
        type=Path,
        metavar="PATH",
        help="the configuration; without it one account `default`, its code from VOICENTER_API_CODE "
        "or VOICENTER_API_CODE_FILE",
    )
    add(
        "--config.check",
        dest="config_check",
        action="store_true",
        help="validate the configuration and exit: 0 good, 1 bad",
    )
    add(
        "--api.check",
        dest="api_check",
        nargs="?",
        const="table",
        choices=["table", "json"],
        metavar="json",
        help="ask every account once, tell what came and what to do about the rest, and exit: 0 or 1",
    )
    add(
        "--demo",
        action="store_true",
        help="serve a simulated call centre: no account, no configuration needed",
    )
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
        help="TLS and basic auth, in the format of Prometheus' exporter toolkit",
    )
    add(
        "--web.telemetry-path",
        dest="web_telemetry_path",
        default="/metrics",
        metavar="PATH",
        help="the path of the metrics (default /metrics)",
    )
    add(
        "--web.enable-lifecycle",
        dest="web_enable_lifecycle",
        action="store_true",
        help="allow POST /-/reload",
    )
    add(
        "--web.metrics-accounts",
        dest="web_metrics_accounts",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether the metrics hold the accounts or only the exporter itself, for use with /probe and /sd",
    )
    add("--shard", type=int, default=0, metavar="N", help="carry only the accounts of this shard (default 0)")
    add(
        "--total-shards",
        dest="total_shards",
        type=int,
        default=1,
        metavar="M",
        help="how many shards there are",
    )
    add("--log.level", dest="log_level", choices=logs.LEVELS, default="info", help="(default info)")
    add("--log.format", dest="log_format", choices=logs.FORMATS, default="logfmt", help="(default logfmt)")
    add("--version", action="version", version=f"voicenter-exporter {__version__}")
    return parser
