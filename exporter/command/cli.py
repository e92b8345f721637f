"""The command voicenter-exporter: flags, wiring, exit codes."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from exporter import logs, memory
from exporter.collect.accounts import Accounts, of_shard
from exporter.collect.pages import Pages
from exporter.command import api_check, flags
from exporter.command.past import Recorder
from exporter.config import ConfigError, Settings, load, summary
from exporter.web import server
from exporter.web.routes import Options, Routes
from exporter.web.traffic import Traffic
from exporter.web.web_config_file import WebConfigFile

if TYPE_CHECKING:
    from exporter.command.demo import Demo  # needs what only the demo needs

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
    demo = _demo() if options.demo else None
    read = _reader(options, demo)
    settings = read()
    if not (options.config_check or options.api_check):
        return _serve(options, settings, read, demo)
    if options.config_check:
        if options.config_check == "all":
            WebConfigFile(options.web_config_file)
        print(summary(settings))
        for warning in settings.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    for invalid in settings.invalid_accounts:
        print(invalid.message, file=sys.stderr)
    good = not settings.invalid_accounts
    if options.api_check:
        good &= api_check.run(settings, as_json=options.api_check == "json")
    return 0 if good else 1


def _reader(options: argparse.Namespace, demo: Demo | None) -> Callable[[], Settings]:
    """How this process reads its settings, the first time and at each reload."""
    if demo is not None:
        return demo.settings
    shard: Callable[[Settings], Settings] = partial(of_shard, shard=options.shard, total=options.total_shards)
    read = partial(
        load,
        options.config_file,
        os.environ,
        syntax_only=options.config_check == "syntax",
        without_codes=not options.config_check,
    )
    return lambda: shard(read())


def _demo() -> Demo:
    try:
        from exporter.command.demo import Demo
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"--demo needs the package {error.name}: run pip install '.[demo]' in the repository"
        ) from None
    return Demo()


def _serve(
    options: argparse.Namespace, settings: Settings, read: Callable[[], Settings], demo: Demo | None
) -> int:
    web_config = WebConfigFile(options.web_config_file)
    accounts = Accounts(settings, read, auto_reload=options.config_auto_reload)
    if demo is not None:
        _replay(demo, accounts, settings, options.demo_past)
    traffic = Traffic()
    pages = Pages(accounts, lambda: web_config.error, traffic.samples)
    stopping = threading.Event()
    paths = Options(
        options.web_telemetry_path,
        options.web_enable_lifecycle,
        options.web_metrics_accounts,
        options.web_live,
    )

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
            first = "/live" if paths.live else "/"
            print(
                f"A simulated call centre is running. Open {here}{first} or {here}{paths.telemetry_path}",
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


def _replay(demo: Demo, accounts: Accounts, settings: Settings, file: Path | None) -> None:
    with contextlib.ExitStack() as stack:
        recorder = Recorder(stack.enter_context(file.open("w", encoding="utf-8"))) if file else None
        for account in accounts.by_name.values():
            demo.replay(account, settings, _show_progress, recorder.record if recorder else None)
        if recorder:
            recorder.end()


def _show_progress(share: float) -> None:
    """On a terminal, one line that is written over."""
    if sys.stderr.isatty() and (share == 1 or round(share * 2880) % 48 == 0):
        end = "\n" if share == 1 else ""
        print(
            f"\rThe simulated centre lives through its last 12 hours: {share:4.0%}",
            end=end,
            file=sys.stderr,
            flush=True,
        )


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
