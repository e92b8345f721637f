"""The command voicenter-exporter: flags, wiring, exit codes."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial

from exporter import logs, memory
from exporter.collect.accounts import Accounts, of_shard
from exporter.collect.pages import Pages
from exporter.command import api_check, flags
from exporter.config import ConfigError, Settings, load, summary
from exporter.web import server
from exporter.web.routes import Options, Routes
from exporter.web.traffic import Traffic
from exporter.web.web_config_file import WebConfigFile

log = logging.getLogger(__name__)

ANNOUNCED = 10  # accounts that startup names one by one


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit code: 0 good, 1 failed; argparse exits with 2 for wrong usage."""
    options = flags.parse(arguments)
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
    if not (options.config_check or options.api_check):
        return _serve(options, settings, read)
    if options.config_check:
        print(summary(settings))
        for warning in settings.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    for invalid in settings.invalid_accounts:
        print(invalid.message, file=sys.stderr)
    good = not settings.invalid_accounts
    if options.api_check:
        good &= api_check.run(settings, as_json=options.api_check == "json")
    return 0 if good else 1


def _reader(options: argparse.Namespace) -> Callable[[], Settings]:
    """How this process reads its settings, the first time and at each reload."""
    if options.demo:
        settings = _demo_settings()
        return lambda: settings
    shard: Callable[[Settings], Settings] = partial(of_shard, shard=options.shard, total=options.total_shards)
    syntax_only = options.config_check == "syntax"
    return lambda: shard(load(options.config_file, os.environ, syntax_only=syntax_only))


def _demo_settings() -> Settings:
    try:
        from exporter.command import demo
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"--demo needs the package {error.name}: pip install 'voicenter-exporter[demo]'"
        ) from None
    return demo.start()


def _serve(options: argparse.Namespace, settings: Settings, read: Callable[[], Settings]) -> int:
    web_config = WebConfigFile(options.web_config_file)
    accounts = Accounts(settings, read)
    traffic = Traffic()
    pages = Pages(accounts, lambda: web_config.error, traffic.samples)
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
        accounts.tell_who_is_left_out()
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
        traffic=traffic,
    )
    memory.tune()
    return server.run(service, options.web_listen_address or [flags.DEFAULT_ADDRESS], web_config)


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
