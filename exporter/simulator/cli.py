"""The command voicenter-simulator."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from exporter import __version__
from exporter.simulator import INSTALL_HINT

if TYPE_CHECKING:
    from exporter.simulator.tenants import SimulatorOptions

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
EXAMPLES = """examples:
  voicenter-simulator                                   one busy centre; code DEMO
  voicenter-simulator --speed 60 --load overloaded      an hour a minute
  voicenter-simulator --accounts 1000 --agents 18 --queues 3 --latency 30ms..80ms --hanging 0.05
  curl -d '{"agents": {"status": "lunch"}}' http://127.0.0.1:10062/control
  curl -d '{"fault": {"kind": "status", "status": 403}}' http://127.0.0.1:10062/control
  curl -d '{"clear_faults": true, "agents": {"status": null}}' http://127.0.0.1:10062/control
  curl http://127.0.0.1:10062/truth

POST /control takes a JSON object of any of
  account        the code of the one that is meant; without it all are
  agents         {"status": a name, a code or null for their own plan, "count": how many, without it all}
  arrival_rate   times the arrivals of the load            hold_arrivals  true, false
  fault          {"kind": status (status, retry_after), error (err, desc), empty, delay, hang, drip, cut,
                  invalid_json or redirect (location), "endpoint": extensions, queues or both,
                  "share": of the requests, "seconds": a delay}
  clear_faults   true                                      allow          networks that may ask
  clock          {"zone": whose wall clock the epochs show, "offset": seconds added}
GET /truth?code=CODE&within=20,30 tells what really happened, GET /accounts lists the accounts.
"""


def duration(text: str) -> float:
    """Seconds of a text such as 30ms, 5s or 2m."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration, expected something like 30ms or 5s")
    return float(match[1]) * UNITS[match[2]]


def duration_range(text: str) -> tuple[float, float]:
    """Two durations with dots between them, or one for both."""
    low, _, high = text.partition("..")
    return duration(low), duration(high or low)


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no address, expected HOST:PORT")
    return host.strip("[]"), int(port)


def load(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def parser() -> argparse.ArgumentParser:
    """The flags; the defaults are those of the options."""
    flags = argparse.ArgumentParser(
        "voicenter-simulator",
        usage="voicenter-simulator [flags]",
        description="A simulated call centre that speaks Voicenter's Active Calls API. Nobody in it is real.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = flags.add_argument
    add(
        "--listen-address",
        type=address,
        default="127.0.0.1:10062",
        metavar="HOST:PORT",
        help="default %(default)s; port 0: any",
    )
    add("--code", help="the code of the account (default DEMO)")
    add("--accounts", type=int, metavar="N", help="this many accounts, each its own centre")
    add("--code-prefix", metavar="TEXT", help="with --accounts: codes TEXT-0001, TEXT-0002, … (default CODE)")
    add("--agents", type=int, metavar="N", help="agents of a centre (default 40)")
    add(
        "--extensions",
        type=int,
        metavar="N",
        help="extensions of a centre (default: a tenth more than agents)",
    )
    add("--queues", type=int, metavar="N", help="queues of a centre (default 6)")
    add(
        "--load",
        type=load,
        help="quiet, busy (default), overloaded, or offered work per agents' capacity, such as 0.8",
    )
    add("--seed", help="the same seed gives the same people and the same chances (default 1)")
    add("--speed", type=float, metavar="X", help="simulated seconds per second (default 1)")
    add(
        "--warm-up",
        type=duration,
        metavar="TIME",
        help="simulated before the start (default 30m; 10m from 50 accounts on)",
    )
    add("--odd", type=float, metavar="SHARE", help="share of odd shapes in the answers (default 0.06)")
    add("--zone", help="time zone whose wall clock the epochs show, such as Asia/Jerusalem (default UTC)")
    add("--clock-offset", type=float, metavar="SECONDS", help="added to the epochs (default 0)")
    add("--latency", type=duration_range, metavar="TIME..TIME", help="delay of an answer, such as 30ms..80ms")
    add("--hanging", type=float, metavar="SHARE", help="share of the accounts that never answer")
    add("--failing", type=float, metavar="SHARE", help="share of the accounts that always fail")
    add(
        "--wrong-code",
        choices=("empty", "refused"),
        help="a wrong code gets ERR 0 with an empty list (default) or ERR 1",
    )
    add(
        "--stale-within",
        type=duration,
        metavar="TIME",
        help="repeat an answer asked again within TIME (vendor: 5s; default 0s)",
    )
    add(
        "--allow",
        action="append",
        metavar="NETWORK",
        help="only these may ask, others get 403; repeatable (default: all)",
    )
    add("--version", action="version", version=f"voicenter-simulator {__version__}")
    return flags


def options_of(given: argparse.Namespace) -> SimulatorOptions:
    """Raises ValueError for values that make no sense."""
    from exporter.simulator.options import CentreOptions
    from exporter.simulator.tenants import SimulatorOptions

    values = {name: value for name, value in vars(given).items() if value is not None}
    if values.get("accounts", 1) >= 50:
        values.setdefault("warm_up", 600.0)
    values["allow"] = tuple(values.get("allow", ()))
    values["keep_records"] = False
    centre = CentreOptions(
        **{one.name: values[one.name] for one in fields(CentreOptions) if one.name in values}
    )
    values["centre"] = centre
    return SimulatorOptions(
        **{one.name: values[one.name] for one in fields(SimulatorOptions) if one.name in values}
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 after SIGTERM or SIGINT, 1 for what cannot be served; usage errors exit with 2."""
    flags = parser()
    given = flags.parse_args(arguments)
    host, port = given.listen_address
    try:
        options = options_of(given)
    except ModuleNotFoundError as error:
        if error.name != "simpy":
            raise
        return _complain(INSTALL_HINT)
    except ValueError as error:
        flags.error(str(error))
    try:
        asyncio.run(_serve(options, host, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        return _complain(f"cannot listen on {host}:{port}: {reason}")
    return 0


def _complain(message: str) -> int:
    print(f"voicenter-simulator: {message}", file=sys.stderr)  # noqa: T201
    return 1


async def _serve(options: SimulatorOptions, host: str, port: int) -> None:
    from exporter.simulator.server import SimulatorServer

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = SimulatorServer(options, host, port)
    await server.run(stop, lambda: print(f"voicenter-simulator listens on {server.base_url}", flush=True))  # noqa: T201
